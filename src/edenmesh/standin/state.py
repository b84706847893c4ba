"""What the server holds: rows, files and counters of row ids, all in memory.

A row is never changed in place, so that a snapshot is a copy of a few dictionaries and setting the server back
to an older state is exact. Deleted rows stay, as on the real server, with their foreign keys emptied; `forget`
is the only thing that loses one. Cost: one dictionary entry per row, one per foreign key, and a snapshot copies
the entries.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from edenmesh.standin.schema import Component, Key, Table, Value


@dataclass(frozen=True, slots=True)
class Row:
    """One record of one table. `mci` is what is stored; an export shows one more."""

    key: Key
    uuid: str
    values: Mapping[str, Value | None]
    mci: int | None = None
    created_on: datetime | None = None
    modified_on: datetime | None = None
    created_by: str | None = None
    modified_by: str | None = None
    owned_by_user: str | None = None
    owned_by_group: str | None = None
    is_deleted: bool = False
    replaced_by: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole state at one moment."""

    rows: Mapping[str, Mapping[int, Row]]
    sequences: Mapping[str, int]
    files: Mapping[str, bytes]


@dataclass(slots=True)
class State:
    """All rows of all tables."""

    tables: Mapping[str, Table]
    rows: dict[str, dict[int, Row]] = field(init=False)
    sequences: dict[str, int] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    _ids: dict[tuple[str, str], int] = field(default_factory=dict)
    _links: dict[Key, dict[tuple[Key, str], None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rows = {name: {} for name in self.tables}

    def next_key(self, table: str) -> Key:
        """Take the next row id of a table."""
        self.sequences[table] = self.sequences.get(table, 0) + 1
        return Key(table, self.sequences[table])

    def get(self, key: Key) -> Row | None:
        """The row of that id, deleted or not."""
        return self.rows[key.table].get(key.id)

    def find(self, table: str, uuid: str | None) -> Row | None:
        """The row of that uuid, deleted or not."""
        row_id = self._ids.get((table, uuid)) if uuid else None
        return None if row_id is None else self.rows[table][row_id]

    def live(self, table: str) -> Iterator[Row]:
        """The rows of a table that are not deleted, by row id."""
        return (row for _, row in sorted(self.rows[table].items()) if not row.is_deleted)

    def components(self, master: Row, component: Component) -> list[Row]:
        """The rows that hang on a master by one component, by row id."""
        hanging = [
            key for key, name in self._links.get(master.key, ()) if (key.table, name) == component_column(component)
        ]
        return [row for key in sorted(hanging) if (row := self.get(key)) and not row.is_deleted]

    def referrers(self, key: Key) -> list[tuple[Row, str]]:
        """The rows that are not deleted and name this one, each with the field it does so in."""
        found = [(self.get(other), name) for other, name in sorted(self._links.get(key, ()))]
        return [(row, name) for row, name in found if row and not row.is_deleted and row.key != key]

    def put(self, row: Row) -> Row:
        """Store a row in place of what has its id."""
        self._unlink(row.key)
        self.rows[row.key.table][row.key.id] = row
        self._ids[row.key.table, row.uuid] = row.key.id
        for name, value in row.values.items():
            if isinstance(value, Key):
                self._links.setdefault(value, {})[row.key, name] = None
        return row

    def forget(self, key: Key) -> None:
        """Lose a row without a trace."""
        row = self.get(key)
        if row is not None:
            self._unlink(key)
            del self.rows[key.table][key.id]
            del self._ids[key.table, row.uuid]

    def snapshot(self) -> Snapshot:
        """The state as it is now."""
        return Snapshot({name: dict(rows) for name, rows in self.rows.items()}, dict(self.sequences), dict(self.files))

    def restore(self, snapshot: Snapshot) -> None:
        """Set everything back to an older state."""
        self.sequences, self.files = dict(snapshot.sequences), dict(snapshot.files)
        self.rows = {name: {} for name in self.tables}
        self._ids.clear()
        self._links.clear()
        for rows in snapshot.rows.values():
            for row in rows.values():
                self.put(row)

    def _unlink(self, key: Key) -> None:
        before = self.get(key)
        for name, value in before.values.items() if before else ():
            if isinstance(value, Key):
                self._links.get(value, {}).pop((key, name), None)


def component_column(component: Component) -> tuple[str, str]:
    """The table and the field by which a component hangs on its master."""
    return component.table, component.joinby


def new_uuid(entropy: Callable[[int], bytes]) -> str:
    """A random uuid as the server makes them (RFC 9562, version 4)."""
    digits = bytearray(entropy(16))
    digits[6], digits[8] = digits[6] & 0x0F | 0x40, digits[8] & 0x3F | 0x80
    text = digits.hex()
    return f"urn:uuid:{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
