"""Looking for records: the one place where screens ask the device for lists."""

from dataclasses import dataclass
from typing import Final

from edenmesh.core.records import MASTER, OPEN, Flag
from edenmesh.node import Device, Json, Query, RecordRow

PAGE: Final = 50
PARTS_MAX: Final = 200


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
    query = Query(
        text=wanted.text,
        order=wanted.order,
        is_descending=wanted.is_descending,
        flags=OPEN if wanted.is_open else Flag(0),
    )
    found = device.records.search(table, query, limit=wanted.limit, offset=wanted.offset)
    return Found(found.rows, found.total, found.unlisted)


def find_parts(device: Device, table: str, master: tuple[str, str]) -> list[RecordRow]:
    """The rows of a component's table that belong to a record."""
    having: dict[str, Json] = {MASTER: {"table": master[0], "uuid": master[1]}}
    rows = device.records.search(table, Query(having=having), limit=PARTS_MAX).rows
    return [row for row in rows if row.fields.get(MASTER) == having[MASTER]]
