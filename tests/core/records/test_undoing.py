"""Writing an undo: what it says, and when it is refused and why."""

from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import given, settings

from edenmesh.core.ids import VersionId
from edenmesh.core.records import OBSERVE, RESOLVE, RETRACT, Change, Flag, carry
from edenmesh.core.records.writing import undoing
from edenmesh.core.records.writing.undoing import undo, undoable
from edenmesh.errors import InvalidInput
from tests.core.records.pages import OUTSIDE, Page
from tests.oracle.histories import Written, partial_histories
from tests.oracle.packing import pack
from tests.oracle.versions import base


def take_back(page: Page, one: VersionId) -> VersionId:
    """Write the undo of a version as a device does."""
    said = undo(page.versions, one, page.uncounted)
    assert said.uuid == page.uuid
    return page.write(RESOLVE, said.parents, Change(), about=said.about)


def accepted(page: Page) -> set[VersionId]:
    """The versions whose undo is not refused, each tried."""
    found = set()
    for one in page.versions:
        with suppress(InvalidInput):
            undo(page.versions, one, page.uncounted)
            found.add(one)
    return found


def refusal(page: Page, one: VersionId) -> str:
    with pytest.raises(InvalidInput) as refused:
        undo(page.versions, one, page.uncounted)
    return refused.value.what


def test_an_undo_follows_all_heads_and_names_what_it_takes_back() -> None:
    page = Page()
    first = page.put(name="Well")
    edit, beside = page.put(first, name="Old well"), page.put(first, status="open")
    said = undo(page.versions, edit, why="it is another well")
    assert said.parents == tuple(sorted((edit, beside)))
    assert said.about == {"undoes": [edit], "why": "it is another well"}
    take_back(page, edit)
    assert page.strand.values == {"name": "Well", "status": "open"}


def test_undoing_the_edit_that_contested_a_deletion_deletes() -> None:
    page = Page()
    first = page.put(name="Well")
    page.retract(first)
    edit = page.put(first, name="Old well")
    assert page.strand.is_contested
    take_back(page, edit)
    assert page.state.flags == Flag.DELETED


def test_of_two_equal_resolutions_each_can_be_undone_and_then_the_conflict_is_back() -> None:
    page = Page()
    first = page.put(name="Well")
    amina, bo = page.put(first, name="A"), page.put(first, name="B")
    chosen = [page.resolve(amina, bo, name="A"), page.resolve(amina, bo, name="A")]
    take_back(page, chosen[0])
    assert page.state.is_clean
    take_back(page, chosen[1])
    assert set(page.texts("name")) == {"A", "B"}


def test_to_undo_one_of_two_undos_is_to_undo_both() -> None:
    page = Page()
    edit = page.put(page.put(name="Well"), name="Old well")
    undos = [page.undo(edit, seen=(edit,)), page.undo(edit, seen=(edit,))]
    assert undo(page.versions, undos[0]).about == {"undoes": sorted(undos)}
    take_back(page, undos[0])
    assert page.strand.values == {"name": "Old well"}


def test_an_unknown_version_is_refused() -> None:
    page = Page()
    page.put(name="Well")
    assert "There is no version" in refusal(page, VersionId(bytes(32)))


def test_an_observation_is_refused() -> None:
    page = Page()
    seen = page.saw(page.put(name="Well"), values={"name": "Server's well"})
    assert page.versions[seen].op == OBSERVE
    assert "what a server held" in refusal(page, seen)


def test_a_first_version_is_refused_with_the_advice_to_delete() -> None:
    page = Page()
    first = page.put(name="Well")
    with pytest.raises(InvalidInput, match="how the record began") as refused:
        undo(page.versions, first)
    assert refused.value.do == "Delete the record instead."


def test_what_is_undone_already_is_refused_with_the_name_of_the_undo() -> None:
    page = Page()
    edit = page.put(page.put(name="Well"), name="Old well")
    take_back(page, edit)
    assert "has been undone already, by v-" in refusal(page, edit)


def test_what_was_replaced_since_is_refused_with_the_name_of_what_replaced_it() -> None:
    page = Page()
    edit = page.put(page.put(name="Well"), name="Old well")
    page.put(edit, name="Older well")
    assert "it was replaced since, by v-" in refusal(page, edit)
    page.unset(*page.strand.heads, name="name")
    assert "replaced since" in refusal(page, edit)


def test_what_was_replaced_in_one_field_only_is_undone_in_the_others() -> None:
    page = Page()
    edit = page.put(page.put(name="Well", status="open"), name="Old well", status="closed")
    page.put(edit, name="Older well")
    take_back(page, edit)
    assert page.strand.values == {"name": "Older well", "status": "open"}


def test_a_retract_that_was_lifted_is_refused() -> None:
    page = Page()
    retract = page.retract(page.put(name="Well"))
    page.put(retract, name="Old well")
    assert page.versions[retract].op == RETRACT
    assert "lifted since" in refusal(page, retract)


def test_an_edit_of_a_deleted_record_is_refused_because_nothing_would_be_seen() -> None:
    page = Page()
    edit = page.put(page.put(name="Well"), name="Old well")
    page.retract(edit)
    assert "the record is deleted." in refusal(page, edit)


def test_what_waits_or_is_quarantined_is_refused() -> None:
    page = Page()
    edit = page.put(page.put(name="Well"), name="Old well")
    late = page.put(edit, name="Older well")
    page.uncounted = {late}
    assert "has no effect here" in refusal(page, late)
    page.hold_back(edit)
    assert "has no effect here" in refusal(page, late)


def test_what_is_newer_than_this_program_is_refused() -> None:
    first = carry(pack(base()))
    newer = carry(pack(base(op="weigh", parents=[first.id])))
    with pytest.raises(InvalidInput, match="newer than this program"):
        undo({one.id: one.version for one in (first, newer)}, newer.id)


def test_a_version_of_two_strands_is_undone_in_both() -> None:
    page = Page(OUTSIDE)
    here, there = page.first(name="Well"), page.first(name="Clinic")
    both = page.put(here, there, status="open")
    beside = page.put(here, size="3")
    assert undo(page.versions, both).parents == tuple(sorted((both, beside)))
    take_back(page, both)
    assert ["status" in strand.values for strand in page.state.strands] == [False, False]


def test_what_was_replaced_is_not_offered_and_what_speaks_is() -> None:
    page = Page()
    first = page.put(name="Well")
    old = page.put(first, name="Old well", status="open")
    new = page.put(old, name="New well")
    assert undoable(page.versions) == {old, new} == accepted(page)  # of the old one the status would go
    newer = page.put(new, status="closed")
    assert undoable(page.versions) == {new, newer} == accepted(page)
    take_back(page, new)
    assert undoable(page.versions) == accepted(page) == {page.strand.heads[0], old, newer}


@settings(max_examples=150, deadline=None)
@given(partial_histories())
def test_offered_is_exactly_what_is_accepted(written: Written) -> None:
    found = set()
    for one in written.versions:
        with suppress(InvalidInput):
            undo(written.versions, one, written.uncounted)
            found.add(one)
    LOOKED_AT[bool(found)] += 1
    assert undoable(written.versions, written.uncounted) == found


LOOKED_AT = Counter[bool]()


def test_enough_was_offered() -> None:
    assert LOOKED_AT[True] > 30


@pytest.mark.parametrize("name", ["_givers", "_shown"])
def test_a_rule_that_offers_other_things_is_caught(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(undoing, name, lambda *given: set() if name == "_givers" else object())
    with pytest.raises(AssertionError):
        test_what_was_replaced_is_not_offered_and_what_speaks_is()
