"""The guest pen: logs of authors that no charter entry names, kept apart until a steward accepts them.

Nothing in it counts, is shown or is passed on. An author's parts lie in it as they came, each proven by its seal, from
the first version on. When the charter comes to name the author they become its log; until then they can be discarded.
What may lie here is bounded, in all and for each author, since any stranger can fill it.
"""

from typing import Final, NamedTuple

import msgspec

from edenmesh.core.encoding import encode
from edenmesh.core.ids import AuthorId, DeviceId
from edenmesh.core.limits import PEN_AUTHOR_BYTES_MAX, PEN_BYTES_MAX, PEN_PART_BYTES
from edenmesh.core.records import Carried, carry
from edenmesh.core.session import LogPart, is_well_sealed
from edenmesh.core.trust import Frontier, Seal
from edenmesh.store.database import Link
from edenmesh.store.notes import put_meta

_DATA: Final = msgspec.msgpack.Decoder(list[bytes])


class Penned(NamedTuple):
    """What lies in the pen of one author: the device its first part came by, how much, and the last seal."""

    author: AuthorId
    device: DeviceId
    versions: int
    size_bytes: int
    seal: Seal


def pen_part(link: Link, part: LogPart, device: DeviceId) -> bool:
    """Put a part into the pen. Returns whether it is there: not where it does not fit what is, or there is no room."""
    start, root = _end_of(link, part.author)
    if part.start != start or part.base_root != root:
        return _has(link, part)
    versions = [one.data for one in part.versions if isinstance(one, Carried)]
    size_bytes = sum(map(len, versions))
    if part.has_holes or not is_well_sealed(part.start, part.seal.size, size_bytes):
        return False
    size_bytes += PEN_PART_BYTES
    total = link.number("SELECT sum(size_bytes) FROM pen")
    ours = link.number("SELECT sum(size_bytes) FROM pen WHERE author = ?", (part.author,))
    if total + size_bytes > PEN_BYTES_MAX or ours + size_bytes > PEN_AUTHOR_BYTES_MAX:
        return False
    seal = (part.seal.size, part.seal.root, part.seal.signature, part.frontier.encode())
    link.run(
        "INSERT INTO pen VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (part.author, part.start, *seal, device, size_bytes, encode(versions)),
    )
    return True


def read_pen(link: Link) -> list[Penned]:
    """What lies in the pen, by author."""
    rows = link.rows(
        "SELECT pen.author, first.device, pen.size, total, root, signature FROM pen"
        " JOIN (SELECT author, max(size) AS size, sum(size_bytes) AS total FROM pen GROUP BY author)"
        " USING (author, size)"
        " JOIN (SELECT author, device FROM pen WHERE start = 0) AS first USING (author) ORDER BY pen.author"
    )
    return [
        Penned(AuthorId(author), DeviceId(device), size, total, Seal(author, root, signature, size))
        for author, device, size, total, root, signature in rows
    ]


def read_versions(link: Link, author: AuthorId, limit: int) -> list[Carried]:
    """The first versions that lie in the pen of an author, in seq order."""
    found: list[Carried] = []
    rows = link.rows("SELECT data FROM pen WHERE author = ? AND start < ? ORDER BY start", (author, limit))
    for (data,) in rows:
        found += [carry(one) for one in _DATA.decode(data)[: limit - len(found)]]
    return found


def penned_authors(link: Link) -> list[AuthorId]:
    """The authors in the pen."""
    return [AuthorId(row[0]) for row in link.rows("SELECT DISTINCT author FROM pen ORDER BY author")]


def take_parts(link: Link, author: AuthorId) -> list[LogPart]:
    """The parts of an author, out of the pen."""
    rows = link.rows(
        "SELECT start, size, root, signature, frontier, data FROM pen WHERE author = ? ORDER BY start", (author,)
    )
    discard(link, author)
    parts: list[LogPart] = []
    base = Frontier.EMPTY.root()
    for start, size, root, signature, frontier, data in rows:
        versions = [carry(one) for one in _DATA.decode(data)]
        parts.append(
            LogPart(author, start, base, versions, Seal(author, root, signature, size), Frontier.decode(frontier))
        )
        base = root
    return parts


def discard(link: Link, author: AuthorId) -> int:
    """Throw away what lies in the pen of an author, and take it no second time. Returns how many versions it was."""
    versions = link.number("SELECT max(size) FROM pen WHERE author = ?", (author,))
    link.run("DELETE FROM pen WHERE author = ?", (author,))
    put_meta(link, _note_of(author), versions.to_bytes(8, "big"))
    return versions


def penned_size(link: Link, author: AuthorId) -> int:
    """How many versions of an author, from its first on, lie in the pen or were thrown out of it."""
    lying = link.number("SELECT max(size) FROM pen WHERE author = ?", (author,))
    thrown = link.row("SELECT value FROM meta WHERE name = ?", (_note_of(author),))
    return max(lying, int.from_bytes(thrown[0], "big") if thrown else 0)


def _note_of(author: AuthorId) -> str:
    return f"store.discarded:{author.hex()}"


def _end_of(link: Link, author: AuthorId) -> tuple[int, bytes]:
    row = link.row("SELECT size, root FROM pen WHERE author = ? ORDER BY start DESC LIMIT 1", (author,))
    return (row[0], row[1]) if row else (0, Frontier.EMPTY.root())


def _has(link: Link, part: LogPart) -> bool:
    row = link.row("SELECT root FROM pen WHERE author = ? AND size = ?", (part.author, part.seal.size))
    return row is not None and row[0] == part.seal.root
