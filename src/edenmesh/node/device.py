"""One device put together: the library's front door, and what the local API of commands and screens calls."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from edenmesh.core.encoding import normal_text
from edenmesh.core.ids import DeviceId, FileHash
from edenmesh.core.limits import COUNT_MAX
from edenmesh.core.records import File, Form
from edenmesh.core.trust import require_device_name
from edenmesh.eden import read_form_file
from edenmesh.errors import InvalidInput, StoreDamaged
from edenmesh.net import Nearby
from edenmesh.node.accounts import Accounts
from edenmesh.node.deletion import Deletions
from edenmesh.node.delivery import DeliveryUpdate, DestinationView, Exchanges, PullUpdate, What
from edenmesh.node.doctor import examine
from edenmesh.node.meeting import Guests, Meetings, Partings, PeerEvent, Shown, Syncing, SyncUpdate, Visibility
from edenmesh.node.pairing import Pairings, PairingTask
from edenmesh.node.parts import IDENTITY, Check, Desk, Identity, MemberView, Parts, PeerView, Settings, Team
from edenmesh.node.records import (
    Decision,
    Decisions,
    Entries,
    Exported,
    Files,
    Importer,
    ImportResult,
    Json,
    Merging,
    RecordDesk,
    RecordRow,
    RecordView,
    TableRow,
    export,
)
from edenmesh.node.status import Status, read_status
from edenmesh.node.stewardship import Quarantine, Stewardship
from edenmesh.store import Committed, Store


class Device:
    """One installation: its store, its keys, its team, and the ways it meets others.

    Make one with `create` or `open`. It reads and writes records at once; `start` lets it meet other devices.
    """

    def __init__(self, store: Store, identity: Identity, settings: Settings) -> None:
        desk = Desk(store, identity, wall_clock=settings.wall_clock, entropy=settings.entropy)
        team = Team(store, desk, identity, settings.entropy)
        self._parts = Parts(store, desk, identity, team, settings)
        self._records = RecordDesk(store, desk)
        self._decisions = Decisions(self._records)
        self.files: Final = Files(store, desk)
        self.entries: Final = Entries(store, desk, self._records)
        desk.listen(Merging(store, self._records, identity.device).handle_committed)
        self._meetings = Meetings(self._parts)
        self.deletions: Final = Deletions(self._parts, self._records, self._decisions, self._meetings)
        self._visibility = Visibility(self._parts, self._meetings)
        self._pairings = Pairings(self._parts, self._meetings, self._visibility)
        self.guests: Final = Guests(self._parts, self._meetings)
        self._partings = Partings(self._parts, self._meetings, self.guests)
        self._syncing = Syncing(self._parts, self._meetings, self._visibility)
        self._exchanges = Exchanges(self._parts)
        self._stewardship = Stewardship(self._parts)
        self.quarantine: Final = Quarantine(self._parts)
        self.accounts: Final = Accounts(self._parts)

    @classmethod
    def create(cls, home: Path, *, name: str, passphrase: str, settings: Settings | None = None) -> Self:
        """Make a new device that is alone in a new team and holds every role.

        Raises UsageError where there is a store in `home` already, InvalidInput for a name nobody could read.
        """
        settings = settings or Settings()
        require_device_name(normal_text(name))
        identity = Identity.create(settings.entropy)
        store = Store.create(home, passphrase, entropy=settings.entropy, cost=settings.key_cost)
        try:
            device = cls(store, identity, settings)
            device._parts.team.found(name, {IDENTITY: identity.encode()})
        except BaseException:
            store.close()
            raise
        return device

    @classmethod
    def open(cls, home: Path, *, passphrase: str, settings: Settings | None = None) -> Self:
        """Open a device. Raises StoreMissing, StoreLocked, WrongPassphrase, StoreDamaged, StoreTooNew."""
        store = Store.open(home, passphrase)
        seeds = store.notes.meta(IDENTITY)
        if seeds is None:
            store.close()
            raise StoreDamaged(
                what=f"The store in {home} has no device key: making it was never finished.",
                kept="Nothing was ever kept in it.",
                do="Remove that folder, then make the device anew with `edenmesh init`.",
            )
        return cls(store, Identity.decode(seeds), settings or Settings())

    async def start(self) -> None:
        """Let other devices in and redial known ones. Raises ConfigError where the port cannot be had."""
        await self._meetings.start()
        self._syncing.start()
        self.deletions.start()
        self._records.lister.start()

    async def stop(self) -> None:
        """End all sessions; what is durable stays."""
        await self._records.lister.stop()
        await self.deletions.stop()
        await self._syncing.stop()
        await self._visibility.hide()
        await self._pairings.stop()
        await self._meetings.stop()

    def close(self) -> None:
        """Close the store and let others open it."""
        try:
            self._parts.desk.close()
        finally:
            self._parts.store.close()

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.stop()
            self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self.stop()
        finally:
            self.close()

    # --- where things stand -------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """This device's name, as its team sees it."""
        return self._parts.team.name

    @property
    def device_id(self) -> DeviceId:
        """This device's key."""
        return self._parts.identity.device

    def status(self) -> Status:
        """Where this device stands now."""
        return read_status(self._parts, self._meetings, self._visibility)

    def on_commit(self, listener: Callable[[Committed], None]) -> Callable[[], None]:
        """Call `listener` after every commit, by whomever; the function returned stops that."""
        return self._parts.desk.listen(listener)

    async def subscribe(self) -> AsyncGenerator[Committed | PeerEvent | PairingTask]:
        """What happens from now on: commits, words of sessions, pairings that others begin."""
        news: asyncio.Queue[Committed | PeerEvent | PairingTask] = asyncio.Queue()
        stops = [
            self._parts.desk.listen(news.put_nowait),
            self._meetings.listen(news.put_nowait),
            self._pairings.listen(news.put_nowait),
        ]
        try:
            while True:
                yield await news.get()
        finally:
            for stop in stops:
                stop()

    # --- records ------------------------------------------------------------------------------------------------------

    @property
    def records(self) -> RecordDesk:
        """Looking at records and writing them."""
        return self._records

    @property
    def decisions(self) -> Decisions:
        """Deciding what is open about records, and taking that back."""
        return self._decisions

    def tables(self) -> list[TableRow]:
        """All tables with records."""
        return self._records.tables()

    def page(self, table: str, *, limit: int = 50, after: int = 0) -> tuple[list[RecordRow], int]:
        """Records of a table, and where the next page begins; 0 where there is none."""
        return self._records.page(table, limit=limit, after=after)

    def record(self, table: str, uuid: str) -> RecordView:
        """One record, whole."""
        return self._records.view(table, uuid)

    def add(self, table: str, values: Mapping[str, Json]) -> RecordView:
        """A new record."""
        return self._records.add(table, values)

    def edit(self, table: str, uuid: str, values: Mapping[str, Json]) -> RecordView:
        """Change values of a record; None empties a field."""
        return self._records.edit(table, uuid, values)

    def retract(self, table: str, uuid: str) -> RecordView:
        """Delete a record for all."""
        return self._records.retract(table, uuid)

    def resolve(
        self,
        table: str,
        uuid: str,
        chosen: Mapping[str, Json],
        *,
        versions: Sequence[str] = (),
        keep: bool | None = None,
        why: str = "",
    ) -> RecordView:
        """Decide what is open: by values, by versions whose values are taken, or whether to `keep` the record."""
        return self._decisions.resolve(table, uuid, Decision(values=chosen, versions=versions, keep=keep, why=why))

    def conflicts(self) -> list[RecordView]:
        """Records in which a person has something to decide."""
        return self._records.open_records(limit=COUNT_MAX)[0]

    def add_file(self, content: bytes, *, label: str, media: str = "") -> File:
        """Keep a file; name it in a record by the value returned."""
        return self.files.add([content], label=label, media=media)

    def file(self, file: FileHash) -> bytes | None:
        """The content of a file, or None where it is not here whole."""
        size = self.files.size(file)
        return b"".join(self.files.read(file, 0, size)) if size is not None else None

    # --- forms, import ------------------------------------------------------------------------------------------------

    def forms(self) -> list[Form]:
        """The forms held here."""
        return list(self._records.catalogue().forms.values())

    def add_form(self, data: bytes) -> Form:
        """Add a form from a form file or from a server's answer. Raises InvalidInput."""
        form = read_form_file(data)
        with self._parts.desk.writing() as writing:
            writing.add_form(form.encode())
        return form

    def import_document(
        self,
        data: bytes,
        *,
        files: Mapping[str, bytes | File] | None = None,
        is_update: bool = False,
        source: str = "",
    ) -> ImportResult:
        """Import an S3JSON document with the files it names, by their names. Raises InvalidInput where it is none.

        `is_update`: it edits what is here. `source`: it is what that destination gave out, and shows what it held.
        """
        return self._importer(files, source, is_update=is_update).take(data)

    async def import_in_turns(
        self,
        data: bytes,
        *,
        files: Mapping[str, bytes | File] | None = None,
        is_update: bool = False,
        source: str = "",
    ) -> ImportResult:
        """The same for a long document: other tasks have their turns, and what has come in is shown and passed on."""
        return await self._importer(files, source, is_update=is_update).take_in_turns(data)

    def _importer(self, files: Mapping[str, bytes | File] | None, source: str, *, is_update: bool) -> Importer:
        destination = self._exchanges.destinations.find(source).id if source else None
        return Importer(self._parts, self._records.catalogue(), files or {}, is_update=is_update, source=destination)

    def export(self, tables: Sequence[str] = (), form: str = "s3json") -> bytes:
        """Records as s3json, csv or geojson, those undecided marked. Raises InvalidInput."""
        return self.exported(tables, form).content

    def exported(self, tables: Sequence[str] = (), form: str = "s3json") -> Exported:
        """The same, with how many records that are and how many of them nobody has decided yet."""
        return export(self._parts.store, tables, form, self._records.resides)

    def examine(self) -> list[Check]:
        """Look for what may be wrong with this device."""
        return examine(self._parts, self._meetings)

    # --- people -------------------------------------------------------------------------------------------------------

    @property
    def stewardship(self) -> Stewardship:
        """What stewards decide: roles, and which form is the current one."""
        return self._stewardship

    def members(self) -> list[MemberView]:
        """The team, as the charter says."""
        return self._parts.team.members()

    def peers(self) -> list[PeerView]:
        """Other devices this one knows."""
        return self._parts.team.peers(self._meetings.connected, self._meetings.paused)

    async def show(self, minutes: float = 5) -> Shown:
        """Be visible to everyone nearby, and let them begin to pair."""
        return await self._visibility.show(minutes)

    async def hide(self) -> None:
        """Be visible no more."""
        await self._visibility.hide()

    def qr(self) -> str:
        """The text of the QR code to be scanned by another device. Raises InvalidInput where this one is not shown."""
        shown = self._visibility.shown
        if shown is None:
            raise InvalidInput(what="This device is not visible now.", do="Make it so with `edenmesh visible`.")
        return self._pairings.qr(shown.door_secret, shown.addresses, shown.port)

    async def nearby(self, seconds: float = 3.0) -> list[Nearby]:
        """Devices seen on the network."""
        return await self._visibility.nearby(seconds)

    async def pair(self, target: str) -> PairingTask:
        """Begin to pair with a device: its call-sign, its address, or the text of its QR code."""
        return await self._pairings.pair(target)

    def on_pairing(self, listener: Callable[[PairingTask], None]) -> Callable[[], None]:
        """Call `listener` with pairings that others begin."""
        return self._pairings.listen(listener)

    @property
    def latest_pairing(self) -> PairingTask | None:
        """The pairing under way, or the last one."""
        return self._pairings.latest

    def allow(self, peer: str, *, is_allowed: bool = True) -> None:
        """Choose to sync with a member or a guest, by name or id, which lifts a block; or not any more."""
        self._partings.allow(peer, is_allowed=is_allowed)

    def block(self, peer: str) -> None:
        """Want no session with a device, be it a stranger: its open one ends at once. By name, or by id."""
        self._pairings.part(self._partings.block(peer, is_blocked=True))

    def unblock(self, peer: str) -> None:
        """Let a blocked device in again, as far as it was let in before."""
        self._partings.block(peer, is_blocked=False)

    async def end_session(self, peer: str) -> bool:
        """Stop the exchange with a peer until `sync` resumes it; it hears so. Returns whether one was open."""
        return await self._partings.end_session(peer)

    def revoke(self, peer: str) -> None:
        """Bar a device for good; its open session ends at once. Raises NotPermitted where this device may not."""
        self._partings.revoke(peer)

    async def sync(self, peer: str, *, address: str = "") -> AsyncGenerator[SyncUpdate]:
        """Sync with a peer, by name or id: figures while it runs, then how it ended."""
        async for update in self._syncing.sync(self._parts.team.find(peer), address=address):
            yield update

    def sync_peers(self) -> list[str]:
        """Names of the members chosen to sync with."""
        return [self._parts.team.name_of(peer) for peer in self._syncing.chosen()]

    # --- destinations -------------------------------------------------------------------------------------------------

    @property
    def exchanges(self) -> Exchanges:
        """What there is to do with servers: name them, plan a delivery, answer one that has gone back."""
        return self._exchanges

    def destinations(self) -> list[DestinationView]:
        """The servers this device knows, without their passwords."""
        return self._exchanges.destinations.views()

    def set_destination(
        self, name: str, url: str, *, user: str, password: str, pin: str = "", is_http_allowed: bool = False
    ) -> DestinationView:
        """Note a server under a name. Raises InvalidInput where the address or the pin is none."""
        return self._exchanges.destinations.set(
            name, url, user=user, password=password, pin=pin, is_http_allowed=is_http_allowed
        )

    async def pull(self, name: str = "", what: What = "all") -> AsyncGenerator[PullUpdate]:
        """Bring forms, records or both from a server: figures while it runs, then the result. Raises DeliveryError."""
        async for update in self._exchanges.pull(name, what):
            yield update

    async def deliver(self, name: str = "", *, is_again: bool = False) -> AsyncGenerator[DeliveryUpdate]:
        """Deliver what is owed: figures while it runs, then the result. Raises DeliveryError where it cannot go on."""
        async for update in self._exchanges.deliver(name, is_again=is_again):
            yield update
