"""What is derived of records: the flags by which they are listed and counted, and where they were delivered.

A record's state is a pure function of its versions (core.records); nothing here is truth. What a transaction touched
is derived once, before its commit, so readers never see a flag that contradicts the versions beside it. Deriving all
of them again gives the same.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from edenmesh.core.ids import DestinationId, VersionId
from edenmesh.core.records import OBSERVE, Version, is_delivered, record_state
from edenmesh.store.database import Link
from edenmesh.store.versions import Name, decode_rows, rows_of

_PAGE: Final = 1000


def derive(link: Link, records: Iterable[int]) -> None:
    """Derive flags and deliveries of these records from their versions."""
    for record in records:
        versions, uncounted = decode_rows(rows_of(link, record))
        state = record_state(versions, uncounted)
        link.run(
            "UPDATE records SET flags = ?1, waiting = ?2 WHERE num = ?3 AND (flags != ?1 OR waiting != ?2)",
            (int(state.flags), len(state.waiting), record),
        )
        for destination in _destinations(versions):
            if is_delivered(state, versions, destination, uncounted):
                link.run("INSERT INTO delivered VALUES (?, ?) ON CONFLICT DO NOTHING", (destination, record))
            else:
                link.run("DELETE FROM delivered WHERE destination = ? AND record = ?", (destination, record))


def derive_all(link: Link) -> int:
    """Derive the states of all records. Returns how many there are."""
    last = count = 0
    while True:
        rows = link.rows("SELECT num FROM records WHERE num > ? ORDER BY num LIMIT ?", (last, _PAGE))
        if not rows:
            return count
        derive(link, [row[0] for row in rows])
        last, count = rows[-1][0], count + len(rows)


def names_of(link: Link, records: Iterable[int]) -> set[Name]:
    """Table and uuid of records."""
    sql = "SELECT name, uuid FROM records JOIN tables ON tables.num = table_num WHERE records.num = ?"
    return {(name, uuid) for record in records for name, uuid in link.rows(sql, (record,))}


def _destinations(versions: Mapping[VersionId, Version]) -> set[DestinationId]:
    """The destinations that a record was ever observed at."""
    observed = (version for version in versions.values() if version.op == OBSERVE and version.is_understood)
    return {version.observation.destination for version in observed}
