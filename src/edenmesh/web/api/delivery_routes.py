"""Routes of the local API for destinations: Eden servers that records are delivered to; and for the doctor."""

import asyncio
from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from edenmesh.errors import InvalidInput
from edenmesh.node import Device, Json
from edenmesh.web.api.answers import answer, flag_of, followed, lines, read_object, text_of
from edenmesh.web.jobs import Jobs, What, Work

_WHATS: Final[dict[str, What]] = {"all": "all", "forms": "forms", "records": "records"}


class DeliveryRoutes:
    """What the device does with servers, over HTTP."""

    def __init__(self, device: Device, jobs: Jobs) -> None:
        self._device = device
        self._work = Work(device, jobs)
        self.routes = [
            Route("/api/destinations", self.destinations),
            Route("/api/destinations", self.set_destination, methods=["PUT"]),
            Route("/api/destinations", self.drop_destination, methods=["DELETE"]),
            Route("/api/destinations/test", self.test, methods=["POST"]),
            Route("/api/destinations/answer", self.answer_all, methods=["POST"]),
            Route("/api/destinations/pin", self.pin, methods=["POST"]),
            Route("/api/pull", self.pull, methods=["POST"]),
            Route("/api/deliver/plan", self.plan, methods=["POST"]),
            Route("/api/deliver", self.deliver, methods=["POST"]),
            Route("/api/deliver/lost", self.send_again, methods=["POST"]),
            Route("/api/doctor", self.examine),
        ]

    async def destinations(self, _request: Request) -> Response:
        """The servers configured, without their passwords."""
        return answer(self._device.destinations())

    async def set_destination(self, request: Request) -> Response:
        """Configure a server: `name`, `url`, `user`, `password`, `pin`, `is_http_allowed`."""
        body = await read_object(request)
        view = self._device.set_destination(
            text_of(body, "name", otherwise="server"),
            text_of(body, "url"),
            user=text_of(body, "user", otherwise=""),
            password=text_of(body, "password", otherwise=""),
            pin=text_of(body, "pin", otherwise=""),
            is_http_allowed=flag_of(body, "is_http_allowed"),
        )
        return answer(view)

    async def drop_destination(self, request: Request) -> Response:
        """Forget a server: `name`."""
        self._device.exchanges.destinations.drop(text_of(await read_object(request), "name"))
        return answer({})

    async def test(self, request: Request) -> Response:
        """See whether a server answers and lets this device in: `name`."""
        return answer(
            await self._device.exchanges.destinations.test(text_of(await read_object(request), "name", otherwise=""))
        )

    async def answer_all(self, request: Request) -> Response:
        """Answer all that a server that has gone back asks: `name`, `answer`: ours, older or deleted."""
        body = await read_object(request)
        return answer(self._device.exchanges.answer(text_of(body, "name", otherwise=""), text_of(body, "answer")))

    async def pin(self, request: Request) -> Response:
        """Have deliveries to a server count as receipts for the whole team, as a steward: `name`."""
        return answer(self._device.exchanges.destinations.pin_for_team(text_of(await read_object(request), "name")))

    async def pull(self, request: Request) -> Response:
        """Bring from a server: `name`, `what`: all, forms or records. Lines of figures; the last is the result."""
        body = await read_object(request)
        name, what = text_of(body, "name", otherwise=""), _what(body)
        return lines(followed(lambda: self._work.pull(name, what, is_kept=False)))

    async def plan(self, request: Request) -> Response:
        """What a delivery would send and overwrite, and what not and why: `name`; `offline` asks no server."""
        body = await read_object(request)
        name = text_of(body, "name", otherwise="")
        return answer(await self._device.exchanges.plan(name, is_offline=flag_of(body, "offline")))

    async def deliver(self, request: Request) -> Response:
        """Deliver: `name`; `again` sends what was rejected, too. Lines of figures; the last is the result."""
        body = await read_object(request)
        name, is_again = text_of(body, "name", otherwise=""), flag_of(body, "again")
        return lines(followed(lambda: self._work.deliver(name, is_again=is_again, is_kept=False)))

    async def send_again(self, request: Request) -> Response:
        """Say that what a server that has gone back lost is to be sent again: `name`."""
        count = self._device.exchanges.send_again(text_of(await read_object(request), "name", otherwise=""))
        return answer({"answered": count})

    async def examine(self, _request: Request) -> Response:
        """Look for what may be wrong with this device."""
        return answer(await asyncio.to_thread(self._device.examine))


def _what(body: Mapping[str, Json]) -> What:
    named = text_of(body, "what", otherwise="all")
    what = _WHATS.get(named)
    if what is None:
        raise InvalidInput(what=f"{named!r} is nothing to pull.", do="Choose all, forms or records.")
    return what
