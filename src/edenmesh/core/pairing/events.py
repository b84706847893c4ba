"""What a pairing tells its driver, and the words for each way it can end without success.

A failure is loud: the end that notices it says why to its person, and names the reason to the other end, which says
it in its own words (nothing a stranger wrote is shown). Failing costs nothing: before both persons confirmed, neither
device knows anything of the other that it keeps.
"""

from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias

from edenmesh.core.ids import DeviceId, MeshId
from edenmesh.core.pairing.messages import MeshSecret
from edenmesh.core.trust import CharterEntry
from edenmesh.errors import EdenmeshError, PairingFailed, RemoteProtocolError


class Joining(StrEnum):
    """Who joins whom, as seen from here."""

    WE_JOIN = "we join"
    THEY_JOIN = "they join"
    NOBODY_JOINS = "nobody joins"
    AS_GUESTS = "as guests"


class CompareCode(NamedTuple):
    """Both persons are to say whether they see the same code, and agree to who joins whom.

    `must_compare` is false where this device scanned the other's QR code: its person only agrees to the joining.
    `is_scanned`: the other device says it scanned ours, so the question is what the phone that scanned shows.
    `is_member`: our charter already has the other device; it gets the charter again, or is just remembered.
    The counts are of the other's mesh, rounded.
    """

    code: str
    joining: Joining
    peer: DeviceId
    peer_name: str
    peer_members: int
    peer_records: int
    must_compare: bool
    is_scanned: bool
    is_member: bool


class StoreAdmission(NamedTuple):
    """We admit the other device: store the entry durably, then call `handle_committed`."""

    entry: CharterEntry


class StoreMembership(NamedTuple):
    """We join: store the charter and the secrets in place of our own, durably, then call `handle_committed`."""

    mesh: MeshId
    entries: tuple[CharterEntry, ...]
    secrets: tuple[MeshSecret, ...]


class Paired(NamedTuple):
    """The devices are peers now. `mesh` is the one both are in; of guests it is the other's.

    `door` is what guests knock with at each other's door, since no mesh's secret is theirs to share; else it is empty.
    """

    peer: DeviceId
    name: str
    mesh: MeshId
    joining: Joining
    door: bytes = b""


class Reason(StrEnum):
    """Why a pairing ended without success; the value travels to the other device."""

    AGREEMENT = "agreement"
    COMMITMENT = "commitment"
    CONFIRMATION = "confirmation"
    CUT = "cut"
    DIFFERENT = "different"
    EXPIRED = "expired"
    KEY = "key"
    PERMISSION = "permission"
    PROTOCOL = "protocol"
    REVOKED = "revoked"
    VERSION = "version"


class Failed(NamedTuple):
    """The pairing is over and the devices are no peers.

    `is_try`: an attacker in between could have had its guess at the code, so the attempt gate counts it.
    `is_remote`: the other device ended it.
    """

    reason: Reason
    error: EdenmeshError
    is_try: bool
    is_remote: bool


Event: TypeAlias = CompareCode | StoreAdmission | StoreMembership | Paired | Failed


class Broken(Exception):
    """Ends a pairing from inside: the machine turns it into a `Failed` event."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


class _Words(NamedTuple):
    here: str
    there: str
    do: str = ""


_MEETING: Final = "Start again with both screens in view. If it happens once more, do not pair on this network."
_UPDATE: Final = "Update edenmesh on the device that has the older version, then pair again."
_AGAIN: Final = "Pair the two devices again."

_WORDS: Final = {
    Reason.AGREEMENT: _Words(
        "The other device did not admit this one as both screens had said.",
        "The other device found that the admission was not what both screens had said.",
        "Pair again; if it happens once more, ask who runs that device which edenmesh it has.",
    ),
    Reason.COMMITMENT: _Words(
        "Somebody stood between the two devices, or the other one broke the rules: its secret number was changed.",
        "The other device saw its partner's secret number change: somebody stood in between.",
        _MEETING,
    ),
    Reason.CONFIRMATION: _Words(
        "The other device confirmed something else than this one shows: somebody stood in between.",
        "The other device received a confirmation of something else than it shows: somebody stood in between.",
        _MEETING,
    ),
    Reason.CUT: _Words("The connection ended before both devices were done.", "The other device gave up.", _AGAIN),
    Reason.DIFFERENT: _Words("You said no: the codes differ, or this is not wanted.", "The other person said no."),
    Reason.EXPIRED: _Words(
        "The other device or one of the persons took too long.", "The other device stopped waiting.", _AGAIN
    ),
    Reason.KEY: _Words(
        "The device that answered is not the one whose QR code was scanned.",
        "The other device had scanned the QR code of a different device than this one.",
        "Show the QR code anew and scan it again. If it happens once more, do not pair on this network.",
    ),
    Reason.PERMISSION: _Words(
        "This device may not admit others to its team.",
        "The other device may not admit others to its team.",
        "Pair with a device that may admit others, or ask a steward for that right: `edenmesh mesh` shows who may.",
    ),
    Reason.PROTOCOL: _Words(
        "The other device broke the rules of pairing.",
        "The other device did not understand this one.",
        "Pair again; if it happens once more, compare the versions of edenmesh on both devices.",
    ),
    Reason.REVOKED: _Words(
        "The other device was revoked in this team; its key never comes back.",
        "This device was revoked in the other's team; its key never comes back.",
        "Its person comes back with a new device, made by `edenmesh init` in another folder, under the same name.",
    ),
    Reason.VERSION: _Words(
        "The two devices speak no common version of pairing.",
        "The two devices speak no common version of pairing.",
        _UPDATE,
    ),
}


_REASONS: Final = {reason.value: reason for reason in Reason}


def failed_here(broken: Broken, *, is_try: bool, kept: str | None) -> Failed:
    """The event for a failure noticed here."""
    words = _WORDS[broken.reason]
    what = f"{words.here} {broken.detail}".rstrip()
    error: EdenmeshError
    if broken.reason is Reason.PROTOCOL:
        error = RemoteProtocolError(what=what, kept=kept or PairingFailed.kept, do=words.do)
    else:
        error = PairingFailed(what=what, kept=kept, do=words.do or None)
    return Failed(broken.reason, error, is_try, is_remote=False)


def failed_there(word: str, *, is_try: bool, kept: str | None) -> Failed:
    """The event for a refusal that came from the other device; an unknown reason counts as `protocol`."""
    reason = _REASONS.get(word, Reason.PROTOCOL)
    words = _WORDS[reason]
    return Failed(reason, PairingFailed(what=words.there, kept=kept, do=words.do or None), is_try, is_remote=True)
