"""The first exchange: both sides bring each other's charter up to their own, before any data.

Each names the entries it holds and sends those the other lacks, parents first; `charter_done` says that everything
was sent and everything received is durable. A device the charter here does not know may hand entries in, since they
may make it a member, but is told nothing (design, section 2.1).
"""

from collections.abc import Callable

from edenmesh.core.ids import EntryId
from edenmesh.core.limits import CHARTER_ENTRIES_MAX, FRAME_BYTES_SENT, LISTED_IDS_FRAME
from edenmesh.core.session.events import CharterReceived
from edenmesh.core.session.outbox import Outbox
from edenmesh.core.session.ports import Snapshot
from edenmesh.core.trust import CharterEntry
from edenmesh.core.wire import CharterDone, CharterEntries, CharterIds
from edenmesh.errors import RemoteProtocolError


class CharterExchange:
    """Runs until both sides are done, then calls `when_settled`; later entries pass through at any time."""

    def __init__(
        self, outbox: Outbox, snapshot: Snapshot, *, is_stranger: bool, when_settled: Callable[[], None]
    ) -> None:
        self._outbox = outbox
        self._snapshot = snapshot
        self._is_stranger = is_stranger
        self._when_settled = when_settled
        self._theirs: set[EntryId] = set()
        self._expected: set[EntryId] = set()
        self._has_sent = False
        self._has_said_done = False
        self._has_heard_done = False
        self.is_settled = False
        self.their_hash = b""

    def start(self, their_hash: bytes) -> None:
        """Begin, knowing the hash of the peer's charter from its hello."""
        charter = self._snapshot.charter()
        self.their_hash = their_hash
        if their_hash == charter.hash:
            self._theirs = set(charter.entries)
            self._has_sent = self._has_heard_done = self._has_said_done = True
            self._settle()
            return
        ids: list[bytes] = [] if self._is_stranger else sorted(charter.entries)
        for start in range(0, max(len(ids), 1), LISTED_IDS_FRAME):
            stop = start + LISTED_IDS_FRAME
            self._outbox.send(CharterIds(ids[start:stop], is_last=stop >= len(ids)))

    def handle_ids(self, message: CharterIds) -> None:
        """The peer says what it holds: send what it lacks, expect what is lacking here."""
        if self._has_sent:
            raise RemoteProtocolError(what="The peer named its charter twice.")
        self._theirs.update(EntryId(one) for one in message.ids)
        if len(self._theirs) > CHARTER_ENTRIES_MAX:
            raise RemoteProtocolError(what="The peer names more charter entries than there may be.")
        if not message.is_last:
            return
        self._expected |= self._theirs - set(self._snapshot.charter().entries)
        self._has_sent = True
        self.send_news()
        self._finish()

    def handle_entries(self, message: CharterEntries) -> None:
        """Entries arrive: each is checked by decoding it, then handed over to be stored."""
        entries = [CharterEntry.decode(data) for data in message.entries]
        if self._is_stranger and any(entry.id not in self._expected for entry in entries):
            raise RemoteProtocolError(what="A device that is not a member sent charter entries it had not named.")
        ids = {entry.id for entry in entries}
        self._theirs |= ids
        self._expected |= ids

        def durable() -> None:
            self._expected -= ids
            self._finish()

        self._outbox.store(lambda batch: CharterReceived(batch, entries), durable)

    def handle_done(self, message: CharterDone) -> None:
        """The peer has sent all and stored all."""
        self._has_heard_done = True
        self.their_hash = message.charter
        self._settle()

    def send_news(self) -> None:
        """Send what the peer lacks: at the beginning, and whenever the charter here has grown."""
        if self._is_stranger or not self._has_sent:
            return
        batch: list[bytes] = []
        size = 0
        for one, entry in self._snapshot.charter().entries.items():
            if one in self._theirs:
                continue
            self._theirs.add(one)
            data = entry.encode()
            if size + len(data) > FRAME_BYTES_SENT:
                self._outbox.send(CharterEntries(batch))
                batch, size = [], 0
            batch.append(data)
            size += len(data)
        if batch:
            self._outbox.send(CharterEntries(batch))

    def _finish(self) -> None:
        if self._has_sent and not self._expected and not self._has_said_done:
            self._has_said_done = True
            self._outbox.send(CharterDone(self._snapshot.charter().hash))
        self._settle()

    def _settle(self) -> None:
        if self._has_said_done and self._has_heard_done and not self.is_settled:
            self.is_settled = True
            self._when_settled()
