"""The screens of a device that is not open: making one where there is none, and unlocking one with its passphrase."""

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.responses import Response
from starlette.routing import Route

from edenmesh.core.encoding import normal_text
from edenmesh.core.trust import require_device_name
from edenmesh.errors import InvalidInput
from edenmesh.web.pages.page import Refused, Visit, page
from edenmesh.web.pages.rendering import Renderer
from edenmesh.web.visiting import Right

Create = Callable[[str, str], Awaitable[None]]
Unlock = Callable[[str], Awaitable[None]]
_PASSPHRASE_CHARS_MIN: Final = 8
_PASSPHRASE_CHARS_MAX: Final = 1000


class StartPages:
    """What is shown before a device is open. `has_store` says which of the two."""

    def __init__(self, renderer: Renderer, has_store: Callable[[], bool], create: Create, unlock: Unlock) -> None:
        self._has_store = has_store
        self._create = create
        self._unlock = unlock
        run = Right.RUN
        self.routes: Final[list[Route]] = [
            renderer.assets.route,
            page(renderer, "/start", self.show, right=run, act=self.make, act_right=run),
            page(renderer, "/unlock", self.show, right=run, act=self.open, act_right=run),
            page(renderer, "/{path:path}", self.show, right=run),
        ]

    async def show(self, visit: Visit) -> Response:
        """The start screen, or where there is a device, the one that asks for its passphrase."""
        here = visit.request.url.path
        if self._has_store():
            then = here if here not in ("/", "/unlock", "/start") else ""
            return visit.render("unlock.html", then=visit.query.get("then", then))
        if here != "/start":
            return visit.go("/start")
        return visit.render("start.html", least=_PASSPHRASE_CHARS_MIN)

    async def make(self, visit: Visit) -> Response:
        """Make a device: alone in a team of its own, or on its way to another's."""
        if self._has_store():
            return visit.go("/")
        posted, texts = visit.posted, visit.texts
        name, passphrase, again = posted.text("name").strip(), posted.text("passphrase"), posted.text("again")
        problems: dict[str, str] = {}
        try:
            require_device_name(normal_text(name))
        except InvalidInput as error:
            problems["name"] = error.what
        if not posted.is_on("without"):
            if not _PASSPHRASE_CHARS_MIN <= len(passphrase) <= _PASSPHRASE_CHARS_MAX:
                problems["passphrase"] = texts(
                    "The passphrase needs at least %(least)d characters.", least=_PASSPHRASE_CHARS_MIN
                )
            elif passphrase != again:
                problems["again"] = texts("The two passphrases differ.")
        elif passphrase or again:
            problems["without"] = texts("You typed a passphrase and chose to have none.")
        if problems:
            count = texts.plural(
                "%(count)d field needs another look.", "%(count)d fields need another look.", len(problems)
            )
            raise Refused(count, problems)
        await self._create(name, passphrase if not posted.is_on("without") else "")
        if posted.text("team") == "join":
            return visit.go("/nearby")
        return visit.go("/data")

    async def open(self, visit: Visit) -> Response:
        """Unlock the device."""
        if not self._has_store():
            return visit.go("/start")
        await self._unlock(visit.posted.text("passphrase")[:_PASSPHRASE_CHARS_MAX])
        then = visit.posted.text("then")
        is_ours = then.startswith("/") and not then.startswith(("//", "/\\")) and len(then) < 500
        return visit.go(then if is_ours else "/data")
