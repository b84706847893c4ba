"""The screen for meeting others: being visible with a call-sign and a QR code, and choosing whom to pair with.

Dialling takes seconds; a form that is sent twice meanwhile waits for the same dial, so that nothing begins twice.
"""

import asyncio
from typing import Final

from starlette.responses import Response

from edenmesh.errors import InvalidInput
from edenmesh.node import Device
from edenmesh.web.pages.page import Visit, page
from edenmesh.web.pages.qr import MEDIA, qr_svg
from edenmesh.web.pages.rendering import HEADERS, Renderer
from edenmesh.web.visiting import Right

_MINUTES: Final = 5
_LOOK_SECONDS: Final = 3.0


class NearbyPages:
    """Being visible, and seeing who is."""

    def __init__(self, device: Device, renderer: Renderer) -> None:
        self._device = device
        self._dialling: asyncio.Task[None] | None = None
        run = Right.RUN
        self.routes = [
            page(renderer, "/nearby", self.show, right=run),
            page(renderer, "/nearby/visible", self.show, right=run, act=self.be_visible),
            page(renderer, "/nearby/hidden", self.show, right=run, act=self.hide),
            page(renderer, "/nearby/pair", self.show, right=run, act=self.pair),
            page(renderer, "/nearby/found", self.found, right=run),
            page(renderer, "/nearby/state", self.state, right=run),
            page(renderer, "/nearby/qr.svg", self.qr, right=run),
        ]

    async def show(self, visit: Visit) -> Response:
        """The screen; where a pairing waits for this person, that one."""
        if visit.error is None and self._is_pairing:
            return visit.go("/nearby/pairing")
        found = await self._device.nearby(_LOOK_SECONDS) if visit.query.get("look") else None
        return visit.render(
            "nearby.html", status_now=self._device.status(), found=found, is_pairing=self._is_pairing, minutes=_MINUTES
        )

    async def be_visible(self, visit: Visit) -> Response:
        """Be seen by everybody nearby for five minutes, and let them begin to pair."""
        await self._device.show(_MINUTES)
        return visit.go("/nearby")

    async def hide(self, visit: Visit) -> Response:
        """Be seen no more."""
        await self._device.hide()
        return visit.go("/nearby", visit.texts("This device is not visible any more."))

    async def pair(self, visit: Visit) -> Response:
        """Begin to pair with a call-sign, an address or the text of a QR code."""
        target = visit.posted.text("target").strip()
        if not target:
            raise _AddressMissing(
                what="It was not said with which device to pair.",
                do="Type the address that the other screen shows.",
            )
        if not self._is_pairing:
            await self._dial(target)
        return visit.go("/nearby/pairing")

    async def found(self, visit: Visit) -> Response:
        """Who is seen now: a part of the screen, fetched over and over while it is looked at."""
        found = await self._device.nearby(_LOOK_SECONDS)
        return visit.render("nearby_found.html", found=found)

    async def state(self, visit: Visit) -> Response:
        """How this device is seen now: a part of the screen, which gives way to a pairing that somebody begins."""
        response = visit.render(
            "nearby_state.html", status_now=self._device.status(), is_pairing=self._is_pairing, minutes=_MINUTES
        )
        if self._is_pairing:
            response.headers["X-Go"] = "/nearby/pairing"
        return response

    async def qr(self, _visit: Visit) -> Response:
        """The QR code of this moment; an old one opens no door, so it is never kept."""
        return Response(qr_svg(self._device.qr()), media_type=MEDIA, headers=HEADERS)

    @property
    def _is_pairing(self) -> bool:
        task = self._device.latest_pairing
        return task is not None and not task.is_over

    async def _dial(self, target: str) -> None:
        if self._dialling is None or self._dialling.done():
            self._dialling = asyncio.create_task(self._begin(target))
        # Who closes the page ends their waiting, not the dial that another page may wait for.
        await asyncio.shield(self._dialling)

    async def _begin(self, target: str) -> None:
        await self._device.pair(target)


class _AddressMissing(InvalidInput):
    """Nothing was typed where the other device's address belongs."""

    field = "target"
