"""Syncing on demand: find a peer, open a session or use the open one, and tell how far it is and how it ended."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from edenmesh.core.ids import DeviceId
from edenmesh.core.session import Ended, PeerWaits, Tallied
from edenmesh.errors import EdenmeshError, NotPaired, PeerUnreachable, UsageError
from edenmesh.net import Address
from edenmesh.node.meetings import Meetings, PeerEvent
from edenmesh.node.parts import Parts
from edenmesh.node.status import SyncUpdate, read_progress
from edenmesh.node.visibility import Visibility

_TELL_SECONDS: Final = 0.25


class Syncing:
    """Brings this device and its peers up to each other."""

    def __init__(self, parts: Parts, meetings: Meetings, visibility: Visibility) -> None:
        self._parts = parts
        self._meetings = meetings
        self._visibility = visibility
        self._redialling: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Redial peers whose addresses are known, now and at intervals: sessions stay open and edits flow."""
        self._redialling = asyncio.create_task(self._redial())

    async def stop(self) -> None:
        """Redial no more."""
        redialling, self._redialling = self._redialling, None
        if redialling is not None:
            redialling.cancel()

    def chosen(self) -> list[DeviceId]:
        """Members a person here chose to sync with."""
        charter = self._parts.team.charter
        peers = self._parts.store.notes.peers()
        return [peer.device for peer in peers if peer.is_allowed and charter.is_member(peer.device)]

    async def sync(self, peer: DeviceId, *, address: str = "") -> AsyncIterator[SyncUpdate]:
        """Sync with a peer: figures a few times a second, then one last update that says how it ended.

        Raises NotPaired where nobody chose this peer, PeerUnreachable where it does not answer.
        """
        name = self._parts.team.name_of(peer)
        if peer not in self.chosen():
            raise NotPaired(
                what=f"{name} is not chosen for sync on this device.", do=f"Choose it with `edenmesh allow {name!r}`."
            )
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

    async def _follow(self, peer: DeviceId, name: str, news: "asyncio.Queue[PeerEvent]") -> AsyncIterator[SyncUpdate]:
        encounter = self._meetings.encounter(peer)
        while True:
            try:
                async with asyncio.timeout(_TELL_SECONDS):
                    told = await news.get()
            except TimeoutError:
                told = None
            encounter = self._meetings.encounter(peer) or encounter
            if told is not None and told.peer == peer and encounter is not None:
                if isinstance(told.event, Tallied):
                    yield read_progress(name, encounter.progress, missing=told.event.missing)
                    return
                if isinstance(told.event, Ended) and told.event.code != "replaced":
                    yield read_progress(name, encounter.progress, ended=told.event.text or told.event.code)
                    return
                if isinstance(told.event, PeerWaits):
                    continue
            elif told is None and encounter is not None:
                yield read_progress(name, encounter.progress)

    def _ask_again(self, peer: DeviceId) -> None:
        encounter = self._meetings.encounter(peer)
        if encounter is not None:
            encounter.ask_tally()

    async def _connect(self, peer: DeviceId, address: str) -> None:
        note = self._parts.team.peer_note(peer)
        known = [Address.parse(one) for one in ([address] if address else note.addresses)]
        try:
            await self._meetings.connect(peer, known)
        except (PeerUnreachable, NotPaired):
            if address:
                raise
            await self._connect_nearby(peer)

    async def _connect_nearby(self, peer: DeviceId) -> None:
        """The peer is not where it was: try the members that announce themselves."""
        last: EdenmeshError = PeerUnreachable(
            what=f"{self._parts.team.name_of(peer)} does not answer and is not seen nearby.",
            do="Start `edenmesh run` on it, or name where it is with `--address HOST:PORT`.",
        )
        for seen in await self._visibility.nearby():
            if not seen.is_member:
                continue
            try:
                await self._meetings.connect(peer, [Address(host, seen.port) for host in seen.addresses])
            except (PeerUnreachable, NotPaired):
                continue
            return
        raise last

    async def _redial(self) -> None:
        while True:
            for peer in self.chosen():
                note = self._parts.team.peer_note(peer)
                if peer in self._meetings.connected or not note.addresses:
                    continue
                try:
                    await self._meetings.connect(peer, [Address.parse(one) for one in note.addresses])
                except (EdenmeshError, UsageError):
                    continue
            await asyncio.sleep(self._parts.settings.redial_seconds)
