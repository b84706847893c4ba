"""A server of one row that keeps no promise: it drops, forgets and is set back (for gateway_worlds.py)."""

from collections.abc import Mapping
from typing import Final

from edenmesh.core.ids import DestinationId
from edenmesh.core.records import Reading

SERVER: Final = DestinationId(bytes([0xD1]) * 32)

Body = dict[str, str] | None
"""What the server holds: texts by field, or None where it has no row."""


class Server:
    """One row, with the stamps of a clock that nobody else reads.

    `serial` counts all that it ever was, `unread` is what it was at the last read and since.
    """

    def __init__(self) -> None:
        self._row: Body = None
        self.unread: list[dict[str, str]] = [{}]
        self.serial = 0
        self.modified = 0
        self.created = 0
        self.dropping: set[str] = set()
        self.copies: list[tuple[Body, int, int]] = []

    @property
    def row(self) -> Body:
        """What is there now; give it a new one to change it."""
        return None if self._row is None else dict(self._row)

    @row.setter
    def row(self, row: Body) -> None:
        self._row = None if row is None else {name: text for name, text in row.items() if text}
        self.unread.append(self._row or {})
        self.serial += 1

    def read(self, *, was_created: bool = False) -> Reading:
        if self.row is None:
            return Reading(SERVER, None, was_created=was_created)
        return Reading(SERVER, self.row, f"{self.modified:06}", f"{self.created:06}", was_created=was_created)

    def push(self, fields: Mapping[str, str], now: int) -> bool:
        """Store fields, an empty text emptying one. Returns whether that made the row."""
        is_new = self.row is None
        self.created = now if is_new else self.created
        self.row = {**(self.row or {}), **{name: text for name, text in fields.items() if name not in self.dropping}}
        self.modified = now
        return is_new
