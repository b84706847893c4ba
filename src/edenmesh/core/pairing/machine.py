"""One pairing, from the open channel to two peers: bytes, answers of a person and `now` in, bytes and events out.

    introductions          both ways: name, mesh, whether alone, rounded counts
    commitment  ->         the dialler binds itself to a nonce
            <-  nonce
    opening     ->         now both screens show six digits, and who joins whom
    confirmations          both ways, each after its own person's yes
    authors, draft, signed, charter, done     where one joins; see introducer.py and joiner.py

Devices of two grown meshes hand over nothing: once both persons have said yes, each keeps the other as a guest.

It runs inside the encrypted channel, where both device keys are proven and 32 bytes bind the channel; what it adds is
that the keys are those of the two devices the persons hold (design, section 3). Nothing is answered before it is
durable: `handle_committed` alone lets the charter or the last word out. Input never raises: whatever a stranger sends
ends in a `Failed` event, and failure is told to both ends.
"""

from enum import Enum, auto
from typing import Final

from edenmesh.core.ids import MeshId
from edenmesh.core.limits import (
    PAIRING_CODE_SECONDS,
    PAIRING_MESSAGE_BYTES_MAX,
    PAIRING_STEP_SECONDS,
    PAIRING_STRANGER_BYTES_MAX,
)
from edenmesh.core.pairing import sas
from edenmesh.core.pairing.events import (
    Broken,
    CompareCode,
    Event,
    Failed,
    Joining,
    Paired,
    Reason,
    failed_here,
    failed_there,
)
from edenmesh.core.pairing.introducer import Introducer
from edenmesh.core.pairing.joiner import Joiner
from edenmesh.core.pairing.messages import (
    QR,
    Commitment,
    Confirmation,
    Introduction,
    Message,
    Nonce,
    Opening,
    Refusal,
    decode_message,
)
from edenmesh.core.pairing.outbox import Outbox
from edenmesh.core.pairing.qr import key_hash
from edenmesh.core.pairing.sas import Ends, Role
from edenmesh.core.pairing.sides import (
    Link,
    OurSide,
    common_version,
    introduce,
    require_admissible,
    who_joins,
)
from edenmesh.core.pairing.steps import Steps
from edenmesh.core.ports import Entropy
from edenmesh.errors import InvalidInput, LimitExceeded, LocalProtocolError, NotPermitted, RemoteProtocolError


class PairingState(Enum):
    """Where the pairing stands."""

    INTRODUCING = auto()
    AWAITING_COMMITMENT = auto()
    AWAITING_NONCE = auto()
    AWAITING_OPENING = auto()
    COMPARING = auto()
    JOINING = auto()
    PAIRED = auto()
    FAILED = auto()


TRANSITIONS: Final = {
    PairingState.INTRODUCING: (PairingState.AWAITING_COMMITMENT, PairingState.AWAITING_NONCE, PairingState.FAILED),
    PairingState.AWAITING_COMMITMENT: (PairingState.AWAITING_OPENING, PairingState.FAILED),
    PairingState.AWAITING_NONCE: (PairingState.COMPARING, PairingState.FAILED),
    PairingState.AWAITING_OPENING: (PairingState.COMPARING, PairingState.FAILED),
    PairingState.COMPARING: (PairingState.JOINING, PairingState.PAIRED, PairingState.FAILED),
    PairingState.JOINING: (PairingState.PAIRED, PairingState.FAILED),
    PairingState.PAIRED: (),
    PairingState.FAILED: (),
}


class Pairing:
    """One end of one pairing, made when the channel is open; the introduction waits to be sent.

    `scanned` is the key hash from the other device's QR code, where ours scanned it: it replaces our comparison.
    `now` counts seconds of any clock that never goes back. Making one raises NotPermitted where this device belongs
    to no mesh, InvalidInput where its name is none.
    """

    def __init__(
        self, ours: OurSide, link: Link, entropy: Entropy, now: float, *, scanned: bytes | None = None
    ) -> None:
        self._ours = ours
        self._link = link
        self._has_scanned = scanned is not None
        self._nonce = entropy(sas.NONCE_BYTES)
        self._introduction = introduce(ours, link.peer, has_scanned=self._has_scanned)
        self._theirs = self._introduction
        self._joining = Joining.NOBODY_JOINS
        self._ctx = self._committed = b""
        self._nonces = Ends(b"", b"")
        self._has_confirmed = self._is_confirmed = self._gives_introducer = self._is_try = False
        self._half: Introducer | Joiner | None = None
        self._outbox = Outbox()
        self._steps = Steps(TRANSITIONS, PairingState.INTRODUCING, PAIRING_STEP_SECONDS)
        self._deadline: float | None = now + PAIRING_STEP_SECONDS
        self._sent = b""
        if link.peer == ours.device_id:
            self._fail(Broken(Reason.PROTOCOL, "It answered with this device's own key."))
        elif scanned is not None and scanned != key_hash(link.peer):
            self._fail(Broken(Reason.KEY))
        else:
            self._sent = self._outbox.send(self._introduction)

    @property
    def state(self) -> PairingState:
        """Where the pairing stands."""
        return self._steps.state

    @property
    def is_over(self) -> bool:
        """Whether it ended, either way; what the channel brings then is none of its business."""
        return self._steps.state in (PairingState.PAIRED, PairingState.FAILED)

    def messages_to_send(self) -> list[bytes]:
        """Messages queued since the last call, each for one frame."""
        return self._outbox.take_messages()

    def next_event(self) -> Event | None:
        """The next event, or None."""
        return self._outbox.take_event()

    def next_deadline(self) -> float | None:
        """When `handle_timer` is to be called, or None."""
        return self._deadline

    def handle_timer(self, now: float) -> None:
        """Give up if the other device, or a person, took too long."""
        if self._deadline is not None and now >= self._deadline:
            self._fail(Broken(Reason.EXPIRED))

    def handle_closed(self) -> None:
        """The channel ended. A device that has all it needs to join goes on and joins."""
        if not self.is_over and not self._is_settled:
            self._fail(Broken(Reason.CUT))

    def receive_bytes(self, data: bytes, now: float) -> None:
        """Take one message of the other device.

        Raises LocalProtocolError where the pairing has succeeded: what comes then belongs to the session.
        """
        if self._steps.state is PairingState.PAIRED:
            raise LocalProtocolError(what="A pairing that was over was given another message.")
        self.handle_timer(now)
        if self.is_over or self._is_settled:
            return
        before = self._steps.state
        try:
            message = decode_message(data, self._size_max)
            if isinstance(message, Refusal):
                self._end(failed_there(message.reason, is_try=self._is_try, kept=self._kept))
            else:
                self._receive(message, data)
        except Broken as broken:
            self._fail(broken)
        except (RemoteProtocolError, LimitExceeded, InvalidInput, NotPermitted) as error:
            self._fail(Broken(Reason.PROTOCOL, error.what))
        self._restart_clock(now, before)

    def confirm(self, is_same: bool, now: float, *, gives_introducer: bool = False) -> None:
        """Our person's answer to `CompareCode`; once, and never without a person.

        `gives_introducer` is the tick that lets a device we admit admit others. An answer that comes after the end is
        ignored. Raises LocalProtocolError where no answer was asked for.
        """
        self.handle_timer(now)
        if self.is_over:
            return
        if self._steps.state is not PairingState.COMPARING or self._has_confirmed:
            raise LocalProtocolError(what="A pairing was confirmed without having asked.")
        if not is_same:
            self._fail(Broken(Reason.DIFFERENT))
            return
        self._has_confirmed = True
        self._gives_introducer = gives_introducer
        self._outbox.send(Confirmation(sas.confirmation(self._ctx, self._nonces, self._link.role)))
        self._go_on()
        self._restart_clock(now, PairingState.COMPARING)

    def handle_committed(self, now: float) -> None:
        """What the last `StoreAdmission` or `StoreMembership` asked for is durable.

        Raises LocalProtocolError where nothing was asked for. Ignored once the pairing has failed.
        """
        if self._steps.state is PairingState.FAILED:
            return
        if self._half is None or self._steps.state is not PairingState.JOINING:
            raise LocalProtocolError(what="A pairing was told of a commit it had not asked for.")
        self._half.handle_committed()
        self._conclude()
        self._restart_clock(now, PairingState.JOINING)

    @property
    def _is_settled(self) -> bool:
        return self._half is not None and self._half.is_settled

    @property
    def _kept(self) -> str | None:
        return None if self._half is None else self._half.kept

    @property
    def _size_max(self) -> int:
        return PAIRING_STRANGER_BYTES_MAX if self._half is None else PAIRING_MESSAGE_BYTES_MAX

    def _receive(self, message: Message, data: bytes) -> None:
        state = self._steps.state
        if state is PairingState.INTRODUCING and isinstance(message, Introduction):
            self._meet(message, data)
        elif state is PairingState.AWAITING_COMMITMENT and isinstance(message, Commitment):
            self._committed = message.commitment
            self._outbox.send(Nonce(self._nonce))
            self._is_try = True
            self._steps.enter(PairingState.AWAITING_OPENING, PAIRING_STEP_SECONDS)
        elif state is PairingState.AWAITING_NONCE and isinstance(message, Nonce):
            self._outbox.send(Opening(self._nonce))
            self._is_try = True
            self._ask(Ends(self._nonce, message.nonce))
        elif state is PairingState.AWAITING_OPENING and isinstance(message, Opening):
            if not sas.opens(self._committed, self._ctx, message.nonce):
                raise Broken(Reason.COMMITMENT)
            self._ask(Ends(message.nonce, self._nonce))
        elif state is PairingState.COMPARING and isinstance(message, Confirmation) and not self._is_confirmed:
            if not sas.confirms(message.confirmation, self._ctx, self._nonces, self._link.role.other):
                raise Broken(Reason.CONFIRMATION)
            self._is_confirmed = True
            self._go_on()
        elif state is PairingState.JOINING and self._half is not None:
            self._half.receive(message)
            self._conclude()
        else:
            raise Broken(Reason.PROTOCOL, f"A message of kind {type(message).__name__} came out of place.")

    def _meet(self, theirs: Introduction, data: bytes) -> None:
        """Both introductions are there: see whether these two can pair, and begin the exchange of nonces."""
        ours, link = self._introduction, self._link
        version = common_version(ours, theirs)
        require_admissible(self._ours, link.peer)
        self._theirs, self._joining = theirs, who_joins(ours, theirs, link.role)
        if self._joining is Joining.THEY_JOIN and not ours.may_admit:
            raise Broken(Reason.PERMISSION)
        if self._joining is Joining.WE_JOIN and not theirs.may_admit:
            self._end(failed_there(Reason.PERMISSION, is_try=False, kept=None))
            return
        devices = sas.device_ends(link.role, self._ours.device_id, link.peer)
        is_dialler = link.role is Role.DIALLER
        introductions = Ends(self._sent, data) if is_dialler else Ends(data, self._sent)
        self._ctx = sas.context(version, devices, link.binding, introductions)
        if is_dialler:
            self._outbox.send(Commitment(sas.commitment(self._ctx, self._nonce)))
            self._steps.enter(PairingState.AWAITING_NONCE, PAIRING_STEP_SECONDS)
        else:
            self._steps.enter(PairingState.AWAITING_COMMITMENT, PAIRING_STEP_SECONDS)

    def _ask(self, nonces: Ends) -> None:
        """Both nonces are there: show the code."""
        self._nonces = nonces
        theirs, peer = self._theirs, self._link.peer
        question = CompareCode(
            code=sas.code_text(sas.code_number(self._ctx, nonces)),
            joining=self._joining,
            peer=peer,
            peer_name=theirs.name,
            peer_members=theirs.members,
            peer_records=theirs.records,
            must_compare=not self._has_scanned,
            is_scanned=theirs.front_end == QR,
            is_member=self._ours.charter.is_member(peer),
        )
        self._outbox.tell(question)
        self._steps.enter(PairingState.COMPARING, PAIRING_CODE_SECONDS)

    def _go_on(self) -> None:
        """Once both persons said yes: whoever joins, joins."""
        if not (self._has_confirmed and self._is_confirmed):
            return
        self._is_try = False
        theirs, peer = self._theirs, self._link.peer
        if self._joining in (Joining.NOBODY_JOINS, Joining.AS_GUESTS):
            self._pair()
            return
        if self._joining is Joining.WE_JOIN:
            self._half = Joiner(self._ours, peer, MeshId(theirs.mesh), self._introduction.name, self._outbox)
        else:
            self._half = Introducer(
                self._ours, peer, theirs.name, self._outbox, gives_introducer=self._gives_introducer
            )
        self._steps.enter(PairingState.JOINING)

    def _conclude(self) -> None:
        if self._half is not None and self._half.is_done:
            self._pair()

    def _pair(self) -> None:
        is_theirs = self._joining in (Joining.WE_JOIN, Joining.AS_GUESTS)
        mesh = MeshId(self._theirs.mesh if is_theirs else self._introduction.mesh)
        door = sas.guest_door(self._ctx, self._nonces) if self._joining is Joining.AS_GUESTS else b""
        self._outbox.tell(Paired(self._link.peer, self._theirs.name, mesh, self._joining, door))
        self._steps.enter(PairingState.PAIRED)
        self._deadline = None

    def _fail(self, broken: Broken) -> None:
        """End without success, and say why to both ends."""
        if broken.reason is not Reason.CUT:
            self._outbox.send(Refusal(broken.reason))
        self._end(failed_here(broken, is_try=self._is_try, kept=self._kept))

    def _end(self, failed: Failed) -> None:
        self._outbox.tell(failed)
        self._steps.enter(PairingState.FAILED)
        self._deadline = None

    def _restart_clock(self, now: float, before: PairingState) -> None:
        """Give the other device, or the persons, the time that a new step allows; a code's time is never prolonged."""
        if before is PairingState.COMPARING and self._steps.state is before:
            return
        wait = self._steps.wait_seconds if self._half is None else self._half.wait_seconds
        self._deadline = None if wait is None or self.is_over else now + wait
