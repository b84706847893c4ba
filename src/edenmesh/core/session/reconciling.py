"""Reconcile: both sides state the hash of their set of logs, and compare version vectors where the hashes differ.

Either side sees the same: the hashes are over the logs that were named, whatever has grown meanwhile, so both take
the short way or both the long one. What differs is for the giver to give and for the taker to expect.
"""

from typing import Final

from edenmesh.core.ids import DeviceId
from edenmesh.core.limits import VECTOR_LOGS_FRAME
from edenmesh.core.reconcile import Mark, set_hash
from edenmesh.core.session.forms import FormExchange
from edenmesh.core.session.giving import Giver
from edenmesh.core.session.outbox import Outbox
from edenmesh.core.session.ports import Snapshot
from edenmesh.core.session.taking import Taker
from edenmesh.core.wire import Have, Vector
from edenmesh.errors import RemoteProtocolError


class SetHashes:
    """What the logs held here hash to in this session, stated by this side or by the peer."""

    def __init__(self, snapshot: Snapshot, ours: DeviceId, theirs: DeviceId, nonce: bytes) -> None:
        self.nonces: Final = [nonce]
        self._snapshot = snapshot
        self._ours = ours
        self._theirs = theirs

    def marks(self) -> list[Mark]:
        """The logs held here, as they travel."""
        return [held.mark for held in self._snapshot.log_heads()]

    def ours(self, marks: list[Mark] | None = None) -> bytes:
        """What this side states of these logs, or else of all held now."""
        return set_hash(self._ours, self.nonces, self.marks() if marks is None else marks)

    def theirs(self, marks: list[Mark] | None = None) -> bytes:
        """What the peer states if it holds these logs, or else those held here now."""
        return set_hash(self._theirs, self.nonces, self.marks() if marks is None else marks)


class Reconciliation:
    """Runs once, when the charters are settled; afterwards what grows is offered as it grows."""

    def __init__(self, outbox: Outbox, hashes: SetHashes, *, forms: FormExchange, giver: Giver, taker: Taker) -> None:
        self._outbox = outbox
        self._hashes = hashes
        self._forms = forms
        self._giver = giver
        self._taker = taker
        self._said: list[Mark] | None = None
        self._has_heard = False
        self._is_vector_due = False

    def start(self) -> None:
        """Say what is held here."""
        self._said = self._hashes.marks()
        self._outbox.send(Have(self._forms.start(), self._hashes.ours(self._said)))

    def handle_have(self, message: Have) -> None:
        """The peer says what it holds."""
        if self._has_heard or self._said is None:
            raise RemoteProtocolError(what="The peer says twice what it has.")
        self._has_heard = True
        self._forms.handle_hash(message.forms)
        if message.set_hash == self._hashes.theirs(self._said):
            self._compare(self._said, self._said)
            return
        self._is_vector_due = True
        for start in range(0, max(len(self._said), 1), VECTOR_LOGS_FRAME):
            stop = start + VECTOR_LOGS_FRAME
            self._outbox.send(Vector(stop >= len(self._said), self._said[start:stop]))

    def handle_vector(self, message: Vector) -> None:
        """A piece of the peer's vector."""
        if not self._is_vector_due or self._said is None:
            raise RemoteProtocolError(what="A version vector came that was not due.")
        marks = self._taker.take_vector(message)
        if marks is not None:
            self._is_vector_due = False
            self._compare(marks, self._said)

    def _compare(self, theirs: list[Mark], said: list[Mark]) -> None:
        asked = self._giver.handle_vector(theirs, said)
        self._taker.expect(theirs, asked)
