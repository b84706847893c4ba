"""The half of a pairing that is admitted: it signs exactly what its screen said, and checks what it is given.

Runs after both persons confirmed. The device becomes a member by storing, in one commit, a charter in which it has
seen its own admission; before that commit nothing here has changed, and after it nothing the other end does can undo
it.
"""

from enum import Enum, auto
from typing import Final

from edenmesh.core.ids import AuthorId, DeviceId, EntryId, MeshId
from edenmesh.core.limits import CHARTER_ENTRIES_MAX, PAIRING_CHARTER_BYTES_MAX, PAIRING_STEP_SECONDS
from edenmesh.core.pairing.events import Broken, Reason, StoreMembership
from edenmesh.core.pairing.messages import Authors, CharterPart, Done, Draft, MeshSecret, Message, Signed
from edenmesh.core.pairing.outbox import Outbox
from edenmesh.core.pairing.sides import OurSide
from edenmesh.core.pairing.steps import Steps
from edenmesh.core.trust import Admit, Charter, CharterEntry, DraftEntry, certify


class JoinerState(Enum):
    """Where the joining device stands."""

    AWAITING_DRAFT = auto()
    AWAITING_CHARTER = auto()
    STORING = auto()
    DONE = auto()


TRANSITIONS: Final = {
    JoinerState.AWAITING_DRAFT: (JoinerState.AWAITING_CHARTER, JoinerState.STORING),
    JoinerState.AWAITING_CHARTER: (JoinerState.AWAITING_CHARTER, JoinerState.STORING),
    JoinerState.STORING: (JoinerState.DONE,),
    JoinerState.DONE: (),
}


class Joiner:
    """Joins the mesh that the other device announced, under our own name, with our author keys."""

    def __init__(self, ours: OurSide, peer: DeviceId, mesh: MeshId, name: str, outbox: Outbox) -> None:
        self._ours = ours
        self._peer = peer
        self._mesh = mesh
        self._name = name
        self._outbox = outbox
        self._authors = sorted(author.public_key for author in ours.authors)
        self._admission: EntryId | None = None
        self._entries: dict[EntryId, CharterEntry] = {}
        self._size = 0
        self._steps = Steps(TRANSITIONS, JoinerState.AWAITING_DRAFT, PAIRING_STEP_SECONDS)
        outbox.send(Authors(self._authors))

    @property
    def state(self) -> JoinerState:
        """Where this half stands."""
        return self._steps.state

    @property
    def wait_seconds(self) -> float | None:
        """How long the other device may take for the present step; None while we store."""
        return self._steps.wait_seconds

    @property
    def is_done(self) -> bool:
        """Whether this device has stored its membership."""
        return self._steps.state is JoinerState.DONE

    @property
    def is_settled(self) -> bool:
        """Whether nothing the other end does can matter any more."""
        return self._steps.state in (JoinerState.STORING, JoinerState.DONE)

    @property
    def kept(self) -> str | None:
        """What to tell the person is kept, should the pairing break off now."""
        if self._steps.state is JoinerState.AWAITING_CHARTER:
            return "The team may have admitted this device already, but it has not taken the team's charter yet."
        return None

    def receive(self, message: Message) -> None:
        """Take the next message. Raises Broken where it is out of place or not what was agreed."""
        if self.is_settled:
            return
        if self._steps.state is JoinerState.AWAITING_DRAFT and isinstance(message, Draft):
            self._sign(message)
        elif isinstance(message, CharterPart):
            self._gather(message)
        else:
            raise Broken(Reason.PROTOCOL, f"A message of kind {type(message).__name__} came out of place.")

    def handle_committed(self) -> None:
        """Charter and secrets are durable: this device is a member, and says so."""
        self._steps.enter(JoinerState.DONE)
        self._outbox.send(Done())

    def _sign(self, message: Draft) -> None:
        draft = DraftEntry.decode(message.entry)
        if not isinstance(draft.act, Admit):
            raise Broken(Reason.AGREEMENT, "It drafted something else than an admission.")
        agreed = Admit(
            authors=tuple(self._authors),
            device=self._ours.device_id,
            introducer=draft.act.introducer,
            name=self._name,
        )
        if draft.id != DraftEntry.of(agreed, self._peer, mesh=self._mesh, parents=draft.parents).id:
            raise Broken(Reason.AGREEMENT, "The admission it drafted says more, or less, than it should.")
        signed = draft.signed_by(self._ours.device, *self._ours.authors)
        self._admission = draft.id
        self._outbox.send(Signed(signed.encode()))
        self._steps.enter(JoinerState.AWAITING_CHARTER, PAIRING_STEP_SECONDS)

    def _gather(self, part: CharterPart) -> None:
        self._size += sum(len(data) for data in part.entries)
        if self._size > PAIRING_CHARTER_BYTES_MAX or len(self._entries) + len(part.entries) > CHARTER_ENTRIES_MAX:
            raise Broken(Reason.PROTOCOL, "Its charter is longer than any honest one.")
        for data in part.entries:
            entry = CharterEntry.decode(data)
            self._entries[entry.id] = entry
        if part.is_last:
            self._conclude(part.secrets)
        else:
            self._steps.enter(JoinerState.AWAITING_CHARTER, PAIRING_STEP_SECONDS)

    def _conclude(self, secrets: list[MeshSecret]) -> None:
        charter = Charter.of(self._entries.values())
        ours = self._ours.device_id
        if charter.mesh != self._mesh:
            raise Broken(Reason.AGREEMENT, "The charter is not that of the team it announced.")
        if self._admission is not None and self._admission not in charter.entries:
            raise Broken(Reason.AGREEMENT, "The charter does not hold the admission this device signed.")
        if not (charter.is_member(ours) and charter.is_member(self._peer)):
            raise Broken(Reason.AGREEMENT, "By its charter, not both devices are members.")
        if not all(one.entry in charter.entries for one in secrets):
            raise Broken(Reason.AGREEMENT, "A secret it handed over belongs to no entry of the charter.")
        for author in self._ours.authors:
            standing = charter.standing(AuthorId(author.public_key))
            if not (standing.is_certified and standing.device == ours):
                # Admitted in a pairing that was cut, and writing with a newer key since.
                charter = charter.extended([certify(charter, self._ours.device, author)])
        entries = tuple(charter.entries.values())
        self._outbox.tell(StoreMembership(self._mesh, entries, tuple(secrets)))
        self._steps.enter(JoinerState.STORING)
