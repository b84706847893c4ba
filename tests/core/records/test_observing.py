"""From a read of the server to what is written of it: sentences of the design, section 2.6."""

from collections import Counter
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edenmesh.core.ids import VersionId
from edenmesh.core.records import (
    ABSENT,
    Content,
    Flag,
    Pen,
    Reading,
    compose,
    is_delivered,
    observe,
    open_questions,
    record_state,
)
from tests.core.records.pages import OTHER_SERVER, OUTSIDE, SERVER, Page
from tests.core.records.test_change import PEN
from tests.oracle.histories import FIELDS, Written, histories


def reading(modified_on: str = "", created_on: str = "", **fields: Content) -> Reading:
    return Reading(SERVER, fields, modified_on, created_on)


ABSENCE = Reading(SERVER, None)


def delivered(page: Page) -> bool:
    return is_delivered(page.state, page.versions, SERVER, page.uncounted)


def read(page: Page, what: Reading) -> VersionId:
    seen = page.read(what)
    assert seen is not None
    return seen


def test_the_first_read_of_an_unknown_record_assigns_the_whole_body() -> None:
    page = Page(OUTSIDE)
    seen = read(page, reading(name="Well", needs=("pump", "pipe")))
    assert page.versions[seen].parents == []
    assert page.strand.values == {"name": "Well", "needs": ("pipe", "pump")}
    assert delivered(page)


def test_where_nothing_was_observed_yet_an_absence_says_nothing() -> None:
    page = Page()
    assert page.read(ABSENCE) is None
    page.put(name="Well")
    assert page.read(ABSENCE) is None


def test_after_a_clean_delivery_nothing_is_assigned_and_delivered_is_said() -> None:
    page = Page()
    head = page.put(page.put(name="Well"), status="open")
    seen = page.versions[read(page, reading(name="Well", status="open", modified_on="2026-11-22 10:00:00"))]
    assert seen.parents == [head]
    assert not any((seen.set, seen.unset, seen.add, seen.remove))
    assert seen.observation.modified_on == "2026-11-22 10:00:00"
    assert delivered(page)


def test_a_read_that_finds_nothing_new_writes_nothing() -> None:
    page = Page()
    page.put(name="Well")
    read(page, reading(name="Well"))
    assert page.read(reading(name="Well")) is None
    page.retract(*page.strand.heads)
    assert page.read(reading(name="Well")) is None
    read(page, ABSENCE)
    assert delivered(page)
    assert page.read(ABSENCE) is None


def test_an_edit_on_the_server_is_assigned_where_body_and_past_differ() -> None:
    page = Page()
    page.put(name="Well", status="open")
    read(page, reading(name="Well", status="open"))
    seen = page.versions[read(page, reading(name="Well", status="closed", year=1999))]
    assert seen.set == {"status": "closed", "year": 1999}
    assert page.state.is_clean
    assert delivered(page)


def test_what_was_emptied_on_the_server_is_emptied_where_it_had_been_there() -> None:
    page = Page()
    page.put(name="Well", status="open")
    read(page, reading(name="Well", status="open"))
    page.put(*page.strand.heads, year=1999)
    seen = page.versions[read(page, reading(name="Well"))]
    assert seen.unset == ["status"]
    assert page.strand.values == {"name": "Well", "year": 1999}


def test_a_head_with_a_value_the_body_lacks_is_not_followed() -> None:
    page = Page()
    read(page, reading(name="Well"))
    ours = page.put(*page.strand.heads, name="Our well")
    seen = page.versions[read(page, reading(name="Server's well"))]
    assert ours not in seen.parents
    assert set(page.texts("name")) == {"Our well", "Server's well"}


def test_of_a_head_that_is_not_followed_what_was_found_is_named() -> None:
    page = Page()
    first = page.put(name="Well", status="open")
    read(page, reading(name="Well", status="open"))
    ours = page.put(*page.strand.heads, name="Our well", status="ours")
    seen = page.versions[read(page, reading(name="Our well", status="open"))]
    assert ours not in seen.parents
    assert seen.observation.found == {"name": (ours,)}
    assert first != ours


def test_a_head_in_conflict_is_not_followed_and_of_its_values_the_one_found_is_named() -> None:
    page = Page()
    first = page.put(name="Well")
    here, there = page.put(first, name="Here"), page.put(first, name="There")
    undecided = page.put(here, there, status="open")
    page.retract(first)
    seen = page.versions[read(page, reading(name="Here", status="open"))]
    assert undecided not in seen.parents
    assert seen.observation.found == {"name": (here,), "status": (undecided,)}


def test_where_the_past_shows_several_values_and_the_body_has_one_nothing_is_assigned() -> None:
    page = Page()
    first = page.put(name="Well")
    here, there = page.put(first, name="Here"), page.put(first, name="There")
    page.saw(here, there)
    seen = page.versions[read(page, reading(name="Here"))]
    assert not seen.set


def test_what_we_emptied_bears_out_only_a_body_without_it() -> None:
    page = Page()
    page.put(name="Well", status="open")
    read(page, reading(name="Well", status="open"))
    emptied = page.unset(*page.strand.heads, name="status")
    assert page.read(reading(name="Well", status="open")) is None
    seen = page.versions[read(page, reading(name="Well"))]
    assert emptied in seen.parents
    assert delivered(page)


@pytest.mark.parametrize(
    ("then", "reason"),
    [
        (ABSENCE, "the row is gone and nobody retracted it"),
        (reading("2026-11-20", "2026-11-01", name="Well"), "it was changed last before it was changed last"),
        (reading("2026-11-22", "2026-11-02", name="Well"), "it was made anew"),
    ],
)
def test_a_server_gone_back_is_a_question_asked_once(then: Reading, reason: str) -> None:
    page = Page()
    page.put(name="Well")
    last = read(page, reading("2026-11-22", "2026-11-01", name="Well"))
    seen = read(page, then)
    observation = page.versions[seen].observation
    assert page.versions[seen].parents == []
    assert observation.after == (last,)
    assert page.versions[seen].set == dict(then.fields or {})
    assert open_questions(page.versions, SERVER) == (seen,)
    assert open_questions(page.versions, OTHER_SERVER) == ()
    assert not delivered(page)
    assert page.read(then) is None


def test_a_value_that_only_quarantined_versions_gave_is_a_question_and_no_edit_of_the_server() -> None:
    page = Page()
    page.put(name="Well")
    last = read(page, reading("2026-11-22", name="Well"))
    page.uncounted.add(page.put(name="Robbed well"))
    seen = read(page, reading("2026-11-23", name="Robbed well"))
    assert page.versions[seen].observation.after == (last,)
    assert open_questions(page.versions, SERVER, page.uncounted) == (seen,)
    assert set(page.texts("name")) == {"Well", "Robbed well"}
    assert not delivered(page)
    assert page.read(reading("2026-11-23", name="Robbed well")) is None
    page.resolve(*page.strand.heads, name="Well")
    assert page.read(reading("2026-11-23", name="Robbed well")) is None
    read(page, reading("2026-11-24", name="Well"))
    assert delivered(page)


def test_a_value_that_others_gave_too_is_an_edit_whoever_is_quarantined() -> None:
    page = Page()
    first = page.put(name="Well")
    page.put(first, name="Old well")
    read(page, reading(name="Old well"))
    page.uncounted.add(page.put(name="Well"))
    seen = read(page, reading(name="Well"))
    assert not page.versions[seen].observation.after
    assert page.strand.values == {"name": "Well"}


def test_only_a_resolution_or_retract_that_names_it_answers_the_question() -> None:
    page = Page()
    page.put(name="Well")
    read(page, reading(name="Well"))
    seen = read(page, ABSENCE)
    ours = [head for head in page.strand.heads if head != seen]
    page.put(*page.strand.heads, name="Old well")
    assert open_questions(page.versions, SERVER) == (seen,)
    page.resolve(*ours, name="Old well")
    assert open_questions(page.versions, SERVER) == (seen,)
    page.resolve(*page.strand.heads, name="Old well")
    assert open_questions(page.versions, SERVER) == ()


def test_a_later_stamp_or_the_same_one_is_no_going_back() -> None:
    page = Page()
    page.put(name="Well")
    read(page, reading("2026-11-22", "2026-11-01", name="Well"))
    seen = read(page, reading("2026-11-23", "2026-11-01", name="Old well"))
    assert not page.versions[seen].observation.after
    assert page.strand.values == {"name": "Old well"}


def test_a_row_that_came_back_after_its_absence_was_seen_is_an_edit() -> None:
    page = Page()
    page.put(name="Well")
    read(page, reading(name="Well"))
    page.retract(*page.strand.heads)
    read(page, ABSENCE)
    read(page, reading(name="Well again"))
    assert page.strand.is_contested
    assert Flag.CONTESTED in page.state.flags


def test_each_destination_is_observed_by_itself() -> None:
    page = Page()
    ours = page.put(name="Well")
    read(page, reading(name="Well"))
    there = page.versions[read(page, Reading(OTHER_SERVER, {"name": "Well"}))]
    assert there.parents == [ours]
    assert delivered(page)
    assert is_delivered(page.state, page.versions, OTHER_SERVER)


def test_what_does_not_count_or_waits_is_neither_followed_nor_asked() -> None:
    page = Page()
    first = page.put(name="Well")
    missing = page.put(first, status="open")
    waiting = page.saw(missing, after=[missing], body=ABSENT)
    cut = page.saw(first, after=[first], body=ABSENT)
    page.uncounted = {cut}
    page.hold_back(missing)
    assert open_questions(page.versions, SERVER, page.uncounted) == ()
    seen = page.versions[read(page, reading(name="Well"))]
    assert seen.parents == [first]
    assert waiting in page.versions


def test_gateways_come_to_rest_after_any_history() -> None:
    work = Counter[str]()

    @settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
    @given(histories(), st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(["1", "4", "5"])))
    def check(held: Written, edits: Mapping[str, Content]) -> None:
        state = record_state(held.versions, held.uncounted)
        if state.strand is None or not state.is_clean or open_questions(held.versions, SERVER, held.uncounted):
            return
        body = None if state.strand.is_deleted else state.strand.values
        versions = dict(held.versions)
        for fields in (body, {**body, **edits} if body is not None else None):
            what = Reading(SERVER, fields)
            written = 0
            while (draft := observe(versions, what, held.uncounted)) is not None:
                pen = Pen(PEN.author, 100 + len(versions), PEN.made, len(versions).to_bytes(16, "big"))
                carried = compose(
                    pen, state.table, state.uuid, draft.change, parents=draft.parents, op="observe", about=draft.about
                )
                versions[carried.id] = carried.version
                written += 1
                assert written == 1, "a second read of the same still tells something new"
            work["observations"] += written
        work["edits"] += bool(edits)

    check()
    assert work["observations"] >= 20, work
    assert work["edits"] >= 3, work
