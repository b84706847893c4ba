"""What a session with a guest asks of the store: which places of a log are of shared tables, and what a guest gave.

Tables are given by name; None stands for all of them.
"""

from collections.abc import Container

from edenmesh.core.ids import AuthorId, DeviceId, FileHash
from edenmesh.core.reconcile import HoleKind, Stretch, gaps_of
from edenmesh.core.records import Version
from edenmesh.core.session import FileNeed, HandedIn
from edenmesh.core.trust import Frontier
from edenmesh.store import files, holes, logs, pen
from edenmesh.store.database import Link
from edenmesh.store.versions import files_of


def places_of(link: Link, log: int, start: int, stop: int, *, tables: frozenset[str] | None) -> list[Stretch]:
    """Where in a stretch of a log the content is here, counts, and is of one of these tables."""
    condition = "versions.standing = 0"
    if tables is not None:
        nums = ", ".join(str(num) for num in _numbers(link, tables))
        condition += f" AND (SELECT table_num FROM records WHERE records.num = versions.record) IN ({nums})"
    rows = link.rows(
        f"SELECT versions.num - spans.num + spans.start {logs.IN_SPANS.format(condition)}", (log, start, stop)
    )
    return [Stretch(low, high) for low, high, _ in gaps_of((row[0], HoleKind.ABSENT) for row in rows)]


def is_file_of(link: Link, file: FileHash, tables: frozenset[str] | None) -> bool:
    """Whether a record of one of these tables names a file."""
    named = "SELECT 1 FROM files JOIN file_refs ON file = files.num JOIN records ON records.num = record WHERE hash = ?"
    if tables is not None:
        named += f" AND table_num IN ({', '.join(str(num) for num in _numbers(link, tables))})"
    return link.row(f"{named} LIMIT 1", (file,)) is not None


def files_wanted_of(link: Link, authors: Container[AuthorId]) -> list[FileNeed]:
    """Those of the wanted files that versions of these authors name, be it in records that others wrote, too."""
    return [need for need in files.wanted_files(link) if _is_named_by(link, need, authors)]


def _is_named_by(link: Link, need: FileNeed, authors: Container[AuthorId]) -> bool:
    rows = link.rows(
        "SELECT versions.data FROM files JOIN file_refs ON file = files.num"
        " JOIN versions ON versions.record = file_refs.record WHERE hash = ? AND size = ? AND standing < 2",
        (need.hash, need.size),
    )
    versions = (Version.decode(data) for (data,) in rows)
    named = (one for one in versions if AuthorId(one.author) in authors)
    return any((file.hash, file.size) == (need.hash, need.size) for one in named for file in files_of(one))


def handed_in(link: Link, author: AuthorId, guest: DeviceId) -> HandedIn:
    """What is here of an author that a guest gives: in the log, and behind that in the pen."""
    frontier, contents = Frontier.EMPTY, 0
    for log in logs.read_logs(link, author)[:1]:
        frontier = logs.frontier_at(link, log.num, log.sealed)
        gaps = holes.gaps_between(link, log.num, 0, log.sealed)
        contents = log.sealed - sum(gap.stop - gap.start for gap in gaps if gap.kind == HoleKind.ABSENT)
    end = pen.end_of(link, author)
    if end is not None and end.frontier.size > frontier.size:
        frontier, contents = end.frontier, contents + end.contents
    known = max(frontier.size, pen.penned_size(link, author))
    return HandedIn(frontier, contents, known, pen.is_of(link, author, guest))


def _numbers(link: Link, tables: frozenset[str]) -> list[int]:
    rows = link.rows("SELECT num, name FROM tables")
    return [num for num, name in rows if name in tables]
