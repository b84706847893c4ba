"""What is held, as a session reads it: fulfils `core.session.Snapshot` over the connection that sees only commits."""

from collections.abc import Callable, Container
from typing import Generic, TypeVar

from edenmesh.core.ids import AuthorId, DeviceId, FileHash, FormHash, VersionId
from edenmesh.core.reconcile import Gap, Held, HoleKind, Run, Stretch
from edenmesh.core.session import FileNeed, HandedIn, OpenCounts
from edenmesh.core.trust import Charter, CharterEntry, Frontier, Seal
from edenmesh.store import files, guests, holes, logs, pen, records
from edenmesh.store.database import Link
from edenmesh.store.pen import Penned
from edenmesh.store.versions import ABSENT, PURGED, QUARANTINED

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """A value read once and kept until something it rests on is committed."""

    def __init__(self, read: Callable[[], Value]) -> None:
        self._read = read
        self._commits = 0
        self._value: tuple[int, Value] | None = None

    def get(self) -> Value:
        """The value as of the last commit."""
        kept = self._value
        if kept is not None and kept[0] == self._commits:
            return kept[1]
        commits = self._commits
        value = self._read()
        self._value = commits, value
        return value

    def expire(self) -> None:
        """Something was committed: read again when asked."""
        self._commits += 1

    def put(self, value: Value) -> None:
        """Something was committed that makes it this value."""
        self._commits += 1
        self._value = self._commits, value


class StoreSnapshot:
    """Held versions, seals, charter, forms and files. Every answer is durable; two may have a commit between them."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._charter = Kept(lambda: read_charter(link))
        self._heads = Kept(lambda: logs.read_heads(link))
        self._hole_changes = 0

    def expire(self, *, charter: Charter | None, has_holes: bool) -> None:
        """A transaction was committed. `charter` is what it made of the charter, None where it left that as it was."""
        self._heads.expire()
        if charter is not None:
            # Each of its entries was checked when it came; reading them again would check 10,000 signatures anew.
            self._charter.put(charter)
        if has_holes:
            self._hole_changes += 1

    def log_heads(self) -> list[Held]:
        """All sealed logs, by author and branch."""
        return self._heads.get()

    def root_at(self, author: AuthorId, branch: int, size: int) -> bytes:
        """Tree head over the first `size` ids of a held log."""
        return self.frontier_at(author, branch, size).root()

    def frontier_at(self, author: AuthorId, branch: int, size: int) -> Frontier:
        """The tree over the first `size` ids of a held log. Raises KeyError where the log is not held."""
        return logs.frontier_at(self._link, logs.find_log(self._link, author, branch), size)

    def seals_between(self, author: AuthorId, branch: int, start: int, stop: int) -> list[Seal]:
        """Seals of sizes above `start` up to `stop`, ascending."""
        return logs.seals_between(self._link, author, branch, start, stop)

    def versions_between(self, author: AuthorId, branch: int, start: int, stop: int) -> list[bytes]:
        """Versions `start` up to but not including `stop`, in seq order: the bytes of each, or a hole as it travels."""
        return logs.items_between(self._link, logs.find_log(self._link, author, branch), start, stop)

    def gaps_between(self, author: AuthorId, branch: int, start: int, stop: int) -> list[Gap]:
        """The holes of a stretch of a held log."""
        return holes.gaps_between(self._link, logs.find_log(self._link, author, branch), start, stop)

    def wanted_holes(self, peer: DeviceId) -> list[Run]:
        """Absent holes of sealed logs that the peer may have.

        Those it has said to be erased are not among them while any erasure is in force.
        """
        return holes.wanted(self._link, peer, heeds_denials=bool(self.charter().erasures))

    def hole_changes(self) -> int:
        """A number that is another one whenever holes have come, gone, or become wanted."""
        return self._hole_changes

    def record_holes(self, table: str, uuid: str) -> dict[VersionId, HoleKind]:
        """The versions of a record that were purged, and those of them that are wanted again (absent)."""
        return holes.holes_of(self._link, table, uuid)

    def penned_size(self, author: AuthorId) -> int:
        """How many versions of an author, from its first on, lie in the guest pen or were thrown out of it."""
        return pen.penned_size(self._link, author)

    def penned(self) -> list[Penned]:
        """What lies in the guest pen, by author."""
        return pen.read_pen(self._link)

    def penned_by(self, guest: DeviceId) -> int:
        """How many versions that a guest gave, with their content, lie in the pen."""
        return pen.count_penned(self._link, guest)

    def penned_root(self, author: AuthorId, size: int) -> bytes | None:
        """The tree head over the first versions of an author, where the last of them lies in the pen; else None."""
        return pen.penned_root(self._link, author, size)

    def handed_in(self, author: AuthorId, guest: DeviceId) -> HandedIn:
        """What is here of an author that a guest gives."""
        return guests.handed_in(self._link, author, guest)

    def is_form_known(self, form: FormHash) -> bool:
        """Whether a form is held, or lies in the pen."""
        return self.form(form) is not None or pen.has_form(self._link, form)

    def places_of(
        self, author: AuthorId, branch: int, start: int, stop: int, *, tables: frozenset[str] | None
    ) -> list[Stretch]:
        """Where in a stretch of a held log what counts is here and of one of these tables; None says all of them."""
        log = logs.find_log(self._link, author, branch)
        return guests.places_of(self._link, log, start, stop, tables=tables)

    def is_file_of(self, file: FileHash, tables: frozenset[str] | None) -> bool:
        """Whether a record of one of these tables names a file; None says all of them."""
        return guests.is_file_of(self._link, file, tables)

    def files_wanted_of(self, authors: Container[AuthorId]) -> list[FileNeed]:
        """Those of the wanted files that versions of these authors name."""
        return guests.files_wanted_of(self._link, authors)

    def ids_between(self, author: AuthorId, branch: int, start: int, stop: int) -> list[VersionId]:
        """Ids of versions `start` up to but not including `stop`, in seq order."""
        return logs.ids_between(self._link, logs.find_log(self._link, author, branch), start, stop)

    def charter(self) -> Charter:
        """The charter as it stands."""
        return self._charter.get()

    def forms(self) -> list[FormHash]:
        """Hashes of all forms held."""
        return [FormHash(row[0]) for row in self._link.rows("SELECT hash FROM forms ORDER BY hash")]

    def form(self, form: FormHash) -> bytes | None:
        """The encoded form, or None where it is not held."""
        row = self._link.row("SELECT data FROM forms WHERE hash = ?", (form,))
        return bytes(row[0]) if row else None

    def wanted_files(self) -> list[FileNeed]:
        """Files that versions here name and that are not whole here."""
        return files.wanted_files(self._link)

    def file_size(self, file: FileHash) -> int | None:
        """Size in bytes of a file held whole, or None where it is not."""
        return files.file_size(self._link, file)

    def file_chunk(self, file: FileHash, offset: int, length: int) -> bytes | None:
        """Bytes of a file held whole, or None where it is not."""
        return files.file_chunk(self._link, file, offset, length)

    def counts(self) -> dict[str, int]:
        """Records shown per table, deleted ones included: two devices that hold the same versions count the same."""
        return dict(records.count_by_table(self._link))

    def open_counts(self) -> OpenCounts:
        """What waits, is quarantined, purged, absent or missing.

        Not counted as absent is what guests did not share of logs that a steward accepted: it is not the team's.
        """
        counts = holes.count_standing(self._link)
        absent = counts.get(ABSENT, 0)
        if absent:
            is_denying = bool(self.charter().erasures)
            absent -= holes.count_absent_of(self._link, self._guest_authors(), heeds_denials=is_denying)
            absent -= holes.count_denied(self._link) if is_denying else 0
        return OpenCounts(
            waiting=self._link.number("SELECT sum(waiting) FROM records WHERE flags != 0"),
            quarantined=counts.get(QUARANTINED, 0),
            purged=counts.get(PURGED, 0),
            files_missing=files.count_missing(self._link),
            absent=absent,
        )

    def _guest_authors(self) -> list[AuthorId]:
        charter = self.charter()
        return sorted({held.author for held in self.log_heads() if charter.standing(held.author).device is None})


def read_charter(link: Link) -> Charter:
    """The charter as it is stored; each entry's signatures are checked again."""
    return Charter.of(CharterEntry.decode(row[0]) for row in link.rows("SELECT data FROM charter ORDER BY rowid"))
