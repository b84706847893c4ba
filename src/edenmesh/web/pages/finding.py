"""Looking for records: the one place where screens ask the device for lists."""

from dataclasses import dataclass
from typing import Final

from edenmesh.node import Device, RecordRow

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for: words, the field to sort by (empty: what records are called), and from which place on.

    `is_open`: only records with something to decide.
    """

    text: str = ""
    order: str = ""
    is_descending: bool = False
    is_open: bool = False
    offset: int = 0
    limit: int = PAGE


@dataclass(frozen=True, slots=True)
class Found:
    """A page of records: how many there are in all, and how many are not listed yet."""

    rows: tuple[RecordRow, ...]
    total: int
    unlisted: int = 0


def find(device: Device, table: str, wanted: Wanted) -> Found:
    """A page of what is found. Raises InvalidInput for a field that the table does not have."""
    rows: list[RecordRow] = []
    after = 0
    while True:
        some, after = device.records.page(table, limit=1000, after=after)
        rows += [row for row in some if _fits(row, wanted)]
        if not after:
            break
    rows.sort(key=lambda row: _key(row, wanted.order), reverse=wanted.is_descending)
    return Found(tuple(rows[wanted.offset : wanted.offset + wanted.limit]), len(rows))


def find_parts(device: Device, table: str, master: tuple[str, str]) -> list[RecordRow]:
    """The rows of a component's table that belong to a record."""
    rows = find(device, table, Wanted(limit=100_000)).rows
    return [row for row in rows if row.fields.get("$master") == {"table": master[0], "uuid": master[1]}]


def _fits(row: RecordRow, wanted: Wanted) -> bool:
    told = " ".join([row.label, row.uuid, *map(str, row.fields.values())]).lower()
    return all(word in told for word in wanted.text.lower().split()) and (row.is_undecided or not wanted.is_open)


def _key(row: RecordRow, order: str) -> str:
    return str(row.fields.get(order, "") if order else row.label).lower()
