"""What a change may do to whole records: purge them here, want them again, and carry out erasures.

Content goes, places stay (holes.py). A family of records is purged whole, since parts of its strands stand under each
of its uuids (families.py).
"""

from collections.abc import Callable, Iterable
from typing import Final

from edenmesh.core.ids import AuthorId, EntryId
from edenmesh.core.records import Carried
from edenmesh.core.trust import Charter, Erasure
from edenmesh.errors import NotPermitted
from edenmesh.store import erasures, holes, purges
from edenmesh.store.database import Link
from edenmesh.store.erasures import Stage, stubs_of
from edenmesh.store.families import members_of
from edenmesh.store.versions import Name, Versions

_WRITE_ANEW: Final = "Write it as a new record, if there is a right to keep it again."


class Deletions:
    """The part of a change that takes records away or back. `has_destroyed`: the write-ahead log is to be emptied."""

    _link: Link
    _charter: Charter
    _versions: Versions
    has_destroyed = False

    def _recheck(self, author: AuthorId) -> None:
        """Of an author that is cut off, or not certified, see which of the new versions count."""
        raise NotImplementedError

    # --- this device only ---------------------------------------------------------------------------------------------

    def purge(self, table: str, uuid: str, *, now_ms: int = 0, is_automatic: bool = False) -> int:
        """Remove a record here, on this device only: its versions become holes, files only it names are dropped.

        It does not come back by itself; what others write of it later is still taken and passed on. Seal this device's
        own versions first: what no other device has is gone for good. Returns how many versions were removed.
        """

        def purge_noted(link: Link, record: int) -> int:
            count = holes.purge(link, record)
            if count:
                purges.note_purge(link, record, now_ms, is_automatic=is_automatic)
            return count

        return self._change_family(table, uuid, purge_noted)

    def restore(self, table: str, uuid: str, *, now_ms: int = 0) -> int:
        """Want a purged record again: from now on peers are asked for it. Returns how many versions are wanted."""

        def restore_noted(link: Link, record: int) -> int:
            count = holes.restore(link, record)
            if count:
                purges.note_fetch(link, record, now_ms)
            return count

        return self._change_family(table, uuid, restore_noted)

    def note_arrivals(self, now_ms: int) -> None:
        """Note that all that is here had come by that wall time, in milliseconds since 1970."""
        purges.note_arrivals(self._link, now_ms)

    def _change_family(self, table: str, uuid: str, change: Callable[[Link, int], int]) -> int:
        record = self._versions.find((table, uuid))
        members = members_of(self._link, record)
        self._versions.touched.update(member.num for member in members)
        counts = {member: change(self._link, member.num) for member in members}
        for member, count in counts.items():
            if count:
                self._versions.change_holes(member.num, (table, member.uuid))
        return sum(counts.values())

    # --- everywhere ---------------------------------------------------------------------------------------------------

    def hide(self, table: str, uuid: str) -> int:
        """Hide a record, as an erasure in force asks: nothing shows, gives or counts it, and its versions are holes.

        Until `erase_rows` it can come back by `unhide`. Returns how many versions were hidden.
        """
        record = self._versions.find((table, uuid))
        self._versions.touched.update(member.num for member in members_of(self._link, record))
        count = holes.hide(self._link, record) if record else 0
        if record:
            self._versions.change_holes(record, (table, uuid))
        return count

    def unhide(self, table: str, uuid: str) -> int:
        """Bring back a hidden record as it was. Returns how many versions it has."""
        hidden = holes.find_hidden(self._link, self._versions.table(table), uuid)
        if not hidden:
            return 0
        record, authors = holes.unhide(self._link, hidden)
        self._versions.change_holes(record, (table, uuid))
        for author in sorted(authors):
            self._recheck(author)
        return self._link.number("SELECT count(*) FROM versions WHERE record = ?", (record,))

    def erase_rows(self, table: str, uuid: str) -> int:
        """Destroy all that is here of a record, hidden or not: only ids, author and seq of its versions stay known.

        What is freed is overwritten; the write-ahead log has copies until `Store.settle`. Returns how many versions
        were destroyed.
        """
        self.hide(table, uuid)
        hidden = holes.find_hidden(self._link, self._versions.table(table), uuid)
        return holes.destroy(self._link, hidden) if hidden else 0

    def run_on(self, elapsed_ms: int) -> int:
        """This device has run for so long: destroy what erasures hid a day of running time ago.

        Returns how many erasures were carried out by that.
        """
        due = erasures.run_on(self._link, elapsed_ms)
        if due:
            self._carry_out(erasures.names_hidden(self._link))
        return len(due)

    def _carry_out_erasures(self, before: tuple[Erasure, ...]) -> None:
        """Let no record stand that an erasure names, whatever this change has brought; `before` were in force."""
        if self._charter.erasures != before:
            self._carry_out_all()
        elif before:
            self._carry_out(sorted(self._versions.names))

    def _carry_out_all(self) -> None:
        """Erasures have come or gone: hide what is named now, give back what is not named any more."""
        struck = erasures.note_erasures(self._link, self._charter.erasures)
        if struck:
            erasures.forget_struck(self._link, struck)
            self._versions.has_changed_holes = True
            for name in erasures.names_hidden(self._link):
                self.unhide(*name)
        if self._charter.erasures:
            self._carry_out(erasures.names_here(self._link))

    def _carry_out(self, names: Iterable[Name]) -> None:
        """Hide or destroy those of the records that an erasure in force names."""
        stubs = stubs_of(self._charter.erasures)
        stages = erasures.read_erasures(self._link)
        if any(one.entry not in stages for one in self._charter.erasures):
            # Heard of before this program knew what to do about it.
            erasures.note_erasures(self._link, self._charter.erasures)
            stages = erasures.read_erasures(self._link)
        done: set[EntryId] = set()
        for table, uuid in names:
            entries = stubs.naming(table, uuid)
            destroying = [entry for entry in entries if stages[entry].stage is not Stage.HIDDEN]
            if destroying and self.erase_rows(table, uuid):
                done.update(destroying)
            elif entries and not destroying:
                self.hide(table, uuid)
        if done:
            erasures.unsettle(self._link, done)
            self.has_destroyed = True

    def _destroy_hidden(self) -> None:
        """Another charter will not know of the erasures that are in force: carry them out before."""
        for name in erasures.names_hidden(self._link):
            self.erase_rows(*name)
            self.has_destroyed = True
        self._link.run("DELETE FROM erasures")

    def _require_not_erased(self, carried: Carried) -> None:
        version = carried.version
        if self._charter.erasures and stubs_of(self._charter.erasures).naming(version.table, version.uuid):
            raise NotPermitted(what=f"The record {version.uuid} was erased for good.", do=_WRITE_ANEW)
