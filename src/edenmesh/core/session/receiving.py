"""What a guest gives: wished for from its offers, checked like any part, handed over for the pen.

The driver's store has the last word: whether there is room, and whether a steward has accepted a log that far, in which
case a part becomes part of the log at once. So a part is answered when it is durable, by what is then there. Logs in
which content has come in the place of holes are wished for anew, from their beginning.
"""

from dataclasses import dataclass
from typing import Final

from edenmesh.core.encoding import decode
from edenmesh.core.ids import AuthorId, DeviceId, FormHash
from edenmesh.core.limits import (
    FORM_BYTES_MAX,
    PART_BYTES_MAX,
    UNACKED_BYTES_MAX,
    UNACKED_PARTS_MAX,
    VECTOR_LOGS_FRAME,
    VECTOR_LOGS_MAX,
)
from edenmesh.core.reconcile import Hole, HoleKind, Mark
from edenmesh.core.records import FORM_FORMAT, Form, form_hash
from edenmesh.core.session.events import FormReceived, PartReceived, Progress
from edenmesh.core.session.outbox import Outbox
from edenmesh.core.session.ports import LogPart, Snapshot, is_well_sealed
from edenmesh.core.session.taking import REASON_FORKS, REASON_SEALS, OpenPart, checked_part
from edenmesh.core.trust import Frontier, Seal
from edenmesh.core.wire import Ack, FormBytes, Offer, Offered, Part, Refused, Wish, Wished
from edenmesh.errors import LimitExceeded, RemoteProtocolError

REASON_FULL: Final = "there is no room for them in the pen"
REASON_CUT: Final = "another log of their author is here"


@dataclass(slots=True)
class _Run:
    """A log that comes: how far it has, the tree as far as it was taken, and why it is not taken any more."""

    next: int
    frontier: Frontier
    refusal: str = ""


class GuestTaker:
    """The other direction of a session with a guest: theirs to ours."""

    def __init__(self, outbox: Outbox, snapshot: Snapshot, progress: Progress, guest: DeviceId) -> None:
        self._outbox = outbox
        self._snapshot = snapshot
        self._progress = progress
        self._guest = guest
        self._gathered: list[Offered] = []
        self._forms: list[FormHash] = []
        self._forms_due: set[FormHash] = set()
        self._offers: dict[AuthorId, Offered] = {}
        self._runs: dict[AuthorId, _Run] = {}
        self._tried: dict[AuthorId, tuple[Offered, set[int]]] = {}
        self._refused: set[AuthorId] = set()
        self._open: OpenPart | None = None
        self._due = 0
        self._storing = 0
        self._storing_bytes = 0
        self._has_heard = False
        self._is_stale = False

    @property
    def is_idle(self) -> bool:
        """Whether what was offered is here, or is not wished for. Durability is the outbox's to say."""
        return self._has_heard and not self._due and not self._is_stale and not self._gathered

    def authors(self) -> frozenset[AuthorId]:
        """The authors offered, but for those of members."""
        charter = self._snapshot.charter()
        return frozenset(one for one in self._offers if charter.standing(one).device is None)

    def expire(self) -> None:
        """Something here has changed: look whether more of what was offered is wished for."""
        self._is_stale = self._has_heard

    def handle_offer(self, message: Offer) -> None:
        """The guest offers; when all of it is said it is answered. Of several logs of one author the longest counts."""
        self._gathered += message.logs
        known = self._snapshot.is_form_known
        self._forms += [FormHash(one) for one in message.forms if not known(FormHash(one))]
        if len(self._gathered) + len(self._offers) > VECTOR_LOGS_MAX:
            raise LimitExceeded(what="The peer offers more logs than there may be.")
        if not message.is_last:
            return
        gathered, self._gathered = self._gathered, []
        fresh: dict[AuthorId, Offered] = {}
        for one in sorted(gathered, key=lambda offered: offered.log.size):
            fresh[one.log.author] = one
        self._offers |= fresh
        forms, self._forms = list(dict.fromkeys(self._forms)), []
        self._forms_due.update(forms)
        self._has_heard = True
        self._wish(self._lacking(), forms)

    def settle(self) -> None:
        """All that came is durable: wish for what is still lacking."""
        if not self._is_stale or self._due:
            return
        self._is_stale = False
        lacking = self._lacking()
        if lacking:
            self._wish(lacking, [])

    def handle_given(self) -> None:
        """All that was wished for has been sent."""
        if not self._due or self._open is not None:
            raise RemoteProtocolError(what="The peer says that it has given what nobody wished for.")
        self._due -= 1
        if not self._due:
            self._runs.clear()
            self._forms_due.clear()
            self._is_stale = True

    def handle_form(self, message: FormBytes) -> None:
        """A form arrives. Raises ProtocolError where it is none, or nobody wished for it."""
        form = form_hash(message.form)
        plain = decode(message.form, FORM_BYTES_MAX)
        if form not in self._forms_due or not isinstance(plain, dict):
            raise RemoteProtocolError(what="The peer sent a form that nobody wished for.")
        if plain.get("format") == FORM_FORMAT:
            Form.decode(message.form)
        self._forms_due.discard(form)
        self._outbox.store(lambda batch: FormReceived(batch, message.form, self._guest), lambda: None)

    def handle_part(self, message: Part) -> None:
        """Versions arrive. Raises ProtocolError where they were not wished for, or break the protocol."""
        part = self._open
        if part is None:
            part = self._open = OpenPart(message)
        part.extend(message)
        run = self._runs.get(part.author)
        if run is None or part.start != run.next:
            raise RemoteProtocolError(what="The peer gives versions that nobody wished for.")
        if message.seal is None:
            return
        self._open = None
        seal = message.seal
        if seal.author != part.author or seal.size != part.start + len(part.versions):
            raise RemoteProtocolError(what="A seal does not fit the versions before it.")
        run.next = seal.size
        if run.refusal:
            self._refuse(run, part, seal, run.refusal)
        elif part.base != run.frontier.root():
            self._refuse(run, part, seal, REASON_CUT)
        elif not is_well_sealed(part.start, seal.size, part.size_bytes):
            self._refuse(run, part, seal, REASON_SEALS)
        else:
            self._take(run, part, seal)

    def _lacking(self) -> list[Wished]:
        """From where on each log that is offered is wished for; none is while it comes."""
        charter = self._snapshot.charter()
        wished: list[Wished] = []
        for author, one in self._offers.items():
            if author in self._runs or author in self._refused or charter.standing(author).device is not None:
                continue
            here = self._snapshot.handed_in(author, self._guest)
            start = _start_of(one, here.frontier.size, here.contents, here.known, may_renew=here.may_renew)
            before, tried = self._tried.get(author, (one, set()))
            if start is None or (before == one and start in tried):
                continue  # A guest that offers more than it then gives is not asked again and again.
            self._tried[author] = one, {start, *(tried if before == one else ())}
            self._runs[author] = _Run(start, here.frontier if start else Frontier.EMPTY)
            self._progress.versions_to_take += one.log.size - start
            wished.append(Wished(one.log, start))
        return wished

    def _wish(self, logs: list[Wished], forms: list[FormHash]) -> None:
        self._due += 1
        for start in range(0, max(len(logs), 1), VECTOR_LOGS_FRAME):
            stop = start + VECTOR_LOGS_FRAME
            self._outbox.send(Wish([] if start else [*forms], stop >= len(logs), logs[start:stop]))

    def _refuse(self, run: _Run, part: OpenPart, seal: Seal, reason: str) -> None:
        """Answer for a part that is not taken; what follows it of that log is not, either."""
        run.refusal = reason
        self._refused.add(part.author)
        self._count(len(part.versions), reason)
        self._outbox.send(Refused(Mark(part.author, seal.size, seal.root)))

    def _count(self, versions: int, reason: str) -> None:
        refused = self._progress.refused
        refused[reason] = refused.get(reason, 0) + versions

    def _take(self, run: _Run, part: OpenPart, seal: Seal) -> None:
        checked = checked_part(part, seal, run.frontier, self._guest)
        if self._leaves_the_log(checked):
            self._refuse(run, part, seal, REASON_FORKS)
            return
        # Why the guest does not give a content is nobody's business here: it has not come.
        versions = [one if not isinstance(one, Hole) else Hole(one.id, HoleKind.ABSENT) for one in checked.versions]
        checked = checked._replace(versions=versions)
        run.frontier = checked.frontier
        mark, size_bytes, count = Mark(part.author, seal.size, seal.root), part.size_bytes, len(versions)
        self._storing += 1
        self._storing_bytes += size_bytes
        if self._storing > UNACKED_PARTS_MAX or self._storing_bytes > UNACKED_BYTES_MAX + PART_BYTES_MAX:
            raise LimitExceeded(what="The peer gives faster than what it gave can become durable.")

        def durable() -> None:
            self._storing -= 1
            self._storing_bytes -= size_bytes
            if self._snapshot.handed_in(mark.author, self._guest).frontier.size >= mark.size:
                self._progress.versions_taken += count
                self._outbox.send(Ack(mark))
                return
            run.refusal = REASON_FULL
            self._refused.add(mark.author)
            self._count(count, REASON_FULL)
            self._outbox.send(Refused(mark))

        self._outbox.store(lambda batch: PartReceived(batch, checked, is_penned=True), durable)

    def _leaves_the_log(self, part: LogPart) -> bool:
        """Whether it is another log than the one here, from somewhere on: a guest brings no forks."""
        for held in self._snapshot.log_heads():
            if held.author == part.author and held.branch == 0 and held.size > part.start:
                ids = self._snapshot.ids_between(held.author, 0, part.start, min(held.size, part.seal.size))
                return ids != [one.id for one in part.versions[: len(ids)]]
        return False


def _start_of(offered: Offered, size: int, contents: int, known: int, *, may_renew: bool) -> int | None:
    """From where on an offered log is lacking; None where nothing of it is.

    `size` versions are here, of `contents` the content; `known` were here, some of which may have been thrown out.
    """
    if offered.log.size <= known and (size < known or offered.contents <= contents):
        return None
    grown = offered.log.size - size
    # More content than growth can account for: in the place of holes something has come to be shared.
    if offered.contents - contents > max(grown, 0):
        return 0 if may_renew and grown >= 0 else size if grown > 0 else None
    return size if grown > 0 else None
