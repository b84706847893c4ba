"""A browser without a screen: asks a device for its pages, finds the forms in them and sends those as they stand."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

import httpx
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from edenmesh.node import Device
from edenmesh.web.jobs import Jobs
from edenmesh.web.pages import screen_routes
from edenmesh.web.visiting import Right, Visitor, admit

TOKEN: Final = "a token of this page"
_LOOKS_MAX: Final = 400
_LOOK_SECONDS: Final = 0.05


@dataclass
class Form:
    """A form on a page: where it is sent, what it holds as it stands, and its buttons by their text."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)


class Page(HTMLParser):
    """What came: the words a person reads, the links and the forms."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__()
        self.status = response.status_code
        self.html = response.text
        self.path = response.request.url.path
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.pictures: list[str] = []
        self._words: list[str] = []
        self._form: Form | None = None
        self._button: tuple[str, str] | None = None
        self._button_words: list[str] = []
        self.feed(self.html)
        self.text = " ".join(" ".join(self._words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        assert "style" not in given
        assert not any(name.startswith("on") for name in given), given
        if tag == "form":
            self._form = Form(given["action"])
            self.forms.append(self._form)
        elif tag == "a":
            self.links.append(given.get("href", ""))
        elif tag == "img":
            assert "alt" in given, given
            self.pictures.append(given["src"])
        elif tag == "button":
            self._button, self._button_words = (given.get("name", ""), given.get("value", "")), []
        elif tag == "script":
            assert given.get("src"), "a script stands in the page"
        elif tag == "input" and self._form is not None and given.get("name"):
            kind = given.get("type", "text")
            if kind in ("radio", "checkbox"):
                self._form.choices.setdefault(given["name"], []).append(given.get("value", ""))
            if kind not in ("radio", "checkbox") or "checked" in given:
                self._form.fields.append((given["name"], given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "button" and self._button is not None:
            if self._form is not None:
                self._form.buttons[" ".join("".join(self._button_words).split())] = self._button
            self._button = None

    def handle_data(self, data: str) -> None:
        self._words.append(data)
        if self._button is not None:
            self._button_words.append(data)

    def form(self, action: str, button: str = "", **holding: str) -> Form:
        """The form that is sent there; where there are several, the one with this button that holds these fields."""
        found = [one for one in self.forms if one.action.partition("?")[0] == action]
        found = [one for one in found if not button or button in one.buttons]
        found = [one for one in found if all((name, value) in one.fields for name, value in holding.items())]
        assert len(found) == 1, (action, [one.action for one in self.forms])
        return found[0]

    def has_form(self, action: str) -> bool:
        """Whether there is a form that is sent there."""
        return any(one.action.partition("?")[0] == action for one in self.forms)


@dataclass
class Browser:
    """One person at one device."""

    http: httpx.AsyncClient
    jobs: Jobs
    token: str = TOKEN

    async def open(self, address: str, *, status: int = 200) -> Page:
        """Look at a page; redirects are followed."""
        response = await self.http.get(address, follow_redirects=True)
        assert response.status_code == status, (response.status_code, response.text[-2000:])
        return Page(response)

    async def send(self, action: str, fields: Mapping[str, Sequence[str]], *, status: int = 303) -> Page:
        """Send what no page needs to hold; after a redirect the page it leads to."""
        response = await self.http.post(action, data={"form_token": self.token, **fields})
        assert response.status_code == status, (response.status_code, Page(response).text[-1500:])
        return await self.open(response.headers["location"]) if status == 303 else Page(response)

    async def press(
        self,
        page: Page,
        action: str,
        button: str = "",
        *,
        status: int = 303,
        holding: Mapping[str, str] | None = None,
        answers: Mapping[str, str] | None = None,
        **typed: str,
    ) -> Page:
        """Send a form that is on the page as it stands, with what is typed or answered, by the button of that text."""
        form = page.form(action, button, **(holding or {}))
        fields: dict[str, list[str]] = {}
        for name, value in form.fields:
            fields.setdefault(name, []).append(value)
        for name, value in {**typed, **(answers or {})}.items():
            assert name not in form.choices or value in form.choices[name], (value, form.choices)
            fields[name] = [value]
        if button:
            assert button in form.buttons, form.buttons
            name, value = form.buttons[button]
            if name:
                fields[name] = [value]
        return await self.send(form.action, fields, status=status)

    async def sees(self, address: str, words: str) -> Page:
        """Look until the page says so."""
        page = await self.open(address)
        for _ in range(_LOOKS_MAX):
            if words in page.text:
                break
            await asyncio.sleep(_LOOK_SECONDS)
            page = await self.open(address)
        assert words in page.text, (words, page.text)
        return page


@asynccontextmanager
async def browsing(device: Device, *, right: Right = Right.RUN, token: str = TOKEN) -> AsyncIterator[Browser]:
    """A person with this right at the device's screens while the block runs."""
    jobs = Jobs()
    app = Starlette(routes=list(screen_routes(device, jobs)[0]))

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        admit(scope, Visitor(right, "" if right is Right.RUN else "Chidi", token))
        await app(scope, receive, send)

    transport = httpx.ASGITransport(app=door)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://device", timeout=30) as http:
            yield Browser(http, jobs, token)
    finally:
        await jobs.stop()
