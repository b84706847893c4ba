"""A version: one immutable change of one record (design, section 2.2), and its identity.

The id is the SHA-256 of a tag and the bytes, so it covers the parents and with them the whole past. Parsing is
validation: a `Version` in hand is a valid version. Bytes are kept as received; fields newer than this program stay
in them. A version of a newer format, or with an op this program does not know, is carried, keeps its place in
causality and has no effect on values.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Annotated, Final, NamedTuple, TypeAlias, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta

from edenmesh.core.encoding import Plain, decode, decode_struct, encode, is_normal, require_plain
from edenmesh.core.ids import ID_BYTES, AuthorId, Id, VersionId, tagged_hash
from edenmesh.core.limits import (
    COUNT_MAX,
    DEVICE_NAME_CHARS_MAX,
    FORMAT_MAX,
    SALT_BYTES,
    UUID_CHARS_MAX,
    VERSION_BYTES_MAX,
    VERSION_FIELDS_MAX,
    VERSION_ITEMS_MAX,
    VERSION_PARENTS_MAX,
)
from edenmesh.core.records.versions.about import Name, Observation, Resolution
from edenmesh.core.records.versions.values import Value, require_value
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

Ordered = TypeVar("Ordered", bytes, str)

_TAG: Final = sha256(b"edenmesh/version/1\0")

_Count: TypeAlias = Annotated[int, Meta(ge=0, le=COUNT_MAX)]
_Ids: TypeAlias = Annotated[list[Id], Meta(min_length=1, max_length=VERSION_PARENTS_MAX)]
_FIELDS: Final = Meta(min_length=1, max_length=VERSION_FIELDS_MAX)
_ITEMS: Final = Meta(min_length=1, max_length=VERSION_ITEMS_MAX)


class Removal(NamedTuple):
    """An item taken from a list field, with the versions whose addition of it the writer saw."""

    item: Value
    seen: _Ids


class Version(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One change. Fields stand in key order, which makes the struct's encoding the canonical one.

    `made` is the writer's wall clock in milliseconds since 1970, for display only. `seq` counts the author's
    versions from 0 without gaps. `schema` is the hash of the form it was written with, or empty. The bounds in the
    types hold for what is decoded; what is empty is left out, never written.
    """

    about: Annotated[dict[str, Plain], _FIELDS] = {}
    add: Annotated[dict[Name, Annotated[list[Value], _ITEMS]], _FIELDS] = {}
    author: Id
    format: Annotated[int, Meta(ge=1, le=FORMAT_MAX)]
    made: _Count
    op: Name
    parents: _Ids = []
    remove: Annotated[dict[Name, Annotated[list[Removal], _ITEMS]], _FIELDS] = {}
    salt: Annotated[bytes, Meta(min_length=SALT_BYTES, max_length=SALT_BYTES)]
    schema: Id = b""
    seq: _Count
    set: Annotated[dict[Name, Value], _FIELDS] = {}
    table: Name
    unset: Annotated[list[Name], _FIELDS] = []
    uuid: Annotated[str, Meta(min_length=1, max_length=UUID_CHARS_MAX)]

    @property
    def is_understood(self) -> bool:
        """Whether this program knows what the version means; else it is carried without effect."""
        return self.format == FORMAT and self.op in OPS

    @property
    def account(self) -> str:
        """The account under which a person used the author's device; empty where it names none that can be shown."""
        account = self.about.get("account", "")
        return account if isinstance(account, str) and len(account) <= DEVICE_NAME_CHARS_MAX else ""

    @property
    def observation(self) -> Observation:
        """What an observation says beside its values. Raises InvalidInput where it does not say what it must."""
        try:
            return msgspec.convert(self.about, Observation)
        except msgspec.ValidationError as error:
            raise InvalidInput(what=f"an observation does not say what it must: {error}") from error

    @property
    def resolution(self) -> Resolution:
        """What a resolution says beside its values. Raises InvalidInput where it contradicts itself."""
        try:
            return msgspec.convert(self.about, Resolution)
        except msgspec.ValidationError as error:
            raise InvalidInput(what=f"a resolution does not say what it must: {error}") from error

    @classmethod
    def decode(cls, data: bytes) -> "Version":
        """Read a version as it came.

        Raises RemoteProtocolError unless the bytes are canonical, within limits and valid.
        """
        try:
            version = decode_struct(data, _DECODER, VERSION_BYTES_MAX)
        except RemoteProtocolError as error:
            version = _frame_of_newer(data, otherwise=error)
        if version.format > FORMAT:
            version = msgspec.structs.replace(version, about={}, add={}, remove={}, set={}, unset=[])
        try:
            _require_valid(version)
        except InvalidInput as error:
            raise RemoteProtocolError(what=f"A version is not valid: {error.what}") from error
        return version

    def encode(self) -> bytes:
        """Canonical bytes of a version written here.

        Raises InvalidInput where the version would not be accepted by others.
        """
        return write(self).data


class Carried(msgspec.Struct, frozen=True, gc=False):
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
    try:
        data = encode(version)
    except (OverflowError, TypeError, UnicodeEncodeError) as error:
        raise InvalidInput(what=f"The change holds what cannot be encoded: {error}.") from error
    if len(data) > VERSION_BYTES_MAX:
        raise InvalidInput(
            what=f"The change has {len(data)} bytes; a version may have {VERSION_BYTES_MAX}.",
            do="Shorten the longest texts, or attach them as a file.",
        )
    try:
        return carry(data)
    except RemoteProtocolError as error:
        raise InvalidInput(what=error.what) from error


def owned_uuid(author: AuthorId, seq: int, salt: bytes, table: str) -> str:
    """The uuid that a record born in the mesh takes (design, section 2.5): its first version owns it.

    122 bits of a hash in the shape of a version-8 UUID (RFC 9562, section 5.8).
    """
    return _uuid_of(tagged_hash("uuid", author, seq.to_bytes(8, "big"), salt, table.encode()))


def _uuid_of(digest: bytes) -> str:
    bits = bytearray(digest[:16])
    bits[6] = bits[6] & 0x0F | 0x80
    bits[8] = bits[8] & 0x3F | 0x80
    return f"urn:uuid:{UUID(bytes=bytes(bits))}"


def left_uuid(first: VersionId) -> str:
    """The uuid of the strand with this first version once it has left its record (design, section 2.5)."""
    return _uuid_of(tagged_hash("left", first))


def owns_uuid(version: Version) -> bool:
    """Whether the version is the first of a record whose uuid it owns."""
    author = AuthorId(version.author)
    return not version.parents and version.uuid == owned_uuid(author, version.seq, version.salt, version.table)


def _frame_of_newer(data: bytes, otherwise: RemoteProtocolError) -> Version:
    """What every format has in common, of a version newer than this program; raises `otherwise` where it is not."""
    plain = decode(data, VERSION_BYTES_MAX)
    frame = plain if isinstance(plain, dict) else {}
    for name in ("about", "add", "remove", "set", "unset"):
        frame.pop(name, None)
    try:
        version = _DECODER.decode(encode(frame))
    except msgspec.ValidationError:
        raise otherwise from None
    if version.format == FORMAT:
        raise otherwise
    return version


def _require_valid(version: Version) -> None:
    """Raise InvalidInput where a decoded version breaks a rule that its types cannot say."""
    # Every version received passes here, so the common case (a put that sets texts and numbers, which their type
    # bounds) runs no call it can spare.
    if not (version.table.isascii() and version.uuid.isascii() and version.op.isascii()):
        _require_normal(version.table, version.uuid, version.op)
    if len(version.parents) > 1:
        _require_order(version.parents)
    for name, value in version.set.items():
        if not name.isascii():
            _require_normal(name)
        if type(value) is not int and (type(value) is not str or not value or not value.isascii()):
            require_value(value)
    if version.unset:
        _require_normal(*version.unset)
        _require_order(version.unset)
        _require(not any(name in version.set for name in version.unset), "it sets and empties the same field")
    if version.add or version.remove:
        _require_lists(version)
    if version.about:
        _require_plain(version.about)
        strand = version.about.get("strand", version.author)
        _require(isinstance(strand, bytes) and len(strand) == ID_BYTES, "it names a strand by no possible id")
    if version.op != PUT or (not version.parents and (version.unset or version.remove)):
        _require_op(version)


def _require_lists(version: Version) -> None:
    for name, items in version.add.items():
        _require_normal(name)
        _require(name not in version.set, "it gives one field a value and items")
        for item in items:
            require_value(item)
    for name, removals in version.remove.items():
        _require_normal(name)
        for removal in removals:
            require_value(removal.item)
            _require_order(removal.seen)


def _require_op(version: Version) -> None:
    if not version.is_understood:
        return
    if not version.parents:
        _require(version.op in (PUT, OBSERVE), f"a {version.op} names nothing it saw")
        _require(not (version.unset or version.remove), "it takes away what it has not seen")
    if version.op == RETRACT:
        _require(not (version.set or version.unset or version.add or version.remove), "a retract sets values")
    elif version.op == OBSERVE:
        observation = version.observation
        for ids in (observation.after, *observation.found.values(), *observation.ends.values()):
            _require_order(ids)
    elif version.op == RESOLVE and version.about:
        _require_resolution(version.resolution)


def _require_resolution(resolution: Resolution) -> None:
    for ids in (resolution.same, resolution.leaves, resolution.undoes):
        _require_order(ids)
    _require(len(resolution.same) != 1, "it says of one strand that it is the same")
    _require(bool(resolution.leaves) == (resolution.keeps is not None), "it names who leaves or who stays, not both")
    _require(resolution.keeps not in resolution.leaves, "the strand that keeps the uuid leaves it")
    _require(not (resolution.same and resolution.leaves), "it says same and different")


def _require_order(items: Sequence[Ordered]) -> None:
    _require(list(items) == sorted(set(items)), "what it lists is not in order")


def _require_plain(about: dict[str, Plain]) -> None:
    try:
        require_plain(about, depth=1)
    except RemoteProtocolError as error:
        raise InvalidInput(what=error.what) from error


def _require_normal(*texts: str) -> None:
    _require(all(is_normal(text) for text in texts), "a name in it is not in Unicode normalization form C")


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise InvalidInput(what=otherwise)
