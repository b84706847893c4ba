"""Two pairings mouth to mouth: no sockets, a clock that stands still unless told, and stores that are one variable.

`Device` is what survives a cut: keys, charter, secrets, peers. `End` is one device in one pairing. `Duet` carries the
messages, lets a saboteur change or drop each, and answers for the persons.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha256

from edenmesh.core.encoding import Plain, decode, encode
from edenmesh.core.ids import DeviceId, MeshId
from edenmesh.core.pairing import (
    CompareCode,
    Event,
    Failed,
    Joining,
    Link,
    MeshSecret,
    OurSide,
    Paired,
    Pairing,
    Reason,
    Role,
    StoreAdmission,
    StoreMembership,
)
from edenmesh.core.pairing.messages import Message, decode_message
from edenmesh.core.trust import Charter, CharterEntry, SigningKey, found

BINDING = sha256(b"binding").digest()
NOW = 1000.0
MESSAGE_MAX = 128 * 1024


def seeded(seed: str) -> Callable[[int], bytes]:
    """An entropy port that gives the same bytes for the same seed."""
    drawn = 0

    def draw(size_bytes: int, /) -> bytes:
        nonlocal drawn
        drawn += 1
        block = b"".join(sha256(f"{seed} {drawn} {part}".encode()).digest() for part in range(size_bytes // 32 + 1))
        return block[:size_bytes]

    return draw


def signing_key(seed: str) -> SigningKey:
    return SigningKey(sha256(seed.encode()).digest())


@dataclass
class Device:
    """A device with a store of one variable each."""

    name: str
    records: int = 0
    authors: list[SigningKey] = field(default_factory=list)
    charter: Charter = field(init=False)
    secrets: tuple[MeshSecret, ...] = field(init=False)
    peers: dict[DeviceId, str] = field(default_factory=dict)
    attempts: int = 0

    def __post_init__(self) -> None:
        self.key = signing_key(f"device {self.name}")
        self.authors = self.authors or [signing_key(f"author {self.name}")]
        salt = sha256(self.name.encode()).digest()[:16]
        entry = found(self.name, self.key, self.authors[0], salt)
        self.charter = Charter.of([entry])
        self.secrets = (MeshSecret(entry.id, sha256(f"secret {self.name}".encode()).digest()),)

    @property
    def id(self) -> DeviceId:
        return DeviceId(self.key.public_key)

    @property
    def mesh(self) -> MeshId:
        assert self.charter.mesh is not None
        return self.charter.mesh

    @property
    def side(self) -> OurSide:
        return OurSide(self.key, tuple(self.authors), self.name, self.charter, self.secrets, self.records)

    def take(self, entries: Iterable[CharterEntry]) -> None:
        """Add charter entries, as a session would."""
        self.charter = Charter.of([*self.charter.entries.values(), *entries])

    def store(self, event: StoreAdmission | StoreMembership) -> None:
        if isinstance(event, StoreAdmission):
            self.take([event.entry])
        else:
            self.charter = Charter.of(event.entries)
            self.secrets = event.secrets

    def store_if_asked(self, event: Event) -> None:
        if isinstance(event, StoreAdmission | StoreMembership):
            self.store(event)


def say_yes(question: CompareCode) -> bool | None:
    return True


def say_no(question: CompareCode) -> bool | None:
    return False


def say_nothing(question: CompareCode) -> bool | None:
    return None


@dataclass
class End:
    """One device in one pairing. `answer` stands for the person: yes, no, or None for not yet."""

    device: Device
    machine: Pairing
    answer: Callable[[CompareCode], bool | None] = say_yes
    gives_introducer: bool = False
    stores: bool = True
    events: list[Event] = field(default_factory=list)
    received: list[bytes] = field(default_factory=list)

    def attend(self, now: float) -> None:
        """Do what the events ask for."""
        while (event := self.machine.next_event()) is not None:
            self.events.append(event)
            if isinstance(event, CompareCode):
                answer = self.answer(event)
                if answer is not None:
                    self.machine.confirm(answer, now, gives_introducer=self.gives_introducer)
            elif isinstance(event, StoreAdmission | StoreMembership):
                if self.stores:
                    self.device.store(event)
                    self.machine.handle_committed(now)
            elif isinstance(event, Paired):
                self.device.peers[event.peer] = event.name

    @property
    def question(self) -> CompareCode:
        return next(event for event in self.events if isinstance(event, CompareCode))

    @property
    def joining(self) -> Joining:
        return self.question.joining

    @property
    def failed(self) -> Failed:
        return next(event for event in self.events if isinstance(event, Failed))

    @property
    def is_paired(self) -> bool:
        return any(isinstance(event, Paired) for event in self.events)

    @property
    def has_failed(self) -> bool:
        return any(isinstance(event, Failed) for event in self.events)


Saboteur = Callable[[Role, int, bytes], bytes | None]
"""What becomes of a message, given its sender and its number: its bytes, b"" for lost, None for a channel cut there."""


def cut_at(at: int) -> Saboteur:
    """Cut the channel at message `at`."""
    return lambda role, number, data: None if number == at else data


def silent_from(at: int) -> Saboteur:
    """From message `at` on nothing arrives, and nobody is told."""
    return lambda role, number, data: b"" if number >= at else data


def replacing(kind: type[Message], change: Callable[[bytes], bytes]) -> Saboteur:
    """Change the messages of one kind, as whoever sits inside the channel could."""
    return lambda role, number, data: change(data) if type(decode_message(data, MESSAGE_MAX)) is kind else data


def at_number(at: int, change: Callable[[bytes], bytes]) -> Saboteur:
    """Change message `at`."""
    return lambda role, number, data: change(data) if number == at else data


def replaying(at: int, stale: bytes) -> Saboteur:
    """Put an old message in the place of message `at`."""
    return lambda role, number, data: stale if number == at else data


def changed(data: bytes, **fields: Plain) -> bytes:
    """The message with other values in some fields."""
    plain = decode(data, MESSAGE_MAX)
    assert isinstance(plain, dict)
    return encode({**plain, **fields})


class Duet:
    """Two ends of one channel."""

    def __init__(self, dialler: Device, listener: Device, *, binding: bytes = BINDING, seed: str = "") -> None:
        self.dialler = make_end(dialler, Role.DIALLER, listener.id, binding=binding, seed=seed)
        self.listener = make_end(listener, Role.LISTENER, dialler.id, binding=binding, seed=seed)
        self.now = NOW
        self.carried: list[tuple[Role, bytes]] = []
        self.is_open = True

    @property
    def ends(self) -> tuple[End, End]:
        return self.dialler, self.listener

    def run(self, saboteur: Saboteur | None = None) -> "Duet":
        """Carry messages until both are quiet; a saboteur may change each, lose it or cut the channel there."""
        while self.is_open and self.step(saboteur):
            pass
        return self

    def step(self, saboteur: Saboteur | None = None) -> bool:
        """One message batch each way; False once nothing moved."""
        moved = False
        for role, sender, receiver in (
            (Role.DIALLER, self.dialler, self.listener),
            (Role.LISTENER, self.listener, self.dialler),
        ):
            sender.attend(self.now)
            for data in sender.machine.messages_to_send():
                moved = True
                if not self._carry(role, receiver, data, saboteur):
                    return False
            receiver.attend(self.now)
        return moved

    def _carry(self, role: Role, receiver: End, data: bytes, saboteur: Saboteur | None) -> bool:
        changed = data if saboteur is None else saboteur(role, len(self.carried), data)
        self.carried.append((role, data))
        if changed is None:
            self.cut()
            return False
        if changed and not receiver.machine.is_over:
            receiver.received.append(changed)
            receiver.machine.receive_bytes(changed, self.now)
            receiver.attend(self.now)
        return True

    def cut(self) -> None:
        """End the channel; both drivers notice."""
        self.is_open = False
        for end in self.ends:
            end.machine.handle_closed()
            end.attend(self.now)

    def wait(self, seconds: float) -> None:
        """Let time pass and ring the timers that are due."""
        self.now += seconds
        for end in self.ends:
            deadline = end.machine.next_deadline()
            if deadline is not None and deadline <= self.now:
                end.machine.handle_timer(self.now)
                end.attend(self.now)


def make_end(device: Device, role: Role, peer: DeviceId, *, binding: bytes = BINDING, seed: str = "") -> End:
    """One device in a pairing with `peer`."""
    device.attempts += 1
    entropy = seeded(f"{device.name} {device.attempts} {seed}")
    return End(device, Pairing(device.side, Link(role, peer, binding), entropy, NOW))


def two_lone() -> Duet:
    """Two devices that never had another one in their meshes."""
    return Duet(Device("Phone"), Device("Laptop"))


def grown(name: str, *others: Device) -> Device:
    """A founder whose mesh has other members; who was paired for that is forgotten."""
    founder = Device(name)
    for other in others or (Device(f"{name}'s first"),):
        assert Duet(other, founder).run().listener.is_paired
        other.peers.clear()
    founder.peers.clear()
    return founder


def assert_both_paired(duet: Duet) -> None:
    """Both ends are peers in one mesh and hold equal charters and secrets."""
    for end in duet.ends:
        assert end.is_paired, end.events
        assert not end.has_failed
        assert end.machine.next_deadline() is None
    dialler, listener = duet.dialler.device, duet.listener.device
    assert dialler.peers[listener.id] == listener.name
    assert listener.peers[dialler.id] == dialler.name
    assert dialler.mesh == listener.mesh
    assert dialler.charter.hash == listener.charter.hash
    assert dialler.secrets == listener.secrets


def assert_both_failed(duet: Duet, reason: Reason) -> None:
    """Both ends said why, in whole sentences, and neither remembers the other."""
    for end in duet.ends:
        assert end.failed.reason is reason
        assert not end.is_paired
        assert not end.device.peers
        assert end.machine.next_deadline() is None
        for text in (end.failed.error.what, end.failed.error.kept, end.failed.error.do):
            assert text.endswith(".")
            assert text[0].isupper()
