"""The taker: checks what the peer gives and hands it over whole, part by part, to be stored.

A part counts only with the seal at its end: the charter names the author, every version is valid and in its place,
and the tree head over all ids up to here is the one the author signed. An ack is queued when the driver says that the
part is durable, and in no other way.
"""

from typing import Final

from edenmesh.core.ids import AuthorId, DeviceId
from edenmesh.core.limits import (
    LOG_BRANCHES_MAX,
    PART_BYTES_MAX,
    PART_VERSIONS_MAX,
    UNACKED_BYTES_MAX,
    UNACKED_PARTS_MAX,
    VECTOR_LOGS_MAX,
)
from edenmesh.core.reconcile import HOLE_BYTES, Held, Hole, Mark, Places
from edenmesh.core.records import carry
from edenmesh.core.session.events import PartReceived, Progress
from edenmesh.core.session.giving import Giver
from edenmesh.core.session.listing import OpenList
from edenmesh.core.session.outbox import Outbox
from edenmesh.core.session.penning import Penning
from edenmesh.core.session.ports import LogPart, Snapshot, is_well_sealed
from edenmesh.core.trust import Frontier, Seal
from edenmesh.core.wire import Ack, Ids, Part, Refused, Vector, Want
from edenmesh.errors import LimitExceeded, RemoteProtocolError

REASON_UNNAMED: Final = "the team does not know their author"
REASON_FORKS: Final = "their author has forked too often"
REASON_SEALS: Final = "their author seals too seldom"


class Taker:
    """The other direction of a session: theirs to ours."""

    def __init__(self, outbox: Outbox, snapshot: Snapshot, progress: Progress, *, giver: Giver, peer: DeviceId) -> None:
        self.told: Final[dict[AuthorId, Places]] = {}
        """Places of logs that the peer gave as holes: it need not be asked for them."""
        self._peer = peer
        self._outbox = outbox
        self._snapshot = snapshot
        self._progress = progress
        self._giver = giver
        self._heads: dict[AuthorId, list[Held]] | None = None
        self._marks: list[Mark] = []
        self._open: OpenPart | None = None
        self._list: OpenList | None = None
        self._ahead: dict[Mark, Frontier] = {}
        self._last: dict[AuthorId, tuple[Mark, Frontier]] = {}
        self._awaited: set[Mark] = set()
        self._begun: set[Mark] = set()
        self._refused: dict[AuthorId, str] = {}
        self._penning = Penning(outbox, snapshot)
        self._storing = 0
        self._storing_bytes = 0
        self._seen = 0
        self._has_heard_given = False

    @property
    def is_idle(self) -> bool:
        """Whether the peer has given all that was lacking here. Durability is the outbox's to say."""
        return self._has_heard_given and self._open is None and self._list is None and not self._awaited

    def take_vector(self, message: Vector) -> list[Mark] | None:
        """A piece of the peer's vector; the whole of it once the last has come. Raises LimitExceeded."""
        self._marks += message.logs
        counts: dict[AuthorId, int] = {}
        for mark in self._marks if message.is_last else ():
            counts[mark.author] = counts.get(mark.author, 0) + 1
        if len(self._marks) > VECTOR_LOGS_MAX or any(count > LOG_BRANCHES_MAX for count in counts.values()):
            raise LimitExceeded(what="The peer names more logs than there may be.")
        return self._marks if message.is_last else None

    def expect(self, marks: list[Mark], asked: list[Mark]) -> None:
        """The peer's logs are known: count what is to come, for people who wait. Of those asked a list will come."""
        for mark in marks:
            held = max((held.size for held in self._heads_of(mark.author)), default=0)
            self._progress.versions_to_take += max(0, mark.size - held)
        self._awaited.update(asked)

    def handle_given(self) -> None:
        """The peer has sent all that its comparison showed."""
        if self._has_heard_given or self._open is not None:
            raise RemoteProtocolError(what="The peer says that it has given all in the midst of it.")
        self._has_heard_given = True
        self._refuse_penned()

    def handle_part(self, message: Part) -> None:
        """Versions arrive. Raises ProtocolError where they break the protocol; some authors' are refused."""
        part = self._open
        if part is None:
            part = self._open = OpenPart(message)
        part.extend(message)
        if message.seal is None:
            return
        self._open = None
        seal = message.seal
        if seal.author != part.author or seal.size != part.start + len(part.versions):
            raise RemoteProtocolError(what="A seal does not fit the versions before it.")
        if part.author in self._refused:
            self._refuse(part, seal, self._refused[part.author])
        elif not self._snapshot.charter().standing(part.author).is_named:
            self._pen(part, seal)
        elif self._forks_too_often(Mark(part.author, part.start, part.base)):
            self._refuse(part, seal, REASON_FORKS)
        elif not is_well_sealed(part.start, seal.size, part.size_bytes):
            self._refuse(part, seal, REASON_SEALS)
        else:
            self._hand_over(part, seal)

    def handle_ids(self, message: Ids) -> None:
        """A piece of the list of a forked log; when whole, ask for what follows the longest common beginning."""
        log = message.log
        if self._list is None:
            self._heads = None
            self._list = OpenList(log, self._heads_of(log.author), self._snapshot)
        self._list.extend(message)
        if not self._list.is_whole:
            return
        common = self._list.common()
        self._list = None
        self._outbox.send(Want(log, common))
        if common < log.size:
            self._awaited.add(log)
        else:
            self._awaited.discard(log)

    def _forks_too_often(self, base: Mark) -> bool:
        """Whether a part leaves the logs of an author of whom as many forks are here as there may be.

        It is passed over then: one who forks without end must not end the sessions of those who pass it on.
        """
        if self._goes_on(base):
            return False
        coming = sum(mark.author == base.author for mark in self._begun)
        return len(self._heads_of(base.author)) + coming >= LOG_BRANCHES_MAX

    def _goes_on(self, base: Mark) -> bool:
        """Whether a part goes on where a log ends, as far as is known without looking at the store anew."""
        last = self._last.get(base.author)
        is_last = last is not None and last[0] == base
        return is_last or any(held.mark == base for held in self._heads_of(base.author))

    def _refuse(self, part: "OpenPart", seal: Seal, reason: str) -> None:
        self._refused[part.author] = reason
        self._count_refused(part, reason)
        self._outbox.send(Refused(Mark(part.author, seal.size, seal.root)))

    def _count_refused(self, part: "OpenPart", reason: str) -> None:
        self._awaited = {log for log in self._awaited if log.author != part.author}
        refused = self._progress.refused
        refused[reason] = refused.get(reason, 0) + len(part.versions)

    def _pen(self, part: "OpenPart", seal: Seal) -> None:
        """A part of an author the charter does not name: into the pen where it goes on with what came before."""
        size = max((mark.size for mark in self._marks if mark.author == part.author), default=0)
        base = Mark(part.author, part.start, part.base)
        below = self._penning.frontier(base)
        is_new = part.start > 0 or self._penning.wants(part.author, max(size, seal.size))
        if below is None or not is_new or not is_well_sealed(part.start, seal.size, part.size_bytes):
            self._refuse(part, seal, REASON_UNNAMED)
            return
        self._count_refused(part, REASON_UNNAMED)
        self._penning.keep(checked_part(part, seal, below, self._peer), part.size_bytes)
        if self._has_heard_given or self._penning.is_full:
            self._refuse_penned()

    def _refuse_penned(self) -> None:
        self._refused.update(dict.fromkeys(self._penning.refuse(), REASON_UNNAMED))

    def _hand_over(self, part: "OpenPart", seal: Seal) -> None:
        base = Mark(part.author, part.start, part.base)
        below = self._frontier(base)
        log_part = checked_part(part, seal, below, self._peer)
        for seq, one in enumerate(log_part.versions, part.start):
            if isinstance(one, Hole):
                self.told.setdefault(part.author, Places()).add(seq, seq + 1)
        for log in [log for log in self._awaited if log.author == part.author and part.start < log.size <= seal.size]:
            # Of an author with forks, only the part that reaches this very log is the one awaited.
            ids = [one.id for one in log_part.versions[: log.size - part.start]]
            if below.extended(ids).root() == log.root:
                self._awaited.discard(log)
        self._store(log_part, base, part.size_bytes)

    def _store(self, part: LogPart, base: Mark, size_bytes: int) -> None:
        mark = Mark(part.author, part.seal.size, part.seal.root)
        is_begun = not self._goes_on(base)
        if is_begun:
            self._begun.add(mark)
        self._ahead[mark] = part.frontier
        self._last[part.author] = mark, part.frontier
        self._storing += 1
        self._storing_bytes += size_bytes
        if self._storing > UNACKED_PARTS_MAX or self._storing_bytes > UNACKED_BYTES_MAX + PART_BYTES_MAX:
            raise LimitExceeded(what="The peer gives faster than what it gave can become durable.")
        # `durable` waits for the commit and keeps the count, not the part: the store has its versions by then.
        count = len(part.versions)
        self._seen += count
        # What was made since the vectors were compared, and what forks hold, was not counted when they were.
        self._progress.versions_to_take = max(self._progress.versions_to_take, self._seen)

        def durable() -> None:
            self._ahead.pop(mark, None)
            if is_begun:
                self._begun.discard(mark)
                self._heads = None
            self._storing -= 1
            self._storing_bytes -= size_bytes
            self._progress.versions_taken += count
            self._giver.note(mark, base)
            self._outbox.send(Ack(mark))

        self._outbox.store(lambda batch: PartReceived(batch, part), durable)

    def _frontier(self, base: Mark) -> Frontier:
        """The tree a part continues: one just received and not stored yet, the author's last one, or one held."""
        ahead = self._ahead.get(base)
        if ahead is not None:
            return ahead
        mark, last = self._last.get(base.author, (None, Frontier.EMPTY))
        if mark == base:
            return last
        if base.size == 0 and base.root == Frontier.EMPTY.root():
            return Frontier.EMPTY
        for is_fresh in (False, True):
            if is_fresh:
                self._heads = None
            for held in self._heads_of(base.author):
                is_long_enough = held.size >= base.size
                if is_long_enough and self._snapshot.root_at(held.author, held.branch, base.size) == base.root:
                    return self._snapshot.frontier_at(held.author, held.branch, base.size)
        raise RemoteProtocolError(what="A log part continues a log that is not held here.")

    def _heads_of(self, author: AuthorId) -> list[Held]:
        """The logs of an author as they were when last read; they only grow, so what is found in them holds."""
        if self._heads is None:
            self._heads = {}
            for held in self._snapshot.log_heads():
                self._heads.setdefault(held.author, []).append(held)
        return self._heads.get(author, [])


class OpenPart:
    """A part of a log, gathered until its seal has come."""

    def __init__(self, first: Part) -> None:
        self.author: Final = AuthorId(first.author)
        self.base: Final = first.base
        self.start: Final = first.start
        self.versions: Final[list[bytes]] = []
        self.size_bytes = 0

    def extend(self, message: Part) -> None:
        """Another message of it. Raises ProtocolError where it does not go on, or is too long."""
        is_next = message.author == self.author and message.base == self.base
        if not is_next or message.start != self.start + len(self.versions):
            raise RemoteProtocolError(what="A log part was broken off by another.")
        self.versions.extend(message.versions)
        self.size_bytes += sum(map(len, message.versions))
        if len(self.versions) > PART_VERSIONS_MAX or self.size_bytes > PART_BYTES_MAX:
            raise LimitExceeded(what="A log part is longer than one may be.")


def checked_part(part: OpenPart, seal: Seal, below: Frontier, giver: DeviceId) -> LogPart:
    """The part, each version and the seal of which hold. Raises ProtocolError."""
    seal.require_valid()
    carried = [carry(data) if len(data) != HOLE_BYTES else Hole.decode(data) for data in part.versions]
    for seq, one in enumerate(carried, part.start):
        is_in_place = isinstance(one, Hole) or (one.version.seq == seq and one.version.author == part.author)
        if not is_in_place:
            raise RemoteProtocolError(what="A version is not in its place in the log.")
    frontier = below.extended([one.id for one in carried])
    if frontier.root() != seal.root:
        raise RemoteProtocolError(what="The versions of a log are not those its author sealed.")
    return LogPart(part.author, part.start, part.base, carried, seal, frontier, giver)
