"""Every screen by axe-core (WCAG 2.2 AA), light and dark, phone and desktop, English and right to left; and narrow.

Four runs see each pair of the three: which of them a fault needs, it is met in.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from tests.browser.axe import examine
from tests.browser.devices import Started
from tests.browser.people import DESKTOP, NARROW, PHONE, People, Person, Size
from tests.browser.survey import Survey, surveying
from tests.browser.test_from_start_to_delivered import choose_code
from tests.browser.test_pairing_screen import begin

pytestmark = pytest.mark.browser
RULES_MIN = 5
FOREIGN = """() => {
  const found = [];
  const apart = "[lang=en]:not(html), [dir=auto], [dir=ltr]:not(html), bdi, time, code, script, style, option, svg";
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const text = node.data.trim();
    if (!/[a-z]{3}/i.test(text) || /[\\[\\]~àéîöûýçñšž]/i.test(text)) continue;
    if (!node.parentElement.closest(apart)) found.push(text);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Survey]:
    with surveying(tmp_path_factory.mktemp("survey")) as made:
        yield made


def seen(person: Person, path: str, language: str = "en") -> None:
    """Open a screen and wait until it is drawn."""
    person.open(f"{path}{'&' if '?' in path else '?'}lang={language}")
    person.page.locator("main h1").first.wait_for()


@pytest.mark.parametrize(
    ("scheme", "size", "language"),
    [("light", PHONE, "en"), ("light", DESKTOP, "qps"), ("dark", PHONE, "qps"), ("dark", DESKTOP, "en")],
    ids=["light-phone-english", "light-desktop-bent", "dark-phone-bent", "dark-desktop-english"],
)
def test_every_screen_is_accessible(
    people: People, survey: Survey, scheme: Literal["light", "dark"], size: Size, language: str
) -> None:
    wrong: list[str] = []
    with people.browsing(survey.device.let_in(), size=size, scheme=scheme) as person:
        for name, path in survey.screens.items():
            seen(person, path, language)
            passed, found = examine(person.page)
            assert passed >= RULES_MIN
            wrong += [f"{name}: {one}" for one in found]
            direction = person.page.locator("html").get_attribute("dir")
            assert direction == ("rtl" if language == "qps" else "ltr")
    assert len(survey.screens) > 30
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("language", ["en", "qps"])
def test_no_screen_scrolls_sideways_on_the_narrowest_phone(people: People, survey: Survey, language: str) -> None:
    wide: list[str] = []
    with people.browsing(survey.device.let_in(), size=NARROW) as person:
        for name, path in survey.screens.items():
            seen(person, path, language)
            width = person.page.evaluate("document.documentElement.scrollWidth")
            if width > NARROW[0]:
                wide.append(f"{name}: {width}")
    assert not wide, "\n".join(wide)


def test_every_text_of_a_screen_is_translated(people: People, survey: Survey) -> None:
    foreign: list[str] = []
    with people.browsing(survey.device.let_in(), size=DESKTOP) as person:
        for name, path in survey.screens.items():
            seen(person, path, "qps")
            foreign += [f"{name}: {text}" for text in person.page.evaluate(FOREIGN)]
    assert not foreign, "\n".join(foreign)


def test_starting_unlocking_pairing_and_refusals_are_accessible(people: People, tmp_path: Path) -> None:
    one, two = (Started(tmp_path, name, is_announcing=False) for name in ("Amina", "Bo"))
    wrong: list[str] = []
    looked = 0

    def look(person: Person, name: str) -> None:
        nonlocal looked
        for scheme in ("light", "dark"):
            person.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            passed, found = examine(person.page)
            assert passed >= RULES_MIN
            wrong.extend(f"{name} ({scheme}): {fault}" for fault in found)
            looked += 1

    two.make()
    with one, two, people.browsing(one.entrance) as amina, people.browsing(two.entrance, size=DESKTOP) as bo:
        amina.expects_refusals = True
        amina.is_at("/start")
        look(amina, "start")
        amina.fill("Your name, as others will see it", "Amina")
        amina.tap("Make this device")
        amina.page.get_by_role("alert").wait_for()
        look(amina, "start refused")
        amina.page.get_by_label("No passphrase").check()
        amina.tap("Make this device")
        amina.is_at("/data")
        look(amina, "data, empty")
        amina.open("/no-such-screen")
        look(amina, "no such screen")
        begin(amina, bo, one.place)
        amina.sees("Show this code to the other person")
        look(amina, "pairing: the code shown")
        look(bo, "pairing: codes to pick from")
        choose_code(bo, amina.page.locator(".code").inner_text())
        bo.sees("Now the other person")
        look(bo, "pairing: answered")
        amina.tap("They have found it")
        choose_code(amina, bo.page.locator(".code").inner_text())
        bo.sees("Paired with")
        look(bo, "paired")
        stranger = people.tab(amina.page.context, amina.host)
        stranger.expects_refusals = True
        stranger.page.context.clear_cookies()
        stranger.page.goto(one.address)
        stranger.page.locator("#closed").wait_for()
        look(stranger, "the entrance, closed")
    assert looked == 18
    assert not wrong, "\n".join(wrong)
