"""What the tests of the store are made of: a team, its authors' logs, parts of them, stores that are quick to make."""

import os
import random
import sys
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from pathlib import Path

from edenmesh.core.encoding import Plain
from edenmesh.core.ids import AuthorId, DeviceId
from edenmesh.core.ports import Entropy
from edenmesh.core.records import FORMAT, PUT, Carried, Value, Version, write
from edenmesh.core.session import LogPart
from edenmesh.core.trust import (
    Charter,
    CharterEntry,
    Frontier,
    Seal,
    SigningKey,
    certify,
    draft_admit,
    found,
    revoke,
)
from edenmesh.store import KeyCost, Store, Transaction

PASSPHRASE = "seven grey herons"
QUICK = KeyCost(memory_kib=64, passes=1, lanes=1)


def entropy(seed: int = 0) -> Entropy:
    return random.Random(seed).randbytes


def make_store(folder: Path, *, seed: int = 0) -> Store:
    return Store.create(folder, PASSPHRASE, entropy=entropy(seed), cost=QUICK)


class Author:
    """One author and all it wrote, with the seals it set."""

    def __init__(self, seed: int) -> None:
        self.key = SigningKey(seed.to_bytes(32, "big"))
        self.id = AuthorId(self.key.public_key)
        self.versions: list[Carried] = []
        self.salts = random.Random(seed)

    def write(
        self,
        uuid: str,
        fields: dict[str, Value] | None = None,
        *,
        table: str = "pr_person",
        op: str = PUT,
        parents: Iterable[bytes] = (),
        about: Mapping[str, Plain] | None = None,
        schema: bytes = b"",
    ) -> Carried:
        version = Version(
            about=dict(about or {}),
            author=self.id,
            format=FORMAT,
            made=1_700_000_000_000,
            op=op,
            parents=sorted(parents),
            salt=self.salts.randbytes(16),
            schema=schema,
            seq=len(self.versions),
            set={"name": f"{uuid} by {self.id.hex()[:4]}"} if fields is None else fields,
            table=table,
            uuid=uuid,
        )
        self.versions.append(write(version))
        return self.versions[-1]

    def write_many(self, count: int, *, size_bytes: int = 0) -> None:
        for _ in range(count):
            text = "x" * size_bytes
            self.write(f"{self.id.hex()[:6]}-{len(self.versions)}", {"name": text} if text else None)

    def frontier(self, size: int) -> Frontier:
        return Frontier.EMPTY.extended([one.id for one in self.versions[:size]])

    def part(self, start: int, stop: int) -> LogPart:
        frontier = self.frontier(stop)
        versions = self.versions[start:stop]
        seal = Seal.sign(self.key, frontier)
        return LogPart(self.id, start, self.frontier(start).root(), versions, seal, frontier)

    def parts(self, start: int = 0, stop: int | None = None) -> list[LogPart]:
        end = len(self.versions) if stop is None else stop
        cuts = [*range(start, end, 1024), end]
        return [self.part(low, high) for low, high in pairwise(cuts)]

    def cloned(self, size: int, seed: int) -> "Author":
        """The same key in a copied store, which goes its own way after `size` versions."""
        clone = Author(0)
        clone.key, clone.id = self.key, self.id
        clone.versions = self.versions[:size]
        clone.salts = random.Random(seed)
        return clone


class Team:
    """A mesh: a founder's device, and others it admitted, each with one author."""

    def __init__(self, members: int = 1) -> None:
        self.devices = [SigningKey((1000 + number).to_bytes(32, "big")) for number in range(members)]
        self.authors = [Author(2000 + number) for number in range(members)]
        first, author = self.devices[0], self.authors[0]
        self.charter = Charter.of([found("member 0", first, author.key, b"s" * 16)])
        for number in range(1, members):
            draft = draft_admit(
                self.charter,
                DeviceId(first.public_key),
                DeviceId(self.devices[number].public_key),
                name=f"member {number}",
                authors=[self.authors[number].id],
                introducer=False,
            )
            self.add(draft.signed_by(first, self.devices[number], self.authors[number].key).completed())

    @property
    def entries(self) -> list[CharterEntry]:
        return list(self.charter.entries.values())

    def add(self, entry: CharterEntry) -> CharterEntry:
        self.charter = self.charter.extended([entry])
        return entry

    def revoke(self, number: int, seals: Iterable[Seal]) -> CharterEntry:
        device = DeviceId(self.devices[number].public_key)
        return self.add(revoke(self.charter, self.devices[0], device, seals))

    def certify(self, number: int, author: Author) -> CharterEntry:
        return self.add(certify(self.charter, self.devices[number], author.key))


def child_environment() -> dict[str, str]:
    """The environment in which another process finds the same modules."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def add_parts(store: Store, parts: Iterable[LogPart]) -> None:
    with store.change() as change:
        for part in parts:
            change.add_part(part)


class Undone(Exception):
    """Ends a change so that nothing of it stays."""


def undo(store: Store, act: Callable[[Transaction], object]) -> None:
    """Do something in a change that then fails."""
    try:
        with store.change() as change:
            act(change)
            raise Undone
    except Undone:
        return


def require_logs_whole(store: Store) -> int:
    """All logs can be passed on: every seal holds, neighbours span a legal part. Returns how many seals were seen."""
    seen = 0
    for held in store.snapshot.log_heads():
        seals = store.snapshot.seals_between(held.author, held.branch, 0, held.size)
        last = 0
        frontier = Frontier.EMPTY
        assert seals[-1].size == held.size
        for seal in seals:
            seal.require_valid()
            assert 0 < seal.size - last <= 1024
            frontier = frontier.extended(store.snapshot.ids_between(held.author, held.branch, last, seal.size))
            assert frontier.root() == seal.root
            last = seal.size
            seen += 1
        assert held.root == frontier.root()
    return seen
