"""A browser for tests: it reads a screen as HTML, fills in its forms, sends them and follows where it is led."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from edenmesh.node import Device
from edenmesh.web.app import make_app
from edenmesh.web.jobs import Jobs
from edenmesh.web.visiting import Right, Visitor, admit

VOID = frozenset(("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"))
LOOSE = frozenset(("path", "circle", "rect", "g"))
"""Elements of pictures, which may close themselves."""
TOKEN = "token of this test"
File = tuple[str, bytes, str]


@dataclass
class Element:
    """One element with its attributes, and all text in it."""

    tag: str
    attributes: dict[str, str]
    parents: tuple["Element", ...]
    text: str = ""

    def is_in(self, tag: str) -> bool:
        return any(parent.tag == tag for parent in self.parents)


@dataclass
class Form:
    """A form with what stands in it."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)


class Screen(HTMLParser):
    """A page that was read."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(convert_charrefs=True)
        self.status = response.status_code
        self.url = str(response.url).removeprefix("http://device")
        self.html = response.text
        self.elements: list[Element] = []
        self.problems: list[str] = []
        self.forms: list[Form] = []
        self.texts: list[tuple[str, Element]] = []
        self._open: list[Element] = []
        self._select = ""
        self.feed(self.html)
        self.close()
        self.problems += [f"<{one.tag}> is never closed" for one in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if len(attributes) != len(attrs):
            self.problems.append(f"<{tag}> has an attribute twice")
        element = Element(tag, attributes, tuple(self._open))
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)
        self._note(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1].tag == tag:
            self._open.pop()
        else:
            self.problems.append(f"</{tag}> closes what is not open")

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data
        if data.strip() and self._open:
            self.texts.append((data.strip(), self._open[-1]))
            if self._open[-1].tag == "textarea" and self.forms:
                name, _ = self.forms[-1].fields[-1]
                self.forms[-1].fields[-1] = (name, data.removeprefix("\n"))

    def _note(self, element: Element) -> None:
        attributes, name = element.attributes, element.attributes.get("name", "")
        if element.tag == "form":
            self.forms.append(Form(attributes.get("action", ""), attributes.get("method", "get")))
        elif element.tag == "select":
            self._select = name
        elif not self.forms:
            return
        form = self.forms[-1] if self.forms else Form("", "")
        if element.tag == "input" and name:
            kind = attributes.get("type", "text")
            if kind not in ("checkbox", "radio", "file") or "checked" in attributes:
                form.fields.append((name, attributes.get("value", "")))
        elif element.tag == "textarea":
            form.fields.append((name, ""))
        elif element.tag == "option" and "selected" in attributes:
            form.fields.append((self._select, attributes.get("value", "")))
        elif element.tag == "button":
            form.buttons.append((name, attributes.get("value", ""), attributes.get("formaction", "")))

    # --- asking -------------------------------------------------------------------------------------------------------

    @property
    def words(self) -> str:
        """All text a person reads, in one line."""
        return " ".join(text for text, element in self.texts if element.tag not in ("script", "style", "title"))

    def form(self, action: str) -> Form:
        """The form that is sent there."""
        return next(one for one in self.forms if one.action.startswith(action))

    def find(self, tag: str, **attributes: str) -> list[Element]:
        """Elements with these attributes; `class_` and `for_` stand for the words of Python."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [one for one in self.elements if one.tag == tag and wanted.items() <= one.attributes.items()]

    def value(self, name: str) -> list[str]:
        """What stands in the control of that name."""
        return [value for form in self.forms for one, value in form.fields if one == name]

    def problem(self, name: str) -> str:
        """What is said at the field of that name."""
        return " ".join(one.text.strip() for one in self.elements if one.attributes.get("id") == f"e-{name}")

    def defects(self) -> list[str]:
        """What is wrong with the page itself: nesting, ids, labels, and anything inline that the policy forbids."""
        return [*self.problems, *_defects(self.elements)]


def _defects(elements: Sequence[Element]) -> Iterator[str]:
    ids = [one.attributes["id"] for one in elements if "id" in one.attributes]
    yield from (f"the id {one} stands {ids.count(one)} times" for one in {*ids} if ids.count(one) > 1)
    labelled = {one.attributes.get("for", "") for one in elements if one.tag == "label"}
    for one in elements:
        attributes = one.attributes
        yield from (f"<{one.tag}> has {name}" for name in attributes if name == "style" or name.startswith("on"))
        if one.tag == "style" or (one.tag == "script" and not attributes.get("src", "").startswith("/static/")):
            yield f"<{one.tag}> is inline or from elsewhere"
        if one.tag in ("input", "select", "textarea") and attributes.get("type") != "hidden":
            named = attributes.get("id") in labelled or one.is_in("label") or attributes.get("aria-label")
            if not named:
                yield f"<{one.tag} name={attributes.get('name')}> has no label"
        if one.tag == "img" and "alt" not in attributes:
            yield "<img> has no alt"
        if one.tag == "button" and not (one.text.strip() or attributes.get("aria-label")):
            yield "<button> says nothing"
        for name in ("aria-describedby", "aria-labelledby"):
            yield from (f"{name} names {part}" for part in attributes.get(name, "").split() if part not in ids)
        target = attributes.get("href", "")
        if target.startswith("#") and target[1:] not in ids:
            yield f"a link leads to {target}, which is not there"
        if re.match(r"https?:|//", target) or re.match(r"https?:|//", attributes.get("src", "")):
            yield f"<{one.tag}> leads out of the device"
    headings = [int(one.tag[1]) for one in elements if re.fullmatch("h[1-6]", one.tag)]
    if headings.count(1) != 1:
        yield f"there are {headings.count(1)} main headings"


class Browser:
    """Somebody at a device, through a door that knows them."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.seen: list[Screen] = []

    async def get(self, path: str, status: int = 200) -> Screen:
        """Open a page."""
        return self._screen(await self.http.get(path, follow_redirects=True), status)

    async def send(
        self,
        screen: Screen,
        action: str,
        changes: Mapping[str, str | list[str]] | None = None,
        *,
        files: Mapping[str, File] | None = None,
        status: int = 200,
    ) -> Screen:
        """Fill in the form that is sent to `action`, send it, and follow where that leads."""
        response = await self.post(screen, action, changes, files=files)
        if response.status_code == 303:
            return await self.get(response.headers["location"], status)
        return self._screen(response, status)

    async def post(
        self,
        screen: Screen,
        action: str,
        changes: Mapping[str, str | list[str]] | None = None,
        *,
        files: Mapping[str, File] | None = None,
    ) -> httpx.Response:
        """The same, and return the bare answer."""
        form = screen.form(action)
        changes = changes or {}
        fields: dict[str, list[str]] = {}
        for name, value in form.fields:
            if name not in changes:
                fields.setdefault(name, []).append(value)
        for name, given in changes.items():
            fields[name] = given if isinstance(given, list) else [given]
        address = form.action.replace("&amp;", "&")
        return await self.http.post(address, data=fields, files=files)

    def _screen(self, response: httpx.Response, status: int) -> Screen:
        assert response.status_code == status, f"{response.status_code} at {response.url}: {response.text[-3000:]}"
        screen = Screen(response)
        self.seen.append(screen)
        return screen


@asynccontextmanager
async def browsing(app: ASGIApp, visitor: Visitor | None = None) -> AsyncIterator[Browser]:
    """A browser at an application, behind a door that says who it is."""
    who = visitor or Visitor(Right.RUN, token=TOKEN)

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        admit(scope, who)
        await app(scope, receive, send)

    transport = httpx.ASGITransport(app=door)
    async with httpx.AsyncClient(transport=transport, base_url="http://device") as http:
        yield Browser(http)


@asynccontextmanager
async def browsed(device: Device, visitor: Visitor | None = None) -> AsyncIterator[Browser]:
    """A browser at an open device."""
    jobs = Jobs()
    try:
        async with browsing(make_app(device, jobs), visitor) as browser:
            yield browser
    finally:
        await jobs.stop()
