"""Version vectors: what two devices that hold whole logs have to tell each other to find what differs.

A log is named by {author, size, root}; equal triples mean equal logs, because the root is a hash over every id. If a
log of one side is a prefix of a log of the other, the rest is given. Where neither is a prefix (a cloned store made a
fork), the side that can see it lists the ids of its log, and the other asks for what follows the common prefix. So
every comparison ends, whatever the logs are. Source: design, section 4, "Reconcile"; RFC 9162, section 2.1.

Cost: a tree head is looked up only where sizes differ; logs that are equal cost a comparison of 32 bytes.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from edenmesh.core.ids import AuthorId, VersionId, tagged_hash


class Mark(NamedTuple):
    """A log as it travels: author, number of versions, tree head over their ids."""

    author: AuthorId
    size: int
    root: bytes


class Held(NamedTuple):
    """A log held here; `branch` tells apart the forks of one author, in this store only."""

    author: AuthorId
    branch: int
    size: int
    root: bytes

    @property
    def mark(self) -> Mark:
        """The log as it travels."""
        return Mark(self.author, self.size, self.root)


class Run(NamedTuple):
    """Versions to give: `start` up to but not including `stop` of one held log."""

    author: AuthorId
    branch: int
    start: int
    stop: int


class Roots(Protocol):
    """Looks up the tree head over the beginning of a held log."""

    def root_at(self, author: AuthorId, branch: int, size: int) -> bytes:
        """Tree head over the first `size` ids; `size` is at most that of the log."""
        ...


class Offer(NamedTuple):
    """What to do about one peer's vector: runs to give, logs to list id by id, logs of theirs to ask a list of."""

    runs: list[Run]
    listed: list[Held]
    asked: list[Mark]


def compare(ours: Sequence[Held], theirs: Iterable[Mark], roots: Roots) -> Offer:
    """Decide from both vectors what to give and what to ask; the peer does the same with the roles exchanged."""
    marks: dict[AuthorId, set[Mark]] = {}
    for mark in theirs:
        marks.setdefault(mark.author, set()).add(mark)
    logs: dict[AuthorId, list[Held]] = {}
    for held in ours:
        logs.setdefault(held.author, []).append(held)
    offer = Offer([], [], [])
    for author, branches in logs.items():
        known = marks.get(author, set())
        if {held.mark for held in branches} != known:
            _offer_author(branches, sorted(known), roots, offer)
    return offer


def beginnings(held: Held, marks: Iterable[Mark], roots: Roots) -> list[Mark]:
    """Those of an author's marks that name a beginning of a held log, or the whole of it; the longest is last."""
    return sorted(mark for mark in marks if _begins(held, mark, roots))


def set_hash(sender: bytes, nonces: Iterable[bytes], marks: Iterable[Mark]) -> bytes:
    """What a sender's set of versions hashes to in this session: equal hashes mean equal sets, to these two only.

    The roots cover every id, so hashing the marks says as much as hashing all ids and costs as little as there are
    authors. The sender's key keeps a peer from echoing our own hash; the nonces keep it from telling sets apart later.
    """
    parts = [b"".join((mark.author, mark.size.to_bytes(8, "big"), mark.root)) for mark in marks]
    return tagged_hash("set", sender, *sorted(nonces), *sorted(parts))


def common_prefix(ids: Sequence[VersionId], known: Sequence[VersionId]) -> int:
    """How many ids from the beginning are equal."""
    for count, (their, our) in enumerate(zip(ids, known, strict=False)):
        if their != our:
            return count
    return min(len(ids), len(known))


def _offer_author(branches: list[Held], known: list[Mark], roots: Roots, offer: Offer) -> None:
    begun: set[Mark] = set()
    for held in branches:
        prefixes = beginnings(held, known, roots)
        begun.update(prefixes)
        if held.mark in prefixes:
            continue
        if prefixes or not known:
            offer.runs.append(Run(held.author, held.branch, prefixes[-1].size if prefixes else 0, held.size))
        elif all(mark.size <= held.size for mark in known):
            offer.listed.append(held)
        # Else a log of theirs is longer than ours: only they can see whether ours is its beginning, and ask if not.
    longest = max(held.size for held in branches)
    offer.asked.extend(mark for mark in known if mark not in begun and mark.size < longest)


def _begins(held: Held, mark: Mark, roots: Roots) -> bool:
    if mark.size >= held.size:
        return mark == held.mark
    return roots.root_at(held.author, held.branch, mark.size) == mark.root
