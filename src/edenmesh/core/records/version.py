"""A version: one immutable change of one record (design, section 2.2), and its identity.

The id is the SHA-256 of a tag and the bytes, so it covers the parents and with them the whole past. Parsing is
validation: a `Version` in hand is a valid version. Bytes are kept as received; fields newer than this program stay
in them. A version of a newer format, or with an op this program does not know, is carried, keeps its place in
causality and has no effect on values.
"""

from hashlib import sha256
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from edenmesh.core.encoding import Plain, decode_struct, encode, require_plain, require_text
from edenmesh.core.ids import ID_BYTES, AuthorId, VersionId, tagged_hash
from edenmesh.core.limits import (
    NAME_CHARS_MAX,
    UUID_CHARS_MAX,
    VERSION_BYTES_MAX,
    VERSION_FIELDS_MAX,
    VERSION_ITEMS_MAX,
    VERSION_PARENTS_MAX,
)
from edenmesh.core.records.values import Value, require_value
from edenmesh.errors import InvalidInput, RemoteProtocolError

FORMAT: Final = 1
PUT: Final = "put"
RETRACT: Final = "retract"
RESOLVE: Final = "resolve"
OBSERVE: Final = "observe"
OPS: Final = frozenset((PUT, RETRACT, RESOLVE, OBSERVE))
MASTER: Final = "$master"
"""The field of a component row that refers to its master; no Eden field begins with a dollar."""
ALIAS: Final = "$alias"
"""The field of a component row that names the component where it is not the table's default one."""

_SALT_BYTES: Final = 16
_MADE_MAX: Final = 2**53
_FORMAT_MAX: Final = 2**31
_TAG: Final = sha256(b"edenmesh/version/1\0")


class Removal(NamedTuple):
    """An item taken from a list field, with the versions whose addition of it the writer saw."""

    item: Value
    seen: list[bytes]


class Version(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One change. Fields stand in key order, which makes the struct's encoding the canonical one.

    `made` is the writer's wall clock in milliseconds since 1970, for display only. `seq` counts the author's
    versions from 0 without gaps. `schema` is the hash of the form it was written with, or empty.
    """

    about: dict[str, Plain] = {}
    add: dict[str, list[Value]] = {}
    author: bytes
    format: int
    made: int
    op: str
    parents: list[bytes] = []
    remove: dict[str, list[Removal]] = {}
    salt: bytes
    schema: bytes = b""
    seq: int
    set: dict[str, Value] = {}
    table: str
    unset: list[str] = []
    uuid: str

    @property
    def is_understood(self) -> bool:
        """Whether this program knows what the version means; else it is carried without effect."""
        return self.format == FORMAT and self.op in OPS

    @classmethod
    def decode(cls, data: bytes) -> "Version":
        """Read a version as it came.

        Raises RemoteProtocolError unless the bytes are canonical, within limits and valid.
        """
        version = decode_struct(data, _DECODER, VERSION_BYTES_MAX)
        try:
            _require_valid(version)
        except InvalidInput as error:
            raise RemoteProtocolError(what=f"A version is not valid: {error.what}") from error
        return version

    def encode(self) -> bytes:
        """Canonical bytes of a version written here.

        Raises InvalidInput where the version would not be accepted by others.
        """
        _require_valid(self)
        data = encode(self)
        if len(data) > VERSION_BYTES_MAX:
            raise InvalidInput(
                what=f"The change has {len(data)} bytes; a version may have {VERSION_BYTES_MAX}.",
                do="Shorten the longest texts, or attach them as a file.",
            )
        return data


class Carried(NamedTuple):
    """A version with its id and the bytes it came in."""

    id: VersionId
    version: Version
    data: bytes


_DECODER: Final = msgspec.msgpack.Decoder(Version)


def version_id(data: bytes) -> VersionId:
    """The id of the version that has these bytes."""
    digest = _TAG.copy()
    digest.update(data)
    return VersionId(digest.digest())


def carry(data: bytes) -> Carried:
    """Decode a version as it came, with its id. Raises RemoteProtocolError where it is not valid."""
    return Carried(version_id(data), Version.decode(data), data)


def write(version: Version) -> Carried:
    """Encode a version written here, with its id. Raises InvalidInput where others would refuse it."""
    data = version.encode()
    return Carried(version_id(data), version, data)


def owned_uuid(author: AuthorId, seq: int, salt: bytes, table: str) -> str:
    """The uuid that a record born in the mesh takes (design, section 2.5): its first version owns it.

    122 bits of a hash in the shape of a version-8 UUID (RFC 9562, section 5.8).
    """
    digest = tagged_hash("uuid", author, seq.to_bytes(8, "big"), salt, table.encode())
    bits = bytearray(digest[:16])
    bits[6] = bits[6] & 0x0F | 0x80
    bits[8] = bits[8] & 0x3F | 0x80
    return f"urn:uuid:{UUID(bytes=bytes(bits))}"


def owns_uuid(version: Version) -> bool:
    """Whether the version is the first of a record whose uuid it owns."""
    author = AuthorId(version.author)
    return not version.parents and version.uuid == owned_uuid(author, version.seq, version.salt, version.table)


def _require_valid(version: Version) -> None:
    # Every version received passes here, so the common case (a put that only sets) runs no call it can spare.
    problem = _frame_problem(version)
    if problem:
        raise InvalidInput(what=problem)
    if version.parents:
        _require_ids(version.parents, VERSION_PARENTS_MAX)
    for name, value in version.set.items():
        if not name.isascii() or not 0 < len(name) <= NAME_CHARS_MAX:
            _require_name(name)
        require_value(value)
    if version.unset:
        _require(len(version.unset) <= VERSION_FIELDS_MAX, "it touches too many fields")
        _require(version.unset == sorted(set(version.unset)), "its emptied fields are not in order")
        _require(not any(name in version.set for name in version.unset), "it sets and empties the same field")
        for name in version.unset:
            _require_name(name)
    if version.add or version.remove:
        _require_lists(version)
    if version.about:
        require_plain(version.about)
    if version.op != PUT:
        _require_op(version)


def _frame_problem(version: Version) -> str:
    if len(version.author) != ID_BYTES or len(version.salt) != _SALT_BYTES or len(version.schema) not in (0, ID_BYTES):
        return "its author, salt or schema has not the right length"
    if not (0 <= version.seq <= _MADE_MAX and 0 <= version.made <= _MADE_MAX and 0 < version.format < _FORMAT_MAX):
        return "a number is out of range"
    if not (version.table.isascii() and version.uuid.isascii()):
        require_text(version.table)
        require_text(version.uuid)
    if not (0 < len(version.table) <= NAME_CHARS_MAX and 0 < len(version.uuid) <= UUID_CHARS_MAX):
        return "its table or uuid is empty or too long"
    return "" if len(version.set) <= VERSION_FIELDS_MAX else "it touches too many fields"


def _require_lists(version: Version) -> None:
    _require(len(version.add) + len(version.remove) <= VERSION_FIELDS_MAX, "it touches too many fields")
    touched = [*version.set, *version.unset]
    for name, items in version.add.items():
        _require_name(name)
        _require(0 < len(items) <= VERSION_ITEMS_MAX, "a list gains no item or too many")
        for item in items:
            require_value(item)
    for name, removals in version.remove.items():
        _require_name(name)
        _require(0 < len(removals) <= VERSION_ITEMS_MAX, "a list loses no item or too many")
        for removal in removals:
            require_value(removal.item)
            _require(bool(removal.seen), "a removal names no addition it saw")
            _require_ids(removal.seen, VERSION_PARENTS_MAX)
    _require(not any(name in version.add or name in version.remove for name in touched), "it sets a list field whole")


def _require_op(version: Version) -> None:
    if not version.is_understood:
        return
    if version.op in (RETRACT, RESOLVE):
        _require(bool(version.parents), f"a {version.op} names nothing it saw")
    if version.op == RETRACT:
        _require(not (version.set or version.unset or version.add or version.remove), "a retract sets values")


def _require_ids(ids: list[bytes], count_max: int) -> None:
    if not ids:
        return
    _require(len(ids) <= count_max and all(len(one) == ID_BYTES for one in ids), "it names ids that are none")
    _require(len(ids) == 1 or ids == sorted(set(ids)), "the ids it names are not in order")


def _require_name(name: str) -> None:
    _require(0 < len(name) <= NAME_CHARS_MAX, "a name is empty or too long")
    if not name.isascii():
        require_text(name)


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise InvalidInput(what=otherwise)
