"""Deciding at the screen: a conflict of two fields, its undoing, and one name for two different things."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.devices import Started
from tests.browser.people import DESKTOP, People
from tests.browser.prepared import NAMES, TABLE, disagreement, make_team, one_name, shelters
from tests.browser.test_sync_screen import sync_by

pytestmark = pytest.mark.browser


@pytest.fixture
def divided(tmp_path: Path) -> Iterator[tuple[Started, Started]]:
    """Two devices of one team whose people disagree about the school, and both brought a record of one name."""
    one, two = (Started(tmp_path, name, is_announcing=False) for name in ("Amina", "Bo"))
    make_team(one, two, shelters, disagreement, one_name)
    with one, two:
        yield one, two


def open_count(device: Started) -> int:
    found = device.ask("/api/conflicts")
    assert isinstance(found, list)
    return len(found)


def test_a_conflict_is_settled_undone_and_settled_again_and_the_other_device_hears_of_it(
    people: People, divided: tuple[Started, Started]
) -> None:
    one, two = divided
    with people.browsing(one.entrance) as amina, people.browsing(two.entrance, size=DESKTOP) as bo:
        page = amina.page
        amina.open("/conflicts")
        assert page.locator("nav .count").first.inner_text().split()[0] == "2"
        amina.tap("School", exact=False)
        beds = page.get_by_role("group", name=re.compile("capacity|Beds"))
        for value, name in (("80", "Amina"), ("95", "Bo")):
            assert beds.get_by_role("radio", name=re.compile(rf"{value}\b.*{name}", re.DOTALL)).count() == 1
        assert page.locator("form input[type=radio]:checked").count() == 0, "no answer is given for anybody"
        beds.get_by_role("radio", name=re.compile("Another value")).check()
        beds.get_by_label(re.compile("Another value for")).fill("88")
        status = page.get_by_role("group", name=re.compile("status|Status"))
        status.get_by_role("radio", name=re.compile("closed", re.IGNORECASE)).check()
        page.get_by_label("Why?").fill("counted today")
        page.locator("main").get_by_role("button", name="Decide").click()
        amina.sees("decided")
        assert open_count(one) == 1
        amina.tap("Undo")
        assert open_count(one) == 2
        amina.open("/conflicts")
        amina.tap("School", exact=False)
        for group in (beds, status):
            group.get_by_role("radio", name=re.compile("Bo")).check()
        page.locator("main").get_by_role("button", name="Decide").click()
        amina.sees("decided")
        sync_by(bo, one.place)
        bo.sees("Everything is on both devices.")
        assert open_count(two) == 1
        bo.open("/conflicts")
        assert bo.page.get_by_role("link", name=re.compile("School")).count() == 0
        bo.open(f"/data/{TABLE}?q=School")
        bo.tap("School", exact=False)
        bo.sees("95")
        bo.tap("History")
        bo.sees("counted today")
        bo.sees("Amina")


def test_one_name_for_two_things_is_told_apart_and_both_stay(people: People, divided: tuple[Started, Started]) -> None:
    _one, two = divided
    with people.browsing(two.entrance) as bo:
        page = bo.page
        bo.open("/conflicts")
        page.get_by_role("link", name=re.compile("Clinic|Bakery")).click()
        bo.sees("One thing, or different things?")
        for name in ("Clinic at the ford", "Bakery"):
            assert page.get_by_role("cell", name=name).count() == 1
        page.get_by_role("radio", name=re.compile("^different things")).check()
        page.get_by_role("radio", name=re.compile("begun by .?Amina")).check()
        page.locator("main").get_by_role("button", name="Decide").click()
        bo.sees("School")
        bo.open(f"/data/{TABLE}")
        bo.sees(f"{len(NAMES) + 2} records")
        for name in ("Clinic at the ford", "Bakery"):
            bo.sees(name)
        assert open_count(two) == 1
