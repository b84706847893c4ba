"""What a guest may have of what is held here: the tables that a person chose for it, and nothing else.

A seal covers a whole log, so a log that is shared is given whole up to the seal over its last shared version; in the
place of every other version stands a hole, which says its id and nothing of it (docs/protocol/guests.md). Forms of
shared tables go along, and the files that records of them name. What is chosen is looked up anew at every turn, so
that taking a table back holds from the next part on. Areas will widen `tables` to any choice of whole strands.

Cost: a log is looked through once in a session, then where it has grown; all anew when holes come or go, or the charter
changes, since what is quarantined is not given.
"""

from collections.abc import Callable
from typing import NamedTuple

from edenmesh.core.ids import AuthorId, FileHash, FormHash
from edenmesh.core.limits import FORMS_MAX, PART_VERSIONS_MAX
from edenmesh.core.reconcile import Held, Hole, HoleKind, Places, is_hole
from edenmesh.core.records import Form
from edenmesh.core.session.ports import FileNeed, Snapshot
from edenmesh.core.trust import Seal
from edenmesh.errors import EdenmeshError


class SharedLog(NamedTuple):
    """A log up to the seal over its last shared version; of `contents` of its versions the content is shared."""

    held: Held
    contents: int


class Sharing:
    """A snapshot narrowed to what is shared. `tables` says which now; None says all of them."""

    def __init__(self, snapshot: Snapshot, tables: Callable[[], frozenset[str] | None]) -> None:
        self._snapshot = snapshot
        self._tables = tables
        self._seen: tuple[frozenset[str] | None, int, bytes] = (frozenset(), -1, b"")
        self._places: dict[tuple[AuthorId, int], tuple[int, Places]] = {}
        self._form_tables: dict[FormHash, str] = {}

    def logs(self) -> list[SharedLog]:
        """The logs that have something for the guest."""
        shared: list[SharedLog] = []
        for held in self._snapshot.log_heads():
            stretches = list(self._looked_through(held.author, held.branch, held.size))
            if stretches:
                seals = self._snapshot.seals_between(held.author, held.branch, stretches[-1].stop - 1, held.size)
                head = held._replace(size=seals[0].size, root=seals[0].root)
                shared.append(SharedLog(head, sum(stop - start for start, stop in stretches)))
        return shared

    def root_at(self, held: Held, size: int) -> bytes:
        """The tree head over the first versions of a log."""
        return self._snapshot.root_at(held.author, held.branch, size)

    def part_of(self, held: Held, start: int) -> tuple[list[bytes], Seal]:
        """The versions of a log from `start` to the next seal, and that: those that are not shared as holes."""
        seal = self._snapshot.seals_between(held.author, held.branch, start, start + PART_VERSIONS_MAX)[0]
        versions = self._snapshot.versions_between(held.author, held.branch, start, seal.size)
        ids = self._snapshot.ids_between(held.author, held.branch, start, seal.size)
        given = [Hole(one, HoleKind.ABSENT).encode() for one in ids]
        # A content that goes in this moment leaves a hole, which says why: to a guest all holes are the same.
        for low, high in self._looked_through(held.author, held.branch, seal.size):
            for place in range(max(low, start), min(high, seal.size)):
                if not is_hole(versions[place - start]):
                    given[place - start] = versions[place - start]
        return given, seal

    def forms(self) -> list[FormHash]:
        """The forms of shared tables."""
        tables = self._tables()
        forms = self._snapshot.forms()[:FORMS_MAX]
        return [one for one in forms if tables is None or self._table_of(one) in tables]

    def form(self, form: FormHash) -> bytes | None:
        """A form of a shared table."""
        tables = self._tables()
        return self._snapshot.form(form) if tables is None or self._table_of(form) in tables else None

    # --- files --------------------------------------------------------------------------------------------------------

    def wanted_files(self) -> list[FileNeed]:
        """None: this is the direction in which files are given."""
        return []

    def file_size(self, file: FileHash) -> int | None:
        """Size in bytes of a file that a shared record names and that is held whole."""
        return self._snapshot.file_size(file) if self._snapshot.is_file_of(file, self._tables()) else None

    def file_chunk(self, file: FileHash, offset: int, length: int) -> bytes | None:
        """Bytes of such a file."""
        if not self._snapshot.is_file_of(file, self._tables()):
            return None
        return self._snapshot.file_chunk(file, offset, length)

    def _looked_through(self, author: AuthorId, branch: int, size: int) -> Places:
        """The shared places of a log, which has `size` versions at least."""
        tables = self._tables()
        now = tables, self._snapshot.hole_changes(), self._snapshot.charter().hash
        if self._seen != now:
            self._seen = now
            self._places.clear()
        seen, places = self._places.get((author, branch), (0, Places()))
        if seen < size:
            for start, stop in self._snapshot.places_of(author, branch, seen, size, tables=tables):
                places.add(start, stop)
            self._places[author, branch] = size, places
        return places

    def _table_of(self, form: FormHash) -> str:
        """The table a form is for; empty where this program cannot tell."""
        if form not in self._form_tables:
            data = self._snapshot.form(form)
            try:
                self._form_tables[form] = Form.decode(data).table.name if data is not None else ""
            except EdenmeshError:
                self._form_tables[form] = ""
        return self._form_tables[form]
