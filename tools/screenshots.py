"""The pictures of docs/screens.md: `python -m tools.screenshots` draws docs/pictures anew, by a real browser.

The devices, their people and what they hold are made up for it, as the browser tests make them; all stays on loopback.
A picture is a phone's screen, or a desktop's where the name says so.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from tests.browser.devices import Started
from tests.browser.people import DESKTOP, PHONE, People
from tests.browser.survey import surveying
from tests.browser.test_from_start_to_delivered import choose_code
from tests.browser.test_pairing_screen import begin

if TYPE_CHECKING:
    from tests.browser.people import Person, Size

PICTURES = Path("docs/pictures")
PHONES = ["data", "table", "record", "form", "history", "conflict", "identity", "plan", "deliveries", "bin", "peers"]
DESKTOPS = ["data", "conflict"]


def main() -> int:
    """Draw all pictures."""
    path = shutil.which("chromium")
    if path is None:
        print("The pictures are drawn by chromium, which is missing: apt-get install chromium", file=sys.stderr)
        return 1
    PICTURES.mkdir(exist_ok=True)
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as name:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        people = People(browser)
        (Path(name) / "meeting").mkdir()
        (Path(name) / "survey").mkdir()
        draw_meeting(people, Path(name) / "meeting")
        draw_screens(people, Path(name) / "survey")
        browser.close()
    return 0


def draw(person: Person, name: str) -> None:
    """The screen as it is in sight now."""
    person.page.mouse.move(0, 0)
    person.page.screenshot(path=PICTURES / f"{name}.png", animations="disabled", caret="hide")
    print(f"{name}.png", flush=True)


def draw_meeting(people: People, folder: Path) -> None:
    """From first start to the first exchange."""
    one, two = (Started(folder, name, is_announcing=False) for name in ("Amina", "Bo"))
    two.make()
    with one, two, people.browsing(one.entrance) as amina, people.browsing(two.entrance) as bo:
        amina.fill("Your name, as others will see it", "Amina")
        draw(amina, "start")
        amina.page.get_by_label("No passphrase").check()
        amina.tap("Make this device")
        amina.is_at("/data")
        begin(amina, bo, one.place)
        amina.sees("Show this code to the other person")
        draw(amina, "pairing-shown")
        bo.page.locator(".codes button").first.wait_for()
        draw(bo, "pairing-found")
        choose_code(bo, amina.page.locator(".code").inner_text())
        bo.sees("Now the other person")
        amina.tap("They have found it")
        choose_code(amina, bo.page.locator(".code").inner_text())
        bo.sees("Paired with")
        bo.tap("Exchange records now")
        bo.sees("Everything is on both devices.")
        draw(bo, "sync")
        bo.open("/nearby")
        bo.tap("Be visible for 5 minutes")
        bo.sees("This device is visible")
        draw(bo, "nearby")


def draw_screens(people: People, folder: Path) -> None:
    """Screens of a device that holds something."""
    sizes: list[tuple[Size, list[str], str]] = [(PHONE, PHONES, ""), (DESKTOP, DESKTOPS, "-desktop")]
    with surveying(folder) as survey:
        for size, names, ending in sizes:
            with people.browsing(survey.device.let_in(), size=size) as person:
                for name in names:
                    person.open(survey.screens[name])
                    person.page.locator("main h1").first.wait_for()
                    draw(person, f"{name}{ending}")
        with people.browsing(survey.device.let_in(), scheme="dark") as person:
            person.open(f"{survey.screens['record']}?lang=qps")
            draw(person, "record-dark-right-to-left")
        with people.browsing(survey.device.let_in()) as person:
            person.open("/phones")
            person.tap("Open the door")
            person.tap("Show its code")
            person.sees("Let Cy in")
            draw(person, "phones")


if __name__ == "__main__":
    sys.exit(main())
