"""Which deliveries are receipts: what the charter says of gateways and destinations, applied to what was observed.

A charter entry may make or unmake receipts of records that have no other news: those are found here, so that they are
derived again.
"""

from edenmesh.core.ids import AuthorId, DestinationId
from edenmesh.core.trust import Charter
from edenmesh.store.database import Link
from edenmesh.store.logs import read_logs, spans_of


def is_gateway(charter: Charter, author: AuthorId) -> bool:
    """Whether the observations of an author, those that count, are a gateway's."""
    device = charter.standing(author).device
    return device is not None and device in charter.members and charter.members[device].is_gateway


def is_pinned(charter: Charter, destination: DestinationId) -> bool:
    """Whether a steward vouches for the destination."""
    return False


def changed_records(link: Link, before: Charter, after: Charter) -> set[int]:
    """The delivered records of destinations and authors about which two charters differ."""
    found: set[int] = set()
    for (name,) in link.rows("SELECT DISTINCT destination FROM delivered"):
        destination = DestinationId(name)
        if is_pinned(before, destination) != is_pinned(after, destination):
            found.update(row[0] for row in link.rows("SELECT record FROM delivered WHERE destination = ?", (name,)))
    for (name,) in link.rows("SELECT id FROM authors ORDER BY num"):
        author = AuthorId(name)
        if is_gateway(before, author) != is_gateway(after, author):
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
