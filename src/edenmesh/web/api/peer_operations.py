"""Operations with other devices: being visible, pairing, choosing whom to sync with, and syncing."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Annotated

import msgspec

from edenmesh.errors import InvalidInput
from edenmesh.node import CodeView, PairedView, PairingTask, PeerView, SyncUpdate
from edenmesh.web.api.answers import followed
from edenmesh.web.api.operation import Asked, operation
from edenmesh.web.api.served import Served
from edenmesh.web.visiting import Right


class Showing(Asked, frozen=True):
    """For how long to be visible."""

    minutes: Annotated[float, msgspec.Meta(ge=0)] = 5


class Looking(Asked, frozen=True):
    """For how long to look."""

    seconds: Annotated[int, msgspec.Meta(ge=0, le=99)] = 3


class Target(Asked, frozen=True):
    """A device: its call-sign, its address, or the text of its QR code."""

    target: str


class CodeAnswer(Asked, frozen=True):
    """What a person says of the `code` they saw, so that the answer meets no later pairing; true for the same code.

    `introducer` lets a device that joins admit others.
    """

    code: str
    is_same: bool = False
    introducer: bool = False


class OfPeer(Asked, frozen=True):
    """A device, by name or id."""

    peer: str


class Allowing(Asked, frozen=True):
    """A member, by name or id, and whether this device syncs with it."""

    peer: str
    is_allowed: bool = True


class Blocking(Asked, frozen=True):
    """A device, by name or id, be it a stranger; and whether this device wants no session with it."""

    peer: str
    is_blocked: bool = True


class Sharing(Asked, frozen=True):
    """A guest, by name or id, and which tables it is given from now on; or `is_all` there ever are."""

    peer: str
    tables: list[str] = msgspec.field(default_factory=list)
    is_all: bool = False


class Syncing(Asked, frozen=True):
    """A member, by name or id, or all chosen ones in turn; and where it is, if it is not found by itself."""

    peer: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Shared:
    """The tables a guest is given."""

    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stopped:
    """Whether an exchange was open."""

    was_open: bool


@dataclass(frozen=True, slots=True)
class Visible:
    """How others see this device now; `until` in seconds since 1970, `qr` the text of its QR code."""

    call_sign: str
    until: float
    addresses: tuple[str, ...]
    port: int
    qr: str


@dataclass(frozen=True, slots=True)
class NearbyDevice:
    """A device seen on the network."""

    call_sign: str
    addresses: tuple[str, ...]
    port: int
    is_member: bool


@dataclass(frozen=True, slots=True)
class PairingStanding:
    """The pairing under way, or the last: what both screens show, and whether it is answered here and over."""

    is_incoming: bool
    is_answered: bool
    is_over: bool
    code: CodeView | None


_SECONDS_MAX = 30


class PeerOperations:
    """What the device does with other devices."""

    def __init__(self, served: Served) -> None:
        self._device = served.device
        self._work = served.work

    @operation("POST", "/api/visible", Right.RUN)
    async def show(self, body: Showing) -> Visible:
        """Be visible to everyone nearby, and let them begin to pair."""
        shown = await self._device.show(body.minutes)
        return Visible(shown.call_sign, shown.until, shown.addresses, shown.port, self._device.qr())

    @operation("DELETE", "/api/visible", Right.RUN)
    async def hide(self) -> None:
        """Be visible no more."""
        await self._device.hide()

    @operation("GET", "/api/nearby", Right.RUN)
    async def nearby(self, query: Looking) -> list[NearbyDevice]:
        """Devices seen on the network within so many seconds."""
        seen = await self._device.nearby(min(query.seconds, _SECONDS_MAX))
        return [NearbyDevice(one.call_sign, tuple(one.addresses), one.port, one.is_member) for one in seen]

    @operation("POST", "/api/pair", Right.RUN)
    async def pair(self, body: Target) -> AsyncGenerator[dict[str, CodeView | PairedView]]:
        """Begin to pair with a device. Lines: the code, then who was paired."""
        return _follow_alone(await self._device.pair(body.target))

    @operation("GET", "/api/pairing", Right.RUN)
    def await_pairing(self) -> AsyncGenerator[dict[str, CodeView | PairedView | bool]]:
        """Wait for the next pairing another device begins. Lines: that this waits, the code, then who was paired."""
        return self._incoming()

    @operation("GET", "/api/pairing/latest", Right.RUN)
    def latest_pairing(self) -> PairingStanding | None:
        """The pairing under way, or the last one, for who comes back to it; null where there was none."""
        task = self._device.latest_pairing
        if task is None:
            return None
        return PairingStanding(task.is_incoming, task.is_answered, task.is_over, task.shown)

    @operation("POST", "/api/pairing/answer", Right.RUN)
    def answer_pairing(self, body: CodeAnswer) -> None:
        """Say whether both screens show the same code."""
        task = self._device.latest_pairing
        if task is None:
            raise InvalidInput(what="No pairing is under way.")
        task.answer(body.is_same, code=body.code, introducer=body.introducer)

    @operation("GET", "/api/peers", Right.RUN)
    def peers(self) -> list[PeerView]:
        """Other devices this one knows."""
        return self._device.peers()

    @operation("POST", "/api/peers/allow", Right.RUN)
    def allow(self, body: Allowing) -> None:
        """Choose to sync with a member, or not any more."""
        self._device.allow(body.peer, is_allowed=body.is_allowed)

    @operation("POST", "/api/peers/block", Right.RUN)
    def block(self, body: Blocking) -> None:
        """Want no session with a device here, or lift that. An open one ends at once, and so does a pairing."""
        if body.is_blocked:
            self._device.block(body.peer)
        else:
            self._device.unblock(body.peer)

    @operation("POST", "/api/peers/share", Right.RUN)
    def share(self, body: Sharing) -> Shared:
        """Choose what a guest, a device of another team, is given from now on."""
        return Shared(self._device.guests.share(body.peer, body.tables, is_all=body.is_all))

    @operation("POST", "/api/peers/revoke", Right.RUN)
    def revoke(self, body: OfPeer) -> None:
        """Bar a device for good."""
        self._device.revoke(body.peer)

    @operation("POST", "/api/sync", Right.RUN)
    def sync(self, body: Syncing) -> AsyncGenerator[SyncUpdate]:
        """Sync with a member, or with all chosen ones in turn. Lines of figures; the last says how it ended.

        A sync with this member that runs already is joined; one that everybody leaves is followed no more.
        """
        return followed(lambda: self._work.sync(body.peer, address=body.address, is_kept=False))

    @operation("POST", "/api/sync/stop", Right.RUN)
    async def stop_sync(self, body: OfPeer) -> Stopped:
        """Stop the exchange with a peer for now: it is told so, and the next sync from here goes on."""
        return Stopped(await self._work.stop_sync(body.peer))

    async def _incoming(self) -> AsyncGenerator[dict[str, CodeView | PairedView | bool]]:
        tasks: asyncio.Queue[PairingTask] = asyncio.Queue()
        stop = self._device.on_pairing(tasks.put_nowait)
        try:
            yield {"waiting": True}
            async for view in _follow(await tasks.get()):
                yield {**view}
        finally:
            stop()


async def _follow(task: PairingTask) -> AsyncGenerator[dict[str, CodeView | PairedView]]:
    yield {"code": await task.code()}
    yield {"paired": await task.result()}


async def _follow_alone(task: PairingTask) -> AsyncGenerator[dict[str, CodeView | PairedView]]:
    """Where who began the pairing goes away without an answer, nobody can give one: it ends."""
    try:
        async for view in _follow(task):
            yield view
    finally:
        task.give_up()
