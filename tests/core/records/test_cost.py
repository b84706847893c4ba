"""Whatever shape a history has, the work of computing its state grows no faster than the history.

Work is counted in calls, so that no clock decides.
"""

from collections.abc import Callable
from itertools import count

import pytest

from edenmesh.core.ids import DestinationId, VersionId
from edenmesh.core.records import (
    PUT,
    Change,
    Reading,
    Reference,
    Removal,
    body_hash,
    delivered_at,
    difference,
    observe,
    owed_fields,
)
from edenmesh.core.records.states import units
from edenmesh.core.records.writing import bodies
from tests.core.records.calls import calls_of
from tests.core.records.family_page import FamilyPage
from tests.core.records.pages import OUTSIDE, SERVER, Page

SMALL = 100
GROWTH_MAX = 2.3
"""Twice the versions may cost this many times the calls: sorting takes a little more than twice."""


def heads(page: Page, count: int) -> None:
    """Everybody edits the first version."""
    first = page.put(name="Well")
    for number in range(count):
        page.put(first, name=f"Well {number}")


def joined(page: Page, count: int) -> None:
    """Two edit at once, a third joins them, again and again."""
    last = page.put(name="Well")
    for number in range(count // 3):
        pair = page.put(last, name=f"A{number}"), page.put(last, name=f"B{number}")
        last = page.resolve(*pair, name=f"C{number}")


def comb(page: Page, count: int) -> None:
    """A long line, and from each of its versions a branch."""
    last = page.put(name="Well")
    for number in range(count // 2):
        page.put(last, status=str(number))
        last = page.put(last, name=str(number))


def fields(page: Page, count: int) -> None:
    """Each edit is of a field of its own, and contested."""
    first = page.put(name="Well")
    for number in range(count // 2):
        for value in "ab":
            page.write(PUT, (first,), Change(set={f"field_{number}": value}))


def undos(page: Page, count: int) -> None:
    """One undoes what the other wrote, far above it."""
    line = [page.put(name="Well")]
    for number in range(count // 2):
        line.append(page.put(line[-1], name=str(number)))
    for one in line[1:]:
        line.append(page.undo(one, seen=(line[-1],)))


def rows(page: Page, count: int) -> None:
    """People who do not know a unit edit its fields in turn."""
    page.declare(["lat", "lon"])
    last = page.put(lat="0", lon="0")
    for number in range(count):
        last = page.write(PUT, (last,), Change(set={"lon" if number % 2 else "lat": str(number)}))


def torn_rows(page: Page, count: int) -> None:
    """The same, two at once, so that rows multiply."""
    unit = [f"f{number}" for number in range(8)]
    page.declare(unit)
    seen: tuple[VersionId, ...] = (page.put(name="Well"),)
    for number in range(count // 2):
        seen = tuple(page.write(PUT, seen, Change(set={unit[number % 8]: f"{number}{value}"})) for value in "ab")


def taken_over(page: Page, count: int) -> None:
    """Many who do not know a unit edit one field of it, each over all of many rows that contradict each other."""
    page.declare(["lat", "lon"])
    first = page.put(lat="0", lon="0")
    torn = [page.put(first, lat=str(number), lon=str(number)) for number in range(count)]
    seen = page.put(*torn, name="Well")
    for _ in range(count):
        page.write(PUT, (seen,), Change(set={"lon": "x"}))


def items(page: Page, count: int) -> None:
    """Everybody adds an item, and somebody removes each."""
    first = page.put(name="Well")
    for number in range(count // 2):
        added = page.add(first, name="needs", item=str(number))
        page.write(PUT, (added,), Change(remove={"needs": [Removal(str(number), [added])]}))


def observed(page: Page, count: int) -> None:
    """A server gives back what everybody wrote."""
    first = page.put(name="Well")
    for number in range(count // 2):
        page.saw(page.put(first, name=str(number % 7)), values={"name": str(number % 5)}, destination=SERVER)


def observe_it(page: Page) -> object:
    return observe(page.versions, Reading(SERVER, {"name": "Well"}))


def what_is_owed(page: Page) -> object:
    return owed_fields(page.state, page.versions, SERVER)


def where_delivered(page: Page) -> object:
    return delivered_at(page.state, page.versions)


def strands(page: Page, count: int) -> None:
    """Everybody imports the same uuid with other contents."""
    page.uuid = OUTSIDE
    for number in range(count):
        page.first(name=f"Well {number}")


def undos_of_undos(page: Page, count: int) -> None:
    """One edit is taken back, and that too, again and again."""
    last = page.put(page.put(name="Well"), name="Old well")
    for _ in range(count):
        last = page.undo(last, seen=(last,))


def going_back(page: Page, count: int) -> None:
    """A server goes back again and again."""
    last = page.saw(page.put(name="Well"))
    for number in range(count):
        last = page.saw(after=[last], values={"name": str(number)})


def questions(page: Page, count: int) -> None:
    """Many questions that one person has seen all of, and many reads of the server since."""
    last = page.saw(page.put(name="Well"))
    asked = [page.saw(after=[last], values={"name": str(number)}) for number in range(count // 2)]
    for _ in range(count // 2):
        asked = [page.saw(*asked)]


def servers(page: Page, count: int) -> None:
    """The record is seen at one server after the other, twice at each."""
    first = page.put(name="Well")
    for number in range(count // 2):
        destination = DestinationId(number.to_bytes(32, "big"))
        for _ in range(2):
            page.saw(first, body=body_hash({"name": "Well"}), destination=destination)


def last_ones(page: Page, count: int) -> None:
    """A server was seen to differ after each of many edits, by so many gateways."""
    last = page.put(name="Well", status="open")
    for number in range(count // 2):
        last = page.put(last, name=str(number))
        page.saw(last, values={"name": "Well"})


def equal_heads(page: Page, count: int) -> None:
    """From each version of a long line a branch that says what the server has."""
    last = page.put(name="Well")
    for _ in range(count // 2):
        last = page.put(last, name="Old well")
        page.put(last, name="Well")


def unlike(page: Page, count: int) -> None:
    """Last observations after two versions that contradict each other, each of a body nobody knows."""
    first = page.put(name="Well")
    pair = [page.put(first, name=name, status=name) for name in "ab"]
    for _ in range(count):
        page.saw(*pair)


FURTHER = [strands, undos_of_undos, going_back, questions, servers, last_ones, equal_heads, unlike]
SEEN = [heads, observed, going_back, questions, servers, last_ones, equal_heads, unlike]


@pytest.mark.parametrize("shape", [heads, joined, comb, fields, undos, rows, torn_rows, items, observed, *FURTHER])
def test_twice_the_history_is_about_twice_the_work(shape: Callable[[Page, int], None]) -> None:
    small, large = _calls(shape, SMALL), _calls(shape, 2 * SMALL)
    assert small > SMALL
    assert large <= GROWTH_MAX * small, (small, large)


@pytest.mark.parametrize("asked", [observe_it, what_is_owed, where_delivered])
@pytest.mark.parametrize("shape", SEEN)
def test_twice_the_history_is_about_twice_the_work_for_whoever_reads_the_server(
    shape: Callable[[Page, int], None], asked: Callable[[Page], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "PASTS_BYTES_MAX", 4000)
    small, large = _calls(shape, SMALL, asked), _calls(shape, 2 * SMALL, asked)
    assert small > SMALL
    assert large <= GROWTH_MAX * small, (small, large)


def test_four_times_the_writers_over_four_times_the_rows_are_about_four_times_the_work() -> None:
    small, large = _calls(taken_over, SMALL), _calls(taken_over, 4 * SMALL)
    assert large <= 2 * GROWTH_MAX * small, (small, large)


def test_a_program_that_goes_through_the_rows_for_each_writer_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = count()
    monkeypatch.setattr(units, "encode", lambda _: next(numbers))
    assert _calls(taken_over, 4 * SMALL) > 4 * GROWTH_MAX * _calls(taken_over, SMALL)


def test_a_reader_without_an_allowance_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies.Pasts, "spend", lambda *_: True)
    assert _calls(equal_heads, 2 * SMALL, observe_it) > 3 * _calls(equal_heads, SMALL, observe_it)


@pytest.mark.parametrize("says_same", [False, True])
def test_twice_the_names_in_decisions_are_about_twice_the_work(says_same: bool) -> None:
    small, large = _calls_for_decisions(20, says_same), _calls_for_decisions(40, says_same)
    # Twice the strands and decisions: four times the names.
    assert large <= 2 * GROWTH_MAX * small, (small, large)


def test_four_times_the_strands_and_decisions_that_follow_each_other_are_about_four_times_the_work() -> None:
    small, large = _calls_for_a_chain(40), _calls_for_a_chain(160)
    assert large <= 2 * GROWTH_MAX * small, (small, large)


def test_four_times_the_strands_observed_together_that_leave_are_about_four_times_the_work() -> None:
    small, large = _calls_for_leavers_seen_together(40), _calls_for_leavers_seen_together(160)
    assert large <= 3 * GROWTH_MAX * small, (small, large)


def test_a_strand_of_a_thousand_heads_is_shown_and_settled_by_one_resolution() -> None:
    page = Page()
    heads(page, 1000)
    assert len(page.strand.heads) == len(page.texts("name")) == 1000
    page.resolve(*page.strand.heads, name="Well")
    assert page.state.is_clean


def test_records_that_refer_to_each_other_in_a_loop_are_shown_like_any_other() -> None:
    page = Page(OUTSIDE)
    page.put(site=Reference("org_facility", OUTSIDE))
    page.put(*page.strand.heads, name="Well")
    assert page.strand.values == {"name": "Well", "site": Reference("org_facility", OUTSIDE)}
    assert difference(page.strand, page.strand.values).is_empty


def _calls(
    shape: Callable[[Page, int], None], count: int, asked: Callable[[Page], object] = lambda page: page.state
) -> int:
    """How many calls it takes to answer something of a history of this shape: its state, unless it is said else."""
    page = Page()
    shape(page, count)
    return calls_of(lambda: asked(page))


def _calls_for_a_chain(count: int) -> int:
    """As many decisions, one after the other, as there are strands, all of which the first of them followed."""
    page = FamilyPage()
    firsts = sorted(page.first(name=f"Well {number}") for number in range(count))
    last = page.say_different(*firsts[:2], seen=tuple(firsts))
    for _ in range(count):
        last = page.say_different(*firsts[:2], seen=(last,))
    return calls_of(lambda: page.states)


def _calls_for_leavers_seen_together(count: int) -> int:
    """As many strands that observations make one, and a decision on each by somebody who had seen them all."""
    page = FamilyPage()
    firsts = sorted(page.first(name=f"Well {number}") for number in range(count))
    seen = [page.saw(one, body=bytes([1]) * 32) for one in firsts]
    keeper = page.first(name="Clinic")
    last = page.put(*seen, keeper, status="open")
    for one in firsts:
        page.say_different(keeper, one, seen=(last,))
    return calls_of(lambda: page.states)


def _calls_for_decisions(count: int, says_same: bool) -> int:
    """As many decisions as there are strands, each of which names all strands."""
    page = FamilyPage()
    firsts = sorted(page.first(name=f"Well {number}") for number in range(count))
    for number, keeper in enumerate(firsts):
        if says_same and number % 2:
            page.say_same(*firsts)
        else:
            page.say_different(keeper, *(one for one in firsts if one != keeper))
    return calls_of(lambda: page.states)
