"""Whatever others wrote on a record, a person can write on it, and one act settles what it names."""

from collections.abc import Callable

import pytest

from edenmesh.core.encoding import Plain
from edenmesh.core.ids import AuthorId, VersionId
from edenmesh.core.limits import VERSION_BYTES_MAX, VERSION_PARENTS_MAX
from edenmesh.core.records import (
    PUT,
    RESOLVE,
    RETRACT,
    Change,
    Pen,
    StrandDecision,
    StrandState,
    Version,
    compose,
    decide_different,
    decide_same,
    difference,
    record_state,
    undo,
)
from edenmesh.core.records.writing import acts
from edenmesh.errors import InvalidInput
from tests.core.records.family_page import FamilyPage
from tests.core.records.pages import OUTSIDE, Page

MANY = VERSION_PARENTS_MAX + 5
SOME = 11
"""More than one version can name once that is made few."""


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    """One version names four others here, so that a short story needs several."""
    monkeypatch.setattr(acts, "VERSION_PARENTS_MAX", 4)
    return 4


def crowded(heads: int) -> Page:
    page = Page()
    first = page.put(name="Well", status="open")
    for number in range(heads):
        page.put(first, name=str(number))
    return page


def decided(page: FamilyPage, decision: StrandDecision) -> list[VersionId]:
    return page.act(RESOLVE, decision.parents, Change(), about=decision.about)


def test_a_record_of_more_heads_than_a_version_names_is_edited_by_one_act() -> None:
    page = crowded(MANY)
    change = difference(page.strand, {"name": "Well"})
    with pytest.raises(InvalidInput, match=f"all {MANY} of them"):
        page.write(PUT, page.strand.heads, change)
    written = page.act(PUT, page.strand.heads, change)
    assert len(written) == 2
    assert page.strand.heads == (written[-1],)
    assert page.strand.values == {"name": "Well", "status": "open"}
    assert page.state.is_clean


def test_a_list_to_which_more_added_than_a_version_names_is_emptied_by_one_act() -> None:
    page = Page()
    first = page.put(name="Well")
    for number in range(MANY):
        page.add(first, name="needs", item="pump" if number % 2 else str(number))
    change = difference(page.strand, {"needs": ("pipe",)})
    page.act(PUT, page.strand.heads, change)
    assert page.strand.values == {"name": "Well", "needs": ("pipe",)}
    assert len(page.strand.heads) == 1


def test_an_item_that_more_gave_than_a_version_names_is_taken_away_by_one_act() -> None:
    page = Page()
    first = page.put(name="Well")
    for _ in range(MANY):
        page.add(first, name="needs", item="pump")
    page.act(PUT, page.strand.heads, difference(page.strand, {"needs": ()}))
    assert page.strand.values == {"name": "Well"}


def test_items_too_long_for_one_version_are_taken_away_by_one_act() -> None:
    page = Page()
    last = page.put(name="Well")
    for number in range(4):
        last = page.add(last, name="needs", item=str(number) * (VERSION_BYTES_MAX // 3))
    written = page.act(PUT, page.strand.heads, difference(page.strand, {"needs": ()}))
    assert len(written) == 4
    assert page.strand.values == {"name": "Well"}


def test_a_removal_names_of_each_item_who_added_that_one() -> None:
    page = Page()
    first = page.put(name="Well")
    added = {item: page.add(first, name="needs", item=item) for item in ("pump", "pipe", "tap")}
    removals = difference(page.strand, {"needs": ()}).remove["needs"]
    assert {removal.item: removal.seen for removal in removals} == {item: [one] for item, one in added.items()}


@pytest.mark.parametrize("heads", [4, 5, 7, 8, 11])
def test_an_act_in_several_versions_shows_what_one_would(heads: int, few: int) -> None:
    page = crowded(heads)
    page.add(page.strand.heads[0], name="needs", item="pump")
    change = difference(page.strand, {"name": "New well", "needs": ("pipe",), "status": None})
    one = compose(page_pen(page), "org_facility", page.uuid, change, parents=page.strand.heads, op=RESOLVE)
    whole = record_state({**page.versions, one.id: one.version}).strand
    assert whole is not None
    written = page.act(RESOLVE, page.strand.heads, change)
    assert len(written) == 1 + -(-(heads - few) // (few - 1))
    assert shown(page.strand) == shown(whole) == {"name": ["New well"], "needs": [("pipe",)]}
    assert all(len(page.versions[each].parents) <= few for each in written)


def test_of_an_act_in_several_versions_the_last_alone_gives_values(few: int) -> None:
    page = crowded(SOME)
    before = shown(page.strand)
    *others, last = page.act(PUT, page.strand.heads, difference(page.strand, {"name": "Well"}))
    assert others
    said = undo(page.versions, last)
    page.act(RESOLVE, said.parents, Change(), about=said.about)
    assert shown(page.strand) == before


def test_a_record_of_many_heads_is_deleted_by_one_act(few: int) -> None:
    page = crowded(SOME)
    page.act(RETRACT, page.strand.heads, Change())
    assert page.strand.is_deleted


def test_an_undo_on_many_heads_lifts_no_deletion(few: int) -> None:
    page = crowded(1)
    edit = page.strand.heads[0]
    page.retract(edit)
    page.put(page.strand.first, status="closed")
    for number in range(SOME):
        page.put(edit, year=number)
    said = undo(page.versions, edit)
    written = page.act(RESOLVE, said.parents, Change(), about=said.about)
    assert len(written) > 1
    assert page.strand.retracts
    assert page.strand.values["name"] == "Well"


def test_a_change_is_undone_on_more_heads_than_a_version_names() -> None:
    page = crowded(1)
    edit = page.strand.heads[0]
    for number in range(MANY):
        page.put(edit, status=str(number))
    said = undo(page.versions, edit)
    page.act(RESOLVE, said.parents, Change(), about=said.about)
    assert page.strand.values["name"] == "Well"


def test_what_more_undid_than_a_version_names_is_brought_back_by_one_act(few: int) -> None:
    page = crowded(1)
    edit = page.strand.heads[0]
    undos = [page.undo(edit, seen=(edit,)) for _ in range(SOME)]
    assert page.strand.values["name"] == "Well"
    said = undo(page.versions, undos[0])
    page.act(RESOLVE, said.parents, Change(), about=said.about)
    assert page.strand.values["name"] == "0"


@pytest.mark.parametrize("decide", [decide_same, lambda versions, firsts: decide_different(versions, *head(firsts))])
def test_more_strands_than_a_version_names_are_decided_about_by_one_act(
    decide: Callable[[dict[VersionId, Version], list[VersionId]], StrandDecision], few: int
) -> None:
    page = FamilyPage()
    firsts = sorted(page.first(name=f"Well {number}") for number in range(SOME))
    decided(page, decide(page.versions, firsts))
    here = page.states[OUTSIDE]
    assert here.strand is not None
    assert here.strand.firsts == (tuple(firsts) if len(page.states) == 1 else (firsts[0],))
    assert len(page.states) in (1, SOME)


def test_more_contradicting_decisions_than_a_version_names_are_settled_by_one_act(few: int) -> None:
    page = FamilyPage()
    firsts = sorted(page.first(name=f"Well {number}") for number in range(2))
    for number in range(SOME):
        page.say_different(*(firsts if number % 2 else reversed(firsts)))
    assert len(page.states[OUTSIDE].contradictions) == SOME
    decided(page, decide_same(page.versions, firsts))
    assert [(len(state.strands), state.contradictions) for state in page.states.values()] == [(1, ())]


def test_a_program_that_writes_the_values_in_the_first_version_is_caught(
    few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares_of = acts.shares_of

    def backwards(change: Change, parents: tuple[bytes, ...], about: dict[str, Plain]) -> list[acts.Share]:
        shares = shares_of(change, parents, about)
        changes = [share.change for share in reversed(shares)]
        return [share._replace(change=one) for share, one in zip(shares, changes, strict=True)]

    monkeypatch.setattr(acts, "shares_of", backwards)
    page = crowded(SOME)
    page.act(RESOLVE, page.strand.heads, difference(page.strand, {"name": "Well"}))
    assert page.strand.conflicts == ("name",)


def page_pen(page: Page) -> Pen:
    return Pen(AuthorId(bytes(32)), len(page.versions), 0, bytes(16))


def head(firsts: list[VersionId]) -> tuple[VersionId, list[VersionId]]:
    return firsts[0], firsts[1:]


def shown(strand: StrandState) -> dict[str, list[object]]:
    return {name: [choice.content for choice in field.choices] for name, field in strand.fields.items()}
