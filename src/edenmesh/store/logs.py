"""Authors' logs: which versions stand in them in which order, and the seals over them.

A log is a list of spans: stretches of rows of the table `versions`. So an author's log costs one row for each time
its versions came, not one for each version, and the forks of a cloned store share the rows before the fork. Each
branch has its own spans and seals and can be read without the others.

The seal at the end of a log is always kept, with the tree it signs; between them so many are kept that neighbours
span at most what one part of a session may hold. The tree over any number of ids is the one of the seal below and at
most 1,023 ids.
"""

from dataclasses import dataclass, field
from typing import Final

from edenmesh.core.ids import AuthorId, VersionId
from edenmesh.core.limits import (
    LOG_BRANCHES_MAX,
    PART_BYTES_SEALED,
    PART_VERSIONS_MAX,
)
from edenmesh.core.reconcile import Held, Hole, HoleKind, common_prefix
from edenmesh.core.session import LogPart
from edenmesh.core.trust import Frontier, Seal
from edenmesh.errors import LimitExceeded, RemoteProtocolError
from edenmesh.store.database import Link, Row
from edenmesh.store.husks import size_of

_EMPTY_ROOT: Final = Frontier.EMPTY.root()

IN_SPANS: Final = """
    FROM spans CROSS JOIN versions ON versions.num BETWEEN spans.num + max(?2 - spans.start, 0)
        AND spans.num + min(?3 - spans.start, spans.count) - 1 AND {}
    WHERE spans.log = ?1 AND spans.start < ?3
        AND spans.start >= coalesce((SELECT max(start) FROM spans WHERE log = ?1 AND start <= ?2), 0)
    ORDER BY spans.start, versions.num
"""
"""Versions of log ?1 from seq ?2 up to but not including ?3, of which a condition holds, in seq order."""
_ALL_IN_SPANS: Final = IN_SPANS.replace(" AND {}", "")


@dataclass(slots=True)
class Log:
    """One branch of an author's log as it stands in this transaction. `root` is the tree head at `sealed`."""

    num: int
    author: AuthorId
    author_num: int
    branch: int
    size: int
    sealed: int
    root: bytes
    is_ours: bool

    @property
    def held(self) -> Held:
        """The log as sessions see it."""
        return Held(self.author, self.branch, self.sealed, self.root)


STANDING_TOLD: Final = """
    iif(versions.standing = 4 AND EXISTS (SELECT 1 FROM denials WHERE version = versions.num), 3, versions.standing)
"""
"""How others are told why a version is not here: what somebody has said was erased is passed on as that."""


def read_heads(link: Link) -> list[Held]:
    """All sealed logs, by author and branch."""
    rows = link.rows(
        "SELECT authors.id, branch, sealed, root FROM logs CROSS JOIN authors ON authors.num = author"
        " CROSS JOIN seals ON log = logs.num AND seals.size = sealed ORDER BY authors.id, branch"
    )
    return [Held(AuthorId(author), branch, sealed, root) for author, branch, sealed, root in rows]


def read_logs(link: Link, author: AuthorId) -> list[Log]:
    """All branches of an author's log."""
    rows = link.rows(
        "SELECT logs.num, author, branch, logs.size, sealed, root, is_ours"
        " FROM authors JOIN logs ON author = authors.num LEFT JOIN seals ON log = logs.num AND seals.size = sealed"
        " WHERE authors.id = ? ORDER BY branch",
        (author,),
    )
    return [
        Log(num, author, author_num, branch, size, sealed, root or _EMPTY_ROOT, bool(is_ours))
        for num, author_num, branch, size, sealed, root, is_ours in rows
    ]


def find_log(link: Link, author: AuthorId, branch: int) -> int:
    """The number of a log. Raises KeyError where it is not held."""
    row = link.row(
        "SELECT logs.num FROM logs JOIN authors ON authors.num = author WHERE id = ? AND branch = ?", (author, branch)
    )
    if row is None:
        raise KeyError(author, branch)
    return int(row[0])


def ids_between(link: Link, log: int, start: int, stop: int) -> list[VersionId]:
    """Ids of versions `start` up to but not including `stop`, in seq order."""
    return [VersionId(row[0]) for row in link.rows(f"SELECT versions.id {_ALL_IN_SPANS}", (log, start, stop))]


def items_between(link: Link, log: int, start: int, stop: int) -> list[bytes]:
    """What stands in these places, in seq order: the bytes of a version, or a hole as it travels."""
    rows = link.rows(
        f"SELECT iif(versions.standing < 2, versions.data, {STANDING_TOLD}) {_ALL_IN_SPANS}",
        (log, start, stop),
    )
    items = [row[0] for row in rows]
    # Most stretches have no hole: they pay for one look at each item's type.
    places = [place for place, item in enumerate(items) if type(item) is int]
    if places:
        ids = ids_between(link, log, start, stop)
        for place in places:
            items[place] = Hole(ids[place], HoleKind(items[place] - 1)).encode()
    return items


def sizes_between(link: Link, log: int, start: int, stop: int) -> list[int]:
    """How many bytes each of these versions has; of one that never was here, how many it may have."""
    rows = link.rows(
        f"SELECT length(versions.data), iif(versions.standing < 2, x'', versions.data), versions.standing"
        f" {_ALL_IN_SPANS}",
        (log, start, stop),
    )
    return [size if standing < 2 else size_of(husk) for size, husk, standing in rows]


def spans_of(link: Link, log: int) -> list[Row]:
    """All spans of a log: start, first row, count."""
    return link.rows("SELECT start, num, count FROM spans WHERE log = ? ORDER BY start", (log,))


def seals_between(link: Link, author: AuthorId, branch: int, start: int, stop: int) -> list[Seal]:
    """Seals of sizes above `start` up to `stop`, ascending."""
    rows = link.rows(
        "SELECT root, signature, size FROM seals WHERE log = ? AND size > ? AND size <= ? ORDER BY size",
        (find_log(link, author, branch), start, stop),
    )
    return [Seal(author, root, signature, size) for root, signature, size in rows]


def frontier_at(link: Link, log: int, size: int) -> Frontier:
    """The tree over the first `size` ids."""
    row = link.row("SELECT frontier FROM seals WHERE log = ? AND size <= ? ORDER BY size DESC LIMIT 1", (log, size))
    below = Frontier.decode(row[0]) if row else Frontier.EMPTY
    return below if below.size == size else below.extended(ids_between(link, log, below.size, size))


@dataclass(slots=True)
class Logs:
    """The logs that one transaction touches."""

    link: Link
    touched: dict[int, Log] = field(default_factory=dict)
    _logs: dict[AuthorId, list[Log]] = field(default_factory=dict)

    def of(self, author: AuthorId) -> list[Log]:
        """All branches of an author's log."""
        logs = self._logs.get(author)
        if logs is None:
            logs = self._logs[author] = read_logs(self.link, author)
        return logs

    def place(self, part: LogPart) -> tuple[Log, int]:
        """The branch that goes on with a part, made where there is none, and how much of the part it already holds.

        Raises RemoteProtocolError where the part continues no log that is held, LimitExceeded for too many forks.
        """
        logs = self.of(part.author)
        for log in logs:
            if log.size == part.start == log.sealed and log.root == part.base_root:
                return log, 0
        ids = [one.id for one in part.versions]
        found: list[tuple[int, bool, Log]] = []
        for log in logs:
            if log.size >= part.start and frontier_at(self.link, log.num, part.start).root() == part.base_root:
                common = common_prefix(ids, ids_between(self.link, log.num, part.start, part.seal.size))
                found.append((common, log.size == part.start + common, log))
        if not found:
            if part.start:
                raise RemoteProtocolError(what="A log part continues a log that is not held here.")
            return self.make(part.author), 0
        common, is_at_end, log = max(found, key=lambda one: one[:2])
        if common == len(part.versions) or is_at_end:
            return log, common
        return self._fork(log, part.start + common), common

    def make(self, author: AuthorId, *, is_ours: bool = False) -> Log:
        """A new and empty branch. Raises LimitExceeded where an author has too many."""
        logs = self.of(author)
        if len(logs) >= LOG_BRANCHES_MAX:
            raise LimitExceeded(
                what=f"Author {author.hex()[:12]} has forked their log more than {LOG_BRANCHES_MAX} times.",
                do="Ask a steward to revoke the device; only a broken or hostile one does this.",
            )
        self.link.run("INSERT INTO authors (id) VALUES (?) ON CONFLICT DO NOTHING", (author,))
        author_num = self.link.number("SELECT num FROM authors WHERE id = ?", (author,))
        row = self.link.row(
            "INSERT INTO logs (author, branch, size, sealed, is_ours) VALUES (?, ?, 0, 0, ?) RETURNING num",
            (author_num, len(logs), is_ours),
        )
        log = Log(row[0] if row else 0, author, author_num, len(logs), 0, 0, _EMPTY_ROOT, is_ours)
        logs.append(log)
        return log

    def extend(self, log: Log, num: int, count: int) -> None:
        """Rows `num` and following go on with the log."""
        is_next = self.link.run(
            "UPDATE spans SET count = count + ?1 WHERE log = ?2 AND num + count = ?3"
            " AND start = (SELECT max(start) FROM spans WHERE log = ?2)",
            (count, log.num, num),
        )
        if not is_next:
            self.link.run("INSERT INTO spans VALUES (?, ?, ?, ?)", (log.num, log.size, num, count))
        log.size += count
        self._save(log)

    def seal(self, log: Log, seal: Seal, frontier: Frontier, size_bytes: int) -> None:
        """Keep a seal above the last one, which goes where its neighbours then span no more than they may.

        `size_bytes` counts the versions between the two. Raises LimitExceeded where there are more than one part may
        have: no part crosses a multiple of 1,024, so a session brings none such.
        """
        if seal.size - log.sealed > PART_VERSIONS_MAX:
            raise LimitExceeded(what=f"Author {log.author.hex()[:12]} seals too seldom for others to pass it on.")
        # A seal at a multiple of 1,024 stays: the logs of all devices are then cut at the same places.
        if log.sealed % PART_VERSIONS_MAX:
            size_bytes = self._drop_last(log, seal.size, size_bytes)
        self.link.run(
            "INSERT INTO seals VALUES (?, ?, ?, ?, ?, ?)",
            (log.num, seal.size, seal.root, seal.signature, frontier.encode(), size_bytes),
        )
        log.sealed, log.root = seal.size, seal.root
        self._save(log)

    def disown(self, author: AuthorId) -> None:
        """Somebody else has written with this key: this store may not write with it any more."""
        for log in self.of(author):
            if log.is_ours:
                log.is_ours = False
                self._save(log)

    def _drop_last(self, log: Log, size: int, size_bytes: int) -> int:
        """Drop the last seal if the one before it and the one at `size` can do without. Returns the new span."""
        rows = self.link.rows("SELECT size, span_bytes FROM seals WHERE log = ? ORDER BY size DESC LIMIT 2", (log.num,))
        below = rows[1][0] if len(rows) > 1 else 0
        joined = size_bytes + rows[0][1]
        if size - below > PART_VERSIONS_MAX or joined > PART_BYTES_SEALED:
            return size_bytes
        self.link.run("DELETE FROM seals WHERE log = ? AND size = ?", (log.num, log.sealed))
        return int(joined)

    def _fork(self, log: Log, size: int) -> Log:
        """A new branch that shares the first `size` versions of a log, and the seals over them."""
        fork = self.make(log.author)
        both = (fork.num, size, log.num)
        self.link.run(
            "INSERT INTO spans SELECT ?1, start, num, min(count, ?2 - start) FROM spans WHERE log = ?3 AND start < ?2",
            both,
        )
        self.link.run(
            "INSERT INTO seals SELECT ?1, size, root, signature, frontier, span_bytes FROM seals"
            " WHERE log = ?3 AND size <= ?2",
            both,
        )
        fork.size = size
        last = self.link.row("SELECT size, root FROM seals WHERE log = ? ORDER BY size DESC LIMIT 1", (fork.num,))
        if last:
            fork.sealed, fork.root = last
        self._save(fork)
        return fork

    def _save(self, log: Log) -> None:
        self.link.run(
            "UPDATE logs SET size = ?, sealed = ?, is_ours = ? WHERE num = ?",
            (log.size, log.sealed, log.is_ours, log.num),
        )
        self.touched[log.num] = log
