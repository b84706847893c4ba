"""A charter entry: one signed act, and its identity; the draft it grows from.

The id is a hash over everything but the signatures, so whoever signs later does not change what is signed. Building
one checks it: a `CharterEntry` in hand is valid and signed by all who must sign; what is not yet signed by all is a
`DraftEntry`. Fields newer than this program are kept and covered by the id; entries of newer kinds are carried. Every
mesh id but a found entry's own is not empty, and every entry has parents but one that founds a mesh on no other.
Cost: 62 us for each signature, once, when an entry is read.
"""

from typing import Final, Self

import msgspec

from edenmesh.core.encoding import Plain, decode, encode, require_plain, require_text
from edenmesh.core.ids import ID_BYTES, EntryId, MeshId, tagged_hash
from edenmesh.core.limits import (
    CHARTER_ENTRY_BYTES_MAX,
    CHARTER_PARENTS_MAX,
    CHARTER_SIGNERS_MAX,
    NAME_CHARS_MAX,
)
from edenmesh.core.ports import Signer
from edenmesh.core.trust.acts import Found
from edenmesh.core.trust.kinds import FOUND, Kind, kind_of, read_act
from edenmesh.core.trust.signature import is_key, is_signed, sign_tagged
from edenmesh.errors import InvalidInput, LocalProtocolError, NotPermitted, RemoteProtocolError

_TAG: Final = "entry"
_SIGNATURES: Final = "signatures"


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What the signers of an entry sign. Fields stand in key order.

    `mesh` is the id of the mesh's found entry, and empty in that entry itself; `parents` are the charter heads that
    the first signer saw; the first of `signers` acts, the others consent to be named.
    """

    body: dict[str, Plain]
    kind: str
    mesh: bytes
    parents: tuple[bytes, ...]
    signers: tuple[bytes, ...]


class _Entry:
    """What drafts and entries share. `signatures` stand in the order of the signers, b"" where one is missing."""

    __slots__ = ("_plain", "act", "content", "id", "signatures")

    content: Content
    act: Kind | None
    """What the entry does; None where its kind is newer than this program."""
    id: EntryId
    signatures: tuple[bytes, ...]

    def __init__(self, plain: dict[str, Plain], signatures: tuple[bytes, ...]) -> None:
        """Check the content and every signature that is there. Raises InvalidInput."""
        self._plain = plain
        self.content = _read_content(plain)
        self.act = _read_act(self.content)
        self.id = EntryId(tagged_hash(_TAG, encode(plain)))
        self.signatures = signatures
        _require(len(signatures) == len(self.content.signers), "it has not one signature for each signer")
        for key, signature in zip(self.content.signers, signatures, strict=True):
            _require(not signature or is_signed(key, _TAG, self.id, signature), "a signature does not hold")
        _require(len(self.encode()) <= CHARTER_ENTRY_BYTES_MAX, "it is too large")

    @property
    def body(self) -> dict[str, Plain]:
        """What the entry says, as it came."""
        return self.content.body

    @property
    def kind(self) -> str:
        """The kind of act."""
        return self.content.kind

    @property
    def mesh(self) -> MeshId:
        """The mesh the entry belongs to: the id of its found entry."""
        return MeshId(self.content.mesh or self.id)

    @property
    def parents(self) -> tuple[bytes, ...]:
        """The charter heads its first signer saw."""
        return self.content.parents

    @property
    def signers(self) -> tuple[bytes, ...]:
        """The keys that sign: the one that acts, then those that consent to be named."""
        return self.content.signers

    @property
    def actor(self) -> bytes:
        """The device that acts: the first signer."""
        return self.content.signers[0]

    @property
    def unsigned(self) -> tuple[bytes, ...]:
        """The keys whose signatures are missing."""
        pairs = zip(self.content.signers, self.signatures, strict=True)
        return tuple(key for key, signature in pairs if not signature)

    def encode(self) -> bytes:
        """Canonical bytes, signatures included."""
        return encode({**self._plain, _SIGNATURES: self.signatures})

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read what came and check all its signatures.

        Raises RemoteProtocolError unless the bytes are canonical, within limits, valid and signed.
        """
        plain = decode(data, CHARTER_ENTRY_BYTES_MAX)
        if not isinstance(plain, dict):
            raise RemoteProtocolError(what="The object is no charter entry.")
        try:
            signatures = msgspec.convert(plain.pop(_SIGNATURES, None), tuple[bytes, ...])
            return cls(plain, signatures)
        except (InvalidInput, msgspec.ValidationError) as error:
            detail = error.what if isinstance(error, InvalidInput) else str(error)
            detail = detail.removesuffix(".")
            raise RemoteProtocolError(what=f"A charter entry is not valid: {detail}.") from error

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Entry) and type(self) is type(other) and self.encode() == other.encode()

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.kind} {self.id.hex()[:12]}>"


class CharterEntry(_Entry):
    """A charter entry that all its signers signed."""

    __slots__ = ()

    def __init__(self, plain: dict[str, Plain], signatures: tuple[bytes, ...]) -> None:
        """Check the content and every signature. Raises InvalidInput."""
        super().__init__(plain, signatures)
        _require(not self.unsigned, "a signature is missing")


class DraftEntry(_Entry):
    """An entry on its way from signer to signer; it has no effect before it is `completed`."""

    __slots__ = ()

    @classmethod
    def of(cls, act: Kind, actor: bytes, *, mesh: bytes, parents: tuple[bytes, ...]) -> "DraftEntry":
        """An act that `actor` is about to sign. Raises InvalidInput where others would refuse it."""
        content = Content(
            body=_plain(act),
            kind=kind_of(act),
            mesh=mesh,
            parents=parents,
            signers=act.signers(actor),
        )
        try:
            return cls(_plain(content), (b"",) * len(content.signers))
        except InvalidInput as error:
            detail = error.what.removesuffix(".")
            raise InvalidInput(what=f"A charter entry cannot be written: {detail}.") from error

    def signed_by(self, *signers: Signer) -> "DraftEntry":
        """The draft with the signatures of these keys added.

        Raises NotPermitted where the entry does not ask for one of them.
        """
        signatures = dict(zip(self.content.signers, self.signatures, strict=True))
        for signer in signers:
            if signer.public_key not in signatures:
                raise NotPermitted(what="This key was asked to sign a charter entry that does not name it.")
            signatures[signer.public_key] = sign_tagged(signer, _TAG, self.id)
        return DraftEntry(self._plain, tuple(signatures.values()))

    def completed(self) -> CharterEntry:
        """The entry, once all have signed. Raises InvalidInput before that."""
        return CharterEntry(self._plain, self.signatures)


def _read_content(plain: dict[str, Plain]) -> Content:
    try:
        content = msgspec.convert(plain, Content)
    except msgspec.ValidationError as error:
        raise InvalidInput(what=f"it has not the fields of an entry: {error}") from error
    require_plain(plain)
    parents, signers = content.parents, content.signers
    _require(0 < len(content.kind) <= NAME_CHARS_MAX, "its kind is empty or too long")
    require_text(content.kind)
    _require(len(parents) <= CHARTER_PARENTS_MAX and list(parents) == sorted(set(parents)), "its parents are no heads")
    _require(0 < len(signers) <= CHARTER_SIGNERS_MAX and len(set(signers)) == len(signers), "its signers are no list")
    _require(all(len(one) == ID_BYTES for one in parents), "an id has the wrong length")
    _require(all(map(is_key, signers)), "a signer's key is none")
    if content.kind == FOUND:
        _require(not content.mesh, "it founds a mesh inside another")
    else:
        _require(len(content.mesh) == ID_BYTES and bool(parents), "it names no mesh or no parents")
    return content


def _read_act(content: Content) -> Kind | None:
    act = read_act(content.kind, content.body)
    if act is not None:
        _require(content.signers == act.signers(content.signers[0]), "its signers are not those its kind asks for")
    if isinstance(act, Found):
        _require(bool(act.stewards) == bool(content.parents), "it continues no mesh, or without a steward")
    return act


def _plain(struct: msgspec.Struct) -> dict[str, Plain]:
    plain = decode(encode(struct), CHARTER_ENTRY_BYTES_MAX)
    if not isinstance(plain, dict):
        raise LocalProtocolError(what="A struct did not encode as a map.")
    return plain


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise InvalidInput(what=otherwise)
