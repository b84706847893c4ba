"""Forms, both ways: named by hash, sent before the records written with them, and passed on while the session lives."""

from collections import deque

from edenmesh.core.encoding import decode
from edenmesh.core.ids import FormHash
from edenmesh.core.limits import FORM_BYTES_MAX, FORMS_MAX
from edenmesh.core.records import FORM_FORMAT, Form, form_hash
from edenmesh.core.session.events import FormReceived
from edenmesh.core.session.outbox import Outbox
from edenmesh.core.session.ports import Snapshot
from edenmesh.core.wire import FormBytes
from edenmesh.errors import LimitExceeded, RemoteProtocolError


class FormExchange:
    """Gives the forms the peer lacks and takes those that are lacking here."""

    def __init__(self, outbox: Outbox, snapshot: Snapshot) -> None:
        self._outbox = outbox
        self._snapshot = snapshot
        self._theirs: set[FormHash] | None = None
        self._storing: set[FormHash] = set()
        self._queue: deque[FormHash] = deque()

    def held(self) -> list[FormHash]:
        """Hashes of the forms held here."""
        return self._snapshot.forms()

    def start(self, theirs: list[bytes]) -> None:
        """The peer has named the forms it holds."""
        self._theirs = {FormHash(form) for form in theirs}
        self.look()

    def look(self) -> bool:
        """Queue the forms here that the peer lacks. Returns whether there are any."""
        if self._theirs is None:
            return False
        news = [form for form in self._snapshot.forms() if form not in self._theirs]
        self._theirs.update(news)
        self._queue.extend(news)
        return bool(news)

    def handle_form(self, message: FormBytes) -> None:
        """A form arrives. Raises ProtocolError where it is none, or one more than there may be."""
        form = form_hash(message.form)
        plain = decode(message.form, FORM_BYTES_MAX)
        if not isinstance(plain, dict):
            raise RemoteProtocolError(what="The peer sent a form that is none.")
        if plain.get("format") == FORM_FORMAT:
            Form.decode(message.form)
        held = self._snapshot.forms()
        if form not in held and len(held) + len(self._storing) >= FORMS_MAX:
            raise LimitExceeded(what="The peer sent more forms than there may be.")
        self._storing.add(form)
        if self._theirs is not None:
            self._theirs.add(form)
        self._outbox.store(lambda batch: FormReceived(batch, message.form), lambda: self._storing.discard(form))

    def pump(self) -> None:
        """Queue forms while the outbox has room."""
        while self._queue and self._outbox.has_room:
            data = self._snapshot.form(self._queue.popleft())
            if data is not None:
                self._outbox.send(FormBytes(data))
