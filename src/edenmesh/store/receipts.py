"""Which records a charter entry may make or unmake receipts of, though they have no other news.

A receipt is a delivery that a gateway saw, at a destination a steward pinned (design, section 2.6).
"""

from edenmesh.core.ids import AuthorId, DestinationId
from edenmesh.core.trust import Charter
from edenmesh.store.database import Link
from edenmesh.store.logs import read_logs, spans_of


def changed_records(link: Link, before: Charter, after: Charter) -> set[int]:
    """The delivered records of destinations and authors about which two charters differ."""
    found: set[int] = set()
    for (name,) in link.rows("SELECT DISTINCT destination FROM delivered"):
        destination = DestinationId(name)
        if (destination in before.destinations) != (destination in after.destinations):
            found.update(row[0] for row in link.rows("SELECT record FROM delivered WHERE destination = ?", (name,)))
    for (name,) in link.rows("SELECT id FROM authors ORDER BY num"):
        author = AuthorId(name)
        if before.is_gateway(author) != after.is_gateway(author):
            found |= _delivered_by(link, author)
    return found


def _delivered_by(link: Link, author: AuthorId) -> set[int]:
    """The delivered records of which the author has written something."""
    found: set[int] = set()
    for log in read_logs(link, author):
        for _, num, count in spans_of(link, log.num):
            rows = link.rows(
                "SELECT DISTINCT record FROM versions WHERE num >= ? AND num < ?"
                " AND EXISTS (SELECT 1 FROM delivered WHERE delivered.record = versions.record)",
                (num, num + count),
            )
            found.update(row[0] for row in rows)
    return found
