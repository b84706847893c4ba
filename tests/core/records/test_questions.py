"""A server that has gone back is a question for people: when it is asked, and what answers it (design, section 2.6)."""

from edenmesh.core.encoding import Plain
from edenmesh.core.ids import VersionId
from edenmesh.core.records import (
    ABSENT,
    OBSERVE,
    RESOLVE,
    Change,
    Content,
    Flag,
    Reading,
    is_delivered,
    open_questions,
)
from tests.core.records.pages import OTHER_SERVER, SERVER, Page

ABSENCE = Reading(SERVER, None)


def reading(modified_on: str = "", created_on: str = "", *, was_created: bool = False, **fields: Content) -> Reading:
    return Reading(SERVER, fields, modified_on, created_on, was_created)


def read(page: Page, what: Reading) -> VersionId:
    seen = page.read(what)
    assert seen is not None
    return seen


def delivered(page: Page) -> bool:
    return is_delivered(page.state, page.versions, SERVER, page.uncounted)


def page_delivered(name: str) -> tuple[Page, VersionId]:
    page = Page()
    page.put(name=name)
    return page, read(page, reading("2026-11-22", "2026-11-01", name=name))


def test_an_update_answered_created_is_a_question() -> None:
    page, last = page_delivered(name="Well")
    page.put(*page.strand.heads, name="Old well")
    seen = read(page, reading("2026-11-23", "2026-11-23", was_created=True, name="Old well"))
    assert page.versions[seen].observation.after == (last,)
    assert Flag.QUESTION in page.state.flags


def test_a_first_row_answered_created_is_none() -> None:
    page = Page()
    page.put(name="Well")
    read(page, reading("2026-11-23", "2026-11-23", was_created=True, name="Well"))
    assert delivered(page)


def test_it_is_asked_where_what_the_server_had_before_has_not_come() -> None:
    page, last = page_delivered(name="Well")
    page.saw(values={"name": "Old well"}, after=[last])
    page.versions = {one: version for one, version in page.versions.items() if version.about.get("after")}
    assert page.state.flags == Flag.QUESTION


def test_an_open_question_is_shown_of_the_record_and_is_open_to_decide() -> None:
    page, _ = page_delivered(name="Well")
    read(page, ABSENCE)
    assert page.state.flags == Flag.QUESTION
    assert not page.state.is_clean


def test_a_question_at_one_destination_is_one_about_the_record() -> None:
    page, _ = page_delivered(name="Well")
    read(page, Reading(OTHER_SERVER, {"name": "Well"}))
    read(page, Reading(OTHER_SERVER, None))
    assert open_questions(page.versions, SERVER) == ()
    assert Flag.QUESTION in page.state.flags
    assert not delivered(page)


def test_no_stamp_is_no_older_one() -> None:
    page, _ = page_delivered(name="Well")
    seen = page.versions[read(page, reading(name="Old well"))]
    assert not seen.observation.after


def test_an_absence_of_what_was_retracted_is_no_question() -> None:
    page, _ = page_delivered(name="Well")
    page.retract(*page.strand.heads)
    assert not page.versions[read(page, ABSENCE)].observation.after
    assert delivered(page)


def test_what_is_read_while_a_question_is_open_asks_nothing_more_and_answers_nothing() -> None:
    page, _ = page_delivered(name="Well")
    asked = read(page, reading("2026-11-20", "2026-11-01", name="Older"))
    later = page.versions[read(page, reading("2026-11-19", "2026-11-01", name="Oldest"))]
    assert later.parents == [asked]
    assert not later.observation.after
    assert open_questions(page.versions, SERVER) == (asked,)
    page.read(ABSENCE)
    assert asked in open_questions(page.versions, SERVER)


def test_who_had_seen_more_than_the_one_who_asked_asks_of_that_too() -> None:
    page, first = page_delivered(name="Well")
    more = page.saw(first, values={"status": "open"})
    asked = page.saw(after=[first], body=ABSENT)
    seen = read(page, ABSENCE)
    assert page.versions[seen].parents == []
    assert set(page.versions[seen].observation.after) == {asked, more}
    assert page.read(ABSENCE) is None
    page.resolve(*page.strand.heads, name="Well")
    assert open_questions(page.versions, SERVER) == ()


def test_a_retract_that_names_it_answers_and_so_the_record_is_deleted_everywhere() -> None:
    page, _ = page_delivered(name="Well")
    read(page, ABSENCE)
    page.retract(*page.strand.heads)
    assert page.state.flags == Flag.DELETED
    assert delivered(page)


def test_an_answer_that_takes_over_what_the_server_has_delivers_it() -> None:
    page, _ = page_delivered(name="Well")
    read(page, reading("2026-11-20", "2026-11-01", name="Older"))
    assert not delivered(page)
    page.resolve(*page.strand.heads, name="Older")
    assert page.state.is_clean
    assert delivered(page)
    assert page.read(reading("2026-11-20", "2026-11-01", name="Older")) is not None
    assert page.read(reading("2026-11-20", "2026-11-01", name="Older")) is None


def test_an_answer_that_was_undone_answers_nothing() -> None:
    page, _ = page_delivered(name="Well")
    asked = read(page, ABSENCE)
    answer = page.resolve(*page.strand.heads, name="Old well")
    page.write(RESOLVE, page.strand.heads, Change(), about={"undoes": [answer]})
    assert page.strand.values == {"name": "Well"}
    assert open_questions(page.versions, SERVER) == (asked,)


def test_a_quarantined_answer_answers_nothing() -> None:
    page, _ = page_delivered(name="Well")
    asked = read(page, ABSENCE)
    page.uncounted = {page.resolve(*page.strand.heads, name="Well")}
    assert open_questions(page.versions, SERVER, page.uncounted) == (asked,)


def test_after_an_answer_the_server_may_go_back_again() -> None:
    page, _ = page_delivered(name="Well")
    read(page, ABSENCE)
    page.resolve(*page.strand.heads, name="Well")
    read(page, reading("2026-11-23", "2026-11-23", name="Well"))
    asked = read(page, ABSENCE)
    assert open_questions(page.versions, SERVER) == (asked,)


def test_a_server_seen_again_as_it_was_has_answered_itself() -> None:
    page, _ = page_delivered(name="Well")
    read(page, ABSENCE)
    read(page, reading("2026-11-22", "2026-11-01", name="Well"))
    assert page.state.is_clean
    assert delivered(page)


def test_a_row_made_anew_with_the_same_values_has_not() -> None:
    page, _ = page_delivered(name="Well")
    asked = read(page, ABSENCE)
    read(page, reading("2026-11-23", "2026-11-23", name="Well"))
    assert open_questions(page.versions, SERVER) == (asked,)
    assert not delivered(page)


def test_a_server_forward_again_behind_what_another_gateway_had_seen_has_not() -> None:
    page, first = page_delivered(name="Well")

    def saw(modified_on: str, *parents: VersionId) -> VersionId:
        about: dict[str, Plain] = {"body": modified_on.encode().ljust(32), "destination": SERVER}
        return page.write(OBSERVE, parents, Change(), about={**about, "modified_on": modified_on})

    older, newer = saw("2026-11-24", first), saw("2026-11-25", first)
    asked = page.saw(after=[older, newer], body=ABSENT)
    saw("2026-11-24", asked)
    assert open_questions(page.versions, SERVER) == (asked,)
    saw("2026-11-25", asked)
    assert open_questions(page.versions, SERVER) == ()


def test_a_value_of_the_quarantined_is_a_question_at_a_first_read_too() -> None:
    page = Page()
    page.put(name="Well")
    robbed = page.put(name="Robbed well")
    page.uncounted.add(robbed)
    seen = read(page, reading("2026-11-23", name="Robbed well"))
    assert page.versions[seen].observation.after == (robbed,)
    assert open_questions(page.versions, SERVER, page.uncounted) == (seen,)


def test_while_a_question_is_open_no_value_of_the_quarantined_is_written_down() -> None:
    page, _ = page_delivered(name="Well")
    read(page, ABSENCE)
    page.uncounted.add(page.put(*page.strand.heads, name="Robbed well"))
    assert page.read(reading("2026-11-23", "2026-11-23", name="Robbed well")) is None
