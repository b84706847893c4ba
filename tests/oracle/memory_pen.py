"""The pen of a store in plain lists, and what a session with a guest asks of such a store."""

from collections.abc import Container

from edenmesh.core.ids import AuthorId, DeviceId, FileHash, FormHash, VersionId
from edenmesh.core.limits import PART_BYTES_SEALED, PART_VERSIONS_MAX
from edenmesh.core.reconcile import Hole, HoleKind, Stretch
from edenmesh.core.records import Carried, File, Version
from edenmesh.core.session import FileNeed, HandedIn, LogPart
from edenmesh.core.trust import Charter, Frontier, Seal


class MemoryLog:
    """One branch of one author's log with all its seals."""

    def __init__(self, author: AuthorId) -> None:
        self.author = author
        self.versions: list[Carried | Hole] = []
        self.seals: list[Seal] = []
        self._frontier = Frontier.EMPTY

    @property
    def sealed(self) -> int:
        return self.seals[-1].size if self.seals else 0

    def copy(self) -> "MemoryLog":
        log = MemoryLog(self.author)
        log.versions, log.seals, log._frontier = list(self.versions), list(self.seals), self._frontier
        return log

    def add_seal(self, seal: Seal) -> None:
        """Keep a seal; the one before gives way where its neighbours then span no more than one part."""
        if self.seals and self.seals[-1].size % PART_VERSIONS_MAX:
            below = self.seals[-2].size if len(self.seals) > 1 else 0
            span = self.versions[below : seal.size]
            size_bytes = sum(len(one.data) for one in span if isinstance(one, Carried))
            is_whole = all(isinstance(one, Carried) for one in span)
            if seal.size - below <= PART_VERSIONS_MAX and size_bytes <= PART_BYTES_SEALED and is_whole:
                self.seals.pop()
        self.seals.append(seal)

    def frontier(self, size: int) -> Frontier:
        if size != self._frontier.size:
            start = self._frontier if self._frontier.size < size else Frontier.EMPTY
            self._frontier = start.extended([one.id for one in self.versions[start.size : size]])
        return self._frontier

    def root(self, size: int) -> bytes:
        return self.frontier(size).root()


class MemoryPen:
    """Logs, and what lies behind them in the pen. A store of its own adds the rest."""

    def __init__(self) -> None:
        self.logs: dict[tuple[AuthorId, int], MemoryLog] = {}
        self.pen: dict[AuthorId, dict[int, LogPart]] = {}
        self.pen_contents_max = 1_000_000
        self.penned_forms: dict[FormHash, bytes] = {}
        self.form_bytes: dict[FormHash, bytes] = {}
        self.thrown: dict[AuthorId, int] = {}

    def charter(self) -> Charter:
        raise NotImplementedError

    def add_part(self, part: LogPart) -> None:
        raise NotImplementedError

    def versions(self) -> dict[VersionId, Version]:
        raise NotImplementedError

    def wanted_files(self) -> list[FileNeed]:
        raise NotImplementedError

    def pen_part(self, part: LogPart) -> None:
        """Keep a part nobody has accepted, where it goes on or begins anew; what is accepted goes into the log."""
        accepts = self.charter().standing(part.author).accepts
        if part.start < max((head.size for head in accepts), default=0):
            self.add_part(part)
            return
        lying = self.pen.setdefault(part.author, {})
        kept = {size: one for size, one in lying.items() if size <= part.start}
        if sum(one.contents for one in (*kept.values(), part)) <= self.pen_contents_max:
            self.pen[part.author] = {**kept, part.seal.size: part}

    def leave_pen(self) -> None:
        for author, lying in list(self.pen.items()):
            accepted = max((head.size for head in self.charter().standing(author).accepts), default=0)
            for size, part in sorted(lying.items()):
                if part.start < accepted:
                    self.add_part(lying.pop(size))
            if not lying:
                del self.pen[author]

    def handed_in(self, author: AuthorId, guest: DeviceId) -> HandedIn:
        frontier, contents = Frontier.EMPTY, 0
        log = self.logs.get((author, 0))
        if log is not None:
            frontier = log.frontier(log.sealed)
            contents = sum(one.kind != HoleKind.ABSENT if isinstance(one, Hole) else True for one in log.versions)
        for _, part in sorted(self.pen.get(author, {}).items()):
            frontier, contents = part.frontier, contents + part.contents
        may_renew = all(part.giver == guest for part in self.pen.get(author, {}).values())
        return HandedIn(frontier, contents, max(frontier.size, self.thrown.get(author, 0)), may_renew)

    def penned_by(self, guest: DeviceId) -> int:
        parts = (part for lying in self.pen.values() for part in lying.values())
        return sum(part.contents for part in parts if part.giver == guest)

    def discard(self, author: AuthorId) -> None:
        self.thrown[author] = self.penned_size(author)
        del self.pen[author]

    def is_form_known(self, form: FormHash) -> bool:
        return form in self.form_bytes or form in self.penned_forms

    def places_of(
        self, author: AuthorId, branch: int, start: int, stop: int, *, tables: frozenset[str] | None
    ) -> list[Stretch]:
        items = enumerate(self.logs[author, branch].versions[start:stop], start)
        return [
            Stretch(place, place + 1)
            for place, one in items
            if isinstance(one, Carried) and (tables is None or one.version.table in tables)
        ]

    def is_file_of(self, file: FileHash, tables: frozenset[str] | None) -> bool:
        return any(
            isinstance(value, File) and value.hash == file and (tables is None or version.table in tables)
            for version in self.versions().values()
            for value in version.set.values()
        )

    def files_wanted_of(self, authors: Container[AuthorId]) -> list[FileNeed]:
        named = {
            value.hash
            for version in self.versions().values()
            for value in version.set.values()
            if isinstance(value, File) and version.author in authors
        }
        return [need for need in self.wanted_files() if need.hash in named]

    def penned_size(self, author: AuthorId) -> int:
        return max(self.pen.get(author, ()), default=0)
