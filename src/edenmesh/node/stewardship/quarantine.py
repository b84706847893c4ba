"""What is here and has no effect, why, and what a steward can do about it: accept it, or throw a guest's away.

Versions without effect are kept, passed on, and stand in their place; the charter or time may give them effect. What a
guest handed in lies in the pen, and nobody but this device knows of it. Nothing is thrown away by default, and what a
member wrote never here: that takes a purge, record by record. Every list is cut at a bound and says so.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from edenmesh.core.ids import AuthorId, format_id
from edenmesh.core.records import Carried, Flag
from edenmesh.core.trust import accept
from edenmesh.errors import InvalidInput, NotPermitted
from edenmesh.node.parts import Parts
from edenmesh.node.records import Names, label_of
from edenmesh.store import Penned, Why

NEWER: Final = "newer"
"""Written by a newer program: its format or what it does is not known to this one."""
_REASONS: Final = {
    Why.CUT: "a revocation cut its author off",
    Why.UNCERTIFIED: "the charter does not certify its author",
    Why.WAITING: "it waits for an earlier version that nobody here has",
}
_NEWER_REASON: Final = "a newer version of edenmesh wrote it, in a way that this one does not know"
_RECORDS_SEEN: Final = 1000
_RECORDS_SHOWN: Final = 20
_PREFIX_CHARS: Final = 6


@dataclass(frozen=True, slots=True)
class HeldRecord:
    """A record with versions without effect, and how many of them an author wrote for one reason."""

    table: str
    uuid: str
    label: str
    versions: int


@dataclass(frozen=True, slots=True)
class HeldBack:
    """What of one author has no effect for one reason: how many versions, and the first records they are about.

    `kind` is cut, uncertified, waiting or newer; `why` says it in words.
    """

    author: str
    name: str
    kind: str
    why: str
    versions: int
    records: tuple[HeldRecord, ...]


@dataclass(frozen=True, slots=True)
class PenView:
    """What a guest handed in: its author key, the device it came by, how much, and the first records it is about.

    Of so many `versions` the content was given; `withheld` more stand between them and were not shared. They follow the
    first `after` versions of the author's log, which are in it here.
    """

    author: str
    device: str
    device_name: str
    versions: int
    size_bytes: int
    records: tuple[HeldRecord, ...]
    withheld: int = 0
    after: int = 0


@dataclass(frozen=True, slots=True)
class QuarantineView:
    """All that is here without effect. `is_whole`: every record with such versions was looked at.

    `entries` is how many charter entries are of a kind newer than this program.
    """

    held_back: tuple[HeldBack, ...]
    pen: tuple[PenView, ...]
    entries: int = 0
    is_whole: bool = True


class Quarantine:
    """Shows what is without effect, and lets a steward accept it or throw a guest's away."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._store = parts.store

    def view(self) -> QuarantineView:
        """What is without effect now."""
        names = Names.of(self._store)
        found: dict[tuple[AuthorId, str], list[HeldRecord]] = {}
        rows = self._store.records.quarantined(limit=_RECORDS_SEEN)
        for row in rows:
            whys = [(one.author, one.why.value) for one in row.versions]
            self._note(found, row.record.num, (row.record.table, row.record.uuid), whys)
        newer = self._store.records.flagged(Flag.NEWER, limit=_RECORDS_SEEN)
        for record in newer:
            versions = self._store.records.versions_of(record.num).versions.values()
            authors = [AuthorId(one.author) for one in versions if not one.is_understood]
            self._note(found, record.num, (record.table, record.uuid), [(one, NEWER) for one in authors])
        whole = {(one.author, one.why.value): one.versions for one in self._store.records.count_quarantined()}
        counts = {key: sum(one.versions for one in records) for key, records in found.items()} | whole
        return QuarantineView(
            held_back=tuple(
                HeldBack(
                    format_id("a", author),
                    names.author(author),
                    kind,
                    _why(kind),
                    count,
                    tuple(found.get((author, kind), ())[:_RECORDS_SHOWN]),
                )
                for (author, kind), count in sorted(counts.items())
            ),
            pen=tuple(map(self._pen, self._store.snapshot.penned())),
            entries=len(self._parts.team.charter.unknown),
            is_whole=max(len(rows), len(newer)) < _RECORDS_SEEN,
        )

    def accept(self, author: str, up_to: int = 0) -> int:
        """Have the first `up_to` versions of an author count, all that are here where that is 0, for the whole team.

        What lies in the pen becomes the author's log. Returns how many versions then count. Raises InvalidInput where
        nothing of that author is without effect, or less is here, NotPermitted where this device is no steward.
        """
        named = self._find(author)
        heads = self._heads(named, up_to)
        key = self._parts.identity.device_key
        with self._parts.desk.writing() as writing:
            for size, root in heads:
                writing.add_charter([accept(writing.charter, key, named, size=size, root=root)])
        return max(size for size, _ in heads)

    def discard(self, author: str) -> int:
        """Throw away what a guest handed in. Returns how many versions that was.

        Raises NotPermitted for what a member wrote, InvalidInput where nothing lies in the pen of that author.
        """
        named = self._find(author)
        if named not in {one.author for one in self._store.snapshot.penned()}:
            raise NotPermitted(
                what="The team knows this author, so what it wrote is not thrown away here.",
                do="It has no effect while it is quarantined. To free its space on this device, purge the records.",
            )
        with self._parts.desk.writing() as writing:
            return writing.discard(named)

    # --- finding ------------------------------------------------------------------------------------------------------

    def _find(self, text: str) -> AuthorId:
        """The author with something without effect that is named by its id, by the beginning of that, or by name."""
        names = Names.of(self._store)
        penned = self._store.snapshot.penned()
        authors = {one.author: names.author(one.author) for one in self._store.records.count_quarantined()}
        authors |= {one.author: self._parts.team.name_of(one.device) for one in penned}
        typed = text.strip().casefold()
        by_name = [one for one, name in authors.items() if typed in (name.casefold(), _plain(name).casefold())]
        by_id = [one for one in authors if len(typed) >= _PREFIX_CHARS and format_id("a", one).startswith(typed)]
        found = by_name or by_id
        if len(found) == 1:
            return found[0]
        what = (
            f"Several authors are called {text}." if found else f"Nothing of an author {text!r} waits for acceptance."
        )
        raise InvalidInput(what=what, do="See what there is with `edenmesh quarantine list`; name one by its id.")

    def _heads(self, author: AuthorId, up_to: int) -> list[tuple[int, bytes]]:
        """The tree heads over what is to be accepted: one for each branch of a log that forked."""
        snapshot = self._store.snapshot
        heads: set[tuple[int, bytes]] = set()
        longest = 0
        for held in (one for one in snapshot.log_heads() if one.author == author):
            longest = max(longest, held.size)
            size = up_to or held.size
            if size <= held.size:
                heads.add((size, snapshot.root_at(author, held.branch, size)))
        for penned in (one for one in snapshot.penned() if one.author == author):
            longest = max(longest, penned.seal.size)
            size = up_to or penned.seal.size
            root = snapshot.penned_root(author, size) if size <= penned.seal.size else None
            if root is not None:
                heads.add((size, root))
        if up_to < 0 or not heads:
            raise InvalidInput(
                what=f"Of this author {longest} versions are here, not {up_to}.", do="Name a number up to that."
            )
        return sorted(heads)

    # --- drawing ------------------------------------------------------------------------------------------------------

    def _note(
        self,
        found: dict[tuple[AuthorId, str], list[HeldRecord]],
        num: int,
        name: tuple[str, str],
        whys: list[tuple[AuthorId, str]],
    ) -> None:
        state = self._store.records.versions_of(num).state()
        label = label_of(state.strands[0].values, name[1]) if state.strands else name[1]
        for key in dict.fromkeys(whys):
            found.setdefault(key, []).append(HeldRecord(*name, label, whys.count(key)))

    def _pen(self, one: Penned) -> PenView:
        first = self._store.records.penned(one.author, _RECORDS_SHOWN)
        return PenView(
            author=format_id("a", one.author),
            device=format_id("d", one.device),
            device_name=self._parts.team.name_of(one.device),
            versions=one.contents,
            size_bytes=one.size_bytes,
            records=tuple(_penned_records(first)),
            withheld=one.versions - one.contents,
            after=one.start,
        )


def _penned_records(versions: list[Carried]) -> Iterator[HeldRecord]:
    """The records that the first versions in the pen are about, called by what these say, which nobody accepted."""
    by_record: dict[tuple[str, str], list[Carried]] = {}
    for one in versions:
        by_record.setdefault((one.version.table, one.version.uuid), []).append(one)
    for (table, uuid), own in by_record.items():
        yield HeldRecord(table, uuid, label_of(own[0].version.set, uuid), len(own))


def _why(kind: str) -> str:
    return _NEWER_REASON if kind == NEWER else _REASONS[Why(kind)]


def _plain(name: str) -> str:
    """A name without the word that its device was revoked."""
    return name.removesuffix(" (revoked)")
