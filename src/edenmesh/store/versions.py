"""Versions and their records as rows: how they come in, many at a time, and how the rows of one record are read.

This is the path that decides how fast a first sync is, so it works on whole lists: rows get their numbers here, in
order, and go in by prepared statements; whether a record is new is asked of all records of a list at once, by trying
to insert them. A record's first version, if it is a put, needs no further thought (flags 0); all others are noted in
`touched` and looked at once, before the commit (states.py). Cost: about 5 us a version of 450 bytes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, NamedTuple, TypeAlias

from edenmesh.core.ids import VersionId
from edenmesh.core.records import FORMAT, PUT, Carried, File, Version
from edenmesh.store.database import Link

Name: TypeAlias = tuple[str, str]
"""What names a record: table and uuid."""

QUARANTINED: Final = 1
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
    names: set[Name] = field(default_factory=set)
    touched: set[int] = field(default_factory=set)
    count: int = 0
    _tables: dict[str, int] = field(default_factory=dict)
    _next_version: int = 0
    _next_record: int = 0

    def add(self, versions: Sequence[Carried]) -> int:
        """Store versions that are not here yet. Returns the number of the first; the others follow it."""
        if not self.count:
            self._next_version = self.link.number("SELECT max(num) FROM versions") + 1
            self._next_record = self.link.number("SELECT max(num) FROM records") + 1
        first, drafted = self._next_version, self._next_record
        records: dict[Name, int] = {}
        further: set[int] = set()
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

    def _add_records(self, records: dict[Name, int], drafted: int) -> dict[int, int]:
        """Insert the records that are new. Returns, for each that is not, its true number by the one it was given."""
        tables = {table: self._table(table) for table in {table for table, _ in records}}
        added = self.link.run_many(
            "INSERT INTO records VALUES (?, ?, ?, 0, 0) ON CONFLICT DO NOTHING",
            [(record, tables[table], uuid) for (table, uuid), record in records.items()],
        )
        if added == len(records):
            return {}
        known: dict[int, int] = {}
        for (table, uuid), record in records.items():
            num = self.link.number("SELECT num FROM records WHERE table_num = ? AND uuid = ?", (tables[table], uuid))
            if num < drafted:
                known[record] = num
        return known

    def _table(self, name: str) -> int:
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
                    "INSERT INTO files (hash, size, have, is_whole) VALUES (?, ?, 0, ?) ON CONFLICT DO NOTHING",
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
    """The versions by id, and those of them that do not count.

    One that stands in two forks of a log has two rows; it counts if one of them does.
    """
    versions: dict[VersionId, Version] = {}
    counted: set[VersionId] = set()
    for row in rows:
        if row.id not in versions:
            versions[row.id] = Version.decode(row.data)
        if row.standing != QUARANTINED:
            counted.add(row.id)
    return versions, versions.keys() - counted
