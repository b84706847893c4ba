"""Phones that use this device through their browser: the door for them, one account each, and the code that lets in.

A login works once, within ten minutes, and making one ends the one before; so it is made by a form and drawn into the
page that answers, never by looking at a page.
"""

from typing import Final

from starlette.responses import Response

from edenmesh.errors import InvalidInput
from edenmesh.node import Device
from edenmesh.web.pages.page import Refused, Visit, page
from edenmesh.web.pages.qr import qr_address
from edenmesh.web.pages.rendering import Renderer
from edenmesh.web.visiting import Right

_RIGHTS: Final = ("look", "fill", "decide")
_HOURS: Final = {"1": 1.0, "8": 8.0, "0": 0.0}
_NAMELESS: Final = "This needs the name of an account."


class PhonePages:
    """The door and the accounts."""

    def __init__(self, device: Device, renderer: Renderer) -> None:
        self._accounts = device.accounts
        run = Right.RUN
        self.routes = [
            page(renderer, "/phones", self.show, right=run),
            page(renderer, "/phones/open", self.show, right=run, act=self.open),
            page(renderer, "/phones/close", self.show, right=run, act=self.close),
            page(renderer, "/phones/add", self.show, right=run, act=self.add),
            page(renderer, "/phones/change", self.show, right=run, act=self.change),
            page(renderer, "/phones/enter", self.show, right=run, act=self.enter),
            page(renderer, "/phones/revoke", self.show, right=run, act=self.revoke),
        ]

    async def show(self, visit: Visit) -> Response:
        """The door and all accounts."""
        return self._draw(visit)

    async def open(self, visit: Visit) -> Response:
        """Let phones in, for some hours or until the door is closed."""
        hours = _HOURS.get(visit.posted.text("hours", "8"))
        if hours is None:
            raise InvalidInput(what="For how long was not said.", do="Choose one of the times.")
        await self._accounts.door.open(hours)
        return visit.go("/phones", visit.texts("The door for phones is open."))

    async def close(self, visit: Visit) -> Response:
        """Let no phone in any more."""
        await self._accounts.door.close()
        return visit.go("/phones", visit.texts("The door for phones is closed."))

    async def add(self, visit: Visit) -> Response:
        """A new account, and the code that lets its phone in."""
        name, right = visit.posted.text("name").strip(), visit.posted.text("right")
        wrong: dict[str, str] = {}
        if not name:
            wrong["name"] = visit.texts("An account needs a name: who uses the phone.")
        if right not in _RIGHTS:
            wrong["right"] = visit.texts("Choose what the phone may do.")
        if wrong:
            raise Refused(visit.texts("No account was made."), wrong)
        view = self._accounts.add(name, right)
        if self._is_open:
            return self._draw(visit, entering=view.name)
        return visit.go("/phones", visit.texts("%(name)s has an account. Open the door to let it in.", name=view.name))

    async def change(self, visit: Visit) -> Response:
        """Give an account another right."""
        view = self._accounts.change(_named(visit), visit.posted.text("right"))
        return visit.go("/phones", visit.texts("%(name)s has another right from now on.", name=view.name))

    async def enter(self, visit: Visit) -> Response:
        """A new code that lets a phone in once."""
        return self._draw(visit, entering=_named(visit))

    async def revoke(self, visit: Visit) -> Response:
        """Bar an account for good."""
        if not visit.posted.is_on("sure"):
            raise InvalidInput(what="It was not ticked that it is meant.", do="Tick it, then press once more.")
        view = self._accounts.revoke(_named(visit))
        told = visit.texts("%(name)s is out. What was written under that name stays.", name=view.name)
        return visit.go("/phones", told)

    @property
    def _is_open(self) -> bool:
        doorway = self._accounts.doorway
        return doorway is not None and doorway.view is not None

    def _draw(self, visit: Visit, *, entering: str = "") -> Response:
        doorway = self._accounts.doorway
        code = qr_address(self._accounts.entrance(entering)) if entering else ""
        return visit.render(
            "phones.html",
            accounts=self._accounts.views(),
            can_open=doorway is not None,
            door=doorway.view if doorway is not None else None,
            entering=entering,
            code=code,
            rights=_RIGHTS,
        )


def _named(visit: Visit) -> str:
    name = visit.posted.text("name")
    if not name:
        raise InvalidInput(what=_NAMELESS, do="Press the button at an account.")
    return name
