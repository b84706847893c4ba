"""Syncing on demand: find a peer, open a session or use the open one, and tell how far it is and how it ended."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from edenmesh.core.ids import DeviceId
from edenmesh.core.session import Ended, GuestMet, Progress, Tallied
from edenmesh.errors import EdenmeshError, NotPaired, PeerUnreachable, ProtocolError, StoreError
from edenmesh.net import Address
from edenmesh.node.meeting.meetings import DIAL_SECONDS, Meetings, PeerEvent
from edenmesh.node.meeting.visibility import Visibility
from edenmesh.node.parts import Parts

_TELL_SECONDS: Final = 0.25
_NEARBY_TRIED: Final = 8


@dataclass(frozen=True, slots=True)
class SyncUpdate:
    """Progress of a sync with one peer; the last one says how it ended.

    `missing` is None while it runs; then what keeps it from being everything, in words, empty where nothing does. Of a
    guest, with which nothing is ever everything, it says how things stand; `is_met` that each has taken what is shared.
    """

    peer: str
    given: int
    to_give: int
    taken: int
    to_take: int
    file_bytes_taken: int
    file_bytes_to_take: int
    file_bytes_given: int
    bytes_sent: int
    bytes_received: int
    is_done: bool = False
    missing: tuple[str, ...] | None = None
    ended: str = ""
    is_guest: bool = False
    is_met: bool = False

    @property
    def is_everything(self) -> bool:
        """Whether both devices stated the same, whole."""
        return self.missing == ()


class Syncing:
    """Brings this device and its peers up to each other."""

    def __init__(self, parts: Parts, meetings: Meetings, visibility: Visibility) -> None:
        self._parts = parts
        self._meetings = meetings
        self._visibility = visibility
        self._redialling: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Redial peers whose addresses are known, now and at intervals: sessions stay open and edits flow."""
        if self._redialling is None:
            self._redialling = asyncio.create_task(self._redial())

    async def stop(self) -> None:
        """Redial no more."""
        redialling, self._redialling = self._redialling, None
        if redialling is not None:
            redialling.cancel()
            await asyncio.wait([redialling])

    def chosen(self) -> list[DeviceId]:
        """Members and guests a person here chose to sync with."""
        return [peer.device for peer in self._parts.store.notes.peers() if self._parts.team.may_meet(peer)]

    async def sync(self, peer: DeviceId, *, address: str = "") -> AsyncGenerator[SyncUpdate]:
        """Sync with a peer: figures a few times a second, then one last update that says how it ended.

        Raises NotPaired where nobody chose this peer, PeerUnreachable where it does not answer.
        """
        name = self._parts.team.name_of(peer)
        if self._parts.team.peer_note(peer).is_blocked:
            raise NotPaired(
                what=f"{name} is blocked on this device.", do=f"Lift that with `edenmesh block --undo {name!r}`."
            )
        if peer not in self.chosen():
            raise NotPaired(
                what=f"{name} is not chosen for sync on this device.", do=f"Choose it with `edenmesh allow {name!r}`."
            )
        await self._meetings.resume(peer)
        news: asyncio.Queue[PeerEvent] = asyncio.Queue()
        stop = self._meetings.listen(news.put_nowait)
        try:
            if peer in self._meetings.connected:
                self._ask_again(peer)
            else:
                await self._connect(peer, address)
            async for update in self._follow(peer, name, news):
                yield update
        finally:
            stop()

    async def _follow(self, peer: DeviceId, name: str, news: "asyncio.Queue[PeerEvent]") -> AsyncGenerator[SyncUpdate]:
        clock = self._parts.settings.clock
        met, progress = clock(), Progress()
        shown = 0.0
        while True:
            told = await _next(news)
            encounter = self._meetings.encounter(peer)
            if encounter is not None:
                met, progress = clock(), encounter.progress
            event = told.event if told is not None and told.peer == peer else None
            if isinstance(event, Tallied):
                yield read_progress(name, progress, missing=event.missing)
                return
            if isinstance(event, GuestMet):
                yield read_guest(name, progress, event)
                return
            if isinstance(event, Ended) and event.code != "replaced":
                yield read_progress(name, progress, ended=event.text or event.code)
                return
            # A peer that says at every moment what it holds keeps nobody from seeing how far it is.
            if told is None or clock() - shown >= _TELL_SECONDS:
                shown = clock()
                yield read_progress(name, progress)
            # Where two had met twice at once, the session that stays is here already or comes in a moment.
            if encounter is None and clock() - met > DIAL_SECONDS:
                yield read_progress(name, progress, ended="The connection was lost; what had arrived is kept.")
                return

    def _ask_again(self, peer: DeviceId) -> None:
        encounter = self._meetings.encounter(peer)
        if encounter is not None:
            encounter.ask_tally()

    async def _connect(self, peer: DeviceId, address: str) -> None:
        note = self._parts.team.peer_note(peer)
        known = [Address.parse(one) for one in ([address] if address else note.addresses)]
        try:
            await self._meetings.connect(peer, known)
        except (PeerUnreachable, NotPaired, ProtocolError):
            if address:
                raise
            await self._connect_nearby(peer)

    async def _connect_nearby(self, peer: DeviceId) -> None:
        """The peer is not where it was: try who announces itself, members first.

        A member that has heard of a later revocation than this device shows a tag that says nothing here, so that
        others are tried, too; they learn nothing from a knock.
        """
        for seen in (await self._visibility.nearby())[:_NEARBY_TRIED]:
            try:
                await self._meetings.connect(peer, [Address(host, seen.port) for host in seen.addresses])
            except (PeerUnreachable, NotPaired, ProtocolError):
                continue
            return
        raise PeerUnreachable(
            what=f"{self._parts.team.name_of(peer)} does not answer and is not seen nearby.",
            do="Start `edenmesh run` on it, or name where it is with `--address HOST:PORT`. If others reach it, this"
            " device may have been barred: ask a steward.",
        )

    async def _redial(self) -> None:
        while True:
            # A store that cannot be read now is looked at again later.
            with suppress(StoreError):
                met = self._meetings.connected | self._meetings.paused
                away = [peer for peer in self.chosen() if peer not in met]
                await asyncio.gather(*(self._redial_one(peer) for peer in away))
            await asyncio.sleep(self._parts.settings.redial_seconds)

    async def _redial_one(self, peer: DeviceId) -> None:
        with suppress(EdenmeshError):
            note = self._parts.team.peer_note(peer)
            await self._meetings.connect(peer, [Address.parse(one) for one in note.addresses])


async def _next(news: "asyncio.Queue[PeerEvent]") -> PeerEvent | None:
    """What is told next, or None where nothing is for a while."""
    try:
        async with asyncio.timeout(_TELL_SECONDS):
            return await news.get()
    except TimeoutError:
        return None


def read_progress(peer: str, progress: Progress, missing: tuple[str, ...] | None = None, ended: str = "") -> SyncUpdate:
    """The figures of a session at this moment."""
    return SyncUpdate(
        peer=peer,
        given=progress.versions_given,
        to_give=progress.versions_to_give,
        taken=progress.versions_taken,
        to_take=progress.versions_to_take,
        file_bytes_taken=progress.file_bytes_taken,
        file_bytes_to_take=progress.file_bytes_to_take,
        file_bytes_given=progress.file_bytes_given,
        bytes_sent=progress.bytes_sent,
        bytes_received=progress.bytes_received,
        is_done=missing is not None or bool(ended),
        missing=missing,
        ended=ended,
    )


def read_guest(guest: str, progress: Progress, met: GuestMet) -> SyncUpdate:
    """How it stands with a guest, in words: what is shared, what lies in the pen, and what was not taken."""
    refused = [f"{_changes(count)} of {guest} not taken: {reason}" for reason, count in met.refused]
    if met.refused_there:
        refused.append(f"{_changes(met.refused_there)} that are shared not taken by {guest}")
    told = [f"{_changes(met.shared)} shared with {guest}, for that team to accept"]
    if not met.shared:
        told = [f"nothing is shared with {guest}"]
    if met.penned:
        told.append(f"{_changes(met.penned)} of {guest} in the pen here, without effect until a steward accepts")
    update = read_progress(guest, progress, missing=(*told, *refused))
    return replace(update, is_guest=True, is_met=not refused)


def _changes(count: int) -> str:
    return "1 change is" if count == 1 else f"{count} changes are"
