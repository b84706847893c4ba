"""Versions and their records as rows: how they come in, many at a time, and how the rows of one record are read.

This is the path that decides how fast a first sync is, so it works on whole lists: rows get their numbers here, in
order, and go in by prepared statements; whether a record is new is asked of all records of a list at once, by trying
to insert them. A record's first version, if it is a put whose form is here, needs no further thought (flags 0); all
others are noted in `touched` and looked at once, before the commit (states.py). Cost: about 5 us a version of 450
bytes.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, NamedTuple, TypeAlias

from edenmesh.core.ids import FormHash, VersionId
from edenmesh.core.reconcile import Hole
from edenmesh.core.records import FORMAT, PUT, Carried, File, Version
from edenmesh.store.database import Link

Name: TypeAlias = tuple[str, str]
"""What names a record: table and uuid."""

COUNTED: Final = 0
QUARANTINED: Final = 1
PURGED: Final = 2
ERASED: Final = 3
ABSENT: Final = 4
"""The standing of a row. From PURGED on it is a hole: its content is not here."""
_FILE_MARK: Final = b"$\xa4file"
_EMPTY_FILE: Final = sha256(b"").digest()


class Row(NamedTuple):
    """A version as it stands in the table."""

    num: int
    id: VersionId
    record: int
    standing: int
    data: bytes


@dataclass(slots=True)
class Versions:
    """What one transaction adds. `touched` are the numbers of records whose state is to be derived anew."""

    link: Link
    forms: Container[FormHash] = ()
    names: set[Name] = field(default_factory=set)
    touched: set[int] = field(default_factory=set)
    count: int = 0
    has_changed_holes: bool = False
    _tables: dict[str, int] = field(default_factory=dict)
    _next_version: int = 0
    _next_record: int = 0

    def add(self, versions: Sequence[Carried]) -> int:
        """Store versions that are not here yet. Returns the number of the first; the others follow it."""
        self._number()
        first, drafted = self._next_version, self._next_record
        records: dict[Name, int] = {}
        further: set[int] = set()
        here = {b""}
        rows: list[tuple[int, VersionId, int, int, bytes]] = []
        files: list[tuple[int, Version]] = []
        for number, carried in enumerate(versions, first):
            version, data = carried.version, carried.data
            name = (version.table, version.uuid)
            record = records.get(name)
            if record is None:
                record = records[name] = drafted + len(records)
                if version.parents or version.op != PUT or version.format != FORMAT:
                    further.add(record)
                elif version.schema not in here:
                    if version.schema in self.forms:
                        here.add(version.schema)
                    else:
                        further.add(record)
            else:
                further.add(record)
            if _FILE_MARK in data:
                files.append((record, version))
            rows.append((number, carried.id, record, 0, data))
        self._next_record += len(records)
        known = self._add_records(records, drafted)
        if known:
            rows = [(number, one, known.get(record, record), 0, data) for number, one, record, _, data in rows]
        self.link.run_many("INSERT INTO versions VALUES (?, ?, ?, ?, ?)", rows)
        self._next_version += len(rows)
        self.count += len(rows)
        self.names.update(records)
        self.touched.update(known.get(record, record) for record in further)
        self.touched.update(known.values())
        if files:
            self._add_files((known.get(record, record), version) for record, version in files)
        return first

    def add_holes(self, holes: Sequence[Hole]) -> int:
        """Store holes a peer gave, as absent. Returns the number of the first; the others follow it."""
        self._number()
        first = self._next_version
        rows = [(number, hole.id, ABSENT, b"") for number, hole in enumerate(holes, first)]
        self.link.run_many("INSERT INTO versions (num, id, standing, data) VALUES (?, ?, ?, ?)", rows)
        self._next_version += len(rows)
        self.count += len(rows)
        self.has_changed_holes = True
        return first

    def fill(self, rows: Mapping[int, Carried]) -> None:
        """The contents of absent holes have come, by the numbers of their rows."""
        if not rows:
            return
        self._number()
        drafted = self._next_record
        records: dict[Name, int] = {}
        for carried in rows.values():
            records.setdefault((carried.version.table, carried.version.uuid), drafted + len(records))
        self._next_record += len(records)
        known = self._add_records(records, drafted)
        by_row = {
            num: known.get(record, record)
            for num, carried in rows.items()
            for record in (records[carried.version.table, carried.version.uuid],)
        }
        self.link.run_many("DELETE FROM denials WHERE version = ?", [(num,) for num in rows])
        self.link.run_many(
            "UPDATE versions SET record = ?, standing = ?, data = ? WHERE num = ?",
            [(by_row[num], COUNTED, carried.data, num) for num, carried in rows.items()],
        )
        self._add_files((by_row[num], carried.version) for num, carried in rows.items())
        self.count += len(rows)
        self.names.update(records)
        self.touched.update(by_row.values())
        self.has_changed_holes = True

    def find(self, name: Name) -> int:
        """The number of a record, or 0."""
        return self.link.number(
            "SELECT records.num FROM records JOIN tables ON tables.num = table_num WHERE name = ? AND uuid = ?", name
        )

    def change_holes(self, record: int, name: Name) -> None:
        """Note that holes of a record were made, or are wanted again."""
        self.names.add(name)
        self.touched.add(record)
        self.has_changed_holes = True
        self._next_version = 0  # rows of records came or went: number anew

    def _number(self) -> None:
        if not self._next_version:
            self._next_version = self.link.number("SELECT max(num) FROM versions") + 1
            self._next_record = self.link.number("SELECT max(num) FROM records") + 1

    def _add_records(self, records: dict[Name, int], drafted: int) -> dict[int, int]:
        """Insert the records that are new. Returns, for each that is not, its true number by the one it was given."""
        tables = {table: self.table(table) for table in {table for table, _ in records}}
        added = self.link.run_many(
            "INSERT INTO records (num, table_num, uuid, flags, waiting) VALUES (?, ?, ?, 0, 0) ON CONFLICT DO NOTHING",
            [(record, tables[table], uuid) for (table, uuid), record in records.items()],
        )
        if added == len(records):
            self._unlist(records.values())
            return {}
        known: dict[int, int] = {}
        for (table, uuid), record in records.items():
            num = self.link.number("SELECT num FROM records WHERE table_num = ? AND uuid = ?", (tables[table], uuid))
            if num < drafted:
                known[record] = num
        self._unlist(record for record in records.values() if record not in known)
        return known

    def _unlist(self, fresh: Iterable[int]) -> None:
        self.link.run_many("INSERT INTO unlisted VALUES (?)", ((record,) for record in fresh))

    def table(self, name: str) -> int:
        """The number of a table, made where there is none."""
        num = self._tables.get(name)
        if num is None:
            self.link.run("INSERT INTO tables (name) VALUES (?) ON CONFLICT DO NOTHING", (name,))
            num = self._tables[name] = self.link.number("SELECT num FROM tables WHERE name = ?", (name,))
        return num

    def _add_files(self, named: Iterable[tuple[int, Version]]) -> None:
        for record, version in named:
            for file in files_of(version):
                is_empty = file.hash == _EMPTY_FILE and not file.size
                self.link.run(
                    "INSERT INTO files (hash, size, have, is_whole) VALUES (?, ?, 0, ?)"
                    " ON CONFLICT (hash, size) DO UPDATE SET is_hidden = 0 WHERE is_hidden != 0",
                    (file.hash, file.size, is_empty),
                )
                self.link.run(
                    "INSERT INTO file_refs SELECT num, ? FROM files WHERE hash = ? AND size = ? ON CONFLICT DO NOTHING",
                    (record, file.hash, file.size),
                )


def files_of(version: Version) -> list[File]:
    """The files a version names."""
    values = [*version.set.values(), *(item for items in version.add.values() for item in items)]
    return [value for value in values if isinstance(value, File)]


def rows_of(link: Link, record: int) -> list[Row]:
    """All versions of a record, in the order they came."""
    rows = link.rows("SELECT num, id, record, standing, data FROM versions WHERE record = ? ORDER BY num", (record,))
    return [Row._make(row) for row in rows]


def decode_rows(rows: Iterable[Row]) -> tuple[dict[VersionId, Version], set[VersionId]]:
    """The versions by id whose content is here, and those of them that do not count.

    One that stands in two forks of a log has two rows; it counts if one of them does.
    """
    versions: dict[VersionId, Version] = {}
    counted: set[VersionId] = set()
    for row in rows:
        if row.standing >= PURGED:
            continue
        if row.id not in versions:
            versions[row.id] = Version.decode(row.data)
        if row.standing != QUARANTINED:
            counted.add(row.id)
    return versions, versions.keys() - counted
