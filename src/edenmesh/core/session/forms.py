"""Forms, both ways: sent before the records written with them, and passed on while the session lives.

Both say the hash over what they hold; where it differs they name all, and each gives what the other lacks.
"""

from collections import deque
from collections.abc import Iterable

from edenmesh.core.encoding import decode
from edenmesh.core.ids import FormHash, tagged_hash
from edenmesh.core.limits import FORM_BYTES_MAX, FORMS_MAX
from edenmesh.core.records import FORM_FORMAT, Form, form_hash
from edenmesh.core.session.events import FormReceived
from edenmesh.core.session.outbox import Outbox
from edenmesh.core.session.ports import Snapshot
from edenmesh.core.wire import FormBytes, Forms
from edenmesh.errors import LimitExceeded, RemoteProtocolError


class FormExchange:
    """Gives the forms the peer lacks and takes those that are lacking here."""

    def __init__(self, outbox: Outbox, snapshot: Snapshot) -> None:
        self._outbox = outbox
        self._snapshot = snapshot
        self._said: list[FormHash] = []
        self._theirs: set[FormHash] | None = None
        self._expected: set[FormHash] = set()
        self._queue: deque[FormHash] = deque()

    @property
    def is_idle(self) -> bool:
        """Whether it is known what the peer holds, and all of it is here."""
        return self._theirs is not None and not self._expected

    def start(self) -> bytes:
        """The hash over the forms held here, to be said to the peer."""
        self._said = list(self._snapshot.forms())[:FORMS_MAX]
        return forms_hash(self._said)

    def handle_hash(self, theirs: bytes) -> None:
        """The peer has said the hash over the forms it holds."""
        if theirs == forms_hash(self._said):
            self._theirs = set(self._said)
            self.look()
        else:
            self._outbox.send(Forms([*self._said]))

    def handle_forms(self, message: Forms) -> None:
        """The peer names the forms it holds: give what it lacks, expect what is lacking here."""
        if self._theirs is not None:
            raise RemoteProtocolError(what="The peer names its forms where nobody asked.")
        self._theirs = {FormHash(form) for form in message.forms}
        self._expected = self._theirs.difference(self._snapshot.forms())
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
        self._expected.add(form)
        if len(self._expected.union(self._snapshot.forms())) > FORMS_MAX:
            raise LimitExceeded(what="The peer sent more forms than there may be.")
        if self._theirs is not None:
            self._theirs.add(form)
        self._outbox.store(lambda batch: FormReceived(batch, message.form), lambda: self._expected.discard(form))

    def pump(self) -> None:
        """Queue forms while the outbox has room."""
        while self._queue and self._outbox.has_room:
            data = self._snapshot.form(self._queue.popleft())
            if data is not None:
                self._outbox.send(FormBytes(data))


def forms_hash(forms: Iterable[FormHash]) -> bytes:
    """One hash over a set of forms: equal hashes, equal sets."""
    return tagged_hash("forms", *sorted(forms))
