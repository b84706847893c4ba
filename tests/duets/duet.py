"""Two real sessions mouth to mouth: no sockets, a clock that stands still unless told, stores in plain lists.

`Duet` carries the bytes, cuts the line after any of them, loses or exchanges what is under way, and keeps what both
said and were told. It sends before it stores, so that whatever is acknowledged too early is seen. Two laws are held
against the stores in every test: no ack leaves for what is not stored, and no "everything" is told that is false.
"""

from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import TypeVar

from edenmesh.core.records import Carried
from edenmesh.core.session import (
    Batch,
    CharterReceived,
    ChunkReceived,
    Ended,
    Event,
    FormReceived,
    HolesReceived,
    Parties,
    PartReceived,
    Session,
    Sharing,
    Tallied,
)
from edenmesh.core.wire import Ack, FileTaken, FrameReader, HolesTaken, Message, decode_message, encode_message, frame
from tests.duets.team import Device

Kind = TypeVar("Kind", bound=Event)
Said = TypeVar("Said", bound=Message)

ROUNDS_MAX = 2000
STORED = (CharterReceived, ChunkReceived, FormReceived, HolesReceived, PartReceived)


def seeded(seed: str) -> Callable[[int], bytes]:
    """An entropy port that gives the same bytes for the same seed."""
    drawn = 0

    def draw(size_bytes: int, /) -> bytes:
        nonlocal drawn
        drawn += 1
        return sha256(f"{seed} {drawn}".encode()).digest()[:size_bytes]

    return draw


class End:
    """One device in one session, with the part of a driver that stores."""

    def __init__(
        self,
        device: Device,
        peer: Device,
        *,
        is_chosen: bool = True,
        now: float = 0.0,
        sharing: Sharing | None = None,
    ) -> None:
        self.device = device
        self.peer = peer
        parties = Parties(device.id, peer.id, is_chosen)
        self.session = Session(parties, device.store, seeded(device.name), now, sharing=sharing)
        self.events: list[Event] = []
        self.said: list[Message] = []
        self.sent = bytearray()
        self.inbox = bytearray()
        self.is_storing = True
        self.batches: list[Batch] = []
        self.taken: dict[bytes, int] = {}
        self.stored = 0
        self._reader = FrameReader()
        self._reader.widen()

    def speak(self, now: float) -> bytes:
        """What the session sends now. No ack may leave for what is not in the store."""
        data = self.session.bytes_to_send(now)
        self.collect()
        self.sent += data
        self._reader.receive_bytes(data)
        while (body := self._reader.next_body()) is not None:
            message = decode_message(body)
            self._require_true(message)
            self.said.append(message)
        return data

    def hear(self, data: bytes, now: float) -> None:
        self.session.receive_bytes(data, now)
        self.collect()

    def advanced(self, now: float) -> None:
        self.session.handle_advanced(now)
        self.collect()

    def collect(self) -> None:
        """Take what the session tells, at once: a tally speaks of this moment."""
        while (event := self.session.next_event()) is not None:
            self.events.append(event)
            if isinstance(event, Tallied) and event.is_everything:
                self._require_everything()
            elif isinstance(event, STORED):
                self.batches.append(event)

    def store(self, now: float) -> bool:
        """Make durable together what the session has asked for, then say so."""
        if not self.is_storing:
            return False
        batches, self.batches = self.batches, []
        for batch in batches:
            self.device.store.apply(batch)
            if isinstance(batch, ChunkReceived):
                self.taken[batch.file] = batch.offset + len(batch.data)
        for batch in batches:
            self.session.handle_committed(batch.batch, now)
            self.collect()
        self.stored += len(batches)
        return bool(batches)

    def told(self, kind: type[Kind]) -> list[Kind]:
        """The events of a kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]

    def messages(self, kind: type[Said]) -> list[Said]:
        """The messages of a kind that this end has sent, in order."""
        return [message for message in self.said if isinstance(message, kind)]

    @property
    def ended(self) -> Ended | None:
        ended = self.told(Ended)
        assert len(ended) <= 1, "a session ends once"
        return ended[0] if ended else None

    @property
    def missing(self) -> tuple[str, ...] | None:
        """What the last tally says is missing; None where there was none."""
        tallied = self.told(Tallied)
        return tallied[-1].missing if tallied else None

    def _require_true(self, message: Message) -> None:
        store = self.device.store
        if isinstance(message, Ack):
            held = [log for (author, _), log in store.logs.items() if author == message.log.author]
            is_held = any(
                log.sealed >= message.log.size and log.root(message.log.size) == message.log.root for log in held
            ) or any(part.seal.root == message.log.root for part in store.pen.get(message.log.author, {}).values())
            assert is_held, "an ack for what is not stored"
        elif isinstance(message, HolesTaken):
            logs = [log for (author, _), log in store.logs.items() if author == message.log.author]
            is_held = any(isinstance(log.versions[message.stop - 1], Carried) for log in logs)
            assert is_held, "a hole is told to be filled and is not"
        elif isinstance(message, FileTaken):
            assert self.taken.get(message.file, 0) >= message.have, "a piece of a file is told to be stored and is not"

    def _require_everything(self) -> None:
        """The peer held what is held here when it stated its tally, and may have gone on since."""
        ours, theirs = self.device.store, self.peer.store
        known = self.peer.ids() | theirs.holes().keys()
        assert self.device.ids() <= known, "a false everything: a version is not there"
        for store in (ours, theirs):
            assert not store.open_counts().absent, "a false everything: the content of a hole is not there"
            assert not store.open_counts().purged, "a false everything: something was purged"
        assert ours.entries.keys() <= theirs.entries.keys(), "a false everything: a charter entry is not there"
        assert ours.form_bytes.keys() <= theirs.form_bytes.keys(), "a false everything: a form is not there"
        assert not ours.wanted_files(), "a false everything: a file is not here"
        lacking = {need.hash for need in theirs.wanted_files()}
        assert lacking.isdisjoint(ours.files), "a false everything: a file is not there"


class Duet:
    """Two ends of one line."""

    def __init__(
        self,
        left: Device,
        right: Device,
        *,
        is_chosen: tuple[bool, bool] = (True, True),
        now: float = 0.0,
        sharing: tuple[Sharing | None, Sharing | None] = (None, None),
    ) -> None:
        self.now = now
        self.left = End(left, right, is_chosen=is_chosen[0], now=now, sharing=sharing[0])
        self.right = End(right, left, is_chosen=is_chosen[1], now=now, sharing=sharing[1])
        self.ends = (self.left, self.right)
        self.delivered = 0
        self.budget: int | None = None
        left.sessions.append(lambda: self.left.advanced(self.now))
        right.sessions.append(lambda: self.right.advanced(self.now))

    @property
    def is_cut(self) -> bool:
        return self.budget is not None and self.delivered >= self.budget

    def step(self, *, chunk_bytes: int = 1 << 20) -> bool:
        """Let both hear, then speak, then store. Returns whether anything happened."""
        has_moved = False
        for end in self.ends:
            while end.inbox and not self.is_cut:
                room = chunk_bytes if self.budget is None else min(chunk_bytes, self.budget - self.delivered)
                data = bytes(end.inbox[:room])
                del end.inbox[:room]
                self.delivered += len(data)
                end.hear(data, self.now)
                has_moved = True
        for end, other in ((self.left, self.right), (self.right, self.left)):
            said = end.speak(self.now)
            other.inbox += said
            has_moved |= bool(said)
        for end in self.ends:
            if end.store(self.now):
                has_moved = True
                end.device.tell()
        return has_moved and not self.is_cut

    def roundtrip(self, *, chunk_bytes: int = 1 << 20) -> "Duet":
        """Until both have nothing more to say."""
        for _ in range(ROUNDS_MAX):
            if not self.step(chunk_bytes=chunk_bytes):
                return self
        raise AssertionError("the two sessions never come to rest")

    def cut_after(self, size_bytes: int) -> "Duet":
        """Until so many bytes were delivered in all; then the line is dead."""
        self.budget = size_bytes
        return self.roundtrip()

    def drop(self) -> None:
        """Lose what is under way, both ways."""
        for end, other in ((self.left, self.right), (self.right, self.left)):
            end.speak(self.now)
            other.inbox.clear()

    def swap(self, end: End, earlier: int, later: int) -> None:
        """Exchange two messages that are under way to an end."""
        bodies = list(split(bytes(end.inbox)))
        bodies[earlier], bodies[later] = bodies[later], bodies[earlier]
        end.inbox[:] = b"".join(bodies)

    def say(self, end: End, *messages: Message) -> None:
        """Put messages into an end's ear, as a hostile peer would."""
        end.hear(b"".join(frame(encode_message(one)) for one in messages), self.now)

    def wait(self, seconds: float) -> "Duet":
        """Let time pass: timers go off when they are due and no earlier."""
        wait([self], seconds)
        return self


def together(*duets: Duet) -> None:
    """Several sessions side by side: until none of them has anything more to say."""
    for _ in range(ROUNDS_MAX):
        moved = [duet.step() for duet in duets]
        if not any(moved):
            return
    raise AssertionError("the sessions never come to rest")


def wait(duets: Iterable[Duet], seconds: float) -> None:
    """Let time pass for several sessions."""
    duets = list(duets)
    until = duets[0].now + seconds
    for _ in range(ROUNDS_MAX):
        together(*duets)
        deadlines = [(due, end) for duet in duets for end in duet.ends if (due := end.session.next_deadline())]
        now = min((due for due, _ in deadlines), default=until + 1)
        for duet in duets:
            duet.now = min(max(now, duet.now), until)
        if now > until:
            return
        for due, end in deadlines:
            if due <= now:
                end.session.handle_timer(now)
                end.collect()
    raise AssertionError("timers that never come to rest")


def meet(left: Device, right: Device) -> Duet:
    """A whole session between two devices, up to its tally."""
    return Duet(left, right).roundtrip()


def split(data: bytes) -> Iterable[bytes]:
    """The frames in a stretch of bytes."""
    while data:
        size = 4 + int.from_bytes(data[:4], "big")
        yield data[:size]
        data = data[size:]


def same(left: Device, right: Device) -> bool:
    """Whether two devices hold the same charter, forms, versions and files."""
    one, other = left.store, right.store
    marks = [{held.mark for held in store.log_heads()} for store in (one, other)]
    return (
        one.charter().hash == other.charter().hash
        and set(one.form_bytes) == set(other.form_bytes)
        and marks[0] == marks[1]
        and left.ids() == right.ids()
        and not one.wanted_files()
        and not other.wanted_files()
    )
