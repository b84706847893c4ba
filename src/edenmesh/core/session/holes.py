"""Holes, both ways: their contents asked for by places of a log, from whoever may have them, and checked by id.

When versions have come to rest each side asks for what is absent here and what a person wants again, one list of
places at a time. The giver answers place by place, in order: the version, or that it is known and not held there
either. What was told to be a hole is not asked for again in a session before the giver says that it has come.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from edenmesh.core.ids import DeviceId
from edenmesh.core.limits import (
    FRAME_BYTES_SENT,
    HOLE_STRETCHES_MAX,
    PART_BYTES_MAX,
    PART_VERSIONS_MAX,
    UNACKED_BYTES_MAX,
)
from edenmesh.core.reconcile import Gap, HoleKind, Mark, Places, Stretch, beginnings, is_hole
from edenmesh.core.records import carry
from edenmesh.core.session.events import HolesReceived, Progress
from edenmesh.core.session.giving import Branch, Giver
from edenmesh.core.session.outbox import Outbox
from edenmesh.core.session.ports import Filling, Snapshot
from edenmesh.core.session.taking import Taker
from edenmesh.core.wire import HolesFilled, HolesHere, HolesMissing, HolesTaken, HolesWanted
from edenmesh.errors import LimitExceeded, RemoteProtocolError

_ANSWERS_AT_ONCE: Final = 64
"""Messages made in one pumping: when they are sent it is pumped again."""
_PIECE: Final = 64
"""Versions read at a time: they may be large."""

Wanted: TypeAlias = tuple[Branch, deque[Stretch]]


@dataclass(slots=True)
class _Asked:
    """The list of places that is open: what of it is not answered yet."""

    branch: Branch
    log: Mark
    places: deque[Stretch]

    def consume(self, start: int, stop: int) -> None:
        """These places are answered. Raises RemoteProtocolError where they are not the next ones."""
        first = self.places[0] if self.places else Stretch(0, 0)
        if start != first.start or stop > first.stop:
            raise RemoteProtocolError(what="The peer answers for holes that are not the next ones it was asked for.")
        self.places.popleft()
        if stop < first.stop:
            self.places.appendleft(Stretch(stop, first.stop))


class HoleTaker:
    """Asks for the contents of holes here. One the peer does not have is not asked for again until it says it has."""

    def __init__(
        self, outbox: Outbox, snapshot: Snapshot, progress: Progress, *, giver: Giver, taker: Taker, peer: DeviceId
    ) -> None:
        self._outbox = outbox
        self._snapshot = snapshot
        self._progress = progress
        self._giver = giver
        self._taker = taker
        self._peer = peer
        self._tried: dict[Branch, Places] = {}
        self._waiting: deque[Wanted] = deque()
        self._asked: _Asked | None = None
        self._storing_bytes = 0
        self._looked = -1

    @property
    def is_idle(self) -> bool:
        """Whether nothing is asked for or waits to be. Durability is the outbox's to say."""
        return self._asked is None and not self._waiting

    def look(self) -> None:
        """Ask for what is wanted now, if that may have changed. Versions have come to rest."""
        changes = self._snapshot.hole_changes()
        if changes == self._looked or not self.is_idle:
            return
        self._looked = changes
        for run in self._snapshot.wanted_holes(self._peer):
            branch = (run.author, run.branch)
            told = self._taker.told.get(run.author, Places())
            tried = self._tried.get(branch, Places())
            for piece in told.without(run.start, run.stop):
                rest = tried.without(*piece)
                if rest and (not self._waiting or self._waiting[-1][0] != branch):
                    self._waiting.append((branch, deque()))
                if rest:
                    self._waiting[-1][1].extend(rest)
        self._ask()

    def handle_filled(self, message: HolesFilled) -> None:
        """Contents arrive. Raises ProtocolError where they are not those asked for: the ids tell."""
        asked = self._open(message.log)
        author, branch = asked.branch
        start = asked.places[0].start if asked.places else 0
        stop = start + len(message.versions)
        asked.consume(start, stop)
        carried = [carry(data) for data in message.versions]
        if [one.id for one in carried] != self._snapshot.ids_between(author, branch, start, stop):
            raise RemoteProtocolError(what="The peer filled a hole with a version that does not belong there.")
        size_bytes = sum(map(len, message.versions))
        self._storing_bytes += size_bytes
        if self._storing_bytes > UNACKED_BYTES_MAX + PART_BYTES_MAX:
            raise LimitExceeded(what="The peer gives faster than what it gave can become durable.")

        # `durable` waits for the commit and keeps figures only, not the contents: the store has them by then.
        def durable() -> None:
            self._storing_bytes -= size_bytes
            self._progress.versions_taken += stop - start
            self._outbox.send(HolesTaken(message.log, stop))

        self._store(Filling(author, branch, carried, [], self._peer), durable)
        self._go_on()

    def handle_missing(self, message: HolesMissing) -> None:
        """The peer does not have these, either."""
        asked = self._open(message.log)
        for place in message.places:
            asked.consume(place.start, place.stop)
            self._progress.versions_to_take -= place.stop - place.start
        erased = [Stretch(one.start, one.stop) for one in message.places if one.kind == HoleKind.ERASED]
        if erased:
            self._store(Filling(*asked.branch, [], erased, self._peer), lambda: None)
        self._go_on()

    def handle_here(self, message: HolesHere) -> None:
        """Contents that were told to be missing have come to the peer: they may be asked for again."""
        author = message.log.author
        places = [self._taker.told.get(author), *(each for branch, each in self._tried.items() if branch[0] == author)]
        for start, stop in message.places:
            for each in places:
                if each is not None:
                    each.remove(start, stop)
        self._looked = -1

    def _open(self, log: Mark) -> _Asked:
        if self._asked is None or self._asked.log != log:
            raise RemoteProtocolError(what="The peer answers for holes it was not asked for.")
        return self._asked

    def _store(self, filling: Filling, durable: Callable[[], None]) -> None:
        self._outbox.store(lambda batch: HolesReceived(batch, filling), durable)

    def _go_on(self) -> None:
        if self._asked is not None and not self._asked.places:
            self._asked = None
            self._ask()

    def _ask(self) -> None:
        """Ask for the next list of places, as far as the peer has the log they stand in."""
        while self._asked is None and self._waiting:
            branch, waiting = self._waiting[0]
            log = self._common_log(branch)
            places: list[Stretch] = []
            while waiting and len(places) < HOLE_STRETCHES_MAX:
                start, stop = waiting.popleft()
                if log is not None and start < log.size:
                    places.append(Stretch(start, min(stop, log.size)))
            if not waiting:
                self._waiting.popleft()
            if log is not None and places:
                tried = self._tried.setdefault(branch, Places())
                for place in places:
                    tried.add(*place)
                    self._progress.versions_to_take += place.stop - place.start
                self._asked = _Asked(branch, log, deque(places))
                self._outbox.send(HolesWanted(log, places))

    def _common_log(self, branch: Branch) -> Mark | None:
        """A log here as far as the peer has it, too."""
        for held in self._snapshot.log_heads():
            if (held.author, held.branch) == branch:
                return self._giver.common_log(held)
        return None


class HoleGiver:
    """Gives the contents the peer asks for, in its order, while the outbox has room and the peer keeps up."""

    def __init__(self, outbox: Outbox, snapshot: Snapshot, progress: Progress, giver: Giver) -> None:
        self._outbox = outbox
        self._snapshot = snapshot
        self._progress = progress
        self._giver = giver
        self._asked: _Asked | None = None
        self._unacked: list[tuple[Mark, int, int]] = []
        self._unacked_bytes = 0
        self._looked = snapshot.hole_changes()

    @property
    def is_idle(self) -> bool:
        """Whether every list is answered, and what was given is durable there."""
        return self._asked is None and not self._unacked

    def handle_wanted(self, message: HolesWanted) -> None:
        """Queue a list of places. Raises RemoteProtocolError where the one before is not answered."""
        if self._asked is not None:
            raise RemoteProtocolError(what="The peer asks for too many holes at once.")
        log = message.log
        for held in self._snapshot.log_heads():
            if held.author == log.author and beginnings(held, [log], self._snapshot):
                self._asked = _Asked((held.author, held.branch), log, deque(message.places))
                return
        # The peer believes that the log is here, and it was refused.
        self._outbox.send(HolesMissing(log, [Gap(*place, HoleKind.ABSENT) for place in message.places]))

    def handle_taken(self, message: HolesTaken) -> None:
        """The peer has made durable what was given up to here."""
        for place, (log, stop, size_bytes) in enumerate(self._unacked):
            if (log, stop) == (message.log, message.stop):
                del self._unacked[place]
                self._unacked_bytes -= size_bytes
                return
        raise RemoteProtocolError(what="The peer acknowledges holes that were not filled.")

    def look(self) -> None:
        """Holes here may have been filled: tell the peer of those that were told to it."""
        changes = self._snapshot.hole_changes()
        if changes == self._looked:
            return
        self._looked = changes
        for held in self._snapshot.log_heads():
            told = self._giver.told.get((held.author, held.branch))
            log = self._giver.common_log(held) if told else None
            if told is None or log is None:
                continue
            here = Places(told)
            for gap in self._snapshot.gaps_between(held.author, held.branch, 0, held.size):
                here.remove(gap.start, gap.stop)
            places = [Stretch(start, min(stop, log.size)) for start, stop in here if start < log.size]
            for place in places:
                told.remove(*place)
            for first in range(0, len(places), HOLE_STRETCHES_MAX):
                self._outbox.send(HolesHere(log, places[first : first + HOLE_STRETCHES_MAX]))

    def pump(self) -> None:
        """Queue answers while there is room."""
        for _ in range(_ANSWERS_AT_ONCE):
            asked = self._asked
            if asked is None or not self._outbox.has_room or self._unacked_bytes >= UNACKED_BYTES_MAX:
                return
            self._answer(asked)
            if not asked.places:
                self._asked = None

    def _answer(self, asked: _Asked) -> None:
        """Answer for the next places, in one message: the versions up to the next hole, or the holes up to the next."""
        start, stop = asked.places[0]
        gaps = self._snapshot.gaps_between(*asked.branch, start, min(stop, start + PART_VERSIONS_MAX))
        missing: list[Gap] = []
        for gap in gaps:
            if gap.start == (missing[-1].stop if missing else start):
                missing.append(gap)
        if missing:
            asked.consume(start, missing[0].stop)
            for gap in missing[1:]:
                asked.consume(gap.start, gap.stop)
            for gap in missing:
                self._giver.tell(asked.branch, gap.start, gap.stop)
            self._outbox.send(HolesMissing(asked.log, missing))
            return
        stop = min(stop, start + _PIECE, *(gap.start for gap in gaps))
        versions, size_bytes = _fitting(self._snapshot.versions_between(*asked.branch, start, stop))
        if not versions:
            return  # purged in this moment: looked at again
        stop = start + len(versions)
        asked.consume(start, stop)
        self._outbox.send(HolesFilled(asked.log, versions))
        self._unacked.append((asked.log, stop, size_bytes))
        self._unacked_bytes += size_bytes
        self._progress.versions_given += len(versions)


def _fitting(items: list[bytes]) -> tuple[list[bytes], int]:
    """As many versions as one message takes, up to the first hole, and their bytes."""
    size_bytes = 0
    for number, data in enumerate(items):
        if is_hole(data) or (size_bytes and size_bytes + len(data) > FRAME_BYTES_SENT):
            return items[:number], size_bytes
        size_bytes += len(data)
    return items, size_bytes
