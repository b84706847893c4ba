"""Settings and help: the language, what this device is, and how to do what there is to do."""

from typing import Final

from starlette.responses import Response
from starlette.routing import Route

import edenmesh
from edenmesh.core.ids import format_id
from edenmesh.errors import InvalidInput
from edenmesh.node import Device
from edenmesh.web.pages.page import Visit, page
from edenmesh.web.pages.rendering import LANGUAGE_COOKIE, Renderer
from edenmesh.web.texts import PSEUDO, languages
from edenmesh.web.visiting import Right

NAMES: Final = {"en": "English"}
"""Languages by their own names; one that has none here is shown by its tag."""


class SettingsPages:
    """Settings and help."""

    def __init__(self, device: Device, renderer: Renderer) -> None:
        self._device = device
        self.routes: Final[list[Route]] = [
            page(renderer, "/settings", self.settings, act=self.choose, act_right=Right.LOOK),
            page(renderer, "/help", self.help),
        ]

    async def settings(self, visit: Visit) -> Response:
        """The language, and what this device is."""
        status = self._device.status()
        checks = self._device.examine() if visit.query.get("check") and visit.visitor.may(Right.RUN) else None
        return visit.render(
            "settings.html",
            languages=[(one, NAMES.get(one, one)) for one in languages()],
            status_now=status,
            device_id=format_id("d", self._device.device_id),
            version=edenmesh.__version__,
            checks=checks,
        )

    async def choose(self, visit: Visit) -> Response:
        """Have the screens in a language; the browser keeps the choice."""
        language = visit.posted.text("language")
        if language not in [*languages(), PSEUDO, ""]:
            raise InvalidInput(what="These screens are not there in that language.", do="Choose one of those shown.")
        response = visit.go("/settings")
        if language:
            response.set_cookie(LANGUAGE_COOKIE, language, httponly=True, samesite="strict", max_age=31_536_000)
        else:
            response.delete_cookie(LANGUAGE_COOKIE)
        return response

    async def help(self, visit: Visit) -> Response:
        """How to do what there is to do; first what belongs to the screen somebody comes from."""
        place = visit.query.get("of", "").strip("/").partition("/")[0]
        return visit.render("help.html", place=place)
