"""Routes of the local API for people: the team, being visible, pairing, peers and sync."""

import asyncio
from collections.abc import AsyncGenerator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from edenmesh.errors import InvalidInput
from edenmesh.node import Device, PairingTask
from edenmesh.web.api.answers import answer, flag_of, followed, lines, number_of, read_object, text_of
from edenmesh.web.api.events import EVENT_STREAM, STREAM_HEADERS, asks_for_stream, lines_of, stream
from edenmesh.web.api.live import Live
from edenmesh.web.jobs import Jobs, Work
from edenmesh.web.visiting import Right, require


class PeopleRoutes:
    """What the device does with other devices, over HTTP."""

    def __init__(self, device: Device, jobs: Jobs) -> None:
        self._device = device
        self._work = Work(device, jobs)
        self._live = Live(device, jobs)
        self.routes = [
            Route("/api/status", self.status),
            Route("/api/members", self.members),
            Route("/api/roles/give", self.give_role, methods=["POST"]),
            Route("/api/roles/take", self.take_role, methods=["POST"]),
            Route("/api/forms/current", self.current_forms),
            Route("/api/forms/current", self.choose_form, methods=["PUT"]),
            Route("/api/quarantine", self.quarantine),
            Route("/api/quarantine/accept", self.accept, methods=["POST"]),
            Route("/api/quarantine/discard", self.discard, methods=["POST"]),
            Route("/api/visible", self.show, methods=["POST"]),
            Route("/api/visible", self.hide, methods=["DELETE"]),
            Route("/api/nearby", self.nearby),
            Route("/api/pair", self.pair, methods=["POST"]),
            Route("/api/pairing", self.await_pairing),
            Route("/api/pairing/answer", self.answer_pairing, methods=["POST"]),
            Route("/api/peers", self.peers),
            Route("/api/peers/allow", self.allow, methods=["POST"]),
            Route("/api/peers/revoke", self.revoke, methods=["POST"]),
            Route("/api/sync", self.sync, methods=["POST"]),
            Route("/api/events", self.events),
        ]

    async def status(self, _request: Request) -> Response:
        """Where this device stands."""
        return answer(self._device.status())

    async def members(self, _request: Request) -> Response:
        """The team."""
        return answer(self._device.members())

    async def give_role(self, request: Request) -> Response:
        """Give the member `peer` a `role`: steward, introducer or gateway."""
        body = await read_object(request)
        return answer(self._device.stewardship.give_role(text_of(body, "peer"), text_of(body, "role")))

    async def take_role(self, request: Request) -> Response:
        """Take a `role` from the member `peer`."""
        body = await read_object(request)
        return answer(self._device.stewardship.take_role(text_of(body, "peer"), text_of(body, "role")))

    async def current_forms(self, request: Request) -> Response:
        """The forms of a `table`, or of all, and which of them a steward chose."""
        return answer(self._device.stewardship.forms(request.query_params.get("table", "")))

    async def choose_form(self, request: Request) -> Response:
        """Say by which `form`, by the beginning of its id, a `table` is filled in."""
        body = await read_object(request)
        return answer(self._device.stewardship.choose_form(text_of(body, "table"), text_of(body, "form")))

    async def quarantine(self, _request: Request) -> Response:
        """What is here without effect, and why."""
        return answer(self._device.quarantine.view())

    async def accept(self, request: Request) -> Response:
        """Let the first `up_to` versions of `author` count, all that are here where that is 0; how many those are."""
        body = await read_object(request)
        up_to = body.get("up_to", 0)
        if isinstance(up_to, bool) or not isinstance(up_to, int):
            raise InvalidInput(what="'up_to' is not a number.")
        return answer({"versions": self._device.quarantine.accept(text_of(body, "author"), up_to)})

    async def discard(self, request: Request) -> Response:
        """Throw away what the guest `author` handed in; how many versions that was."""
        return answer({"versions": self._device.quarantine.discard(text_of(await read_object(request), "author"))})

    async def show(self, request: Request) -> Response:
        """Be visible for `minutes`; answers with call-sign, addresses and the QR code's text."""
        minutes = (await read_object(request)).get("minutes", 5)
        if isinstance(minutes, bool) or not isinstance(minutes, int | float):
            raise InvalidInput(what="'minutes' is not a number.")
        shown = await self._device.show(minutes)
        return answer(
            {
                "call_sign": shown.call_sign,
                "until": shown.until,
                "addresses": shown.addresses,
                "port": shown.port,
                "qr": self._device.qr(),
            }
        )

    async def hide(self, _request: Request) -> Response:
        """Be visible no more."""
        await self._device.hide()
        return answer({})

    async def nearby(self, request: Request) -> Response:
        """Devices seen within `seconds`."""
        seen = await self._device.nearby(number_of(request.query_params.get("seconds", "3"), "seconds", 30))
        return answer(
            [
                {"call_sign": one.call_sign, "addresses": one.addresses, "port": one.port, "is_member": one.is_member}
                for one in seen
            ]
        )

    async def pair(self, request: Request) -> Response:
        """Begin to pair with `target`. Lines: the code, then who was paired."""
        task = await self._device.pair(text_of(await read_object(request), "target"))
        return lines(_follow_alone(task))

    async def await_pairing(self, _request: Request) -> Response:
        """Wait for the next pairing another device begins. Lines: the code, then who was paired."""
        return lines(self._incoming())

    async def answer_pairing(self, request: Request) -> Response:
        """The person's answer: the `code` they saw, so that it meets no later pairing, `is_same`, `introducer`."""
        body = await read_object(request)
        task = self._device.latest_pairing
        if task is None:
            raise InvalidInput(what="No pairing is under way.")
        task.answer(flag_of(body, "is_same"), code=text_of(body, "code"), introducer=flag_of(body, "introducer"))
        return answer({})

    async def peers(self, _request: Request) -> Response:
        """Other devices this one knows."""
        return answer(self._device.peers())

    async def allow(self, request: Request) -> Response:
        """Choose to sync with `peer`, or not any more: `is_allowed`."""
        body = await read_object(request)
        self._device.allow(text_of(body, "peer"), is_allowed=body.get("is_allowed") is not False)
        return answer({})

    async def revoke(self, request: Request) -> Response:
        """Bar `peer` for good."""
        self._device.revoke(text_of(await read_object(request), "peer"))
        return answer({})

    async def sync(self, request: Request) -> Response:
        """Sync with `peer`, or with all chosen ones in turn. Lines of figures; the last says how it ended."""
        body = await read_object(request)
        peer, address = text_of(body, "peer", otherwise=""), text_of(body, "address", otherwise="")
        return lines(followed(lambda: self._work.sync(peer, address=address, is_kept=False)))

    async def events(self, request: Request) -> Response:
        """What happens from now on: states by topic where text/event-stream is asked for, else a line each."""
        visitor = require(request, Right.LOOK)
        if asks_for_stream(request.headers.get("accept", "")):
            return StreamingResponse(stream(self._live, visitor), media_type=EVENT_STREAM, headers=STREAM_HEADERS)
        return lines(lines_of(self._device, visitor))

    async def _incoming(self) -> AsyncGenerator[object]:
        tasks: asyncio.Queue[PairingTask] = asyncio.Queue()
        stop = self._device.on_pairing(tasks.put_nowait)
        try:
            yield {"waiting": True}
            async for view in _follow(await tasks.get()):
                yield view
        finally:
            stop()


async def _follow(task: PairingTask) -> AsyncGenerator[object]:
    yield {"code": await task.code()}
    yield {"paired": await task.result()}


async def _follow_alone(task: PairingTask) -> AsyncGenerator[object]:
    """Where who began the pairing goes away without an answer, nobody can give one: it ends."""
    try:
        async for view in _follow(task):
            yield view
    finally:
        task.give_up()
