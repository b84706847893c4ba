"""Pairing at two screens: wrong codes, reloads in the middle, second tabs and the back button."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.devices import Started
from tests.browser.people import DESKTOP, People, Person
from tests.browser.test_from_start_to_delivered import choose_code, compare

pytestmark = pytest.mark.browser


@pytest.fixture
def strangers(tmp_path: Path) -> Iterator[tuple[Started, Started]]:
    """Two devices that never met."""
    one, two = (Started(tmp_path, name, is_announcing=False) for name in ("Amina", "Bo"))
    for device in (one, two):
        device.make()
    with one, two:
        yield one, two


def begin(shower: Person, dialler: Person, place: str) -> None:
    """One is visible, the other types its address."""
    shower.open("/nearby")
    shower.tap("Be visible for 5 minutes")
    shower.sees(place)
    dialler.open("/nearby")
    dialler.fill("Address or call-sign", place)
    dialler.tap("Pair with it")
    dialler.is_at("/nearby/pairing")


def peers(device: Started) -> list[str]:
    found = device.ask("/api/peers")
    assert isinstance(found, list)
    return [one["name"] for one in found]


def test_a_wrong_code_is_refused_loudly_on_both_screens(people: People, strangers: tuple[Started, Started]) -> None:
    one, two = strangers
    with people.browsing(one.entrance, size=DESKTOP) as amina, people.browsing(two.entrance) as bo:
        begin(amina, bo, one.place)
        amina.sees("Show this code to the other person")
        right = amina.page.locator(".code").inner_text()
        bo.page.locator(".codes button").first.wait_for()
        wrong = [text for text in bo.page.locator(".codes button").all_inner_texts() if text != right]
        assert len(wrong) == 3
        choose_code(bo, wrong[0])
        for person in (amina, bo):
            alert = person.page.get_by_role("alert")
            alert.wait_for()
            assert "Not paired" in alert.inner_text()
            person.sees("somebody may stand between the two devices")
        assert peers(one) == peers(two) == []
        bo.tap("Pair again")
        amina.tap("Pair again")
        amina.is_at("/nearby")
        bo.fill("Address or call-sign", one.place)
        bo.tap("Pair with it")
        compare(amina, bo)
        assert (peers(one), peers(two)) == (["Bo"], ["Amina"])


def test_who_sees_none_of_the_codes_says_so(people: People, strangers: tuple[Started, Started]) -> None:
    one, two = strangers
    with people.browsing(one.entrance) as amina, people.browsing(two.entrance) as bo:
        begin(amina, bo, one.place)
        amina.sees("Show this code to the other person")
        bo.tap("It shows none of these")
        for person in (amina, bo):
            person.sees("Not paired")
        assert peers(one) == peers(two) == []


def test_reloads_second_tabs_and_the_back_button_in_mid_pairing(
    people: People, strangers: tuple[Started, Started]
) -> None:
    one, two = strangers
    with people.browsing(one.entrance) as amina, people.browsing(two.entrance) as bo:
        begin(amina, bo, one.place)
        amina.sees("Show this code to the other person")
        code = amina.page.locator(".code").inner_text()
        for person in (amina, bo):
            person.page.reload()
        assert amina.page.locator(".code").inner_text() == code
        offered = bo.page.locator(".codes button").all_inner_texts()
        beside = people.tab(bo.page.context, bo.host)
        beside.page.goto(bo.page.url)
        assert beside.page.locator(".codes button").all_inner_texts() == offered
        beside.open("/nearby")
        beside.is_at("/nearby/pairing")
        choose_code(beside, code)
        beside.sees("Now the other person")
        choose_code(bo, offered[0])  # another answer, in a tab that still asks, is none
        bo.sees("Now the other person")
        amina.tap("They have found it")
        amina.page.reload()
        amina.page.go_back()
        amina.is_at("/nearby/pairing")
        amina.page.go_forward()
        choose_code(amina, bo.page.locator(".code").inner_text())
        for person in (amina, bo, beside):
            person.sees("Paired with")
        amina.page.go_back()
        amina.sees("Paired with")
        assert (peers(one), peers(two)) == (["Bo"], ["Amina"])
