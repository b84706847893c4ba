"""What this device notes of its purges: which record, when, by whom; and when what is here had come.

When a record came is not kept with it: rows get their numbers in the order in which they come, so a mark "up to this
row, at that time" now and then says it of all of them, at no cost to a first sync. What was wanted again after a purge
counts as having come then.
"""

from typing import NamedTuple

from edenmesh.core.records import Flag
from edenmesh.store.database import Link
from edenmesh.store.records import RecordRow
from edenmesh.store.versions import PURGED


class Purged(NamedTuple):
    """A record of which versions were purged here. Times are wall time in milliseconds since 1970.

    `has_newer` says that versions of it have come since: they are kept and passed on. `purged_at` is 0 where nobody
    noted it.
    """

    num: int
    table: str
    uuid: str
    purged_at: int
    is_automatic: bool
    versions: int
    has_newer: bool


def note_purge(link: Link, record: int, now_ms: int, *, is_automatic: bool) -> None:
    """Note that a record was purged."""
    link.run("INSERT OR REPLACE INTO purges VALUES (?, ?, ?, 0)", (record, now_ms, is_automatic))


def note_fetch(link: Link, record: int, now_ms: int) -> None:
    """Note that a record purged before is wanted again."""
    link.run(
        "INSERT INTO purges VALUES (?1, 0, 0, ?2) ON CONFLICT DO UPDATE SET fetched_at = max(fetched_at, ?2)",
        (record, now_ms),
    )


def note_arrivals(link: Link, now_ms: int) -> None:
    """Note that all that is here had come by now."""
    link.run(
        "INSERT INTO arrivals SELECT max(num), ? FROM versions WHERE num IS NOT NULL"
        " HAVING max(num) > coalesce((SELECT max(version) FROM arrivals), 0)",
        (now_ms,),
    )


def read_purged(link: Link, *, after: int = 0, limit: int = 100) -> list[Purged]:
    """Records of which versions are purged, in the order in which they first came here."""
    rows = link.rows(
        "SELECT record, tables.name, uuid, coalesce(purged_at, 0), coalesce(is_automatic, 0), count(*),"
        " EXISTS (SELECT 1 FROM versions AS held WHERE held.record = records.num AND held.standing < 2)"
        " FROM versions INDEXED BY versions_standing JOIN records ON records.num = record"
        " JOIN tables ON tables.num = table_num LEFT JOIN purges USING (record)"
        " WHERE standing != 0 AND standing = ? AND record > ? GROUP BY record ORDER BY record LIMIT ?",
        (PURGED, after, limit),
    )
    return [
        Purged(num, table, uuid, at, bool(automatic), versions, bool(newer))
        for num, table, uuid, at, automatic, versions, newer in rows
    ]


def came_at(link: Link, record: int) -> int:
    """When the last of a record had come for certain, in milliseconds since 1970; 0 where no mark says so yet."""
    seen_at = link.number(
        "SELECT seen_at FROM arrivals WHERE version >= (SELECT max(num) FROM versions WHERE record = ?)"
        " ORDER BY version LIMIT 1",
        (record,),
    )
    fetched_at = link.number("SELECT fetched_at FROM purges WHERE record = ?", (record,))
    return max(seen_at, fetched_at) if seen_at else 0


def bytes_of(link: Link, record: int) -> int:
    """What a record takes here, its whole files included; those that others name as well are counted in full."""
    versions = link.number("SELECT sum(length(data)) FROM versions WHERE record = ?", (record,))
    files = link.number(
        "SELECT sum(have) FROM files WHERE num IN (SELECT file FROM file_refs WHERE record = ?)", (record,)
    )
    return versions + files


def bytes_of_table(link: Link, table: str) -> int:
    """What the records of a table take here, their whole files included. Looks at every version of the table."""
    of_table = "SELECT records.num FROM records JOIN tables ON tables.num = table_num WHERE name = ?"
    versions = link.number(f"SELECT sum(length(data)) FROM versions WHERE record IN ({of_table})", (table,))
    named = f"SELECT file FROM file_refs WHERE record IN ({of_table})"
    return versions + link.number(f"SELECT sum(have) FROM files WHERE num IN ({named})", (table,))


def read_received(link: Link, table: str, *, after: int = 0, limit: int = 100) -> list[RecordRow]:
    """Records of a table with a receipt, without flags or with that of the deleted alone."""
    rows = link.rows(
        "SELECT records.num, tables.name, uuid, flags FROM records JOIN tables ON tables.num = table_num"
        " WHERE name = ? AND flags & ~? = 0 AND is_vacant = 0 AND records.num > ?"
        " AND EXISTS (SELECT 1 FROM delivered WHERE record = records.num AND is_receipt != 0)"
        " ORDER BY records.num LIMIT ?",
        (table, int(Flag.DELETED), after, limit),
    )
    return [RecordRow(num, name, uuid, Flag(flags)) for num, name, uuid, flags in rows]
