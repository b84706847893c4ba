"""Sync at the screen: figures while records flow, a link that breaks in the middle, and what is said of both."""

import re
from pathlib import Path

import pytest

from tests.browser.bridge import Bridge
from tests.browser.devices import Started
from tests.browser.people import DESKTOP, People, Person
from tests.browser.prepared import count_of, make_team, many

pytestmark = pytest.mark.browser
RECORDS = 4000
HELD_AFTER = 600_000
"""Bytes: more than the first parts of 1,024 changes, less than all."""


def sync_by(person: Person, place: str) -> None:
    """Sync with the peer at an address."""
    person.open("/sync")
    person.page.get_by_text("It is not found?").click()
    person.page.locator("#by-address").get_by_label("Address").fill(place)
    person.page.locator("#by-address button").click()


def figures(person: Person) -> tuple[int, int]:
    """How many changes came, of how many, as the screen says now."""
    text = person.page.locator("main").inner_text()
    found = re.search(r"Received: ([\d\s]+) of ([\d\s]+) changes", text)
    if found is None:
        return 0, 0
    done, total = (int(re.sub(r"\D", "", one)) for one in found.groups())
    return done, total


@pytest.fixture
def apart(tmp_path: Path) -> tuple[Started, Started]:
    """A device with many records, and its peer with none; neither looks for the other."""
    one, two = (Started(tmp_path, name, is_announcing=False) for name in ("Amina", "Bo"))
    make_team(one, two, many(RECORDS))
    return one, two


def test_true_progress_is_shown_while_records_flow(people: People, apart: tuple[Started, Started]) -> None:
    one, two = apart
    with (
        one,
        two,
        Bridge(one.port, held_after=HELD_AFTER) as bridge,
        people.browsing(two.entrance) as bo,
        people.browsing(two.let_in(), size=DESKTOP) as beside,
    ):
        sync_by(bo, bridge.place)
        bo.sees("Syncing…")
        bo.sees(re.compile(r"Received: [1-9]"))
        done, total = figures(bo)
        assert 0 < done < total == RECORDS
        bo.page.reload()
        bo.sees(re.compile(r"Received: [1-9]"))
        assert 0 < count_of(two) < RECORDS
        beside.open("/sync")
        beside.sees("Syncing…")
        bridge.let_go()
        for person in (bo, beside):
            person.sees("Everything is on both devices.")
        assert count_of(two) == RECORDS


def test_a_link_lost_in_mid_sync_is_said_and_the_next_goes_on_where_it_stopped(
    people: People, apart: tuple[Started, Started]
) -> None:
    one, two = apart
    with one, two, people.browsing(two.entrance) as bo:
        with Bridge(one.port, held_after=HELD_AFTER) as bridge:
            sync_by(bo, bridge.place)
            bo.sees(re.compile(r"Received: [1-9]"))
            bridge.cut()
            bo.sees("The exchange did not come to its end.")
            bo.sees("What had arrived is kept.")
        kept = count_of(two)
        assert 0 < kept < RECORDS
        sync_by(bo, one.place)
        bo.sees("Everything is on both devices.")
        said = re.search(r"(\d[\d\s]*) changes received", bo.page.locator("main").inner_text())
        assert said is not None
        assert int(re.sub(r"\D", "", said[1])) <= RECORDS + 10 - kept, "nothing comes twice"
        assert count_of(two) == RECORDS
