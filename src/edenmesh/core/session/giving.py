"""The giver: streams the versions the peer lacks, log by log, each stretch under its seal.

Nothing is read ahead of what the link takes: `pump` is called when there is room, and stops while too many parts are
not yet durable at the peer. What the peer is known to hold grows by its own words and its acks, so that an edit made
while the session is open is offered once, and nothing durable is sent twice.
"""

from collections import deque
from collections.abc import Iterator
from typing import Final

from edenmesh.core.ids import AuthorId
from edenmesh.core.limits import FRAME_BYTES_SENT, LISTED_IDS_FRAME, PART_VERSIONS_MAX, UNACKED_PARTS_MAX
from edenmesh.core.reconcile import Held, Mark, Run, compare
from edenmesh.core.session.events import Progress
from edenmesh.core.session.outbox import Outbox
from edenmesh.core.session.ports import Snapshot
from edenmesh.core.wire import Differ, Given, Ids, Part, Want
from edenmesh.errors import RemoteProtocolError

_OUTBOX_BYTES_FULL: Final = 2 * FRAME_BYTES_SENT


class Giver:
    """One direction of a session: ours to theirs."""

    def __init__(self, outbox: Outbox, snapshot: Snapshot, progress: Progress) -> None:
        self._outbox = outbox
        self._snapshot = snapshot
        self._progress = progress
        self._theirs: dict[AuthorId, set[Mark]] = {}
        self._listed: set[Mark] = set()
        self._runs: deque[Run] = deque()
        self._parts: deque[Part] = deque()
        self._unacked: set[Mark] = set()
        self._is_vector_known = False
        self._has_said_given = False

    @property
    def is_idle(self) -> bool:
        """Whether all that the peer lacked was sent and is durable there."""
        return self._has_said_given and not self._runs and not self._parts and not self._unacked and not self._listed

    def handle_vector(self, marks: list[Mark]) -> list[Mark]:
        """The peer's logs are known: queue what it lacks. Returns the forks it was asked to list."""
        self._is_vector_known = True
        for mark in marks:
            self._theirs.setdefault(mark.author, set()).add(mark)
        asked = self._offer(self._snapshot.log_heads())
        for mark in asked:
            self._outbox.send(Differ(mark))
        return asked

    def handle_advanced(self) -> None:
        """Logs here have grown: offer the news. Before the peer's vector is known there is nothing to compare."""
        if self._is_vector_known:
            self._offer(self._snapshot.log_heads())

    def handle_differ(self, log: Mark) -> None:
        """The peer sees that a log of ours is no beginning of its own: list it."""
        held = self._find(log)
        if held is not None:
            self._list(held)

    def handle_want(self, message: Want) -> None:
        """The peer has compared a list: give what follows the common prefix."""
        held = self._find(message.log)
        if held is None or message.log not in self._listed:
            raise RemoteProtocolError(what="The peer wants a log that was not listed to it.")
        self._listed.discard(message.log)
        self._give(Run(held.author, held.branch, message.start, held.size))

    def handle_ack(self, log: Mark) -> None:
        """The peer has made a log durable up to here."""
        self._unacked.discard(log)
        self.note(log)

    def note(self, log: Mark) -> None:
        """The peer holds this log: it said so, acked it, or gave it."""
        self._theirs.setdefault(log.author, set()).add(log)

    def pump(self) -> None:
        """Queue parts while the outbox has room and the peer keeps up."""
        while self._outbox.size_bytes < _OUTBOX_BYTES_FULL:
            if self._parts:
                self._send(self._parts.popleft())
            elif self._runs and len(self._unacked) < UNACKED_PARTS_MAX:
                self._parts.extend(self._next_part())
            else:
                break
        if self._is_vector_known and not self._runs and not self._parts and not self._has_said_given:
            self._has_said_given = True
            self._outbox.send(Given())

    def _send(self, part: Part) -> None:
        self._outbox.send(part)
        self._progress.versions_given += len(part.versions)
        if part.seal is not None:
            self._unacked.add(Mark(AuthorId(part.author), part.seal.size, part.seal.root))

    def _offer(self, heads: list[Held]) -> list[Mark]:
        marks = [mark for known in self._theirs.values() for mark in known]
        offer = compare(heads, marks, self._snapshot)
        for run in offer.runs:
            self._give(run)
        for held in offer.listed:
            if held.mark not in self._listed:
                self._list(held)
        return offer.asked

    def _give(self, run: Run) -> None:
        if run.start == run.stop:
            return
        self._progress.versions_to_give += run.stop - run.start
        self._runs.append(run)
        # From here on the peer counts as holding it: a later offer must not queue the same run again.
        self.note(Mark(run.author, run.stop, self._snapshot.root_at(run.author, run.branch, run.stop)))

    def _list(self, held: Held) -> None:
        self._listed.add(held.mark)
        for start in range(0, held.size, LISTED_IDS_FRAME):
            stop = min(start + LISTED_IDS_FRAME, held.size)
            ids = self._snapshot.ids_between(held.author, held.branch, start, stop)
            self._outbox.send(Ids(list(ids), held.mark, start))

    def _find(self, log: Mark) -> Held | None:
        for held in self._snapshot.log_heads():
            is_long_enough = held.author == log.author and held.size >= log.size
            if is_long_enough and self._snapshot.root_at(held.author, held.branch, log.size) == log.root:
                return held._replace(size=log.size, root=log.root)
        return None

    def _next_part(self) -> Iterator[Part]:
        """The next part in as many messages as its bytes ask for; the last carries the seal."""
        run = self._runs[0]
        reach = min(run.start + PART_VERSIONS_MAX, run.stop)
        seal = self._snapshot.seals_between(run.author, run.branch, run.start, reach)[0]
        if seal.size >= run.stop:
            self._runs.popleft()
        else:
            self._runs[0] = run._replace(start=seal.size)
        base = self._snapshot.root_at(run.author, run.branch, run.start)
        versions = self._snapshot.versions_between(run.author, run.branch, run.start, seal.size)
        first, size = 0, 0
        for number, data in enumerate(versions):
            if size and size + len(data) > FRAME_BYTES_SENT:
                yield Part(run.author, base, run.start + first, versions[first:number])
                first, size = number, 0
            size += len(data)
        yield Part(run.author, base, run.start + first, versions[first:], seal)
