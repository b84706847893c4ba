"""What a guest is given: an offer of all that is shared with it, then what it wishes of that.

One offer at a time, and the next only when all that was wished is under way. What grows or comes to be shared meanwhile
is in the next one. The guest's answer says what lies in its pen; nothing rests on it.
"""

from collections import deque
from dataclasses import dataclass

from edenmesh.core.ids import AuthorId, FormHash
from edenmesh.core.limits import (
    OFFER_FORMS_MAX,
    PART_BYTES_TAKEN,
    UNACKED_BYTES_MAX,
    UNACKED_PARTS_MAX,
    VECTOR_LOGS_FRAME,
    WISHES_MAX,
)
from edenmesh.core.reconcile import Held, Mark
from edenmesh.core.session.events import Progress
from edenmesh.core.session.giving import Branch, part_messages
from edenmesh.core.session.outbox import Outbox
from edenmesh.core.session.sharing import Sharing
from edenmesh.core.wire import FormBytes, Given, Offer, Offered, Part, Wish
from edenmesh.errors import LimitExceeded, RemoteProtocolError


@dataclass(slots=True)
class _Run:
    """What is still to be given of one log: from `next` up to `stop`, and on to the seal over that."""

    held: Held
    next: int
    stop: int


class GuestGiver:
    """One direction of a session with a guest: ours to theirs."""

    def __init__(self, outbox: Outbox, sharing: Sharing, progress: Progress) -> None:
        self._outbox = outbox
        self._sharing = sharing
        self._progress = progress
        self._offered: dict[Branch, tuple[Held, int]] = {}
        self._marks: dict[Mark, Held] = {}
        self._forms: set[FormHash] = set()
        self._queue: deque[_Run | FormHash | None] = deque()
        self._parts: deque[Part] = deque()
        self._wishes = 0
        self._is_wish_open = False
        self._unacked: dict[Mark, tuple[int, int]] = {}
        self._unacked_bytes = 0
        self._refused: set[AuthorId] = set()
        self._is_answered = False
        self._is_awaiting = False
        self.refused = 0
        """How many versions the guest did not take."""

    @property
    def is_idle(self) -> bool:
        """Whether the guest has answered the last offer, and all it wished for."""
        return self._is_answered and not (self._is_awaiting or self._wishes or self._unacked)

    @property
    def shared(self) -> int:
        """How many versions are shared now, as far as was offered."""
        return sum(contents for _, contents in self._offered.values())

    def look(self) -> None:
        """Offer what is shared and was not offered yet, unless an offer is still being answered."""
        if self._is_awaiting or self._wishes:
            return
        logs = self._sharing.logs()
        shared = {(held.author, held.branch): (held, contents) for held, contents in logs}
        news = [one for branch, one in shared.items() if self._offered.get(branch) != one]
        forms = [form for form in self._sharing.forms() if form not in self._forms][:OFFER_FORMS_MAX]
        self._offered = shared
        self._marks = {held.mark: held for held, _ in logs}
        if self._is_answered and not news and not forms:
            return
        self._forms.update(forms)
        self._is_awaiting = True
        for start in range(0, max(len(news), 1), VECTOR_LOGS_FRAME):
            stop = start + VECTOR_LOGS_FRAME
            offered = [Offered(held.mark, contents) for held, contents in news[start:stop]]
            self._outbox.send(Offer([] if start else [*forms], stop >= len(news), offered))

    def handle_wish(self, message: Wish) -> None:
        """Queue what the guest wishes. A log that is not offered any more is passed over.

        Raises ProtocolError where it wishes for more than it was offered, or too often.
        """
        if not self._forms.issuperset(message.forms):
            raise RemoteProtocolError(what="The peer wishes for a form that it was not offered.")
        if not self._is_wish_open:
            self._wishes += 1
        if self._wishes > WISHES_MAX:
            raise LimitExceeded(what="The peer wishes again and again for what it is being given.")
        self._queue.extend(FormHash(form) for form in message.forms)
        for log, start in message.logs:
            held = self._marks.get(log)
            if held is not None and log.author not in self._refused:
                self._queue.append(_Run(held, start, log.size))
                self._progress.versions_to_give += log.size - start
        self._is_wish_open = not message.is_last
        if message.is_last:
            self._queue.append(None)
            self._is_awaiting = False
            self._is_answered = True

    def handle_ack(self, log: Mark) -> None:
        """The guest has made a part durable, in its pen or where it counts."""
        self._answered(log)

    def _answered(self, log: Mark) -> int:
        """A part is answered. Returns how many versions it had."""
        if log not in self._unacked:
            raise RemoteProtocolError(what="The peer acknowledges what was not sent.")
        versions, size_bytes = self._unacked.pop(log)
        self._unacked_bytes -= size_bytes
        return versions

    def handle_refused(self, log: Mark) -> None:
        """The guest does not take this: its pen is full, or another log of that author is there."""
        self.refused += self._answered(log)
        self._refused.add(log.author)

    def pump(self) -> None:
        """Queue forms and parts while the outbox has room and the guest keeps up."""
        while self._outbox.has_room:
            if self._parts:
                self._send(self._parts.popleft())
                continue
            due = self._queue[0] if self._queue else None
            if isinstance(due, _Run):
                if len(self._unacked) >= UNACKED_PARTS_MAX or self._unacked_bytes >= UNACKED_BYTES_MAX:
                    return
                self._go_on(due)
            elif self._queue:
                self._queue.popleft()
                self._say(due)
            else:
                return

    def _say(self, due: FormHash | None) -> None:
        if due is None:
            self._outbox.send(Given())
            self._wishes -= 1
            self.look()
            return
        data = self._sharing.form(due)
        if data is not None:
            self._outbox.send(FormBytes(data))

    def _go_on(self, run: _Run) -> None:
        if run.next >= run.stop or run.held.author in self._refused:
            self._queue.popleft()
            return
        start, base = run.next, self._sharing.root_at(run.held, run.next)
        versions, seal = self._sharing.part_of(run.held, start)
        size_bytes = sum(map(len, versions))
        if size_bytes > PART_BYTES_TAKEN:
            self._queue.popleft()  # Its author seals too seldom: nobody takes it.
            return
        run.next = seal.size
        mark = Mark(run.held.author, seal.size, seal.root)
        self._unacked[mark] = seal.size - start, size_bytes
        self._unacked_bytes += size_bytes
        self._parts.extend(part_messages(run.held.author, base, start, versions, seal=seal))

    def _send(self, part: Part) -> None:
        self._outbox.send(part)
        self._progress.versions_given += len(part.versions)
