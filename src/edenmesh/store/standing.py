"""Which versions count: the charter's word, applied to the rows of the authors it speaks of.

An author that is not cut off counts whole. One that is counts, on each branch of its log, up to a seal the charter
names; the rest is quarantined: kept and passed on, without effect on values. So is everything by an author the charter
names and does not certify. Nothing is lost by it: when the charter's meaning changes, the standing is set anew. Holes
have no say: they are passed over.
"""

from edenmesh.core.ids import AuthorId
from edenmesh.core.trust import Charter
from edenmesh.store.database import Link
from edenmesh.store.logs import Log, frontier_at, read_logs, spans_of
from edenmesh.store.versions import QUARANTINED


def changed_authors(link: Link, before: Charter, after: Charter) -> list[AuthorId]:
    """The authors with versions here about whom two charters differ."""
    authors = [AuthorId(row[0]) for row in link.rows("SELECT id FROM authors ORDER BY num")]
    return [author for author in authors if before.standing(author) != after.standing(author)]


def set_standing(link: Link, charter: Charter, author: AuthorId) -> set[int]:
    """Set which versions of an author count. Returns the records of those whose standing changed."""
    logs = [(log, _counted(link, charter, log)) for log in read_logs(link, author)]
    changed: set[int] = set()
    for log, size in logs:
        changed |= _set_rows(link, _rows_from(link, log, size), QUARANTINED)
    # Forks share rows: what counts on one branch counts, whatever another said of it.
    for log, size in logs:
        changed |= _set_rows(link, _rows_up_to(link, log, size), 0)
    return changed


def _counted(link: Link, charter: Charter, log: Log) -> int:
    """How many versions of a branch count, from its beginning."""

    def root_at(size: int) -> bytes:
        return frontier_at(link, log.num, size).root()

    return charter.standing(log.author).accepted(log.size, root_at)


def _rows_from(link: Link, log: Log, size: int) -> list[tuple[int, int]]:
    spans = spans_of(link, log.num)
    return [(num + max(size - start, 0), num + count - 1) for start, num, count in spans if start + count > size]


def _rows_up_to(link: Link, log: Log, size: int) -> list[tuple[int, int]]:
    spans = spans_of(link, log.num)
    return [(num, num + min(size - start, count) - 1) for start, num, count in spans if start < size]


def _set_rows(link: Link, ranges: list[tuple[int, int]], standing: int) -> set[int]:
    changed: set[int] = set()
    for first, last in ranges:
        rows = link.rows(
            "UPDATE versions SET standing = ?1 WHERE num BETWEEN ?2 AND ?3 AND standing = 1 - ?1 RETURNING record",
            (standing, first, last),
        )
        changed.update(row[0] for row in rows)
    return changed
