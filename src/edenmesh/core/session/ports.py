"""What a session reads, and what it asks to have stored; the store fulfils both without the session knowing it."""

from collections.abc import Container, Sequence
from typing import NamedTuple, Protocol

from edenmesh.core.ids import AuthorId, DeviceId, FileHash, FormHash, VersionId
from edenmesh.core.limits import PART_BYTES_TAKEN, PART_VERSIONS_MAX
from edenmesh.core.reconcile import Gap, Held, Hole, Run, Stretch
from edenmesh.core.records import Carried
from edenmesh.core.trust import Charter, Frontier, Seal


class LogPart(NamedTuple):
    """Versions `start` to `seal.size` of one log, in seq order, proven by the seal at their end.

    `base_root` is the tree head over the first `start` ids: it says which branch the part continues. `frontier` is
    the tree after the part. Where the giver does not have a version's content, a hole stands in its place; `giver` is
    the device that says so.
    """

    author: AuthorId
    start: int
    base_root: bytes
    versions: Sequence[Carried | Hole]
    seal: Seal
    frontier: Frontier
    giver: DeviceId | None = None

    @property
    def contents(self) -> int:
        """How many contents are given."""
        return sum(type(one) is not Hole for one in self.versions)

    @property
    def has_holes(self) -> bool:
        """Whether a content is not given."""
        return any(type(one) is Hole for one in self.versions)


class Filling(NamedTuple):
    """What a giver answers of holes it was asked for: the contents of some, which are erased, and nothing of others.

    The ids of `versions` are those of the held log in these places.
    """

    author: AuthorId
    branch: int
    versions: Sequence[Carried]
    erased: Sequence[Stretch]
    giver: DeviceId


def is_well_sealed(start: int, stop: int, size_bytes: int) -> bool:
    """Whether a part can be passed on by whoever takes it, whatever forks of its log there are.

    An author seals at every 1,024th version and after 1 MiB, so no honest part crosses a multiple of 1,024 or is long.
    """
    return start // PART_VERSIONS_MAX == (stop - 1) // PART_VERSIONS_MAX and size_bytes <= PART_BYTES_TAKEN


class FileNeed(NamedTuple):
    """A file that a version names and that is not whole here; `have` bytes from its beginning are durable."""

    hash: FileHash
    size: int
    have: int


class HandedIn(NamedTuple):
    """What is here of an author whom a guest gives: in its log, and behind that in the pen.

    `frontier` is the tree over it, from the first version on; the content of `contents` of these is here, or was and
    went on purpose. `known` counts what was thrown out of the pen, too: that much is not taken again. `may_renew`: what
    lies in the pen came by that guest alone, which may give it anew with more content.
    """

    frontier: Frontier
    contents: int
    known: int
    may_renew: bool


class OpenCounts(NamedTuple):
    """What keeps "everything" from being the whole story: counts of versions, and of files.

    `absent` are holes whose content should be here, and that nobody has erased.
    """

    waiting: int
    quarantined: int
    purged: int
    files_missing: int
    absent: int = 0


class Files(Protocol):
    """Files as one direction of a session sees them."""

    def wanted_files(self) -> list[FileNeed]:
        """Files that versions here name and that are not whole here."""
        ...

    def file_size(self, file: FileHash) -> int | None:
        """Size in bytes of a file held whole, or None where it is not."""
        ...

    def file_chunk(self, file: FileHash, offset: int, length: int) -> bytes | None:
        """Bytes of a file held whole, or None where it is not."""
        ...


class Snapshot(Files, Protocol):
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
        """Versions `start` up to but not including `stop`, in seq order: the bytes of each, or a hole as it travels."""
        ...

    def gaps_between(self, author: AuthorId, branch: int, start: int, stop: int) -> list[Gap]:
        """The holes of a stretch of a held log."""
        ...

    def wanted_holes(self, peer: DeviceId) -> list[Run]:
        """Absent holes of sealed logs that the peer may have, by author, branch and place."""
        ...

    def hole_changes(self) -> int:
        """A number that is another one whenever holes have come, gone, or become wanted."""
        ...

    def ids_between(self, author: AuthorId, branch: int, start: int, stop: int) -> list[VersionId]:
        """Ids of versions `start` up to but not including `stop`, in seq order."""
        ...

    def penned_size(self, author: AuthorId) -> int:
        """How many versions of an author, from its first on, lie in the guest pen or were thrown out of it."""
        ...

    def handed_in(self, author: AuthorId, guest: DeviceId) -> HandedIn:
        """What is here of an author that guest gives."""
        ...

    def penned_by(self, guest: DeviceId) -> int:
        """How many versions that a guest gave lie in the pen."""
        ...

    def is_form_known(self, form: FormHash) -> bool:
        """Whether a form is held, or lies in the pen."""
        ...

    def places_of(
        self, author: AuthorId, branch: int, start: int, stop: int, *, tables: frozenset[str] | None
    ) -> list[Stretch]:
        """Where in a stretch of a held log what counts is here and of one of these tables; None says all of them."""
        ...

    def is_file_of(self, file: FileHash, tables: frozenset[str] | None) -> bool:
        """Whether a record of one of these tables names a file; None says all of them."""
        ...

    def files_wanted_of(self, authors: Container[AuthorId]) -> list[FileNeed]:
        """Those of the wanted files that versions of these authors name."""
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

    def counts(self) -> dict[str, int]:
        """Records per table."""
        ...

    def open_counts(self) -> OpenCounts:
        """What waits, is quarantined, purged or missing."""
        ...
