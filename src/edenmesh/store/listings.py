"""Lists of records: found by words, narrowed by values, sorted by a field, a page at a time.

What a list needs to know of a record is derived from its state, so it is never truth. A change takes the records it
touched out of the lists, at once and with every word of them; in a quiet moment they are derived anew and put back, so
that a sync need not wait for it. Whoever searches is told how many are not back yet.

A search walks one covering index in the order wanted, so its cost is that of the index and of the words it looks for:
some 20 ms for 100,000 records, wherever the page is.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from edenmesh.core.records import Flag
from edenmesh.store.database import Link
from edenmesh.store.records import RecordRow

LABEL: Final = "$label"
"""The order by what a record is called; no field begins with a dollar but those of component rows."""
CHANGED: Final = "$changed"
"""The order by when a record was last changed, by the clocks of those who wrote."""

Key: TypeAlias = str | int | float

_ANY: Final = Flag(0)
_PATH: Final = re.compile(r"[^\"\\]+")
_TABLE: Final = "(SELECT num FROM tables WHERE name = ?)"


class Listed(NamedTuple):
    """What lists know of one record: its words, and by field the key it is sorted by."""

    record: int
    words: str
    keys: Mapping[str, Key]


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for in a table. Every word must begin a word of the record; `having` are keys it must have.

    `flags` are such of which it must have one; deleted records are left out unless asked for.
    """

    words: tuple[str, ...] = ()
    having: Mapping[str, Key] = field(default_factory=dict)
    flags: Flag = _ANY
    order: str = LABEL
    is_descending: bool = False
    with_deleted: bool = False


class Found(NamedTuple):
    """One page of what was found, how many there are in all, and how many records are not in the lists yet."""

    rows: tuple[RecordRow, ...]
    total: int
    unlisted: int


class Listings:
    """Reads lists."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def has_order(self, table: str, field: str) -> bool:
        """Whether records of a table are kept in order of this field."""
        return _order(self._link, table, field) is not None

    def count_unlisted(self, table: str) -> int:
        """How many records of a table are not in the lists now."""
        return self._link.number(
            f"SELECT count(*) FROM unlisted CROSS JOIN records ON num = record WHERE table_num = {_TABLE}", (table,)
        )

    def unlisted(self, *, table: str = "", limit: int) -> tuple[list[int], list[RecordRow]]:
        """Records that are not in the lists now, of one table or of all: the places of all, and those to be shown."""
        where, bindings = (f"WHERE table_num = {_TABLE}", (table,)) if table else ("", ())
        sql = (
            "SELECT records.num, name, uuid, flags, is_vacant FROM unlisted CROSS JOIN records ON records.num = record"
            f" JOIN tables ON tables.num = table_num {where} LIMIT ?"
        )
        rows = self._link.rows(sql, (*bindings, limit))
        shown = [RecordRow(num, name, uuid, Flag(flags)) for num, name, uuid, flags, is_vacant in rows if not is_vacant]
        return [row[0] for row in rows], shown

    def search(self, table: str, search: Search, *, limit: int, offset: int = 0) -> Found:
        """A page of what is found. The orders of the search must be there (`Transaction.keep_order`)."""
        where, bindings = self._where(table, search)
        total = self._link.number(f"SELECT count(*) FROM sorted WHERE {where}", bindings)
        direction = "DESC" if search.is_descending else "ASC"
        page = f"SELECT record FROM sorted WHERE {where} ORDER BY key {direction}, record {direction} LIMIT ? OFFSET ?"
        nums = [row[0] for row in self._link.rows(page, (*bindings, limit, offset))]
        marks = ", ".join("?" * len(nums))
        rows = self._link.rows(f"SELECT num, uuid, flags FROM records WHERE num IN ({marks})", nums)
        by_num = {num: RecordRow(num, table, uuid, Flag(flags)) for num, uuid, flags in rows}
        return Found(tuple(by_num[num] for num in nums), total, self.count_unlisted(table))

    def _where(self, table: str, search: Search) -> tuple[str, list[Key]]:
        order = _order(self._link, table, search.order)
        parts, bindings = ["order_num = ?"], [-1 if order is None else order]
        values: list[Key] = [*bindings]
        if search.words:
            parts.append("record IN (SELECT rowid FROM listed_words WHERE listed_words MATCH ?)")
            values.append(" ".join(f'"{word}"*' for word in search.words))
        for name, key in search.having.items():
            parts.append("record IN (SELECT record FROM sorted WHERE order_num = ? AND key = ?)")
            had = _order(self._link, table, name)
            values += [-1 if had is None else had, key]
        # Few records are flagged, and an index has those alone.
        flagged = f"SELECT num FROM records INDEXED BY records_flagged WHERE table_num = {_TABLE} AND flags != 0"
        if search.flags:
            parts.append(f"record IN ({flagged} AND flags & ? != 0)")
            values += [table, int(search.flags)]
        if not search.with_deleted:
            parts.append(f"record NOT IN ({flagged} AND flags & ? != 0)")
            values += [table, int(Flag.DELETED)]
        return " AND ".join(parts), values


def unlist(link: Link, records: Iterable[int]) -> None:
    """Take records out of the lists, with their words, until they are listed anew."""
    nums = [(record,) for record in records]
    link.run_many("DELETE FROM listings WHERE record = ?", nums)
    link.run_many("INSERT INTO unlisted SELECT num FROM records WHERE num = ? ON CONFLICT DO NOTHING", nums)


def unlist_table(link: Link, table: str) -> None:
    """Take all records of a table out of the lists."""
    unlist(link, [row[0] for row in link.rows(f"SELECT num FROM records WHERE table_num = {_TABLE}", (table,))])


def put_listed(link: Link, records: Iterable[int], listed: Iterable[Listed]) -> None:
    """Put `records` back into the lists: those of them that are `listed`; the others are not shown."""
    nums = [(record,) for record in records]
    link.run_many("DELETE FROM listings WHERE record = ?", nums)
    link.run_many("DELETE FROM unlisted WHERE record = ?", nums)
    link.run_many(
        "INSERT INTO listings SELECT num, table_num, ?, ? FROM records WHERE num = ?",
        [(one.words, json.dumps(one.keys, ensure_ascii=False), one.record) for one in listed],
    )


def keep_order(link: Link, table: str, field: str) -> bool:
    """Keep the records of a table in order of this field from now on. Returns whether that can be done."""
    if _PATH.fullmatch(field) is None:
        return False
    if _order(link, table, field) is None:
        path = f'$."{field}"'
        added = link.run(
            "INSERT INTO orders (table_num, field, path) SELECT num, ?, ? FROM tables WHERE name = ?",
            (field, path, table),
        )
        if added:
            link.run(
                "INSERT INTO sorted SELECT orders.num, coalesce(keys ->> path, ''), record FROM orders"
                f" JOIN listings USING (table_num) WHERE table_num = {_TABLE} AND field = ? ORDER BY 2, 3",
                (table, field),
            )
    return True


def _order(link: Link, table: str, field: str) -> int | None:
    row = link.row(f"SELECT num FROM orders WHERE table_num = {_TABLE} AND field = ?", (table, field))
    return row[0] if row else None
