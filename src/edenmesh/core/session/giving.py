"""The giver: streams the versions the peer lacks, log by log, each stretch under its seal.

Nothing is read ahead of what the link takes: `pump` is called when there is room, and stops while too much is not yet
durable at the peer. What the peer holds is known by its own words and by what was sent, so that an edit made while
the session is open is offered once, and nothing durable is sent twice. A log that grows while it is being given is
given to its new end; the seals in it may have changed meanwhile, so each is looked up when its part is made.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from edenmesh.core.ids import AuthorId
from edenmesh.core.limits import (
    FRAME_BYTES_SENT,
    HOLES_OWED_MAX,
    LISTED_IDS_MAX,
    LOG_BRANCHES_MAX,
    PART_BYTES_TAKEN,
    PART_VERSIONS_MAX,
    UNACKED_BYTES_MAX,
    UNACKED_PARTS_MAX,
)
from edenmesh.core.reconcile import HOLE_BYTES, Held, Mark, Places, beginnings, compare
from edenmesh.core.session.events import Progress
from edenmesh.core.session.listing import Lister
from edenmesh.core.session.outbox import Outbox
from edenmesh.core.session.ports import Snapshot
from edenmesh.core.trust import Seal
from edenmesh.core.wire import Differ, Given, Part, Want
from edenmesh.errors import RemoteProtocolError

Branch: TypeAlias = tuple[AuthorId, int]


@dataclass(slots=True)
class _Run:
    """What is still to be given of one log: `next` up to `stop`. `base` is the tree head at `next`, once known."""

    branch: Branch
    begun: Mark | None
    next: int
    stop: int
    base: bytes = b""


class Giver:
    """One direction of a session: ours to theirs."""

    def __init__(self, outbox: Outbox, snapshot: Snapshot, progress: Progress) -> None:
        self.told: Final[dict[Branch, Places]] = {}
        """Places of logs here that were told to be holes: when their contents come, the peer hears of it."""
        self._outbox = outbox
        self._snapshot = snapshot
        self._progress = progress
        self._lister = Lister(outbox, snapshot)
        self._said: frozenset[Mark] = frozenset()
        self._theirs: dict[AuthorId, set[Mark]] = {}
        self._seen: dict[Branch, Mark] = {}
        self._runs: dict[Branch, _Run] = {}
        self._parts: deque[Part] = deque()
        self._unacked: list[tuple[Mark, int]] = []
        self._unacked_bytes = 0
        self._part_bytes = 0
        self._refused: set[AuthorId] = set()
        self._is_vector_known = False
        self._has_said_given = False

    @property
    def is_idle(self) -> bool:
        """Whether all that the peer lacked was sent and is durable there, or was refused."""
        return self._has_said_given and self._has_nothing_to_give and not self._unacked

    @property
    def _has_nothing_to_give(self) -> bool:
        return not self._runs and not self._parts and self._lister.is_idle

    def handle_vector(self, marks: list[Mark], said: list[Mark]) -> list[Mark]:
        """The peer's logs are known, and it knows what was `said` of ours: queue what it lacks.

        Returns the forks it was asked to list.
        """
        self._is_vector_known = True
        self._said = frozenset(said)
        for mark in marks:
            self._theirs.setdefault(mark.author, set()).add(mark)
        heads = self._snapshot.log_heads()
        self._seen = {(held.author, held.branch): held.mark for held in heads}
        offer = compare(heads, marks, self._snapshot)
        for run in offer.runs:
            self._give((run.author, run.branch), None, run.start, run.stop)
        for held in offer.listed:
            self._list(held)
        for mark in offer.asked:
            self._outbox.send(Differ(mark))
        return offer.asked

    def handle_advanced(self) -> bool:
        """Logs here have grown: offer the news. Returns whether there are any.

        Before the peer's vector is known there is nothing to compare.
        """
        if not self._is_vector_known:
            return False
        has_news = False
        for held in self._snapshot.log_heads():
            if self._seen.get((held.author, held.branch)) != held.mark:
                has_news |= self._offer(held)
        return has_news

    def handle_differ(self, log: Mark) -> None:
        """The peer sees that a log of ours is no beginning of its own: list it, once."""
        if log not in self._said:
            raise RemoteProtocolError(what="The peer asks for the list of a log that was not named to it.")
        self._said -= {log}
        if log in self._theirs.get(log.author, ()):
            return  # It is being given already, on from a shorter log of theirs: the list would say nothing more.
        for held in self._snapshot.log_heads():
            if held.author == log.author and beginnings(held, [log], self._snapshot):
                self._list(held._replace(size=log.size, root=log.root))
                return

    def handle_want(self, message: Want) -> None:
        """The peer has compared a list: give what follows the common prefix."""
        held = self._lister.take_answered(message.log)
        branch = (held.author, held.branch)
        if message.start < held.size:
            self._give(branch, None, message.start, held.size)
        else:
            self.note(held.mark, None)
        self._seen[branch] = held.mark
        self.handle_advanced()

    def handle_ack(self, log: Mark) -> None:
        """The peer has made a log durable up to here."""
        for place, (mark, size) in enumerate(self._unacked):
            if mark == log:
                del self._unacked[place]
                self._unacked_bytes -= size
                return
        raise RemoteProtocolError(what="The peer acknowledges what was not sent.")

    def handle_refused(self, log: Mark) -> None:
        """The peer does not take versions of this author: spare it the rest in this session."""
        self.handle_ack(log)
        self._refused.add(log.author)
        for branch in [branch for branch in self._runs if branch[0] == log.author]:
            self._drop(branch)

    def note(self, log: Mark, base: Mark | None) -> None:
        """The peer holds this log, which goes on from `base`: it said so, gave it, or was given it."""
        marks = self._theirs.setdefault(log.author, set())
        if base is not None:
            marks.discard(base)
        marks.add(log)

    def common_log(self, held: Held) -> Mark | None:
        """A log here as far as the peer is known to hold it, too."""
        common = beginnings(held, self._theirs.get(held.author, ()), self._snapshot)
        return common[-1] if common else None

    def tell(self, branch: Branch, start: int, stop: int) -> None:
        """Places of a log were told to be holes. More than can be remembered are met again in another session."""
        places = self.told.setdefault(branch, Places())
        if len(places) < HOLES_OWED_MAX:
            places.add(start, stop)

    def pump(self) -> None:
        """Queue ids and parts while the outbox has room and the peer keeps up."""
        self._lister.pump()
        while self._outbox.has_room:
            if self._parts:
                self._send(self._parts.popleft())
            elif self._runs and len(self._unacked) < UNACKED_PARTS_MAX and self._unacked_bytes < UNACKED_BYTES_MAX:
                self._parts.extend(self._next_part(next(iter(self._runs.values()))))
            else:
                break
        if self._is_vector_known and self._has_nothing_to_give and not self._has_said_given:
            self._has_said_given = True
            self._outbox.send(Given())

    def _send(self, part: Part) -> None:
        self._outbox.send(part)
        self._progress.versions_given += len(part.versions)
        self._part_bytes += sum(map(len, part.versions))
        if part.seal is not None:
            self._unacked.append((Mark(AuthorId(part.author), part.seal.size, part.seal.root), self._part_bytes))
            self._unacked_bytes += self._part_bytes
            self._part_bytes = 0

    def _offer(self, held: Held) -> bool:
        """A log has grown or is new. Returns whether the peer lacks some of it."""
        branch = (held.author, held.branch)
        if held.author in self._refused or self._lister.is_listing(held):
            return False
        before, self._seen[branch] = self._seen.get(branch), held.mark
        marks = self._theirs.setdefault(held.author, set())
        if held.mark in marks:
            self._drop(branch)
            return False
        run = self._runs.get(branch)
        if run is not None:
            self._progress.versions_to_give += held.size - run.stop
            run.stop = held.size
            return True
        # A log only grows: where the peer holds what it was when last seen, nothing needs to be looked up, but now
        # and then, to forget marks that later ones include.
        is_known = before in marks and len(marks) <= LOG_BRANCHES_MAX
        known = [before] if is_known and before is not None else beginnings(held, marks, self._snapshot)
        marks.difference_update(known[:-1])
        if known or not marks:
            self._give(branch, known[-1] if known else None, known[-1].size if known else 0, held.size)
        else:
            self._list(held)
        return True

    def _give(self, branch: Branch, begun: Mark | None, start: int, stop: int) -> None:
        self._progress.versions_to_give += stop - start
        self._runs[branch] = _Run(branch, begun, start, stop, begun.root if begun is not None else b"")

    def _drop(self, branch: Branch) -> None:
        run = self._runs.pop(branch, None)
        if run is not None:
            self._progress.versions_to_give -= run.stop - run.next

    def _list(self, held: Held) -> None:
        branch = (held.author, held.branch)
        if branch in self._runs or self._lister.is_listing(held):
            return
        if held.size > LISTED_IDS_MAX:
            self._give(branch, None, 0, held.size)
        else:
            self._lister.add(held)

    def _next_part(self, run: _Run) -> Iterator[Part]:
        """The next part in as many messages as its bytes ask for; the last carries the seal."""
        author, branch = run.branch
        start = run.next
        # Not bounded by `stop`: a seal there may have given way to a later one.
        seal = self._snapshot.seals_between(author, branch, start, start + PART_VERSIONS_MAX)[0]
        base = run.base or self._snapshot.root_at(author, branch, start)
        versions = self._snapshot.versions_between(author, branch, start, seal.size)
        sizes = list(map(len, versions))
        if sum(sizes) > PART_BYTES_TAKEN:
            self._drop(run.branch)  # Its author seals too seldom: nobody takes it.
            return
        if HOLE_BYTES in sizes:
            for place, size in enumerate(sizes, start):
                if size == HOLE_BYTES:
                    self.tell(run.branch, place, place + 1)
        run.next, run.base = seal.size, seal.root
        if seal.size >= run.stop:
            self._progress.versions_to_give += seal.size - run.stop
            del self._runs[run.branch]
            self.note(Mark(author, seal.size, seal.root), run.begun)
        yield from part_messages(author, base, start, versions, seal=seal)


def part_messages(author: AuthorId, base: bytes, start: int, versions: list[bytes], *, seal: Seal) -> Iterator[Part]:
    """A part in as many messages as its bytes ask for; the last carries the seal."""
    first, size = 0, 0
    for number, data in enumerate(versions):
        if size and size + len(data) > FRAME_BYTES_SENT:
            yield Part(author, base, start + first, versions[first:number])
            first, size = number, 0
        size += len(data)
    yield Part(author, base, start + first, versions[first:], seal)
