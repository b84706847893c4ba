"""Whole tasks by the keyboard alone: where one is, is always to be seen, and everything is reached by Tab."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.devices import Started
from tests.browser.people import DESKTOP, People, Person
from tests.browser.prepared import NAMES, TABLE, count_of, disagreement, make_team, shelters

pytestmark = pytest.mark.browser
STEPS_MAX = 60
WHERE = """() => {
  const one = document.activeElement;
  const named = one.labels?.[0] ?? one;
  const legend = one.closest("fieldset")?.querySelector("legend")?.innerText ?? "";
  return `${legend}|${one.getAttribute("aria-label") ?? named.innerText}`.replace(/\\s+/g, " ").trim();
}"""
IS_SEEN = """() => {
  const one = document.activeElement;
  if (one === document.body) return true;
  const shown = (part) => part && getComputedStyle(part).outlineStyle !== "none";
  const box = one.getBoundingClientRect();
  const inSight = box.bottom > 0 && box.top < innerHeight && box.width > 0;
  return inSight && (shown(one) || shown(one.closest("label")) || shown(one.parentElement));
}"""


class Keys:
    """Somebody without a mouse. Counts where they came by; each stop has to be seen."""

    def __init__(self, person: Person) -> None:
        self._page = person.page
        self.stops = 0

    def press(self, key: str) -> None:
        self._page.keyboard.press(key)

    def type(self, text: str) -> None:
        self._page.keyboard.type(text)

    def to(self, pattern: str, *, key: str = "Tab") -> None:
        """Go on until what has the focus is called so: its group, a bar, and its label."""
        passed: list[str] = []
        for _ in range(STEPS_MAX):
            self.press(key)
            self.stops += 1
            name = self._page.evaluate(WHERE)
            assert self._page.evaluate(IS_SEEN), f"the focus is not to be seen at {name!r}"
            if re.search(pattern, name):
                return
            passed.append(name)
        raise AssertionError(f"{pattern!r} is not reached; passed: {passed}")


@pytest.fixture
def divided(tmp_path: Path) -> Iterator[Started]:
    """A device with a conflict about the school."""
    one, two = (Started(tmp_path, name, is_announcing=False) for name in ("Amina", "Bo"))
    make_team(one, two, shelters, disagreement)
    with one:
        yield one


def test_a_record_is_added_by_the_keyboard_alone(people: People, divided: Started) -> None:
    with people.browsing(divided.entrance, size=DESKTOP) as person:
        keys = Keys(person)
        person.is_at("/data")
        keys.to(r"\|To the content")
        keys.press("Enter")
        keys.to(r"\|Shelters")
        keys.press("Enter")
        person.is_at(f"/data/{TABLE}")
        keys.to(r"\|New record")
        keys.press("Enter")
        person.is_at(f"/data/{TABLE}/new")
        keys.to(r"\|Name")
        keys.type("Tent by the keys")
        keys.to(r"\|Beds")
        keys.type("12")
        keys.to(r"^Status\|")
        keys.press("ArrowDown")
        keys.press("Space")
        keys.to(r"\|Save$")
        keys.press("Enter")
        person.sees("Saved on this device.")
        person.sees("Tent by the keys")
        assert keys.stops > 8
        assert count_of(divided) == len(NAMES) + 1


def test_a_conflict_is_settled_by_the_keyboard_alone(people: People, divided: Started) -> None:
    with people.browsing(divided.entrance, size=DESKTOP) as person:
        keys = Keys(person)
        person.is_at("/data")
        keys.to(r"\|Decide")
        keys.press("Enter")
        person.is_at("/conflicts")
        keys.to(r"\|Decide 1 record")
        keys.press("Enter")
        person.is_at(f"/conflicts/{TABLE}/")
        keys.to(r"^(Beds|capacity)\b.*\|")
        keys.press("Space")
        keys.to(r"^(Status|status)\b.*\|")
        keys.press("Space")
        keys.press("ArrowDown")
        keys.to(r"\|Decide$")
        keys.press("Enter")
        person.sees("decided")
        found = divided.ask("/api/conflicts")
        assert found == []
        assert keys.stops > 6
