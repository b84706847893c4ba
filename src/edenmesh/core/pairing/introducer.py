"""The half of a pairing that admits: it drafts the entry, has it stored, and only then hands over the charter.

Runs after both persons confirmed. A device that is a member already gets the charter again without a new entry, so
that a pairing cut between the two stores is healed by pairing once more.
"""

from collections.abc import Iterable, Iterator
from enum import Enum, auto
from typing import Final

from edenmesh.core.ids import AuthorId, DeviceId
from edenmesh.core.limits import (
    PAIRING_BYTES_PER_SECOND_MIN,
    PAIRING_PART_BYTES,
    PAIRING_SECRETS_MAX,
    PAIRING_STEP_SECONDS,
)
from edenmesh.core.pairing.events import Broken, Reason, StoreAdmission
from edenmesh.core.pairing.messages import Authors, CharterPart, Done, Draft, Message, Signed
from edenmesh.core.pairing.outbox import Outbox
from edenmesh.core.pairing.sides import OurSide
from edenmesh.core.pairing.steps import Steps
from edenmesh.core.trust import CharterEntry, DraftEntry, draft_admit


class IntroducerState(Enum):
    """Where the introducer stands."""

    AWAITING_AUTHORS = auto()
    AWAITING_SIGNATURES = auto()
    STORING = auto()
    AWAITING_DONE = auto()
    DONE = auto()


TRANSITIONS: Final = {
    IntroducerState.AWAITING_AUTHORS: (IntroducerState.AWAITING_SIGNATURES, IntroducerState.AWAITING_DONE),
    IntroducerState.AWAITING_SIGNATURES: (IntroducerState.STORING,),
    IntroducerState.STORING: (IntroducerState.AWAITING_DONE,),
    IntroducerState.AWAITING_DONE: (IntroducerState.DONE,),
    IntroducerState.DONE: (),
}


class Introducer:
    """Admits the device at the other end, under the name and with the tick that our person agreed to."""

    def __init__(self, ours: OurSide, peer: DeviceId, name: str, outbox: Outbox, *, gives_introducer: bool) -> None:
        self._ours = ours
        self._peer = peer
        self._name = name
        self._outbox = outbox
        self._gives_introducer = gives_introducer
        self._draft: DraftEntry | None = None
        self._charter = ours.charter
        self._steps = Steps(TRANSITIONS, IntroducerState.AWAITING_AUTHORS, PAIRING_STEP_SECONDS)

    @property
    def state(self) -> IntroducerState:
        """Where this half stands."""
        return self._steps.state

    @property
    def wait_seconds(self) -> float | None:
        """How long the other device may take for the present step; None while we store."""
        return self._steps.wait_seconds

    @property
    def is_done(self) -> bool:
        """Whether the other device has stored its membership."""
        return self._steps.state is IntroducerState.DONE

    @property
    def is_settled(self) -> bool:
        """Whether nothing the other end does can matter any more; never before the end, for this half."""
        return self.is_done

    @property
    def kept(self) -> str | None:
        """What to tell the person is kept, should the pairing break off now."""
        if self._steps.state in (IntroducerState.STORING, IntroducerState.AWAITING_DONE):
            return "The other device may be a member already; whether it knows so is not known here."
        return None

    def receive(self, message: Message) -> None:
        """Take the next message. Raises Broken where it is out of place or not what was agreed."""
        if self._steps.state is IntroducerState.AWAITING_AUTHORS and isinstance(message, Authors):
            self._begin(message)
        elif self._steps.state is IntroducerState.AWAITING_SIGNATURES and isinstance(message, Signed):
            self._complete(message)
        elif self._steps.state is IntroducerState.AWAITING_DONE and isinstance(message, Done):
            self._steps.enter(IntroducerState.DONE)
        else:
            raise Broken(Reason.PROTOCOL, f"A message of kind {type(message).__name__} came out of place.")

    def handle_committed(self) -> None:
        """The admission is durable: now the other device may have the charter."""
        self._hand_over()

    def _begin(self, message: Authors) -> None:
        if self._charter.is_member(self._peer):
            self._hand_over()
            return
        self._draft = draft_admit(
            self._charter,
            self._ours.device_id,
            self._peer,
            name=self._name,
            authors=[AuthorId(author) for author in message.authors],
            introducer=self._gives_introducer,
        )
        self._outbox.send(Draft(self._draft.encode()))
        self._steps.enter(IntroducerState.AWAITING_SIGNATURES, PAIRING_STEP_SECONDS)

    def _complete(self, message: Signed) -> None:
        draft = DraftEntry.decode(message.entry)
        if self._draft is None or draft.id != self._draft.id:
            raise Broken(Reason.PROTOCOL, "It signed another entry than the one it was sent.")
        signed = draft.signed_by(self._ours.device)
        if signed.unsigned:
            raise Broken(Reason.PROTOCOL, "It did not sign its admission with all its keys.")
        entry = signed.completed()
        charter = self._charter.extended([entry])
        if not charter.is_member(self._peer):
            raise Broken(Reason.PROTOCOL, "Its signatures do not make it a member.")
        self._charter = charter
        self._outbox.tell(StoreAdmission(entry))
        self._steps.enter(IntroducerState.STORING)

    def _hand_over(self) -> None:
        size = 0
        for part in charter_parts(self._charter.entries.values(), self._ours):
            size += len(self._outbox.send(part))
        self._steps.enter(IntroducerState.AWAITING_DONE, PAIRING_STEP_SECONDS + size / PAIRING_BYTES_PER_SECOND_MIN)


def charter_parts(entries: Iterable[CharterEntry], ours: OurSide) -> Iterator[CharterPart]:
    """The charter in messages of about 48 KiB; the last one carries the secrets."""
    gathered: list[bytes] = []
    size = 0
    for entry in entries:
        data = entry.encode()
        if gathered and size + len(data) > PAIRING_PART_BYTES:
            yield CharterPart(gathered, is_last=False, secrets=[])
            gathered, size = [], 0
        gathered.append(data)
        size += len(data)
    yield CharterPart(gathered, is_last=True, secrets=list(ours.secrets[-PAIRING_SECRETS_MAX:]))
