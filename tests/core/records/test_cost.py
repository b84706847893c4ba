"""Whatever shape a history has, the work of computing its state grows no faster than the history.

Work is counted in calls, so that no clock decides.
"""

import sys
from collections.abc import Callable
from types import FrameType

import pytest

from edenmesh.core.ids import VersionId
from edenmesh.core.records import PUT, Change, Reference, Removal, difference
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


@pytest.mark.parametrize("shape", [heads, joined, comb, fields, undos, rows, torn_rows, items, observed])
def test_twice_the_history_is_about_twice_the_work(shape: Callable[[Page, int], None]) -> None:
    small, large = _calls(shape, SMALL), _calls(shape, 2 * SMALL)
    assert small > SMALL
    assert large <= GROWTH_MAX * small, (small, large)


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


def _calls(shape: Callable[[Page, int], None], count: int) -> int:
    """How many calls the state of a history of this shape takes, those into C among them."""
    page = Page()
    shape(page, count)
    made = 0

    def note(frame: FrameType, event: str, arg: object) -> None:
        nonlocal made
        made += event in ("call", "c_call")

    previous = sys.getprofile()
    sys.setprofile(note)
    try:
        _ = page.state
    finally:
        sys.setprofile(previous)
    return made
