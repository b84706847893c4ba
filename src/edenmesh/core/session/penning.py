"""Parts of authors that the charter does not name: kept apart for a steward to look at, and never acknowledged.

A device that came over from another team still carries what that team's people wrote. The parts are checked like any
others and handed to the driver for the guest pen; the peer hears `refused`, so nothing rests on their being there. It
hears that late, when it has sent what it had or has much under way: then a log that fits the pen comes in one session.
"""

from typing import Final

from edenmesh.core.ids import AuthorId
from edenmesh.core.limits import UNACKED_BYTES_MAX, UNACKED_PARTS_MAX
from edenmesh.core.reconcile import Mark
from edenmesh.core.session.events import PartReceived
from edenmesh.core.session.outbox import Outbox
from edenmesh.core.session.ports import LogPart, Snapshot
from edenmesh.core.trust import Frontier
from edenmesh.core.wire import Refused

_PARTS_MAX: Final = UNACKED_PARTS_MAX // 2
_BYTES_MAX: Final = UNACKED_BYTES_MAX // 2


class Penning:
    """What one peer gives of authors nobody names."""

    def __init__(self, outbox: Outbox, snapshot: Snapshot) -> None:
        self._outbox = outbox
        self._snapshot = snapshot
        self._last: dict[AuthorId, tuple[Mark, Frontier]] = {}
        self._unanswered: list[Mark] = []
        self._size_bytes = 0

    def wants(self, author: AuthorId, size: int) -> bool:
        """Whether the peer, which says that it holds so many versions of an author, may have more than the pen."""
        return size > self._snapshot.penned_size(author)

    def frontier(self, base: Mark) -> Frontier | None:
        """The tree that a part continues, begun in this session; None where it continues none."""
        if base.size == 0 and base.root == Frontier.EMPTY.root():
            return Frontier.EMPTY
        mark, frontier = self._last.get(base.author, (None, None))
        return frontier if mark == base else None

    def keep(self, part: LogPart, size_bytes: int) -> None:
        """Hand over a part that was checked."""
        mark = Mark(part.author, part.seal.size, part.seal.root)
        self._last[part.author] = mark, part.frontier
        self._outbox.store(lambda batch: PartReceived(batch, part, is_penned=True), lambda: None)
        self._unanswered.append(mark)
        self._size_bytes += size_bytes

    @property
    def is_full(self) -> bool:
        """Whether so much waits for an answer that the peer would soon stop giving."""
        return len(self._unanswered) >= _PARTS_MAX or self._size_bytes >= _BYTES_MAX

    def refuse(self) -> set[AuthorId]:
        """Answer all that waits for an answer. Returns whose parts they were."""
        answered, self._unanswered, self._size_bytes = self._unanswered, [], 0
        for mark in answered:
            self._outbox.send(Refused(mark))
        return {mark.author for mark in answered}
