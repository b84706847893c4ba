"""The main job, all of it: two new devices and a server, two people at two browsers, from first start to delivered."""

import re
from pathlib import Path

import pytest

from edenmesh.standin import StandinServer
from tests.browser.devices import Started
from tests.browser.people import DESKTOP, PHONE, People, Person

pytestmark = pytest.mark.browser
TAPS_MAX = 12
FORM = b"""format = 1
table = "org_facility"
title = "Facilities"

[[field]]
name = "name"
type = "string"
label = "Name"
required = true

[[field]]
name = "contact"
type = "string"
label = "Contact"

[[field]]
name = "comments"
type = "text"
label = "Comments"
"""


def first_start(person: Person, name: str, team: str) -> None:
    """The start screen, with a passphrase."""
    person.is_at("/start")
    person.fill("Your name, as others will see it", name)
    person.fill("Passphrase", f"{name} and the river", exact=True)
    person.fill("The same passphrase once more", f"{name} and the river")
    if team == "join":
        person.tap(person.page.get_by_label("I join a team: a colleague is nearby"))
    person.tap("Make this device")


def choose_code(person: Person, code: str) -> None:
    """Pick the code of the other screen among those offered."""
    offered = person.page.locator(".codes button")
    offered.first.wait_for()
    assert offered.count() >= 4
    person.tap(offered.get_by_text(code, exact=True))


def compare(shower: Person, dialler: Person) -> None:
    """Two people who look at each other's screen."""
    shower.is_at("/nearby/pairing")
    shower.sees("Show this code to the other person")
    code = shower.page.locator(".code").inner_text()
    assert re.fullmatch(r"\d{3} \d{3}", code)
    dialler.sees("Which code does the other screen show?")
    assert dialler.page.locator("p.code").count() == 0, "nobody can agree without looking at the other screen"
    choose_code(dialler, code)
    dialler.sees("Now the other person")
    shower.tap("They have found it")
    choose_code(shower, dialler.page.locator(".code").inner_text())
    shower.sees("Paired with")
    dialler.sees("Paired with")


def bring_form_and_record(person: Person, form: Path) -> None:
    """A form from a file, and the first record."""
    person.tap("From a file")
    person.page.get_by_label("Files").set_input_files(form)
    person.tap("Bring in")
    person.sees("Facilities")
    person.tap("Facilities", exact=False)
    person.tap("New record")
    person.fill("Name", "Ford school")
    person.tap("Save")
    person.sees("Saved on this device.")


def deliver(person: Person, server: StandinServer) -> None:
    """To a server, with the plan looked at before."""
    person.open("/servers/new")
    person.fill("Its address", server.url)
    person.fill("User name there", "admin@example.com")
    person.fill("Password there", "admin-password")
    person.page.locator("#more-of-it summary").click()
    person.page.get_by_label("Allow http without encryption", exact=False).check()
    person.tap("Save and test")
    person.sees("How it answers")
    person.open("/deliveries")
    person.tap("See what would be sent")
    person.sees("Ford school")
    person.sees("new there")
    assert not server.snapshot().rows["org_facility"], "looking at the plan sends nothing"
    person.tap("Deliver 1 record")
    person.is_at("/deliveries")
    person.sees("nothing owed")
    person.sees("1 record sent, 1 read back as sent")
    assert len(server.snapshot().rows["org_facility"]) == 1


def test_two_people_from_first_start_to_delivered_with_at_most_twelve_taps_a_side(
    people: People, tmp_path: Path
) -> None:
    form = tmp_path / "facilities.toml"
    form.write_bytes(FORM)
    with (
        StandinServer() as server,
        Started(tmp_path, "Amina") as one,
        Started(tmp_path, "Bo") as two,
        people.browsing(one.entrance, size=DESKTOP) as amina,
        people.browsing(two.entrance, size=PHONE) as bo,
    ):
        first_start(amina, "Amina", "new")
        amina.is_at("/data")
        bring_form_and_record(amina, form)
        amina.tap("Nearby")
        amina.tap("Be visible for 5 minutes")
        amina.sees("This device is visible")

        first_start(bo, "Bo", "join")
        bo.is_at("/nearby")
        sign = amina.page.locator(".sign").inner_text()
        bo.tap(f"Pair {sign}")
        compare(amina, bo)
        bo.sees("This device is now in the team of Amina.")
        bo.tap("Exchange records now")
        bo.sees("Everything is on both devices.")
        bo.tap("Data")
        bo.tap("Facilities", exact=False)
        bo.sees("Ford school")
        assert 5 < amina.taps <= TAPS_MAX
        assert 5 < bo.taps <= TAPS_MAX

        deliver(bo, server)
