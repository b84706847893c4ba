"""The first exchange: both sides bring each other's charter up to their own, before any data.

Each names the entries it holds and sends those the other lacks, parents first; `charter_done` says that everything
was sent and everything received is durable. A device the charter here does not know may hand entries in, since they
may make it a member, but is told nothing (design, section 2.1); what it handed in is kept only if they do.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

from edenmesh.core.ids import DeviceId, EntryId, MeshId
from edenmesh.core.limits import (
    CHARTER_ENTRIES_MAX,
    FRAME_BYTES_SENT,
    LISTED_IDS_FRAME,
    STRANGER_CHARTER_BYTES_MAX,
)
from edenmesh.core.session.events import CharterReceived
from edenmesh.core.session.outbox import Outbox
from edenmesh.core.session.ports import Snapshot
from edenmesh.core.trust import CharterEntry
from edenmesh.core.wire import CharterDone, CharterEntries, CharterIds
from edenmesh.errors import LimitExceeded, RemoteProtocolError


class CharterExchange:
    """Runs until both sides are done, then calls `when_settled`; later entries pass through at any time."""

    def __init__(
        self, outbox: Outbox, snapshot: Snapshot, *, mesh: MeshId, peer: DeviceId, when_settled: Callable[[], None]
    ) -> None:
        self.said: Final = snapshot.charter()
        """The charter as it was when the hello named its hash: the peer compares with that, so this side does."""
        self.is_settled = False
        self.moves = 0
        """Counts what comes, goes and becomes durable: an exchange that stands still is not for ever."""
        self._outbox = outbox
        self._snapshot = snapshot
        self._mesh = mesh
        self._peer = peer
        self._when_settled = when_settled
        self._is_stranger = False
        self._theirs: set[EntryId] = set()
        self._expected: set[EntryId] = set()
        self._given: set[bytes] = set()
        self._storing = 0
        self._handed_in: list[CharterEntry] = []
        self._handed_in_bytes = 0
        self._queue: deque[CharterEntry] = deque()
        self._looked = b""
        self._has_heard_ids = False
        self._has_said_done = False
        self._has_heard_done = False

    @property
    def holds_up(self) -> bool:
        """Whether what follows has to wait: an entry under way to the store may say what to make of it."""
        return self.is_settled and self._storing > 0

    def start(self, *, is_equal: bool) -> None:
        """Begin, knowing from both hellos whether the charters they spoke of are equal."""
        self._is_stranger = not self._snapshot.charter().is_member(self._peer)
        if is_equal:
            self._theirs = set(self.said.entries)
            self._has_heard_ids = self._has_heard_done = self._has_said_done = True
            self._settle()
            return
        ids: list[bytes] = [] if self._is_stranger else sorted(self._snapshot.charter().entries)
        for start in range(0, max(len(ids), 1), LISTED_IDS_FRAME):
            stop = start + LISTED_IDS_FRAME
            self._outbox.send(CharterIds(ids[start:stop], is_last=stop >= len(ids)))

    def handle_ids(self, message: CharterIds) -> None:
        """The peer says what it holds: send what it lacks, expect what is lacking here."""
        self.moves += 1
        if self._has_heard_ids:
            raise RemoteProtocolError(what="The peer named its charter twice.")
        self._theirs.update(EntryId(one) for one in message.ids)
        if len(self._theirs) > CHARTER_ENTRIES_MAX:
            raise LimitExceeded(what="The peer names more charter entries than there may be.")
        if not message.is_last:
            return
        self._expected |= self._theirs - self._snapshot.charter().entries.keys()
        self._has_heard_ids = True
        if self._is_stranger:
            self._judge_stranger()
        self.look()
        self._finish()

    def handle_entries(self, message: CharterEntries) -> None:
        """Entries arrive: each is checked by decoding it, then handed over to be stored."""
        self.moves += 1
        if self._is_stranger:
            self._handed_in_bytes += sum(map(len, message.entries))
            if self._handed_in_bytes > STRANGER_CHARTER_BYTES_MAX:
                raise LimitExceeded(what="A device that is not a member handed in too large a charter.")
        entries = [CharterEntry.decode(data) for data in message.entries]
        if any(entry.mesh != self._mesh for entry in entries):
            raise RemoteProtocolError(what="The peer sent charter entries of another team.")
        if not self._is_stranger:
            self._require_parents_first(entries)
            self._store(entries)
            return
        if not self._has_heard_ids or any(entry.id not in self._theirs for entry in entries):
            raise RemoteProtocolError(what="A device that is not a member sent charter entries it had not named.")
        self._handed_in += entries
        self._expected.difference_update(entry.id for entry in entries)
        self._judge_stranger()

    def handle_done(self, message: CharterDone) -> None:
        """The peer has sent all and stored all."""
        if self._has_heard_done:
            raise RemoteProtocolError(what="The peer was done with its charter twice.")
        self._has_heard_done = True
        self._settle()

    def look(self) -> bool:
        """Queue what the peer lacks: at the beginning, and whenever the charter here has grown. Returns if it did."""
        charter = self._snapshot.charter()
        if self._is_stranger or not self._has_heard_ids or charter.hash == self._looked:
            return False
        self._looked = charter.hash
        news = [entry for one, entry in charter.entries.items() if one not in self._theirs]
        self._theirs.update(entry.id for entry in news)
        self._queue.extend(news)
        return bool(news)

    def pump(self) -> None:
        """Queue entries while the outbox has room."""
        while self._queue and self._outbox.has_room:
            batch = [self._queue.popleft().encode()]
            size = len(batch[0])
            while self._queue and size < FRAME_BYTES_SENT:
                batch.append(self._queue.popleft().encode())
                size += len(batch[-1])
            self._outbox.send(CharterEntries(batch))
            self.moves += 1
        self._finish()

    def _require_parents_first(self, entries: list[CharterEntry]) -> None:
        """Else entries that rest on nothing could fill the charter, and leave no room for who is to be revoked."""
        known = self._snapshot.charter().entries
        for entry in entries:
            if any(parent not in known and parent not in self._given for parent in entry.parents):
                raise RemoteProtocolError(what="The peer sent a charter entry before those it rests on.")
            self._given.add(entry.id)

    def _store(self, entries: list[CharterEntry]) -> None:
        ids = {entry.id for entry in entries}
        self._theirs |= ids
        self._expected |= ids
        self._storing += 1

        def durable() -> None:
            self._storing -= 1
            self.moves += 1
            self._expected.difference_update(ids)
            self._finish()

        self._outbox.store(lambda batch: CharterReceived(batch, entries), durable)

    def _judge_stranger(self) -> None:
        """Once all it named is here: if that makes the peer a member it is stored, else nothing is."""
        if self._expected:
            return
        handed_in, self._handed_in = self._handed_in, []
        known = self._snapshot.charter()
        charter = known.extended(handed_in)
        if charter.is_member(self._peer):
            self._is_stranger = False
            fresh = [entry for one, entry in charter.entries.items() if one not in known.entries]
            if fresh:
                self._store(fresh)
            self._finish()
        else:
            self.is_settled = True
            self._when_settled()

    def _finish(self) -> None:
        if self.is_settled:
            return
        if self._has_heard_ids and not self._queue and not self._expected and not self._has_said_done:
            self._has_said_done = True
            self._outbox.send(CharterDone(self._snapshot.charter().hash))
        self._settle()

    def _settle(self) -> None:
        if self._has_said_done and self._has_heard_done and not self.is_settled:
            self.is_settled = True
            self._when_settled()
