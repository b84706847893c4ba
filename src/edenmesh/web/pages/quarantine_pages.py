"""Quarantine: what is here without effect, who wrote it and why it has none, and what a steward can do about it."""

from starlette.responses import Response

from edenmesh.errors import InvalidInput
from edenmesh.node import Device
from edenmesh.web.pages.page import Refused, Visit, page
from edenmesh.web.pages.rendering import Renderer
from edenmesh.web.pages.wording import Wording

_NUMBER_CHARS_MAX = 12


class QuarantinePages:
    """What has no effect; accepting and throwing away."""

    def __init__(self, device: Device, renderer: Renderer) -> None:
        self._device = device
        self.routes = [
            page(renderer, "/quarantine", self.show),
            page(renderer, "/quarantine/accept", self.show, act=self.accept),
            page(renderer, "/quarantine/discard", self.show, act=self.discard),
        ]

    async def show(self, visit: Visit) -> Response:
        """All of it, by author."""
        own = next((one for one in self._device.members() if one.is_self), None)
        is_steward = own is not None and "steward" in own.roles
        return visit.render(
            "quarantine.html",
            seen=self._device.quarantine.view(),
            is_steward=is_steward,
            words=Wording(self._device, visit.texts),
        )

    async def accept(self, visit: Visit) -> Response:
        """Have what somebody wrote count, for the whole team."""
        _require_sure(visit)
        count = self._device.quarantine.accept(visit.posted.text("author"), _up_to(visit))
        told = visit.texts.plural("%(count)d change counts from now on.", "%(count)d changes count from now on.", count)
        return visit.go("/quarantine", told)

    async def discard(self, visit: Visit) -> Response:
        """Throw away what a guest handed in, on this device."""
        _require_sure(visit)
        count = self._device.quarantine.discard(visit.posted.text("author"))
        told = visit.texts.plural("%(count)d change was thrown away.", "%(count)d changes were thrown away.", count)
        return visit.go("/quarantine", told)


def _up_to(visit: Visit) -> int:
    text = visit.posted.text("up_to").strip()
    if text and not (text.isascii() and text.isdigit() and len(text) <= _NUMBER_CHARS_MAX and int(text)):
        raise InvalidInput(what=f"{text[:20]!r} is no number of changes.", do="Type a number, or leave it empty.")
    return int(text or 0)


def _require_sure(visit: Visit) -> None:
    if not visit.posted.is_on("sure"):
        raise Refused(
            visit.texts("Nothing was changed."), {"sure": visit.texts("Tick that it is meant, then press once more.")}
        )
