"""A store kept in plain lists: the reference the sessions of the duets run on, independent of SQLite.

It keeps what the contract of a store asks and nothing else: forks share their beginning, seals that are not needed
give way to later ones, a file counts as whole only if its hash holds. Bytes are shared between copies of a store,
which makes a copy cheap.
"""

from collections.abc import Iterable
from hashlib import sha256

from edenmesh.core.ids import AuthorId, DeviceId, FileHash, FormHash, VersionId
from edenmesh.core.limits import PART_BYTES_SEALED, PART_VERSIONS_MAX
from edenmesh.core.ports import Signer
from edenmesh.core.reconcile import Gap, Held, Hole, HoleKind, Run, common_prefix, gaps_of
from edenmesh.core.records import Carried, File, Version, form_hash
from edenmesh.core.session import (
    Batch,
    CharterReceived,
    ChunkReceived,
    FileNeed,
    Filling,
    FormReceived,
    HolesReceived,
    LogPart,
    OpenCounts,
    PartReceived,
)
from edenmesh.core.trust import Charter, CharterEntry, Frontier, Seal
from tests.oracle.memory_pen import MemoryLog, MemoryPen


class MemoryStore(MemoryPen):
    """Holds logs, charter, forms and files; fulfils the session's `Snapshot` and takes its batches."""

    def __init__(self, entries: Iterable[CharterEntry] = ()) -> None:
        super().__init__()
        self.entries = {entry.id: entry for entry in entries}
        self.form_bytes: dict[FormHash, bytes] = {}
        self.files: dict[FileHash, bytes] = {}
        self.partial: dict[tuple[FileHash, int], bytes] = {}
        self.denials: set[tuple[VersionId, DeviceId]] = set()
        self.has_erasure = False
        self._changes = 0
        self._charter: tuple[int, Charter] | None = None

    def copy(self) -> "MemoryStore":
        """A store that holds the same and goes its own way."""
        store = MemoryStore()
        store.entries = dict(self.entries)
        store.logs = {branch: log.copy() for branch, log in self.logs.items()}
        store.form_bytes, store.files, store.partial = dict(self.form_bytes), dict(self.files), dict(self.partial)
        store._charter = self._charter
        store.denials, store.has_erasure = set(self.denials), self.has_erasure
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
                one = log.versions[size]
                size_bytes += len(one.data) if isinstance(one, Carried) else 0
                size += 1
                if not size % PART_VERSIONS_MAX:
                    break
            log.add_seal(Seal.sign(signer, log.frontier(size)))

    def apply(self, batch: Batch) -> None:
        if isinstance(batch, CharterReceived):
            self.add_charter(batch.entries)
        elif isinstance(batch, FormReceived) and batch.guest is not None:
            self.penned_forms[form_hash(batch.form)] = batch.form
        elif isinstance(batch, FormReceived):
            self.add_form(batch.form)
        elif isinstance(batch, ChunkReceived):
            self._add_chunk(batch)
        elif isinstance(batch, PartReceived) and batch.is_penned:
            self.pen_part(batch.part)
        elif isinstance(batch, PartReceived):
            self.add_part(batch.part)
        elif isinstance(batch, HolesReceived):
            self._fill(batch.filling)

    def add_charter(self, entries: Iterable[CharterEntry]) -> None:
        self.entries.update({entry.id: entry for entry in entries})
        self.leave_pen()

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

    def add_part(self, part: LogPart) -> None:
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
        for place, one in enumerate(part.versions[:common], part.start):
            if isinstance(one, Carried):
                self._fill_place(log, place, one)
        for one in part.versions[common:]:
            log.versions.append(one if isinstance(one, Carried) else Hole(one.id, HoleKind.ABSENT))
        for one in part.versions:
            if isinstance(one, Hole):
                self._changes += 1
                if one.kind == HoleKind.ERASED and part.giver is not None:
                    self.denials.add((one.id, part.giver))
        if part.seal.size > log.sealed:
            log.add_seal(part.seal)

    def _fill(self, filling: Filling) -> None:
        log = self.logs[filling.author, filling.branch]
        for one in filling.versions:
            assert log.versions[one.version.seq].id == one.id
            self._fill_place(log, one.version.seq, one)
        for stretch in filling.erased:
            self._changes += 1
            self.denials.update((one.id, filling.giver) for one in log.versions[stretch.start : stretch.stop])

    def _fill_place(self, log: MemoryLog, place: int, one: Carried) -> None:
        for each in self.logs.values():
            if place < len(each.versions) and each.versions[place] == Hole(one.id, HoleKind.ABSENT):
                each.versions[place] = one
                self._changes += 1

    def purge(self, table: str, uuid: str) -> int:
        """Make the versions of a record purged holes."""
        return self._remove(table, uuid, HoleKind.PURGED)

    def hide(self, table: str, uuid: str) -> int:
        """Make the versions of a record erased holes, for now."""
        return self._remove(table, uuid, HoleKind.ERASED)

    def restore(self, *ids: VersionId) -> None:
        """Want holes again."""
        for log in self.logs.values():
            for place, one in enumerate(log.versions):
                if one.id in ids:
                    log.versions[place] = Hole(one.id, HoleKind.ABSENT)
        self._changes += 1

    def _remove(self, table: str, uuid: str, kind: HoleKind) -> int:
        count = 0
        for log in self.logs.values():
            for place, one in enumerate(log.versions):
                if isinstance(one, Carried) and (one.version.table, one.version.uuid) == (table, uuid):
                    log.versions[place] = Hole(one.id, kind)
                    count += 1
        self._changes += 1
        return count

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
        items = self.logs[author, branch].versions[start:stop]
        return [one.data if isinstance(one, Carried) else one.encode() for one in items]

    def gaps_between(self, author: AuthorId, branch: int, start: int, stop: int) -> list[Gap]:
        items = enumerate(self.logs[author, branch].versions[start:stop], start)
        return gaps_of((place, one.kind) for place, one in items if isinstance(one, Hole))

    def wanted_holes(self, peer: DeviceId) -> list[Run]:
        heeds = self.has_erasure or self.charter().erasures
        denied = {one for one, device in self.denials if device == peer} if heeds else set()
        runs: list[Run] = []
        for (author, branch), log in sorted(self.logs.items()):
            for gap in self.gaps_between(author, branch, 0, log.sealed):
                wanted = (place for place in range(gap.start, gap.stop) if log.versions[place].id not in denied)
                if gap.kind == HoleKind.ABSENT:
                    stretches = gaps_of((place, gap.kind) for place in wanted)
                    runs.extend(Run(author, branch, start, stop) for start, stop, _ in stretches)
        return runs

    def hole_changes(self) -> int:
        return self._changes

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
        denied = {one for one, _ in self.denials} if self.has_erasure or self.charter().erasures else set()
        holes = [one for log in self.logs.values() for one in log.versions if isinstance(one, Hole)]
        outside = {
            one.id
            for (author, _), log in self.logs.items()
            if self.charter().standing(author).device is None
            for one in log.versions
            if isinstance(one, Hole)
        }
        absent = {one.id for one in holes if one.kind == HoleKind.ABSENT} - denied - outside
        purged = {one.id for one in holes if one.kind == HoleKind.PURGED}
        return OpenCounts(0, 0, len(purged), files_missing=len(missing), absent=len(absent))

    # --- for assertions -----------------------------------------------------------------------------------------------

    def versions(self) -> dict[VersionId, Version]:
        contents = (one for log in self.logs.values() for one in log.versions if isinstance(one, Carried))
        return {one.id: one.version for one in contents}

    def holes(self) -> dict[VersionId, HoleKind]:
        return {one.id: one.kind for log in self.logs.values() for one in log.versions if isinstance(one, Hole)}

    def state(self) -> tuple[object, ...]:
        """Everything that is durable here, to be compared."""
        logs = {
            branch: [(one.id, one.kind if isinstance(one, Hole) else None) for one in log.versions]
            for branch, log in self.logs.items()
        }
        seals = {branch: log.sealed for branch, log in self.logs.items()}
        return set(self.entries), logs, seals, set(self.form_bytes), set(self.files), dict(self.partial)
