"""What was deleted here, or is about to be: purged records, erasures as they are carried out, and what may go."""

from collections.abc import Callable, Iterable
from typing import Final

from edenmesh.core.ids import EntryId
from edenmesh.core.trust import Charter
from edenmesh.store import erasures, purges
from edenmesh.store.database import Link
from edenmesh.store.erasures import KeptErasure, stubs_of
from edenmesh.store.families import members_of
from edenmesh.store.purges import Purged
from edenmesh.store.records import RecordRow
from edenmesh.store.versions import PURGED, Name

_PAGE: Final = 100


class Deleted:
    """Reads about deletions. Every answer is of one commit."""

    def __init__(self, link: Link, charter: Callable[[], Charter]) -> None:
        self._link = link
        self._charter = charter

    def purged(self, *, after: int = 0, limit: int = _PAGE) -> list[Purged]:
        """Records of which versions are purged, in the order in which they first came here."""
        return purges.read_purged(self._link, after=after, limit=limit)

    def count_purged_by_rules(self) -> int:
        """How many records rules have removed here that were not asked for again since."""
        return self._link.number("SELECT count(*) FROM purges WHERE is_automatic != 0 AND fetched_at = 0")

    def is_purged(self, table: str, uuid: str) -> bool:
        """Whether versions of a record, or of its family, were purged here or are wanted again and have not come."""
        if not self._link.row("SELECT 1 FROM versions WHERE standing != 0 AND standing IN (2, 4) LIMIT 1"):
            return False  # almost every store: some 5 us instead of 30
        return any(
            self._link.row("SELECT 1 FROM versions WHERE record = ? AND standing >= 2 LIMIT 1", (num,))
            for num in self._members(table, uuid)
        )

    def lacks_purged(self, table: str, uuid: str) -> bool:
        """Whether versions of a record, or of its family, were purged here and are not wanted again."""
        sql = "SELECT 1 FROM versions WHERE record = ? AND standing != 0 AND standing = ? LIMIT 1"
        if not self._link.row("SELECT 1 FROM versions WHERE standing != 0 AND standing = ? LIMIT 1", (PURGED,)):
            return False  # almost every store, and lists ask of each of their records
        return any(self._link.row(sql, (num, PURGED)) for num in self._members(table, uuid))

    def count_waiting_for_purged(self) -> int:
        """How many versions wait for others of their record that were purged here and are not wanted again."""
        return self._link.number(
            "SELECT sum(waiting) FROM records WHERE waiting != 0 AND EXISTS (SELECT 1 FROM versions"
            " WHERE record = records.num AND standing != 0 AND standing = ?)",
            (PURGED,),
        )

    def tables_holding(self, word: str) -> list[str]:
        """Tables in which some version has this word in it, as the name of a field or in a value; reads every version.

        Some 0.2 s for 100,000.
        """
        rows = self._link.rows(
            "SELECT name FROM tables WHERE EXISTS (SELECT 1 FROM records JOIN versions ON record = records.num"
            " WHERE table_num = tables.num AND instr(versions.data, ?)) ORDER BY name",
            (word.encode(),),
        )
        return [row[0] for row in rows]

    def erasures(self) -> dict[EntryId, KeptErasure]:
        """The erasures in force, and how far they are here."""
        return erasures.read_erasures(self._link)

    def erasing(self, table: str, uuid: str) -> list[EntryId]:
        """The erasures in force that name a record, whether or not anything of it is or was here."""
        return stubs_of(self._charter().erasures).naming(table, uuid)

    def is_erased(self, table: str, uuid: str) -> bool:
        """Whether an erasure in force names a record."""
        return bool(self.erasing(table, uuid))

    def hidden(self) -> list[Name]:
        """The records that are hidden and not destroyed yet."""
        return erasures.names_hidden(self._link)

    def names(self) -> list[Name]:
        """All records of which something is here, hidden ones and purged ones as well."""
        return erasures.names_here(self._link)

    def family(self, table: str, uuid: str) -> list[str]:
        """The uuids that are looked at together with a record: its own, and those of strands that left it."""
        record = self._num(table, uuid)
        return [member.uuid for member in members_of(self._link, record)] if record else []

    def came_at(self, table: str, uuid: str) -> int:
        """When the last of a record had come for certain, in milliseconds since 1970; 0 where no mark says so yet."""
        return min((purges.came_at(self._link, num) for num in self._members(table, uuid)), default=0)

    def bytes_of(self, names: Iterable[Name]) -> int:
        """What records take here, their files included."""
        return sum(purges.bytes_of(self._link, self._num(*name)) for name in names)

    def size_of(self, table: str) -> int:
        """What the records of a table take here, their files included."""
        return purges.bytes_of_table(self._link, table)

    def received(self, table: str, *, after: int = 0, limit: int = _PAGE) -> list[RecordRow]:
        """Records of a table that have a receipt, with nothing open about them, those that came first before others."""
        return purges.read_received(self._link, table, after=after, limit=limit)

    def _members(self, table: str, uuid: str) -> list[int]:
        record = self._num(table, uuid)
        return [member.num for member in members_of(self._link, record)] if record else []

    def _num(self, table: str, uuid: str) -> int:
        return self._link.number(
            "SELECT records.num FROM records JOIN tables ON tables.num = table_num WHERE name = ? AND uuid = ?",
            (table, uuid),
        )
