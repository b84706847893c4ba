"""Meeting other devices: listening, dialling, one session a peer, and which of two simultaneous channels stays."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from edenmesh.core.ids import DeviceId
from edenmesh.core.session import Ended, Event, Parties, PeerWaits, Session, Tallied
from edenmesh.errors import EdenmeshError, NotPaired, PeerUnreachable, ProtocolError
from edenmesh.net import Address, DoorPolicy, Listening, Reception, SecureStream
from edenmesh.node.encounter import Encounter, Line
from edenmesh.node.opening import Kind, hear_intent, say_intent
from edenmesh.node.parts import Parts
from edenmesh.node.team import replace_peer
from edenmesh.store import Committed, KeptTally

DIAL_SECONDS: Final = 5.0

_ADDRESSES_KEPT: Final = 4


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
        self._is_stopped = False
        self.door_secrets: set[bytes] = set()
        self.admits_everyone: Callable[[], bool] = lambda: False
        self.on_pairing: Callable[[SecureStream, Line], Awaitable[None]] | None = None
        parts.desk.listen(self._handle_committed)

    # --- listening ----------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Let other devices in. Raises ConfigError where the port cannot be had."""
        self._is_stopped = False
        reception = Reception(
            self._identity.device_key.private,
            allow=lambda key: self._team.is_welcome(DeviceId(key)),
            policy=self._policy,
            entropy=self._settings.entropy,
            on_channel=self._handle_channel,
        )
        transport = self._settings.transport
        self._listening = await transport.listen(self._settings.host, self._settings.port, reception.receive)

    async def stop(self) -> None:
        """End all sessions and let nobody in any more."""
        self._is_stopped = True
        if self._listening is not None:
            await self._listening.close()
            self._listening = None
        for meeting in list(self._meetings.values()):
            meeting.encounter.close("stopped", "The other device was switched off.")
        tasks = list(self._tasks)
        if tasks:
            await asyncio.wait(tasks, timeout=DIAL_SECONDS)
        for task in self._tasks:
            task.cancel()

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

    def drop(self, peer: DeviceId, code: str, text: str) -> None:
        """End the session with a peer, as after a revocation."""
        meeting = self._meetings.get(peer)
        if meeting is not None:
            meeting.encounter.close(code, text)

    def _policy(self) -> DoorPolicy:
        secrets = (*(one.secret for one in self._team.secrets), *self.door_secrets)
        return DoorPolicy(secrets, admits_everyone=self.admits_everyone())

    async def _handle_channel(self, channel: SecureStream) -> None:
        try:
            kind, line = await hear_intent(channel)
        except (ProtocolError, ConnectionError):
            await channel.close()
            return
        if kind == "sync":
            await self._meet(channel.peer_key, line, dialled_by=channel.peer_key, host=_host(channel))
        elif kind == "pair" and self.on_pairing is not None:
            await self.on_pairing(channel, line)
        else:
            await channel.close()

    # --- dialling -----------------------------------------------------------------------------------------------------

    async def open(
        self, addresses: Iterable[Address], kind: Kind, *, peer: DeviceId | None, secret: bytes | None
    ) -> SecureStream:
        """A channel to the first address that answers; only to `peer`, where one is named.

        Raises PeerUnreachable or NotPaired with what the last address said.
        """
        last: EdenmeshError = PeerUnreachable("No address of the other device is known.")
        for address in addresses:
            try:
                stream = await self._settings.transport.dial(address, DIAL_SECONDS)
                channel = await SecureStream.dial(
                    stream,
                    self._identity.device_key.private,
                    allow=lambda key: self._is_expected(DeviceId(key), peer),
                    secret=secret,
                    entropy=self._settings.entropy,
                )
                await say_intent(channel, kind)
            except (PeerUnreachable, NotPaired, ProtocolError) as error:
                last = error
                continue
            except ConnectionError:
                continue
            return channel
        raise last

    async def connect(self, peer: DeviceId, addresses: Iterable[Address]) -> None:
        """Open a session with a peer; it goes on by itself. Raises PeerUnreachable or NotPaired."""
        if peer in self._meetings:
            return
        secrets = self._team.secrets
        channel = await self.open(addresses, "sync", peer=peer, secret=secrets[-1].secret if secrets else None)
        task = asyncio.create_task(self._meet(peer, channel, dialled_by=self._identity.device, host=_host(channel)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await asyncio.sleep(0)

    def _is_expected(self, key: DeviceId, peer: DeviceId | None) -> bool:
        return key == peer if peer is not None else self._team.is_welcome(key)

    # --- sessions -----------------------------------------------------------------------------------------------------

    async def _meet(self, peer: DeviceId, line: Line, *, dialled_by: DeviceId, host: str) -> None:
        known = self._meetings.get(peer)
        if known is not None and not self._is_better(dialled_by, known.dialled_by):
            await line.close()
            return
        if known is not None:
            known.encounter.close("replaced", "The two devices had met twice at once.")
        self._desk.seal()
        note = self._team.peer_note(peer)
        parties = Parties(self._identity.device, peer, is_chosen=note.is_allowed, port=self.port)
        session = Session(parties, self._store.snapshot, self._settings.entropy, self._settings.clock())
        encounter = Encounter(
            line,
            session,
            self._desk,
            clock=self._settings.clock,
            on_event=lambda event: self._handle_event(peer, event),
        )
        meeting = self._meetings[peer] = _Meeting(encounter, session, dialled_by, host)
        try:
            ended = await encounter.run()
        except Exception as error:  # the driver's edge: a defect ends this session, never the device
            asyncio.get_running_loop().call_exception_handler(
                {"message": "a session ended by a defect", "exception": error}
            )
            ended = Ended("defect", "This program has a defect; what had arrived is kept.", is_by_peer=False)
        finally:
            if self._meetings.get(peer) is meeting:
                del self._meetings[peer]
        self._tell(PeerEvent(peer, ended))

    def _is_better(self, dialled_by: DeviceId, known: DeviceId) -> bool:
        """Of simultaneous channels the smaller key's dial stays; a second dial of one side replaces its first."""
        return dialled_by == known or dialled_by < known

    def _handle_event(self, peer: DeviceId, event: Event) -> None:
        if isinstance(event, Tallied):
            self._keep(peer, event)
        elif isinstance(event, PeerWaits):
            self._team.note(replace_peer(self._team.peer_note(peer), name=self._team.name_of(peer)))
        if not isinstance(event, Ended):
            self._tell(PeerEvent(peer, event))

    def _keep(self, peer: DeviceId, event: Tallied) -> None:
        now = int(self._settings.wall_clock() * 1000)
        note = replace_peer(self._team.peer_note(peer), last_seen=now, name=self._team.name_of(peer))
        meeting = self._meetings.get(peer)
        if meeting is not None and meeting.session.peer_port:
            address = str(Address(meeting.host, meeting.session.peer_port))
            others = tuple(one for one in note.addresses if one != address)
            note = replace_peer(note, addresses=(address, *others)[:_ADDRESSES_KEPT])
        with self._desk.writing() as writing:
            writing.put_peer(note)
            writing.put_tally(
                KeptTally(device=peer, met=now, ours=event.ours, theirs=event.theirs, missing=event.missing)
            )

    def _handle_committed(self, committed: Committed) -> None:
        has_news = bool(committed.logs or committed.records or committed.has_charter or committed.files)
        if not has_news or not self._meetings or self._is_stopped:
            return
        # What was written here leaves now, since somebody is connected; sealing it is a commit of its own.
        self._desk.seal()
        for meeting in list(self._meetings.values()):
            meeting.encounter.advanced()

    def _tell(self, event: PeerEvent) -> None:
        for listener in list(self._listeners):
            with suppress(ValueError):
                listener(event)


def _host(channel: SecureStream) -> str:
    host = channel.peer_address.rpartition(":")[0]
    return host.removeprefix("[").removesuffix("]")
