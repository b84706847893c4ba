"""A store kept in plain lists: the reference the sessions of the duets run on, independent of SQLite.

It keeps what the contract of a store asks and nothing else: forks share their beginning, seals that are not needed
give way to later ones, a file counts as whole only if its hash holds. Bytes are shared between copies of a store,
which makes a copy cheap.
"""

from collections.abc import Iterable
from hashlib import sha256

from edenmesh.core.ids import AuthorId, FileHash, FormHash, VersionId
from edenmesh.core.limits import PART_BYTES_SEALED, PART_VERSIONS_MAX
from edenmesh.core.ports import Signer
from edenmesh.core.reconcile import Held, common_prefix
from edenmesh.core.records import Carried, File, Version, form_hash
from edenmesh.core.session import (
    Batch,
    CharterReceived,
    ChunkReceived,
    FileNeed,
    FormReceived,
    LogPart,
    OpenCounts,
    PartReceived,
)
from edenmesh.core.trust import Charter, CharterEntry, Frontier, Seal


class MemoryLog:
    """One branch of one author's log with all its seals."""

    def __init__(self, author: AuthorId) -> None:
        self.author = author
        self.versions: list[Carried] = []
        self.seals: list[Seal] = []
        self._frontier = Frontier.EMPTY

    @property
    def sealed(self) -> int:
        return self.seals[-1].size if self.seals else 0

    def copy(self) -> "MemoryLog":
        log = MemoryLog(self.author)
        log.versions, log.seals, log._frontier = list(self.versions), list(self.seals), self._frontier
        return log

    def add_seal(self, seal: Seal) -> None:
        """Keep a seal; the one before gives way where its neighbours then span no more than one part."""
        if self.seals and self.seals[-1].size % PART_VERSIONS_MAX:
            below = self.seals[-2].size if len(self.seals) > 1 else 0
            size_bytes = sum(len(one.data) for one in self.versions[below : seal.size])
            if seal.size - below <= PART_VERSIONS_MAX and size_bytes <= PART_BYTES_SEALED:
                self.seals.pop()
        self.seals.append(seal)

    def frontier(self, size: int) -> Frontier:
        if size != self._frontier.size:
            start = self._frontier if self._frontier.size < size else Frontier.EMPTY
            self._frontier = start.extended([one.id for one in self.versions[start.size : size]])
        return self._frontier

    def root(self, size: int) -> bytes:
        return self.frontier(size).root()


class MemoryStore:
    """Holds logs, charter, forms and files; fulfils the session's `Snapshot` and takes its batches."""

    def __init__(self, entries: Iterable[CharterEntry] = ()) -> None:
        self.entries = {entry.id: entry for entry in entries}
        self.logs: dict[tuple[AuthorId, int], MemoryLog] = {}
        self.form_bytes: dict[FormHash, bytes] = {}
        self.files: dict[FileHash, bytes] = {}
        self.partial: dict[tuple[FileHash, int], bytes] = {}
        self._charter: tuple[int, Charter] | None = None

    def copy(self) -> "MemoryStore":
        """A store that holds the same and goes its own way."""
        store = MemoryStore()
        store.entries = dict(self.entries)
        store.logs = {branch: log.copy() for branch, log in self.logs.items()}
        store.form_bytes, store.files, store.partial = dict(self.form_bytes), dict(self.files), dict(self.partial)
        store._charter = self._charter
        return store

    # --- writing ------------------------------------------------------------------------------------------------------

    def append(self, carried: Carried) -> None:
        author = AuthorId(carried.version.author)
        log = self.logs.setdefault((author, 0), MemoryLog(author))
        assert carried.version.seq == len(log.versions)
        log.versions.append(carried)

    def seal(self, signer: Signer) -> None:
        log = self.logs.get((AuthorId(signer.public_key), 0))
        while log is not None and log.sealed < len(log.versions):
            size = log.sealed
            size_bytes = 0
            while size < len(log.versions) and size_bytes < PART_BYTES_SEALED:
                size_bytes += len(log.versions[size].data)
                size += 1
                if not size % PART_VERSIONS_MAX:
                    break
            log.add_seal(Seal.sign(signer, log.frontier(size)))

    def apply(self, batch: Batch) -> None:
        if isinstance(batch, CharterReceived):
            self.add_charter(batch.entries)
        elif isinstance(batch, FormReceived):
            self.add_form(batch.form)
        elif isinstance(batch, ChunkReceived):
            self._add_chunk(batch)
        elif isinstance(batch, PartReceived):
            self._add_part(batch.part)

    def add_charter(self, entries: Iterable[CharterEntry]) -> None:
        self.entries.update({entry.id: entry for entry in entries})

    def add_form(self, data: bytes) -> FormHash:
        form = form_hash(data)
        self.form_bytes[form] = data
        return form

    def add_file(self, data: bytes) -> FileHash:
        file = FileHash(sha256(data).digest())
        self.files[file] = data
        return file

    def _add_chunk(self, chunk: ChunkReceived) -> None:
        data = self.partial.pop((chunk.file, chunk.size), b"")
        if chunk.file in self.files:
            return
        if chunk.offset <= len(data):
            data += chunk.data[len(data) - chunk.offset :]
        if len(data) < chunk.size:
            self.partial[chunk.file, chunk.size] = data
        elif sha256(data).digest() == chunk.file:
            self.files[chunk.file] = data

    def _add_part(self, part: LogPart) -> None:
        assert self.charter().standing(part.author).is_named
        ids = [one.id for one in part.versions]
        branches = [log for (author, _), log in sorted(self.logs.items()) if author == part.author]
        fitting = [
            (common_prefix(ids, [one.id for one in log.versions[part.start :]]), log)
            for log in branches
            if len(log.versions) >= part.start and log.root(part.start) == part.base_root
        ]
        assert fitting or not part.start, "a part continues a log that is not held"
        fitting.sort(key=lambda one: (one[0], len(one[1].versions) == part.start + one[0]))
        common, log = fitting[-1] if fitting else (0, MemoryLog(part.author))
        at = part.start + common
        if len(log.versions) > at and common < len(ids):
            fork = MemoryLog(part.author)
            fork.versions, fork.seals = log.versions[:at], [seal for seal in log.seals if seal.size <= at]
            log = fork
        if log not in branches:
            self.logs[part.author, len(branches)] = log
        log.versions.extend(part.versions[common:])
        if part.seal.size > log.sealed:
            log.add_seal(part.seal)

    # --- Snapshot -----------------------------------------------------------------------------------------------------

    def log_heads(self) -> list[Held]:
        return [
            Held(author, branch, log.sealed, log.root(log.sealed))
            for (author, branch), log in sorted(self.logs.items())
            if log.sealed
        ]

    def root_at(self, author: AuthorId, branch: int, size: int) -> bytes:
        return self.logs[author, branch].root(size)

    def frontier_at(self, author: AuthorId, branch: int, size: int) -> Frontier:
        return self.logs[author, branch].frontier(size)

    def seals_between(self, author: AuthorId, branch: int, start: int, stop: int) -> list[Seal]:
        return [seal for seal in self.logs[author, branch].seals if start < seal.size <= stop]

    def versions_between(self, author: AuthorId, branch: int, start: int, stop: int) -> list[bytes]:
        return [one.data for one in self.logs[author, branch].versions[start:stop]]

    def ids_between(self, author: AuthorId, branch: int, start: int, stop: int) -> list[VersionId]:
        return [one.id for one in self.logs[author, branch].versions[start:stop]]

    def charter(self) -> Charter:
        if self._charter is None or self._charter[0] != len(self.entries):
            self._charter = len(self.entries), Charter.of(self.entries.values())
        return self._charter[1]

    def forms(self) -> list[FormHash]:
        return sorted(self.form_bytes)

    def form(self, form: FormHash) -> bytes | None:
        return self.form_bytes.get(form)

    def wanted_files(self) -> list[FileNeed]:
        named = {
            (FileHash(value.hash), value.size)
            for version in self.versions().values()
            for value in version.set.values()
            if isinstance(value, File)
        }
        return [
            FileNeed(file, size, len(self.partial.get((file, size), b"")))
            for file, size in sorted(named)
            if file not in self.files and not (size == 0 and file == sha256(b"").digest())
        ]

    def file_size(self, file: FileHash) -> int | None:
        return len(self.files[file]) if file in self.files else None

    def file_chunk(self, file: FileHash, offset: int, length: int) -> bytes | None:
        data = self.files.get(file)
        return None if data is None else data[offset : offset + length]

    def counts(self) -> dict[str, int]:
        records = {(version.table, version.uuid) for version in self.versions().values()}
        counts: dict[str, int] = {}
        for table, _ in records:
            counts[table] = counts.get(table, 0) + 1
        return counts

    def open_counts(self) -> OpenCounts:
        missing = {need.hash for need in self.wanted_files()}
        return OpenCounts(waiting=0, quarantined=0, purged=0, files_missing=len(missing))

    # --- for assertions -----------------------------------------------------------------------------------------------

    def versions(self) -> dict[VersionId, Version]:
        return {one.id: one.version for log in self.logs.values() for one in log.versions}

    def state(self) -> tuple[object, ...]:
        """Everything that is durable here, to be compared."""
        logs = {branch: [one.id for one in log.versions] for branch, log in self.logs.items()}
        seals = {branch: log.sealed for branch, log in self.logs.items()}
        return set(self.entries), logs, seals, set(self.form_bytes), set(self.files), dict(self.partial)
