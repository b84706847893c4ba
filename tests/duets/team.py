"""Devices of a test: keys from their names, a store in plain lists, and the charters they make together."""

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

from edenmesh.core.ids import AuthorId, DeviceId, FileHash, VersionId
from edenmesh.core.records import Carried, Change, File, Pen, Value, compose
from edenmesh.core.trust import CharterEntry, Seal, SigningKey, certify, draft_admit, found, revoke
from tests.oracle.memory_store import MemoryStore

TABLE = "org_facility"
MADE = 1_700_000_000_000


def key(seed: str) -> SigningKey:
    return SigningKey(sha256(seed.encode()).digest())


def salt(*parts: object) -> bytes:
    return sha256(repr(parts).encode()).digest()[:16]


@dataclass(eq=False)
class Device:
    """One device: who it is and what it holds. `life` tells apart the author keys it has had.

    `sessions` are told when something here has grown.
    """

    name: str
    store: MemoryStore = field(default_factory=MemoryStore)
    life: int = 0
    sessions: list[Callable[[], None]] = field(default_factory=list)

    @property
    def key(self) -> SigningKey:
        return key(f"device {self.name}")

    @property
    def id(self) -> DeviceId:
        return DeviceId(self.key.public_key)

    @property
    def author_key(self) -> SigningKey:
        return key(f"author {self.name} {self.life}")

    @property
    def author(self) -> AuthorId:
        return AuthorId(self.author_key.public_key)

    @property
    def size(self) -> int:
        log = self.store.logs.get((self.author, 0))
        return len(log.versions) if log is not None else 0

    def write(self, count: int = 1, *, table: str = TABLE, **values: Value) -> None:
        """Append versions of new records to the own log, and seal it."""
        for _ in range(count):
            self.store.append(self.compose(table=table, **(values or {"name": f"{self.name} {self.size}"})))
        self.seal()

    def compose(self, *, table: str = TABLE, **values: Value) -> Carried:
        pen = Pen(self.author, self.size, MADE, salt(self.name, self.life, self.size, values))
        return compose(pen, table, None, Change(set=dict(values)))

    def tell(self) -> None:
        """Something here has grown: all open sessions hear of it."""
        for handle_advanced in self.sessions:
            handle_advanced()

    def seal(self) -> None:
        self.store.seal(self.author_key)

    def attach(self, data: bytes, *, size: int | None = None) -> FileHash:
        """Write a record with a photo that is held here."""
        file = self.store.add_file(data)
        self.write(photo=File(file, "photo.jpg", "image/jpeg", len(data) if size is None else size))
        return file

    def clone(self) -> "Device":
        """The same device again from a copy of its disk: same keys, from now on another store."""
        return Device(self.name, self.store.copy(), self.life)

    def last_seal(self) -> Seal:
        return self.store.logs[self.author, 0].seals[-1]

    def ids(self) -> set[VersionId]:
        return set(self.store.versions())

    def admit(self, *newcomers: "Device", introducer: bool = False) -> list[CharterEntry]:
        """Admit devices, in this device's own charter; they hear of it when somebody tells them."""
        entries = []
        for newcomer in newcomers:
            draft = draft_admit(
                self.store.charter(),
                self.id,
                newcomer.id,
                name=newcomer.name,
                authors=[newcomer.author],
                introducer=introducer,
            )
            entry = draft.signed_by(self.key, newcomer.key, newcomer.author_key).completed()
            self.store.add_charter([entry])
            entries.append(entry)
        return entries

    def revoke(self, other: "Device") -> CharterEntry:
        entry = revoke(self.store.charter(), self.key, other.id, [])
        self.store.add_charter([entry])
        return entry

    def take_new_author(self) -> CharterEntry:
        """Write with another key from now on."""
        self.life += 1
        entry = certify(self.store.charter(), self.key, self.author_key)
        self.store.add_charter([entry])
        return entry


def founded(name: str) -> Device:
    """A device with a mesh of its own."""
    device = Device(name)
    device.store.add_charter([found(name, device.key, device.author_key, salt("mesh", name))])
    return device


def team(*names: str) -> list[Device]:
    """Devices of one mesh that all know the whole charter; the first has founded it and is an introducer."""
    first, *others = [founded(names[0]), *(Device(name) for name in names[1:])]
    first.admit(*others)
    for other in others:
        join(other, first)
    return [first, *others]


def join(device: Device, member: Device) -> None:
    """Hand over the charter, as pairing does."""
    device.store.add_charter(member.store.charter().entries.values())
