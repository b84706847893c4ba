"""Records as people look for them: tables, pages, one record's versions, what is open, what is owed to a destination.

Lists come in pages, in the order in which records came here; `after` is the `num` of the last row of the page before.
"""

from collections.abc import Mapping, Set
from typing import Final, NamedTuple

from edenmesh.core.ids import DestinationId, RecordId, VersionId, record_id
from edenmesh.core.records import OPEN, Flag, RecordState, Version, record_state
from edenmesh.store.database import Link, Row
from edenmesh.store.versions import decode_rows, rows_of

_PAGE: Final = 100
_COLUMNS: Final = "SELECT records.num, tables.name, uuid, flags FROM records"
_NAMED: Final = "JOIN tables ON tables.num = table_num"
_IN_TABLE: Final = "records.table_num = (SELECT num FROM tables WHERE name = ?)"
_URN: Final = "urn:uuid:"


class TableRow(NamedTuple):
    """A table: records shown, records a person has to decide about, records deleted."""

    name: str
    shown: int
    open: int
    deleted: int


class RecordRow(NamedTuple):
    """A record in a list. `num` is its place in this store, for paging only."""

    num: int
    table: str
    uuid: str
    flags: Flag

    @property
    def id(self) -> RecordId:
        """The record's id."""
        return record_id(self.table, self.uuid)


class RecordVersions(NamedTuple):
    """All versions of a record held here, and those of them that are quarantined."""

    versions: Mapping[VersionId, Version]
    uncounted: Set[VersionId]

    def state(self) -> RecordState:
        """What the record shows."""
        return record_state(self.versions, self.uncounted)


class Records:
    """Reads records. Every answer is of one commit."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def tables(self) -> list[TableRow]:
        """All tables with records, by name."""
        counts = self._link.rows(
            "SELECT name, count(*), table_num FROM records JOIN tables ON tables.num = table_num"
            " GROUP BY table_num ORDER BY name"
        )
        flagged = self._link.rows(
            "SELECT table_num, sum(flags & ?1 != 0), sum(flags & ?2 != 0) FROM records WHERE flags != 0"
            " GROUP BY table_num",
            (int(OPEN), int(Flag.DELETED)),
        )
        by_table = {num: (opened, deleted) for num, opened, deleted in flagged}
        found: list[TableRow] = []
        for name, count, num in counts:
            opened, deleted = by_table.get(num, (0, 0))
            found.append(TableRow(name, count - deleted, opened, deleted))
        return found

    def page(self, table: str, *, after: int = 0, limit: int = _PAGE, with_deleted: bool = False) -> list[RecordRow]:
        """Records of a table, deleted ones only where asked for."""
        hidden = 0 if with_deleted else int(Flag.DELETED)
        return self._page(f"{_IN_TABLE} AND flags & ? = 0", (table, hidden), after, limit)

    def flagged(self, flags: Flag, *, table: str = "", after: int = 0, limit: int = _PAGE) -> list[RecordRow]:
        """Records with any of these flags, of one table or of all."""
        # Few records are flagged: SQLite, which does not know that, would rather walk through all of them in order.
        where, bindings = "flags != 0 AND flags & ? != 0", (int(flags), *([table] if table else ()))
        if table:
            where += f" AND {_IN_TABLE}"
        return self._page(where, bindings, after, limit, hint="INDEXED BY records_flagged")

    def owed(self, destination: DestinationId, *, after: int = 0, limit: int = _PAGE) -> list[RecordRow]:
        """Records that a destination was not last seen to hold as they are shown here, deleted ones among them."""
        return self._page(
            "NOT EXISTS (SELECT 1 FROM delivered WHERE destination = ? AND record = records.num)",
            (destination,),
            after,
            limit,
        )

    def destinations(self) -> list[DestinationId]:
        """Destinations that observations here speak of, whether or not this device can reach them."""
        return [DestinationId(row[0]) for row in self._link.rows("SELECT DISTINCT destination FROM delivered")]

    def count_owed(self, destination: DestinationId) -> int:
        """How many records are owed to a destination."""
        delivered = self._link.number("SELECT count(*) FROM delivered WHERE destination = ?", (destination,))
        return self._link.number("SELECT count(*) FROM records") - delivered

    def find(self, beginning: str, *, table: str = "", limit: int = _PAGE) -> list[RecordRow]:
        """Records whose uuid begins so, with or without `urn:uuid:`. Looks at every record: some 20 ms for 100,000."""
        pattern = beginning.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        where = "(uuid LIKE ? ESCAPE '\\' OR uuid LIKE ? ESCAPE '\\')"
        bindings: tuple[str, ...] = (pattern, _URN + pattern)
        if table:
            where += f" AND {_IN_TABLE}"
            bindings = (*bindings, table)
        return self._page(where, bindings, 0, limit)

    def row(self, table: str, uuid: str) -> RecordRow | None:
        """One record, or None where no version of it is here."""
        found = self._link.row(f"{_COLUMNS} {_NAMED} WHERE tables.name = ? AND uuid = ?", (table, uuid))
        return _record_row(found) if found else None

    def versions(self, table: str, uuid: str) -> RecordVersions | None:
        """All versions of a record, or None where there are none."""
        found = self.row(table, uuid)
        return self.versions_of(found.num) if found else None

    def versions_of(self, num: int) -> RecordVersions:
        """The same for a row of a list."""
        return RecordVersions(*decode_rows(rows_of(self._link, num)))

    def _page(
        self, where: str, bindings: tuple[int | str | bytes, ...], after: int, limit: int, *, hint: str = ""
    ) -> list[RecordRow]:
        rows = self._link.rows(
            f"{_COLUMNS} {hint} {_NAMED} WHERE {where} AND records.num > ? ORDER BY records.num LIMIT ?",
            (*bindings, after, limit),
        )
        return [_record_row(row) for row in rows]


def _record_row(row: Row) -> RecordRow:
    num, table, uuid, flags = row
    return RecordRow(num, table, uuid, Flag(flags))
