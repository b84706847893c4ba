"""People at their browsers: what they press is counted, and whatever their browser complains of fails the test.

No page may ask another host for anything, log an error, or do what its content policy forbids; answers that refuse
(4xx) and lost connections are allowed where a test says so.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, expect

from edenmesh.demo.dataset import make_dataset

Size = tuple[int, int]
PHONE: Final[Size] = (390, 844)
DESKTOP: Final[Size] = (1280, 800)
NARROW: Final[Size] = (320, 640)
SECONDS: Final = 20.0
_REFUSED: Final = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")
_GONE: Final = re.compile(r"net::ERR_(CONNECTION|INCOMPLETE|EMPTY|NETWORK|ABORTED|SOCKET)")


@dataclass
class Person:
    """Somebody at one tab of a browser."""

    page: Page
    host: str
    taps: int = 0
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    expects_refusals: bool = False
    expects_loss: bool = False

    def tap(self, target: str | Locator, *, exact: bool = True) -> None:
        """Press the button or link of that name, or what is given."""
        found = self.named(target, exact=exact) if isinstance(target, str) else target
        found.click()
        self.taps += 1

    def named(self, name: str, *, exact: bool = True) -> Locator:
        """The button or link of that name that is in sight."""
        button = self.page.get_by_role("button", name=name, exact=exact)
        link = self.page.get_by_role("link", name=name, exact=exact)
        return button.or_(link).locator("visible=true").first

    def fill(self, label: str, text: str, *, exact: bool = False) -> None:
        """Type into the field of that label."""
        self.page.get_by_label(label, exact=exact).locator("visible=true").first.fill(text)

    def open(self, path: str) -> None:
        """Go to a screen by its address."""
        place = urlsplit(self.page.url)
        self.page.goto(f"{place.scheme}://{place.netloc}{path}")

    def sees(self, text: str | re.Pattern[str], *, seconds: float = SECONDS) -> None:
        """Wait until the page says so."""
        expect(self.page.locator("main")).to_contain_text(text, timeout=seconds * 1000)

    def is_at(self, path: str) -> None:
        """Wait until the address begins so."""
        pattern = re.compile(rf"^\w+://[^/]+{re.escape(path)}")
        expect(self.page).to_have_url(pattern, timeout=SECONDS * 1000)

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path

    def watch(self) -> None:
        """Note what the browser complains of, and whom it asks."""
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(f"a script failed: {error}"))
        self.page.on("request", self._note)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        if self.expects_refusals and _REFUSED.search(message.text):
            return
        if self.expects_loss and _GONE.search(message.text):
            return
        self.complaints.append(f"{message.type} at {self.page.url}: {message.text} ({message.location})")

    def _note(self, request: Request) -> None:
        place = urlsplit(request.url)
        self.requests.append(request.url)
        if place.scheme not in ("data", "blob") and place.netloc != self.host:
            self.complaints.append(f"asked another host: {request.url}")


@dataclass(frozen=True)
class People:
    """The browsers of one test."""

    browser: Browser
    everybody: list[Person] = field(default_factory=list, repr=False)

    @contextmanager
    def browsing(
        self,
        entrance: str,
        *,
        size: Size = PHONE,
        scheme: Literal["light", "dark"] = "light",
        is_strange: bool = False,
    ) -> Iterator[Person]:
        """A person with a browser of their own, let in by an address. `is_strange`: its certificate is nobody's."""
        width, height = size
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            locale="en-GB",
            has_touch=size == PHONE,
            ignore_https_errors=is_strange,
            reduced_motion="reduce",
        )
        context.set_default_timeout(SECONDS * 1000)
        try:
            person = self.tab(context, urlsplit(entrance).netloc)
            person.page.goto(entrance)
            expect(person.page).not_to_have_url(re.compile("/door/enter"), timeout=SECONDS * 1000)
            yield person
        finally:
            context.close()

    def tab(self, context: BrowserContext, host: str) -> Person:
        """A further tab of the same browser."""
        person = Person(context.new_page(), host)
        person.watch()
        self.everybody.append(person)
        return person

    def have_nothing_to_complain_of(self) -> None:
        """No browser logged an error, broke the content policy, or asked another host."""
        complaints = [f"{person.host}: {one}" for person in self.everybody for one in person.complaints]
        assert not complaints, "\n".join(complaints)
        assert sum(len(person.requests) for person in self.everybody) > 0


def lasting(condition: Callable[[], bool], person: Person, seconds: float = SECONDS) -> None:
    """Wait until something holds that no page shows; the browsers go on meanwhile."""
    for _ in range(int(seconds * 20)):
        if condition():
            return
        person.page.wait_for_timeout(50)
    raise AssertionError("what was waited for did not come about")


def picture(folder: Path) -> Path:
    """A photo to attach."""
    path = folder / "roof.png"
    path.write_bytes(next(iter(make_dataset(7, people=1, facilities=1, reports=1).photos.values())))
    return path
