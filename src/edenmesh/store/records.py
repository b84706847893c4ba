"""Records as people look for them: tables, pages, one record's versions, what is open, what is owed to a destination.

Lists come in pages, in the order in which records came here; `after` is the `num` of the last row of the page before.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Set
from enum import Enum
from typing import Final, NamedTuple

from edenmesh.core.ids import AuthorId, DestinationId, FormHash, RecordId, VersionId, record_id
from edenmesh.core.records import (
    OPEN,
    Carried,
    Declarations,
    Declared,
    Flag,
    History,
    RecordState,
    Version,
    declared_by,
    family_uuids,
    record_states,
    versions_at,
)
from edenmesh.core.trust import Charter
from edenmesh.store.database import Link, Row
from edenmesh.store.families import members_of
from edenmesh.store.forms import Forms
from edenmesh.store.logs import read_logs, spans_of
from edenmesh.store.pen import read_versions
from edenmesh.store.versions import PURGED, QUARANTINED, decode_rows, rows_of

_PAGE: Final = 100
_COLUMNS: Final = "SELECT records.num, tables.name, uuid, flags FROM records"
_NAMED: Final = "JOIN tables ON tables.num = table_num"
_IN_TABLE: Final = "records.table_num = (SELECT num FROM tables WHERE name = ?)"
_URN: Final = "urn:uuid:"
_HAS_PURGED: Final = "SELECT 1 FROM versions WHERE record = ? AND standing != 0 AND standing = ? LIMIT 1"


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
    """All versions held here of a record and its family, and those of them that are quarantined.

    `uuid` is that of the record asked for; empty, it is the one that all versions have. Without `declarations` no
    forms are looked at.
    """

    versions: Mapping[VersionId, Version]
    uncounted: Set[VersionId]
    uuid: str = ""
    declarations: Declarations | None = None

    def state(self) -> RecordState:
        """What the record shows; without a strand where none resides there."""
        states = self.states()
        found = next((state for state in states if state.uuid == self.uuid), None)
        if found is None and not self.uuid:
            found = states[0]
        return found or RecordState(next(iter(self.versions.values())).table, self.uuid, (), frozenset(), Flag(0))

    def states(self) -> tuple[RecordState, ...]:
        """What it and the records of its family show: those at whose uuid a strand resides."""
        return record_states(self.versions, self.uncounted, self.declarations)

    def declared(self, schema: FormHash) -> Declared:
        """What is to be heeded by one who writes a version with a form: what it declares, and those before it did."""
        if self.declarations is None:
            return Declared()
        return declared_by(History(self.versions, self.uncounted), self.declarations, schema)

    def alone(self) -> "RecordVersions":
        """The same without its family: for questions that are asked of one record (`versions_at`)."""
        is_alone = not family_uuids(self.versions) and all(one.uuid == self.uuid for one in self.versions.values())
        if is_alone or not self.uuid:
            return self
        return self._replace(versions=versions_at(self.versions, self.uuid, self.uncounted))

    def including(self, carried: Carried) -> "RecordVersions":
        """The same with one more version, as if it were written."""
        return self._replace(versions={**self.versions, carried.id: carried.version})


class Delivery(NamedTuple):
    """A destination that holds what a record shows here.

    `is_receipt` says that a gateway saw it, at a destination a steward pinned. `first_ms` is when this device itself
    first read it back, in milliseconds since 1970, and `again_ms` when it did so at least a day later; 0 for not yet.
    """

    destination: DestinationId
    is_receipt: bool
    first_ms: int
    again_ms: int


class Why(Enum):
    """Why a version is without effect."""

    CUT = "cut"
    """Its author is cut off, and it lies under no seal that is accepted."""
    UNCERTIFIED = "uncertified"
    """The charter names its author and does not certify it."""
    WAITING = "waiting"
    """A version it follows has not come."""


class Quarantined(NamedTuple):
    """One version without effect, and why."""

    version: VersionId
    author: AuthorId
    why: Why


class QuarantinedRow(NamedTuple):
    """A record with versions without effect."""

    record: RecordRow
    versions: tuple[Quarantined, ...]


class QuarantineCount(NamedTuple):
    """How many versions of an author are without effect by the charter's word."""

    author: AuthorId
    why: Why
    versions: int


class Records:
    """Reads records. Every answer is of one commit."""

    def __init__(self, link: Link, forms: Callable[[], Forms], charter: Callable[[], Charter]) -> None:
        self._link = link
        self._forms = forms
        self._charter = charter

    def tables(self) -> list[TableRow]:
        """All tables with records, by name."""
        flagged = self._link.rows(
            "SELECT name, sum(flags & ?1 != 0), sum(flags & ?2 != 0) FROM records JOIN tables ON tables.num = table_num"
            " WHERE flags != 0 GROUP BY table_num",
            (int(OPEN), int(Flag.DELETED)),
        )
        by_table = {name: (opened, deleted) for name, opened, deleted in flagged}
        found: list[TableRow] = []
        for name, count in count_by_table(self._link):
            opened, deleted = by_table.get(name, (0, 0))
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
        vacant = self._link.number("SELECT count(*) FROM records WHERE is_vacant != 0")
        return self._link.number("SELECT count(*) FROM records") - vacant - delivered

    def count_receipts(self, destination: DestinationId) -> int:
        """How many records a gateway saw at a destination, as they are shown here, which a steward pinned."""
        return self._link.number(
            "SELECT count(*) FROM delivered WHERE destination = ? AND is_receipt != 0", (destination,)
        )

    def count_read_once(self, destination: DestinationId) -> int:
        """How many delivered records this device has read back there once, and not yet a day later."""
        return self._link.number("SELECT count(*) FROM read_backs WHERE destination = ? AND again = 0", (destination,))

    def count_questions(self, destination: DestinationId) -> int:
        """Of how many records a destination has gone back, nobody having said yet what that means."""
        return self._link.number("SELECT count(*) FROM questions WHERE destination = ?", (destination,))

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
        """One record, or None where nothing of it is here."""
        found = self._link.row(
            f"{_COLUMNS} {_NAMED} WHERE tables.name = ? AND uuid = ? AND is_vacant = 0", (table, uuid)
        )
        return _record_row(found) if found else None

    def is_vacant(self, table: str, uuid: str) -> bool:
        """Whether a strand had left for this uuid, or is to, and none resides there now."""
        return bool(
            self._link.number(
                f"SELECT count(*) FROM records {_NAMED} WHERE tables.name = ? AND uuid = ? AND is_vacant != 0",
                (table, uuid),
            )
        )

    def versions(self, table: str, uuid: str) -> RecordVersions | None:
        """All versions of a record and its family, or None where nothing of it is here."""
        found = self.row(table, uuid)
        return self.versions_of(found.num) if found else None

    def versions_of(self, num: int) -> RecordVersions:
        """The same for a row of a list."""
        members = members_of(self._link, num)
        rows = [row for member in members for row in rows_of(self._link, member.num)]
        uuid = next((member.uuid for member in members if member.num == num), "")
        return RecordVersions(*decode_rows(rows), uuid, self._forms().declarations)

    def deliveries(self, num: int) -> list[Delivery]:
        """The destinations that hold what a record shows, for a row of a list."""
        rows = self._link.rows(
            "SELECT destination, is_receipt, coalesce(first, 0), coalesce(again, 0) FROM delivered"
            " LEFT JOIN read_backs USING (destination, record) WHERE delivered.record = ? ORDER BY destination",
            (num,),
        )
        return [Delivery(DestinationId(place), bool(flag), first, again) for place, flag, first, again in rows]

    def due_again(
        self, destination: DestinationId, before_ms: int, *, after: int = 0, limit: int = _PAGE
    ) -> list[RecordRow]:
        """Delivered records that this device first read back at that wall time or before, and not again since."""
        return self._among(
            "read_backs INDEXED BY read_backs_due",
            "read_backs.destination = ? AND again = 0 AND first <= ?",
            (destination, before_ms),
            after=after,
            limit=limit,
        )

    def twins(self, *, after: int = 0, limit: int = _PAGE) -> list[RecordRow]:
        """Records with versions by an author of whom two stores wrote at once, from there on."""
        return self._among("twins", "TRUE", (), after=after, limit=limit)

    def twin_authors(self, num: int) -> list[AuthorId]:
        """Of a row of a list, those authors; empty for almost every record."""
        rows = self._link.rows("SELECT author FROM twins WHERE record = ? ORDER BY author", (num,))
        return [AuthorId(row[0]) for row in rows]

    def quarantined(
        self, author: AuthorId | None = None, *, after: int = 0, limit: int = _PAGE
    ) -> list[QuarantinedRow]:
        """Records with versions without effect, of one author or of all, and why they are.

        Looks at every flagged record where an author is asked for: some 10 us each.
        """
        found: list[QuarantinedRow] = []
        while len(found) < limit:
            rows = self.flagged(Flag.QUARANTINED | Flag.WAITING, after=after, limit=limit)
            if not rows:
                break
            after = rows[-1].num
            for row in rows:
                versions = self._without_effect(row)
                if any(author in (None, one.author) for one in versions):
                    found.append(QuarantinedRow(row, versions))
        return found[:limit]

    def count_quarantined(self) -> list[QuarantineCount]:
        """How many versions have no effect by the charter's word, by author."""
        charter = self._charter()
        rows = self._link.rows("SELECT num FROM versions WHERE standing != 0 AND standing = ?", (QUARANTINED,))
        nums = sorted(row[0] for row in rows)
        found: list[QuarantineCount] = []
        for (name,) in self._link.rows("SELECT id FROM authors ORDER BY num") if nums else ():
            author = AuthorId(name)
            # Branches of a log share rows.
            stretches = {
                (num, count) for log in read_logs(self._link, author) for _, num, count in spans_of(self._link, log.num)
            }
            count, end = 0, 0
            for num, length in sorted(stretches):
                stop = max(end, num + length)
                count += bisect_left(nums, stop) - bisect_left(nums, max(end, num))
                end = stop
            if count:
                found.append(QuarantineCount(author, _why(charter, author), count))
        return found

    def penned(self, author: AuthorId, limit: int) -> list[Carried]:
        """The first versions that a guest handed in and that lie in the pen, in the order it wrote them."""
        return read_versions(self._link, author, limit)

    def _without_effect(self, row: RecordRow) -> tuple[Quarantined, ...]:
        held = self.versions_of(row.num)
        charter = self._charter()
        found: list[Quarantined] = []
        # What came after a purge waits for nothing: it is in the bin.
        is_purged = self._link.row(_HAS_PURGED, (row.num, PURGED)) is not None
        waiting = held.state().waiting if not is_purged else ()
        for one, version in held.versions.items():
            author = AuthorId(version.author)
            if one in held.uncounted:
                found.append(Quarantined(one, author, _why(charter, author)))
            elif one in waiting:
                found.append(Quarantined(one, author, Why.WAITING))
        return tuple(found)

    def _page(
        self, where: str, bindings: tuple[int | str | bytes, ...], after: int, limit: int, *, hint: str = ""
    ) -> list[RecordRow]:
        rows = self._link.rows(
            f"{_COLUMNS} {hint} {_NAMED} WHERE {where} AND is_vacant = 0 AND records.num > ?"
            " ORDER BY records.num LIMIT ?",
            (*bindings, after, limit),
        )
        return [_record_row(row) for row in rows]

    def _among(
        self, source: str, where: str, bindings: tuple[int | bytes, ...], *, after: int, limit: int
    ) -> list[RecordRow]:
        """Records that a table of notes names, in its order."""
        rows = self._link.rows(
            f"SELECT DISTINCT records.num, tables.name, uuid, flags FROM {source} CROSS JOIN records"
            f" ON records.num = record {_NAMED} WHERE {where} AND is_vacant = 0 AND record > ? ORDER BY record LIMIT ?",
            (*bindings, after, limit),
        )
        return [_record_row(row) for row in rows]


def count_by_table(link: Link) -> list[tuple[str, int]]:
    """Tables with how many records they have, deleted ones included; without those that have none."""
    # Counted by indexes alone: of a table the rows, less the vacant ones.
    rows = link.rows(
        "SELECT name, count(*), table_num FROM records JOIN tables ON tables.num = table_num"
        " GROUP BY table_num ORDER BY name"
    )
    vacant = dict[int, int](
        link.rows("SELECT table_num, count(*) FROM records WHERE is_vacant != 0 GROUP BY table_num")
    )
    return [(name, count - vacant.get(num, 0)) for name, count, num in rows if count > vacant.get(num, 0)]


def _why(charter: Charter, author: AuthorId) -> Why:
    return Why.CUT if charter.standing(author).is_certified else Why.UNCERTIFIED


def _record_row(row: Row) -> RecordRow:
    num, table, uuid, flags = row
    return RecordRow(num, table, uuid, Flag(flags))
