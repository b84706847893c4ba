"""Lists of ids: how two forks of one author's log find their common beginning.

Only where a cloned store made a fork. The giver streams the ids of its log, the taker follows them along the branches
it holds and asks for what comes after the longest common beginning. Neither keeps more than one frame of ids.
"""

from collections import deque
from typing import Final

from edenmesh.core.ids import VersionId
from edenmesh.core.limits import LISTED_IDS_FRAME
from edenmesh.core.reconcile import Held, Mark, common_prefix
from edenmesh.core.session.outbox import Outbox
from edenmesh.core.session.ports import Snapshot
from edenmesh.core.trust import Frontier
from edenmesh.core.wire import Ids
from edenmesh.errors import RemoteProtocolError


class Lister:
    """Lists logs to the peer, one after the other, and waits for what it wants of each."""

    def __init__(self, outbox: Outbox, snapshot: Snapshot) -> None:
        self._outbox = outbox
        self._snapshot = snapshot
        self._listed: dict[Mark, Held] = {}
        self._queue: deque[tuple[Held, int]] = deque()

    @property
    def is_idle(self) -> bool:
        """Whether the peer has answered every list."""
        return not self._listed

    def is_listing(self, held: Held) -> bool:
        """Whether this log, or a beginning of it, is listed and not answered yet."""
        return any(one.author == held.author and one.branch == held.branch for one in self._listed.values())

    def add(self, held: Held) -> None:
        """Queue the list of a log."""
        self._listed[held.mark] = held
        self._queue.append((held, 0))

    def take_answered(self, log: Mark) -> Held:
        """The peer has answered. Raises RemoteProtocolError where the list had not been sent whole."""
        if log not in self._listed or any(held.mark == log for held, _ in self._queue):
            raise RemoteProtocolError(what="The peer wants a log that was not listed to it.")
        return self._listed.pop(log)

    def pump(self) -> None:
        """Queue ids while the outbox has room."""
        while self._queue and self._outbox.has_room:
            held, start = self._queue.popleft()
            stop = min(start + LISTED_IDS_FRAME, held.size)
            ids = self._snapshot.ids_between(held.author, held.branch, start, stop)
            self._outbox.send(Ids(list(ids), held.mark, start))
            if stop < held.size:
                self._queue.appendleft((held, stop))


class OpenList:
    """A list that is coming in, compared with the branches held here piece by piece."""

    def __init__(self, log: Mark, branches: list[Held], snapshot: Snapshot) -> None:
        self.log: Final = log
        self._snapshot = snapshot
        self._frontier = Frontier.EMPTY
        self._following = list(branches)
        self._common = 0

    def extend(self, message: Ids) -> None:
        """The next piece. Raises RemoteProtocolError where it does not continue the list."""
        start = self._frontier.size
        stop = start + len(message.ids)
        if message.log != self.log or message.start != start or stop > self.log.size:
            raise RemoteProtocolError(what="The list of a log does not continue where it stopped.")
        ids = [VersionId(one) for one in message.ids]
        self._frontier = self._frontier.extended(ids)
        following: list[Held] = []
        for held in self._following:
            known = self._snapshot.ids_between(held.author, held.branch, start, min(stop, held.size))
            common = start + common_prefix(ids, known)
            self._common = max(self._common, common)
            if common == stop < held.size:
                following.append(held)
        self._following = following

    @property
    def is_whole(self) -> bool:
        """Whether all ids have come."""
        return self._frontier.size == self.log.size

    def common(self) -> int:
        """How much of the log is held here. Raises RemoteProtocolError unless the ids are those its root covers."""
        if self._frontier.root() != self.log.root:
            raise RemoteProtocolError(what="The list of a log does not have the root it was announced with.")
        return self._common
