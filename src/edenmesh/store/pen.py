"""The guest pen: what guests gave and nobody has accepted, and parts of authors that no charter entry names.

Nothing in it counts, is shown or is passed on. An author's parts lie in it as they came, each proven by its seal, from
the first version on, or from where the author's log ends here. When the charter comes to name the author for a device,
or a steward accepts a log that far, they become part of the log, and the forms they name come with them; until then
they can be discarded. What may lie here is bounded, in all and for each device that brought it.
"""

from typing import Final, NamedTuple

import msgspec

from edenmesh.core.encoding import encode
from edenmesh.core.ids import AuthorId, DeviceId, FormHash
from edenmesh.core.limits import LOG_VERSIONS_MAX, PEN_BYTES_MAX, PEN_GUEST_BYTES_MAX, PEN_PART_BYTES
from edenmesh.core.reconcile import HOLE_BYTES, Hole, HoleKind
from edenmesh.core.records import Carried, carry
from edenmesh.core.session import LogPart, is_well_sealed
from edenmesh.core.trust import Frontier, Seal
from edenmesh.store import logs
from edenmesh.store.database import Link
from edenmesh.store.notes import put_meta

_DATA: Final = msgspec.msgpack.Decoder(list[bytes])


class Penned(NamedTuple):
    """What lies in the pen of one author: the device its first part came by, how much, and the last seal.

    It begins at `start`, behind what is in the author's log here. Of its `versions`, `contents` came with content.
    """

    author: AuthorId
    device: DeviceId
    start: int
    versions: int
    contents: int
    size_bytes: int
    seal: Seal


class End(NamedTuple):
    """How far a log goes: the tree over it, and how many of its contents are not lacking."""

    frontier: Frontier
    contents: int


def pen_part(link: Link, part: LogPart, device: DeviceId) -> bool:
    """Put a part into the pen. Returns whether it is there: not where it does not fit what is, or there is no room.

    What a device gave before it may give anew, where more of the content comes or the seals stand elsewhere.
    """
    items = [one.data if isinstance(one, Carried) else Hole(one.id, HoleKind.ABSENT).encode() for one in part.versions]
    if not is_well_sealed(part.start, part.seal.size, sum(map(len, items))):
        return False
    same = link.row(
        "SELECT contents FROM pen WHERE author = ? AND start = ? AND size = ? AND root = ?",
        (part.author, part.start, part.seal.size, part.seal.root),
    )
    if same and same[0] >= part.contents:
        return True
    if not _has_boundary(link, part):
        return _has(link, part)
    renewed = link.rows("SELECT DISTINCT device FROM pen WHERE author = ? AND start >= ?", (part.author, part.start))
    if any(row[0] != device for row in renewed):
        return _has(link, part)
    size_bytes = sum(map(len, items)) + PEN_PART_BYTES
    replaced = "start = ?" if same else "start >= ?"
    freed = link.number(f"SELECT sum(size_bytes) FROM pen WHERE author = ? AND {replaced}", (part.author, part.start))
    if not _has_room(link, device, size_bytes - freed):
        return False
    link.run(f"DELETE FROM pen WHERE author = ? AND {replaced}", (part.author, part.start))
    seal = (part.seal.size, part.seal.root, part.seal.signature, part.frontier.encode())
    link.run(
        "INSERT INTO pen VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (part.author, part.start, *seal, device, size_bytes, encode(items), part.contents),
    )
    return True


def pen_form(link: Link, form: FormHash, data: bytes, device: DeviceId) -> bool:
    """Put a form into the pen, where nobody sees it. Returns whether it is there: not where there is no room."""
    size_bytes = len(data) + PEN_PART_BYTES
    if not _has_room(link, device, size_bytes):
        return False
    link.run("INSERT INTO pen_forms VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", (form, device, size_bytes, data))
    return True


def take_form(link: Link, form: bytes) -> bytes | None:
    """A form, out of the pen; None where it is not there."""
    row = link.row("DELETE FROM pen_forms WHERE hash = ? RETURNING data", (form,))
    return bytes(row[0]) if row else None


def has_form(link: Link, form: FormHash) -> bool:
    """Whether a form lies in the pen."""
    return link.row("SELECT 1 FROM pen_forms WHERE hash = ?", (form,)) is not None


def read_pen(link: Link) -> list[Penned]:
    """What lies in the pen, by author."""
    rows = link.rows(
        "SELECT pen.author, first.device, begun, pen.size, known, total, pen.root, pen.signature FROM pen"
        " JOIN (SELECT author, min(start) AS begun, max(size) AS size, sum(size_bytes) AS total,"
        " sum(contents) AS known FROM pen GROUP BY author) USING (author, size)"
        " JOIN pen AS first ON first.author = pen.author AND first.start = begun ORDER BY pen.author"
    )
    return [
        Penned(
            AuthorId(author),
            DeviceId(device),
            start,
            size - start,
            contents,
            total,
            Seal(author, root, signature, size),
        )
        for author, device, start, size, contents, total, root, signature in rows
    ]


def count_penned(link: Link, device: DeviceId) -> int:
    """How many versions of which a device gave the content lie in the pen."""
    return link.number("SELECT sum(contents) FROM pen WHERE device = ?", (device,))


def read_versions(link: Link, author: AuthorId, limit: int) -> list[Carried]:
    """The first versions that lie in the pen of an author, in seq order, as far as their content was given."""
    found: list[Carried] = []
    for (data,) in link.rows("SELECT data FROM pen WHERE author = ? ORDER BY start", (author,)):
        contents = [one for one in _DATA.decode(data) if len(one) != HOLE_BYTES]
        found += [carry(one) for one in contents[: limit - len(found)]]
        if len(found) >= limit:
            break
    return found


def penned_authors(link: Link) -> list[AuthorId]:
    """The authors in the pen."""
    return [AuthorId(row[0]) for row in link.rows("SELECT DISTINCT author FROM pen ORDER BY author")]


def take_parts(link: Link, author: AuthorId, size: int = LOG_VERSIONS_MAX) -> list[LogPart]:
    """The parts of an author that begin within the first `size` versions, out of the pen."""
    rows = link.rows(
        "DELETE FROM pen WHERE author = ?1 AND start < ?2"
        " RETURNING start, size, root, signature, frontier, device, data",
        (author, size),
    )
    parts: list[LogPart] = []
    for start, stop, root, signature, frontier, device, data in sorted(rows):
        base = parts[-1].seal.root if parts else _base_of(link, author, start).root()
        versions = [carry(one) if len(one) != HOLE_BYTES else Hole.decode(one) for one in _DATA.decode(data)]
        seal = Seal(author, root, signature, stop)
        parts.append(LogPart(author, start, base, versions, seal, Frontier.decode(frontier), DeviceId(device)))
    return parts


def discard(link: Link, author: AuthorId) -> int:
    """Throw away what lies in the pen of an author, and take it no second time. Returns how many contents it was."""
    found = link.row("SELECT max(size), sum(contents) FROM pen WHERE author = ?", (author,))
    if found is None or found[0] is None:
        return 0
    size, contents = found
    link.run("DELETE FROM pen WHERE author = ?", (author,))
    link.run("DELETE FROM pen_forms WHERE device NOT IN (SELECT device FROM pen)")
    put_meta(link, _note_of(author), size.to_bytes(8, "big"))
    return int(contents)


def drop_behind(link: Link, author: AuthorId, size: int) -> None:
    """The author's log has come to hold so many versions: what of these lies in the pen is here twice."""
    link.run("DELETE FROM pen WHERE author = ? AND size <= ?", (author, size))


def penned_size(link: Link, author: AuthorId) -> int:
    """How many versions of an author, from its first on, lie in the pen or were thrown out of it."""
    lying = link.number("SELECT max(size) FROM pen WHERE author = ?", (author,))
    thrown = link.row("SELECT value FROM meta WHERE name = ?", (_note_of(author),))
    return max(lying, int.from_bytes(thrown[0], "big") if thrown else 0)


def end_of(link: Link, author: AuthorId) -> End | None:
    """How far the pen goes of an author; None where nothing is in it. `contents` are of what lies in it alone."""
    row = link.row(
        "SELECT frontier, (SELECT sum(contents) FROM pen WHERE author = ?1) FROM pen WHERE author = ?1"
        " ORDER BY start DESC LIMIT 1",
        (author,),
    )
    return End(Frontier.decode(row[0]), row[1]) if row else None


def is_of(link: Link, author: AuthorId, device: DeviceId) -> bool:
    """Whether all that lies in the pen of an author came by one device."""
    return link.row("SELECT 1 FROM pen WHERE author = ? AND device != ?", (author, device)) is None


def penned_root(link: Link, author: AuthorId, size: int) -> bytes | None:
    """The tree head over the first versions of an author, the last of which lies in the pen; None where none does."""
    row = link.row(
        "SELECT start, data FROM pen WHERE author = ?1 AND start < ?2 AND size >= ?2 ORDER BY start LIMIT 1",
        (author, size),
    )
    if row is None:
        return None
    items = _DATA.decode(row[1])[: size - row[0]]
    ids = [one[:-1] if len(one) == HOLE_BYTES else carry(one).id for one in items]
    return _frontier_at(link, author, row[0]).extended(ids).root()


def _frontier_at(link: Link, author: AuthorId, size: int) -> Frontier:
    """The tree below a part that lies in the pen."""
    row = link.row("SELECT frontier FROM pen WHERE author = ? AND size = ?", (author, size))
    return Frontier.decode(row[0]) if row else _base_of(link, author, size)


def _base_of(link: Link, author: AuthorId, size: int) -> Frontier:
    """The tree over the beginning of the author's log here; the empty one where it does not go that far."""
    for log in logs.read_logs(link, author):
        if log.branch == 0 and log.sealed >= size:
            return logs.frontier_at(link, log.num, size)
    return Frontier.EMPTY


def _has_boundary(link: Link, part: LogPart) -> bool:
    """Whether the part begins where one in the pen ends, or where the pen may begin: at the end of the log here."""
    below = link.row("SELECT root FROM pen WHERE author = ? AND size = ?", (part.author, part.start))
    if below is not None:
        return bool(below[0] == part.base_root)
    first = link.row("SELECT min(start) FROM pen WHERE author = ?", (part.author,))
    starts = [log.sealed for log in logs.read_logs(link, part.author) if log.branch == 0] or [0]
    if first is not None and first[0] is not None:
        starts = [first[0]]
    base = _base_of(link, part.author, part.start)
    return part.start in starts and base.size == part.start and base.root() == part.base_root


def _has_room(link: Link, device: DeviceId, size_bytes: int) -> bool:
    both = "SELECT device, size_bytes FROM pen UNION ALL SELECT device, size_bytes FROM pen_forms"
    total = link.number(f"SELECT sum(size_bytes) FROM ({both})")
    theirs = link.number(f"SELECT sum(size_bytes) FROM ({both}) WHERE device = ?", (device,))
    return total + size_bytes <= PEN_BYTES_MAX and theirs + size_bytes <= PEN_GUEST_BYTES_MAX


def _note_of(author: AuthorId) -> str:
    return f"store.discarded:{author.hex()}"


def _has(link: Link, part: LogPart) -> bool:
    row = link.row("SELECT root FROM pen WHERE author = ? AND size = ?", (part.author, part.seal.size))
    return row is not None and row[0] == part.seal.root
