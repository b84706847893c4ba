"""The taker: checks what the peer gives and hands it over whole, part by part, to be stored.

A part counts only with the seal at its end: the author is certified by the charter, every version is valid and in its
place, and the tree head over all ids up to here is the one the author signed. An ack is queued when the driver says
that the part is durable, and in no other way.
"""

from typing import Final

from edenmesh.core.ids import AuthorId, VersionId
from edenmesh.core.limits import LISTED_IDS_MAX, PART_BYTES_MAX, PART_VERSIONS_MAX
from edenmesh.core.reconcile import Held, Mark, common_prefix
from edenmesh.core.records import carry
from edenmesh.core.session.events import PartReceived, Progress
from edenmesh.core.session.giving import Giver
from edenmesh.core.session.outbox import Outbox
from edenmesh.core.session.ports import LogPart, Snapshot
from edenmesh.core.trust import Frontier, Seal
from edenmesh.core.wire import Ack, Ids, Part, Want
from edenmesh.errors import RemoteProtocolError


class Taker:
    """The other direction of a session: theirs to ours."""

    def __init__(self, outbox: Outbox, snapshot: Snapshot, progress: Progress, giver: Giver) -> None:
        self._outbox = outbox
        self._snapshot = snapshot
        self._progress = progress
        self._giver = giver
        self._open: _OpenPart | None = None
        self._ahead: dict[Mark, Frontier] = {}
        self._lists: dict[Mark, list[VersionId]] = {}
        self._asked: set[Mark] = set()
        self._has_heard_given = False

    @property
    def is_idle(self) -> bool:
        """Whether the peer has given all that was lacking here. Durability is the outbox's to say."""
        return self._has_heard_given and self._open is None and not self._lists and not self._asked

    def expect(self, marks: list[Mark]) -> None:
        """The peer's logs are known: count what is to come, for people who wait."""
        sizes: dict[AuthorId, int] = {}
        for held in self._snapshot.log_heads():
            sizes[held.author] = max(held.size, sizes.get(held.author, 0))
        self._progress.versions_to_take += sum(max(0, mark.size - sizes.get(mark.author, 0)) for mark in marks)

    def expect_list(self, log: Mark) -> None:
        """The peer was asked to list a log."""
        self._asked.add(log)

    def handle_given(self) -> None:
        """The peer has sent all that its comparison showed."""
        self._has_heard_given = True

    def handle_part(self, message: Part) -> None:
        """Versions arrive. Raises RemoteProtocolError where they break the protocol; refused authors only count."""
        part = self._open
        if part is None:
            part = self._open = _OpenPart(message)
        part.extend(message)
        if message.seal is None:
            return
        self._open = None
        if not self._snapshot.charter().standing(part.author).is_named:
            reason = "the team does not know their author"
            self._progress.refused[reason] = self._progress.refused.get(reason, 0) + len(part.versions)
            return
        self._hand_over(part, message.seal)

    def handle_ids(self, message: Ids) -> None:
        """A piece of the list of a forked log; when whole, ask for what follows the longest common beginning."""
        log = message.log
        ids = self._lists.setdefault(log, [])
        if message.start != len(ids) or len(ids) + len(message.ids) > min(log.size, LISTED_IDS_MAX):
            raise RemoteProtocolError(what="The list of a log does not continue where it stopped.")
        ids.extend(VersionId(one) for one in message.ids)
        if len(ids) < log.size:
            return
        del self._lists[log]
        self._asked.discard(log)
        if Frontier.EMPTY.extended(ids).root() != log.root:
            raise RemoteProtocolError(what="The list of a log does not have the root it was announced with.")
        known = [
            common_prefix(ids, self._snapshot.ids_between(held.author, held.branch, 0, min(held.size, log.size)))
            for held in self._heads_of(log.author)
        ]
        self._outbox.send(Want(log, max(known, default=0)))

    def _hand_over(self, part: "_OpenPart", seal: Seal) -> None:
        start = part.start
        if seal.author != part.author or seal.size != start + len(part.versions):
            raise RemoteProtocolError(what="A seal does not fit the versions before it.")
        seal.require_valid()
        carried = [carry(data) for data in part.versions]
        for seq, one in enumerate(carried, start):
            if one.version.seq != seq or one.version.author != part.author:
                raise RemoteProtocolError(what="A version is not in its place in the log.")
        frontier = self._frontier(Mark(part.author, start, part.base)).extended([one.id for one in carried])
        if frontier.root() != seal.root:
            raise RemoteProtocolError(what="The versions of a log are not those its author sealed.")
        self._store(LogPart(part.author, start, part.base, carried, seal, frontier))

    def _store(self, part: LogPart) -> None:
        mark = Mark(part.author, part.seal.size, part.seal.root)
        self._ahead[mark] = part.frontier

        def durable() -> None:
            self._ahead.pop(mark, None)
            self._progress.versions_taken += len(part.versions)
            self._giver.note(mark)
            self._outbox.send(Ack(mark))

        self._outbox.store(lambda batch: PartReceived(batch, part), durable)

    def _frontier(self, base: Mark) -> Frontier:
        """The tree a part continues: one just received and not stored yet, or one held."""
        ahead = self._ahead.get(base)
        if ahead is not None:
            return ahead
        if base.size == 0:
            return Frontier.EMPTY
        for held in self._heads_of(base.author):
            is_long_enough = held.size >= base.size
            if is_long_enough and self._snapshot.root_at(held.author, held.branch, base.size) == base.root:
                return self._snapshot.frontier_at(held.author, held.branch, base.size)
        raise RemoteProtocolError(what="A log part continues a log that is not held here.")

    def _heads_of(self, author: AuthorId) -> list[Held]:
        return [held for held in self._snapshot.log_heads() if held.author == author]


class _OpenPart:
    """A part whose seal has not come yet."""

    def __init__(self, first: Part) -> None:
        self.author: Final = AuthorId(first.author)
        self.base: Final = first.base
        self.start: Final = first.start
        self.versions: Final[list[bytes]] = []
        self._size_bytes = 0

    def extend(self, message: Part) -> None:
        is_next = message.author == self.author and message.base == self.base
        if not is_next or message.start != self.start + len(self.versions):
            raise RemoteProtocolError(what="A log part was broken off by another.")
        self.versions.extend(message.versions)
        self._size_bytes += sum(map(len, message.versions))
        if len(self.versions) > PART_VERSIONS_MAX or self._size_bytes > PART_BYTES_MAX:
            raise RemoteProtocolError(what="A log part is empty or longer than one may be.")
