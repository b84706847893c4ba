"""Meeting other devices: listening, dialling, one session a peer, and which of two simultaneous channels stays."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from edenmesh.core.ids import DeviceId
from edenmesh.core.session import Ended, Event, GuestMet, Parties, PeerWaits, Session, Sharing, Tallied
from edenmesh.errors import EdenmeshError, NotPaired, PeerUnreachable, ProtocolError, StoreError
from edenmesh.net import Address, DoorPolicy, Listening, Reception, SecureStream, Stream
from edenmesh.node.meeting.encounter import Encounter, Line
from edenmesh.node.meeting.opening import Kind, hear_intent, say_intent
from edenmesh.node.parts import Parts, replace_peer
from edenmesh.store import Committed, KeptTally, Peer

DIAL_SECONDS: Final = 5.0

_ADDRESSES_KEPT: Final = 4
_SECRETS_TRIED: Final = 4
_MET_TWICE: Final = "The two devices had met twice at once."
_PAUSED: Final = "paused"
_PAUSED_THERE: Final = "The other person stopped the exchange for now."
_PAUSED_HERE: Final = "The exchange was stopped here for now; what was acknowledged is kept."


@dataclass(frozen=True, slots=True)
class PeerEvent:
    """Something a session with a peer told."""

    peer: DeviceId
    event: Event


@dataclass(slots=True)
class _Meeting:
    encounter: Encounter
    session: Session
    dialled_by: DeviceId
    host: str
    began: float
    task: "asyncio.Task[object]"


class Meetings:
    """The sessions of this device. One per peer; all run until the device stops or the peer goes."""

    def __init__(self, parts: Parts) -> None:
        self._store = parts.store
        self._desk = parts.desk
        self._team = parts.team
        self._identity = parts.identity
        self._settings = parts.settings
        self._listening: Listening | None = None
        self._meetings: dict[DeviceId, _Meeting] = {}
        self._listeners: list[Callable[[PeerEvent], None]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._paused_here: set[DeviceId] = set()
        self._paused_there: set[DeviceId] = set()
        self._is_stopped = False
        self.door_secrets: set[bytes] = set()
        self.admits_everyone: Callable[[], bool] = lambda: False
        self.on_pairing: Callable[[SecureStream, Line], Awaitable[None]] | None = None
        parts.desk.listen(self._handle_committed)
        parts.desk.has_company = lambda: bool(self._meetings)

    # --- listening ----------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Let other devices in. Raises ConfigError where the port cannot be had."""
        if self._listening is not None:
            return
        self._is_stopped = False
        reception = Reception(
            self._identity.device_key.private,
            allow=lambda key: self._team.is_welcome(DeviceId(key)),
            policy=self._policy,
            entropy=self._settings.entropy,
            on_channel=self._handle_channel,
        )

        async def let_in(stream: Stream) -> None:
            with self._under_way():
                await reception.receive(stream)

        transport = self._settings.transport
        self._listening = await transport.listen(self._settings.host, self._settings.port, let_in)

    async def stop(self) -> None:
        """End all sessions and let nobody in any more. Nothing of it is under way when this returns."""
        self._is_stopped = True
        listening, self._listening = self._listening, None
        if listening is not None:
            await listening.close()
        met = [meeting.task for meeting in self._meetings.values()]
        for meeting in list(self._meetings.values()):
            meeting.encounter.close("stopped", "The other device was switched off.", text_here="This device stopped.")
        if met:
            await asyncio.wait(met, timeout=DIAL_SECONDS)
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def port(self) -> int:
        """The port this device listens on; 0 where it does not."""
        return self._listening.port if self._listening is not None else 0

    @property
    def connected(self) -> frozenset[DeviceId]:
        """Peers with an open session."""
        return frozenset(self._meetings)

    def encounter(self, peer: DeviceId) -> Encounter | None:
        """The open session with a peer."""
        meeting = self._meetings.get(peer)
        return meeting.encounter if meeting is not None else None

    def listen(self, listener: Callable[[PeerEvent], None]) -> Callable[[], None]:
        """Call `listener` with what sessions tell; the function returned stops that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def drop(self, peer: DeviceId, code: str, text_there: str, *, text_here: str) -> None:
        """End the session with a peer, as after a revocation."""
        meeting = self._meetings.get(peer)
        if meeting is not None:
            meeting.encounter.close(code, text_there, text_here=text_here)

    def part(self, peer: DeviceId, text_here: str) -> None:
        """A person here wants no session with a peer any more."""
        self.drop(peer, "not_chosen", "The other person has stopped the exchange.", text_here=text_here)

    # --- stopped for now ----------------------------------------------------------------------------------------------

    @property
    def paused(self) -> frozenset[DeviceId]:
        """Peers with which the exchange was stopped for now, here or there: neither side redials by itself."""
        return frozenset(self._paused_here | self._paused_there)

    async def pause(self, peer: DeviceId) -> bool:
        """End the exchange with a peer until somebody here resumes it; returns, once it has ended, whether it was open.

        The peer hears why. It is not noted: a device that starts anew redials as always.
        """
        self._paused_here.add(peer)
        meeting = self._meetings.get(peer)
        if meeting is None:
            return False
        self.drop(peer, _PAUSED, _PAUSED_THERE, text_here=_PAUSED_HERE)
        await asyncio.wait([meeting.task], timeout=DIAL_SECONDS)
        return True

    async def resume(self, peer: DeviceId) -> None:
        """A person here wants the exchange to go on. One that is just being stopped ends first."""
        meeting = self._meetings.get(peer) if peer in self.paused else None
        self._paused_here.discard(peer)
        self._paused_there.discard(peer)
        if meeting is not None:
            await asyncio.wait([meeting.task], timeout=DIAL_SECONDS)

    @contextmanager
    def _under_way(self) -> Iterator[None]:
        """What runs inside is waited for when the device stops."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a device meets others in tasks")
        self._tasks.add(task)
        try:
            yield
        finally:
            self._tasks.discard(task)

    def _policy(self) -> DoorPolicy:
        secrets = (*(one.secret for one in self._team.secrets), *self._team.doors(), *self.door_secrets)
        return DoorPolicy(secrets, admits_everyone=self.admits_everyone())

    async def _handle_channel(self, channel: SecureStream) -> None:
        try:
            kind, line = await hear_intent(channel)
        except (ProtocolError, ConnectionError):
            await channel.close()
            return
        except asyncio.CancelledError:
            await channel.close()
            raise
        if not self._team.is_welcome(channel.peer_key):
            await channel.close()
        elif kind == "sync":
            await self._meet(channel.peer_key, line, dialled_by=channel.peer_key, host=_host(channel))
        elif kind == "pair" and self.on_pairing is not None:
            await self.on_pairing(channel, line)
        else:
            await channel.close()

    # --- dialling -----------------------------------------------------------------------------------------------------

    async def open(
        self, addresses: Iterable[Address], kind: Kind, *, peer: DeviceId | None, secrets: Sequence[bytes | None]
    ) -> SecureStream:
        """A channel to the first address that answers; only to `peer`, where one is named.

        Each of the secrets is tried at the door. Raises PeerUnreachable or NotPaired with what the last address said.
        """
        last: EdenmeshError = PeerUnreachable("No address of the other device is known.")
        for address in addresses:
            try:
                channel = await self._dial(address, peer, secrets)
            except (PeerUnreachable, NotPaired, ProtocolError) as error:
                last = error
                continue
            try:
                await say_intent(channel, kind)
            except ConnectionError:
                await channel.close()
                last = PeerUnreachable(f"{address} hung up as soon as the channel was open.")
                continue
            except asyncio.CancelledError:
                await channel.close()
                raise
            return channel
        raise last

    async def _dial(self, address: Address, peer: DeviceId | None, secrets: Sequence[bytes | None]) -> SecureStream:
        last = PeerUnreachable(f"This device has nothing to knock with at {address}.")
        for secret in secrets:
            stream = await self._settings.transport.dial(address, DIAL_SECONDS)
            try:
                return await SecureStream.dial(
                    stream,
                    self._identity.device_key.private,
                    allow=lambda key: self._is_expected(DeviceId(key), peer),
                    secret=secret,
                    entropy=self._settings.entropy,
                )
            except PeerUnreachable as error:
                last = error
        raise last

    async def connect(self, peer: DeviceId, addresses: Iterable[Address]) -> None:
        """Open a session with a peer; it goes on by itself. Raises PeerUnreachable or NotPaired."""
        if peer in self._meetings:
            return
        # A member that has not heard of the last revocations knows none of the secrets made since: the newest first,
        # and at last the oldest, which every member was given when it joined.
        newest: list[bytes | None] = [one.secret for one in reversed(self._team.secrets)]
        tried = [*newest[: _SECRETS_TRIED - 1], *newest[_SECRETS_TRIED - 1 :][-1:]] or [None]
        if self._team.is_guest(peer):
            tried = [self._team.peer_note(peer).door]
        channel = await self.open(addresses, "sync", peer=peer, secrets=tried)
        task = asyncio.create_task(self._meet(peer, channel, dialled_by=self._identity.device, host=_host(channel)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await asyncio.sleep(0)

    def _is_expected(self, key: DeviceId, peer: DeviceId | None) -> bool:
        return self._team.is_welcome(key) and peer in (None, key)

    # --- sessions -----------------------------------------------------------------------------------------------------

    async def _meet(self, peer: DeviceId, line: Line, *, dialled_by: DeviceId, host: str) -> None:
        try:
            ended = await self._hold(peer, line, dialled_by=dialled_by, host=host)
        except StoreError as error:
            ended = Ended("store", str(error), is_by_peer=False)
        except Exception as error:  # noqa: BLE001 - the edge: a defect ends this session, never the device
            asyncio.get_running_loop().call_exception_handler(
                {"message": "a session ended by a defect", "exception": error}
            )
            ended = Ended("defect", "This program has a defect; what had arrived is kept.", is_by_peer=False)
        finally:
            await line.close()
        self._tell(PeerEvent(peer, ended))

    async def _hold(self, peer: DeviceId, line: Line, *, dialled_by: DeviceId, host: str) -> Ended:
        """Have one session with a peer, to its end."""
        task = asyncio.current_task()
        if task is None or self._is_stopped:
            return Ended("stopped", "This device stopped.", is_by_peer=False)
        if not self._team.is_welcome(peer):
            return Ended("not_chosen", "It was blocked here while the two devices met.", is_by_peer=False)
        known = self._meetings.get(peer)
        is_kept = known is None or self._is_better(dialled_by, known)
        replaced = known if is_kept else None
        if replaced is not None:
            replaced.encounter.close("replaced", _MET_TWICE, text_here=_MET_TWICE)
        self._desk.seal()
        now = self._settings.clock()
        note = self._team.peer_note(peer)
        parties = Parties(self._identity.device, peer, is_chosen=note.is_allowed, port=self.port)
        sharing = self._sharing(peer) if note.is_allowed and self._team.is_guest(peer) else None
        session = Session(parties, self._store.snapshot, self._settings.entropy, now, sharing=sharing)
        encounter = Encounter(
            line,
            session,
            self._desk,
            clock=self._settings.clock,
            on_event=lambda event: self._handle_event(peer, event),
        )
        meeting = _Meeting(encounter, session, dialled_by, host, now, task)
        if is_kept:
            self._meetings[peer] = meeting
        else:
            encounter.close("replaced", _MET_TWICE, text_here=_MET_TWICE)
        if peer in self._paused_here:
            encounter.close(_PAUSED, _PAUSED_THERE, text_here=_PAUSED_HERE)
        self._paused_there.discard(peer)
        try:
            ended = await encounter.run()
            if ended.is_by_peer and ended.code == _PAUSED:
                self._paused_there.add(peer)
            return ended
        finally:
            self._desk.leave(encounter)
            if self._meetings.get(peer) is meeting:
                del self._meetings[peer]

    def _sharing(self, guest: DeviceId) -> Sharing:
        """What a guest may have, as a person has chosen it at each moment."""
        return Sharing(self._store.snapshot, lambda: self._team.peer_note(guest).tables)

    def _is_better(self, dialled_by: DeviceId, known: _Meeting) -> bool:
        """Of simultaneous channels the smaller key's dial stays; a second dial of one side replaces its first.

        Who dials while we have had a session for long has lost that one, whether or not we noticed.
        """
        is_old = self._settings.clock() - known.began > DIAL_SECONDS
        return is_old or dialled_by <= known.dialled_by

    def _handle_event(self, peer: DeviceId, event: Event) -> None:
        # A disk that is full keeps nobody from hearing how things stand.
        with suppress(StoreError):
            if isinstance(event, Tallied):
                self._keep(peer, event)
            elif isinstance(event, GuestMet):
                now = int(self._settings.wall_clock() * 1000)
                self._team.note(replace_peer(self._noted(peer), last_seen=now))
            elif isinstance(event, PeerWaits):
                self._team.note(self._noted(peer))
        if not isinstance(event, Ended):
            self._tell(PeerEvent(peer, event))

    def _noted(self, peer: DeviceId) -> Peer:
        """What is noted of a peer, with its name and where it was met."""
        note = replace_peer(self._team.peer_note(peer), name=self._team.name_of(peer))
        meeting = self._meetings.get(peer)
        if meeting is None or not meeting.session.peer_port:
            return note
        address = str(Address(meeting.host, meeting.session.peer_port))
        others = tuple(one for one in note.addresses if one != address)
        return replace_peer(note, addresses=(address, *others)[:_ADDRESSES_KEPT])

    def _keep(self, peer: DeviceId, event: Tallied) -> None:
        now = int(self._settings.wall_clock() * 1000)
        with self._desk.writing() as writing:
            writing.put_peer(replace_peer(self._noted(peer), last_seen=now))
            writing.put_tally(
                KeptTally(device=peer, met=now, ours=event.ours, theirs=event.theirs, missing=event.missing)
            )

    def _handle_committed(self, committed: Committed) -> None:
        has_news = any((committed.logs, committed.records, committed.has_charter, committed.forms, committed.files))
        if not has_news or not self._meetings or self._is_stopped:
            return
        for meeting in list(self._meetings.values()):
            meeting.encounter.advanced()

    def _tell(self, event: PeerEvent) -> None:
        for listener in list(self._listeners):
            with suppress(ValueError):
                listener(event)


def _host(channel: SecureStream) -> str:
    host = channel.peer_address.rpartition(":")[0]
    return host.removeprefix("[").removesuffix("]")
