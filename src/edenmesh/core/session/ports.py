"""What a session reads, and what it asks to have stored; the store fulfils both without the session knowing it."""

from typing import NamedTuple, Protocol

from edenmesh.core.ids import AuthorId, FileHash, FormHash, VersionId
from edenmesh.core.reconcile import Held
from edenmesh.core.records import Carried
from edenmesh.core.trust import Charter, Frontier, Seal


class LogPart(NamedTuple):
    """Versions `start` to `seal.size` of one log, in seq order, proven by the seal at their end.

    `base_root` is the tree head over the first `start` ids: it says which branch the part continues. `frontier` is
    the tree after the part.
    """

    author: AuthorId
    start: int
    base_root: bytes
    versions: list[Carried]
    seal: Seal
    frontier: Frontier


class FileNeed(NamedTuple):
    """A file that a version names and that is not whole here; `have` bytes from its beginning are durable."""

    hash: FileHash
    size: int
    have: int


class OpenCounts(NamedTuple):
    """What keeps "everything" from being the whole story: counts of versions, and of files."""

    waiting: int
    quarantined: int
    purged: int
    files_missing: int


class Snapshot(Protocol):
    """What is held, committed and durable, at the moment of each call."""

    def log_heads(self) -> list[Held]:
        """All sealed logs, by author and branch; more than one branch where a cloned store made a fork."""
        ...

    def root_at(self, author: AuthorId, branch: int, size: int) -> bytes:
        """Tree head over the first `size` ids of a held log."""
        ...

    def frontier_at(self, author: AuthorId, branch: int, size: int) -> Frontier:
        """The tree over the first `size` ids of a held log, to be extended."""
        ...

    def seals_between(self, author: AuthorId, branch: int, start: int, stop: int) -> list[Seal]:
        """Seals of sizes above `start` up to `stop`, ascending; neighbours span at most one legal part."""
        ...

    def versions_between(self, author: AuthorId, branch: int, start: int, stop: int) -> list[bytes]:
        """Bytes of versions `start` up to but not including `stop`, in seq order."""
        ...

    def ids_between(self, author: AuthorId, branch: int, start: int, stop: int) -> list[VersionId]:
        """Ids of versions `start` up to but not including `stop`, in seq order."""
        ...

    def charter(self) -> Charter:
        """The charter as it stands."""
        ...

    def forms(self) -> list[FormHash]:
        """Hashes of all forms held."""
        ...

    def form(self, form: FormHash) -> bytes | None:
        """The encoded form, or None where it is not held."""
        ...

    def wanted_files(self) -> list[FileNeed]:
        """Files that versions here name and that are not whole here."""
        ...

    def file_size(self, file: FileHash) -> int | None:
        """Size in bytes of a file held whole, or None where it is not."""
        ...

    def file_chunk(self, file: FileHash, offset: int, length: int) -> bytes | None:
        """Bytes of a file held whole, or None where it is not."""
        ...

    def counts(self) -> dict[str, int]:
        """Records per table."""
        ...

    def open_counts(self) -> OpenCounts:
        """What waits, is quarantined, purged or missing."""
        ...
