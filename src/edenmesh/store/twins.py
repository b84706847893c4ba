"""Twins: two versions of one author and seq, as a copied store makes them (design, section 2.2).

Both are kept and count; the records are noted, so that every device that holds both logs says the same. Whatever
stands in an author's logs from the place on where they part is meant: from there on two stores wrote as one.
"""

from collections.abc import Iterable

from edenmesh.core.ids import AuthorId
from edenmesh.core.records import Version
from edenmesh.store.database import Link, Row
from edenmesh.store.logs import read_logs, spans_of


class Forks:
    """The authors whose logs forked, and where; read once for each author that is asked for."""

    def __init__(self, link: Link) -> None:
        self._link = link
        rows = link.rows(
            "SELECT DISTINCT id FROM logs INDEXED BY logs_forked JOIN authors ON authors.num = author WHERE branch > 0"
        )
        self._places: dict[bytes, int | None] = {row[0]: None for row in rows}

    def __bool__(self) -> bool:
        """Whether any author's log forked."""
        return bool(self._places)

    def authors_of(self, versions: Iterable[Version]) -> set[AuthorId]:
        """The authors of those of the versions that stand where their log has forked."""
        forked = (one for one in versions if one.author in self._places)
        return {AuthorId(one.author) for one in forked if one.seq >= self.place(AuthorId(one.author))}

    def place(self, author: AuthorId) -> int:
        """The first seq at which the logs of a forked author differ."""
        place = self._places[author]
        if place is None:
            first, *others = [spans_of(self._link, log.num) for log in read_logs(self._link, author)]
            place = self._places[author] = min(_shared(first, other) for other in others)
        return place

    def records_beyond(self, author: AuthorId) -> set[int]:
        """The records of all that a forked author wrote where the logs differ."""
        place = self.place(author)
        found: set[int] = set()
        for log in read_logs(self._link, author):
            for start, num, count in spans_of(self._link, log.num):
                if start + count > place:
                    first = num + max(place - start, 0)
                    found |= records_between(self._link, first, num + count)
        return found


def records_between(link: Link, first: int, end: int) -> set[int]:
    """The records of a stretch of rows, holes left out."""
    rows = link.rows(
        "SELECT DISTINCT record FROM versions WHERE num >= ? AND num < ? AND record IS NOT NULL", (first, end)
    )
    return {row[0] for row in rows}


def _shared(one: list[Row], other: list[Row]) -> int:
    """How many places of two logs, from the beginning on, are the same rows."""
    at = 0
    mine, theirs = iter(one), iter(other)
    span, twin = next(mine, None), next(theirs, None)
    while span and twin and span[1] + at - span[0] == twin[1] + at - twin[0]:
        at = min(span[0] + span[2], twin[0] + twin[2])
        if at == span[0] + span[2]:
            span = next(mine, None)
        if at == twin[0] + twin[2]:
            twin = next(theirs, None)
    return at
