"""What the first page costs: bytes over the wire, all in, and nothing of it from anywhere else."""

from pathlib import Path

import pytest
from playwright.sync_api import CDPSession

from tests.browser.devices import Started
from tests.browser.people import People, Person
from tests.browser.prepared import SHELTERS, make_alone

pytestmark = pytest.mark.browser
BYTES_MAX = 100_000
KINDS_MIN = 3


class Wire:
    """Bytes as they came over the wire, headers and all, by the kind of what they were."""

    def __init__(self, session: CDPSession) -> None:
        self.bytes = 0
        self.kinds: set[str] = set()
        session.on("Network.loadingFinished", self._finish)
        session.on("Network.responseReceived", self._receive)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})

    def _finish(self, told: dict[str, float]) -> None:
        self.bytes += int(told["encodedDataLength"])

    def _receive(self, told: dict[str, str]) -> None:
        self.kinds.add(told["type"])


def cost_of(person: Person, path: str) -> Wire:
    """Open a page as a browser does that holds nothing of it."""
    wire = Wire(person.page.context.new_cdp_session(person.page))
    person.open(path)
    person.page.locator("main h1").first.wait_for()
    person.page.wait_for_load_state("load")
    return wire


def test_the_first_pages_take_at_most_100_kb_all_in(people: People, tmp_path: Path) -> None:
    new, old = (Started(tmp_path, name, is_announcing=False) for name in ("Amina", "Bo"))
    make_alone(old, SHELTERS)
    with new, old, people.browsing(new.entrance) as amina, people.browsing(old.entrance) as bo:
        for person, path in ((amina, "/start"), (bo, "/data"), (bo, "/data/cr_shelter/new")):
            wire = cost_of(person, path)
            assert len(wire.kinds) >= KINDS_MIN, wire.kinds
            assert 5_000 < wire.bytes <= BYTES_MAX, (path, wire.bytes)
