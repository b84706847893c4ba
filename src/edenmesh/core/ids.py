"""Names of things: 32 bytes each, typed apart for the checker, with a text form that catches slips of the pen.

An identifier is either a SHA-256 under a tag of its own (versions, records, charter entries, forms, files) or a raw
Ed25519 public key (devices, authors), so that whoever holds the name can check what it names. The text form is
lower-case base32 with a one-letter prefix for the kind and two check characters.
"""

from base64 import b32decode, b32encode
from hashlib import sha256
from typing import Annotated, Final, NewType, TypeAlias

from msgspec import Meta

from edenmesh.errors import InvalidInput

VersionId = NewType("VersionId", bytes)
RecordId = NewType("RecordId", bytes)
DeviceId = NewType("DeviceId", bytes)
AuthorId = NewType("AuthorId", bytes)
EntryId = NewType("EntryId", bytes)
MeshId = NewType("MeshId", bytes)
FormHash = NewType("FormHash", bytes)
FileHash = NewType("FileHash", bytes)
DestinationId = NewType("DestinationId", bytes)

ID_BYTES: Final = 32
Id: TypeAlias = Annotated[bytes, Meta(min_length=ID_BYTES, max_length=ID_BYTES)]
"""Any identifier, as the type of a field that is decoded."""
_CHECK_CHARS: Final = 2
_PREFIXES: Final = frozenset("vrdaemfhs")


def tagged_hash(tag: str, *parts: bytes) -> bytes:
    """SHA-256 over a domain tag and length-prefixed parts, so that no two lists of parts collide by concatenation."""
    digest = sha256(f"edenmesh/{tag}/1\0".encode())
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


def record_id(table: str, uuid: str) -> RecordId:
    """The id of the record named by table and uuid (design, section 2.2): computed, never sent."""
    return RecordId(tagged_hash("record", table.encode(), uuid.encode()))


def format_id(prefix: str, value: bytes) -> str:
    """Text form of an identifier for people and logs: prefix, dash, base32, two check characters."""
    body = b32encode(value).decode().rstrip("=").lower()
    return f"{prefix}-{body}{_check(prefix, value)}"


def parse_id(prefix: str, text: str) -> bytes:
    """Read a text form back.

    Raises InvalidInput where the prefix, the length or the check characters are wrong.
    """
    text = text.strip().lower()
    body = text[len(prefix) + 1 : -_CHECK_CHARS]
    try:
        value = b32decode(body.upper() + "=" * (-len(body) % 8))
    except ValueError:
        value = b""
    if prefix not in _PREFIXES or len(value) != ID_BYTES or text != format_id(prefix, value):
        raise InvalidInput(what=f"{text!r} is not a valid identifier.", do="Copy it again, whole.")
    return value


def _check(prefix: str, value: bytes) -> str:
    return b32encode(tagged_hash("check", prefix.encode(), value)[:5]).decode().lower()[:_CHECK_CHARS]
