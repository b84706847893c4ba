"""The messages of a pairing: one a frame, each a small struct with its name under `$`.

Until both persons have confirmed, a message is bounded by a stranger's limit and holds only numbers, keys, hashes and
one name. Parsing is validation: a message in hand is a valid one. Fields newer than this program are tolerated; they
stay in the bytes, which are what both ends hash.
"""

from typing import Final, TypeAlias

import msgspec

from edenmesh.core.encoding import decode_struct, encode
from edenmesh.core.ids import ID_BYTES
from edenmesh.core.limits import (
    CHARTER_ENTRY_BYTES_MAX,
    PAIRING_AUTHORS_MAX,
    PAIRING_COUNT_MAX,
    PAIRING_SECRETS_MAX,
    PAIRING_VERSIONS_MAX,
)
from edenmesh.core.pairing.sas import NONCE_BYTES
from edenmesh.core.trust import require_device_name
from edenmesh.errors import InvalidInput, RemoteProtocolError

VERSIONS: Final = (1,)
"""Versions of this protocol that this program speaks, ascending."""
DIGITS: Final = "digits"
QR: Final = "qr"
SECRET_BYTES: Final = 32


class MeshSecret(msgspec.Struct, frozen=True):
    """A secret by which members recognise each other, and the charter entry that began it: `found` or a `revoke`."""

    entry: bytes
    secret: bytes


class Introduction(msgspec.Struct, frozen=True, kw_only=True, tag="introduction", tag_field="$"):
    """What each device says of itself and its mesh before the code, and what enters the code.

    `front_end` is `qr` where this device scanned the other's code, else `digits`. `is_alone`: its mesh never had
    another device. `may_admit`: it can make the other device a member. `members` and `records` are rounded.
    """

    front_end: str
    is_alone: bool
    may_admit: bool
    members: int
    mesh: bytes
    name: str
    records: int
    versions: list[int]


class Commitment(msgspec.Struct, frozen=True, tag="commitment", tag_field="$"):
    """The dialler's promise of a nonce."""

    commitment: bytes


class Nonce(msgspec.Struct, frozen=True, tag="nonce", tag_field="$"):
    """The listener's nonce."""

    nonce: bytes


class Opening(msgspec.Struct, frozen=True, tag="opening", tag_field="$"):
    """The dialler's nonce, which its commitment promised."""

    nonce: bytes


class Confirmation(msgspec.Struct, frozen=True, tag="confirmation", tag_field="$"):
    """The sender's person said yes to this very pairing."""

    confirmation: bytes


class Authors(msgspec.Struct, frozen=True, tag="authors", tag_field="$"):
    """The author keys a joining device brings, ascending."""

    authors: list[bytes]


class Draft(msgspec.Struct, frozen=True, tag="draft", tag_field="$"):
    """The charter entry that would admit the joining device, not signed by anybody yet."""

    entry: bytes


class Signed(msgspec.Struct, frozen=True, tag="signed", tag_field="$"):
    """The same entry, signed by the joining device and its authors."""

    entry: bytes


class CharterPart(msgspec.Struct, frozen=True, tag="charter", tag_field="$"):
    """Some entries of the charter; the last part carries the mesh secrets."""

    entries: list[bytes]
    is_last: bool
    secrets: list[MeshSecret]


class Done(msgspec.Struct, frozen=True, tag="done", tag_field="$"):
    """The joining device has stored its membership."""


class Refusal(msgspec.Struct, frozen=True, tag="refusal", tag_field="$"):
    """The sender gives up; `reason` is one of a few words and is never shown as it came."""

    reason: str


Message: TypeAlias = (
    Introduction | Commitment | Nonce | Opening | Confirmation | Authors | Draft | Signed | CharterPart | Done | Refusal
)

_DECODER: Final[msgspec.msgpack.Decoder[Message]] = msgspec.msgpack.Decoder(Message)


def encode_message(message: Message) -> bytes:
    """Canonical bytes of a message."""
    return encode(message)


def decode_message(data: bytes, size_max: int) -> Message:
    """Read a message as it came.

    Raises RemoteProtocolError unless it is canonical, within limits and valid.
    """
    message = decode_struct(data, _DECODER, size_max)
    if isinstance(message, Introduction):
        _require_introduction(message)
    elif isinstance(message, Commitment):
        _require(len(message.commitment) == ID_BYTES, "a commitment is no hash")
    elif isinstance(message, Nonce | Opening):
        _require(len(message.nonce) == NONCE_BYTES, f"a nonce has not {NONCE_BYTES} bytes")
    elif isinstance(message, Confirmation):
        _require(len(message.confirmation) == ID_BYTES, "a confirmation is no hash")
    elif isinstance(message, Authors):
        _require_authors(message.authors)
    elif isinstance(message, CharterPart):
        _require_part(message)
    return message


def rounded(count: int) -> int:
    """The count to one significant digit: enough to tell a camp's records from an empty phone's, and no more."""
    unit = int(10 ** (len(str(count)) - 1))
    return (count + unit // 2) // unit * unit


def _require_introduction(introduction: Introduction) -> None:
    try:
        require_device_name(introduction.name)
    except InvalidInput as error:
        _require(False, error.what)
    _require(len(introduction.mesh) == ID_BYTES, "its mesh is no id")
    _require(0 < introduction.members <= PAIRING_COUNT_MAX, "its members are out of range")
    _require(0 <= introduction.records <= PAIRING_COUNT_MAX, "its records are out of range")
    _require(introduction.front_end in (DIGITS, QR), "it pairs in a way this program does not know")
    versions = introduction.versions
    _require(0 < len(versions) <= PAIRING_VERSIONS_MAX, "it offers no version or too many")
    _require(versions == sorted(set(versions)), "the versions it offers are not in order")
    _require(versions[0] > 0 and versions[-1] < 2**31, "a version it offers is out of range")


def _require_authors(authors: list[bytes]) -> None:
    _require(0 < len(authors) <= PAIRING_AUTHORS_MAX, "it brings no author or too many")
    _require(all(len(author) == ID_BYTES for author in authors), "an author it brings is no key")
    _require(authors == sorted(set(authors)), "the authors it brings are not in order")


def _require_part(part: CharterPart) -> None:
    _require(bool(part.entries), "a part of its charter is empty")
    _require(all(0 < len(entry) <= CHARTER_ENTRY_BYTES_MAX for entry in part.entries), "a charter entry is too long")
    _require(len(part.secrets) <= PAIRING_SECRETS_MAX, "it hands over too many secrets")
    _require(part.is_last or not part.secrets, "it hands over secrets before the end of the charter")
    for one in part.secrets:
        _require(len(one.entry) == ID_BYTES and len(one.secret) == SECRET_BYTES, "a mesh secret is none")


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise RemoteProtocolError(what=f"The other device broke the rules of pairing: {otherwise}.")
