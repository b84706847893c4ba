"""A store kept in plain lists: the reference the sessions of the duets run on, independent of SQLite."""

from collections.abc import Iterable

from edenmesh.core.ids import AuthorId, FileHash, FormHash, VersionId
from edenmesh.core.ports import Signer
from edenmesh.core.reconcile import Held
from edenmesh.core.records import Carried, File, Version
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

    @property
    def sealed(self) -> int:
        return self.seals[-1].size if self.seals else 0

    def frontier(self, size: int) -> Frontier:
        return Frontier.EMPTY.extended([one.id for one in self.versions[:size]])

    def root(self, size: int) -> bytes:
        return self.frontier(size).root()


class MemoryStore:
    """Holds logs, charter, forms and files; fulfils the session's `Snapshot` and takes its batches."""

    def __init__(self, entries: Iterable[CharterEntry] = ()) -> None:
        self.entries = {entry.id: entry for entry in entries}
        self.logs: dict[tuple[AuthorId, int], MemoryLog] = {}
        self.form_bytes: dict[FormHash, bytes] = {}
        self.files: dict[FileHash, bytes] = {}
        self.partial: dict[FileHash, bytes] = {}

    # --- writing ------------------------------------------------------------------------------------------------------

    def append(self, carried: Carried) -> None:
        author = AuthorId(carried.version.author)
        log = self.logs.setdefault((author, 0), MemoryLog(author))
        assert carried.version.seq == len(log.versions)
        log.versions.append(carried)

    def seal(self, signer: Signer) -> None:
        log = self.logs.get((AuthorId(signer.public_key), 0))
        while log is not None and log.sealed < len(log.versions):
            size = min(log.sealed + 1024, len(log.versions))
            log.seals.append(Seal.sign(signer, log.frontier(size)))

    def apply(self, batch: Batch) -> None:
        if isinstance(batch, CharterReceived):
            self.entries.update({entry.id: entry for entry in batch.entries})
        elif isinstance(batch, FormReceived):
            self.form_bytes[FormHash(batch.form[:32].ljust(32, b"\0"))] = batch.form
        elif isinstance(batch, ChunkReceived):
            self._add_chunk(batch)
        elif isinstance(batch, PartReceived):
            self._add_part(batch.part)

    def _add_chunk(self, chunk: ChunkReceived) -> None:
        data = self.partial.get(chunk.file, b"")
        assert len(data) == chunk.offset
        self.partial[chunk.file] = data + chunk.data
        if len(self.partial[chunk.file]) == chunk.size:
            self.files[chunk.file] = self.partial.pop(chunk.file)

    def _add_part(self, part: LogPart) -> None:
        branches = [log for (author, _), log in sorted(self.logs.items()) if author == part.author]
        for log in branches:
            if log.sealed == part.start and log.root(part.start) == part.base_root:
                log.versions.extend(part.versions)
                log.seals.append(part.seal)
                return
        for log in branches:
            if len(log.versions) >= part.seal.size and log.root(part.seal.size) == part.seal.root:
                return
        fork = MemoryLog(part.author)
        for log in branches:
            if log.sealed >= part.start and log.root(part.start) == part.base_root:
                fork.versions = log.versions[: part.start]
                fork.seals = [seal for seal in log.seals if seal.size < part.start]
                break
        fork.versions.extend(part.versions)
        fork.seals.append(part.seal)
        self.logs[part.author, len(branches)] = fork

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
        return Charter.of(self.entries.values())

    def forms(self) -> list[FormHash]:
        return sorted(self.form_bytes)

    def form(self, form: FormHash) -> bytes | None:
        return self.form_bytes.get(form)

    def wanted_files(self) -> list[FileNeed]:
        named = {
            FileHash(value.hash): value.size
            for version in self.versions().values()
            for value in version.set.values()
            if isinstance(value, File)
        }
        return [
            FileNeed(file, size, len(self.partial.get(file, b"")))
            for file, size in sorted(named.items())
            if file not in self.files
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
        return OpenCounts(waiting=0, quarantined=0, purged=0, files_missing=len(self.wanted_files()))

    # --- for assertions -----------------------------------------------------------------------------------------------

    def versions(self) -> dict[VersionId, Version]:
        return {one.id: one.version for log in self.logs.values() for one in log.versions}
