"""Acts about who belongs and who may what: one struct a kind, strictly read (design, section 2.1).

The first signer of an entry acts; the others consent to be named. Each act knows who must sign it, in which order.
What stewards decide beside is in `stewarding`.
"""

import re
from typing import Final, NamedTuple

import msgspec

from edenmesh.core.encoding import normal_text, require_text
from edenmesh.core.ids import ID_BYTES
from edenmesh.core.limits import (
    CHARTER_PARENTS_MAX,
    CHARTER_ROLES_MAX,
    CHARTER_SIGNERS_MAX,
    DEVICE_NAME_CHARS_MAX,
    LOG_VERSIONS_MAX,
    NAME_CHARS_MAX,
    SALT_BYTES,
)
from edenmesh.core.trust.signature import is_key
from edenmesh.errors import InvalidInput

STEWARD: Final = "steward"
INTRODUCER: Final = "introducer"
GATEWAY: Final = "gateway"
ROLES: Final = frozenset((STEWARD, INTRODUCER, GATEWAY))

CONTINUED_MAX: Final = 2
"""Meshes that a new one may continue: one that it succeeds, or two that it unites."""

# Control characters, line and paragraph separators, and marks that turn the direction of what stands beside a name.
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class Cut(NamedTuple):
    """How far an author's log is accepted: the first `size` versions of the log that has this tree head there."""

    size: int
    root: bytes


class LastSeal(NamedTuple):
    """The last accepted head of one author's log, as a revocation names it; several where the log forked."""

    author: bytes
    size: int
    root: bytes


class Act(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one entry does. Fields stand in key order, which makes the struct's encoding the canonical one."""

    def signers(self, actor: bytes) -> tuple[bytes, ...]:
        """The keys that must sign, in order, when `actor` acts."""
        return (actor,)

    def require_valid(self) -> None:
        """Raise InvalidInput unless every field is in range."""


class Found(Act, frozen=True, kw_only=True):
    """The first entry of a mesh: its founder's device, name and author, and the salt of cells and stubs.

    A mesh that continues others is founded on their heads, and `stewards` are those who sign for them; the founding
    device may be among these.
    """

    author: bytes
    device: bytes
    name: str
    salt: bytes
    stewards: tuple[bytes, ...] = ()

    def signers(self, actor: bytes) -> tuple[bytes, ...]:
        """The founding device, its author, and the stewards of the meshes it continues."""
        return (self.device, self.author, *(steward for steward in self.stewards if steward != self.device))

    def require_valid(self) -> None:
        """Raise InvalidInput unless every field is in range."""
        require_keys(self.device, self.author, *self.stewards)
        require_device_name(self.name)
        require(len(self.salt) == SALT_BYTES, "its salt has not 16 bytes")
        require(len(self.stewards) <= CONTINUED_MAX, "it names too many stewards")
        require_sorted(self.stewards)


class Admit(Act, frozen=True, kw_only=True):
    """A device joins, with all its authors; it may be made an introducer, and nothing more, at once."""

    authors: tuple[bytes, ...]
    device: bytes
    introducer: bool
    name: str

    def signers(self, actor: bytes) -> tuple[bytes, ...]:
        """The admitter, the new device and each of its authors."""
        return (actor, self.device, *self.authors)

    def require_valid(self) -> None:
        """Raise InvalidInput unless every field is in range."""
        require_keys(self.device, *self.authors)
        require(0 < len(self.authors) <= CHARTER_SIGNERS_MAX - 2, "it names no author or too many")
        require_sorted(self.authors)
        require_device_name(self.name)


class Certify(Act, frozen=True, kw_only=True):
    """A member takes a further author key: for a restored or cloned store."""

    author: bytes
    device: bytes

    def signers(self, actor: bytes) -> tuple[bytes, ...]:
        """The device and its new author."""
        return (self.device, self.author)

    def require_valid(self) -> None:
        """Raise InvalidInput unless every field is in range."""
        require_keys(self.device, self.author)


class Roles(Act, frozen=True, kw_only=True):
    """Roles given to a device, or taken from it: one of the two. Roles this program does not know are carried.

    Taking strikes what the device did by these roles unless it is below this entry, or, where `point` names entries
    below this one, unless it is among those or below them.
    """

    device: bytes
    give: tuple[str, ...] = ()
    point: tuple[bytes, ...] = ()
    take: tuple[str, ...] = ()

    def require_valid(self) -> None:
        """Raise InvalidInput unless every field is in range."""
        require_keys(self.device)
        require(bool(self.give) != bool(self.take), "it neither gives nor takes roles, or does both")
        require(bool(self.take) or not self.point, "it gives roles from an earlier point on")
        require_point(self.point)
        require(len(self.give + self.take) <= CHARTER_ROLES_MAX, "it names too many roles")
        require_sorted(self.give)
        require_sorted(self.take)
        for role in self.give + self.take:
            require(0 < len(role) <= NAME_CHARS_MAX, "a role's name is empty or too long")
            require_text(role)


class Leave(Act, frozen=True, kw_only=True):
    """A device leaves the mesh of its own accord."""

    device: bytes

    def signers(self, actor: bytes) -> tuple[bytes, ...]:
        """The leaving device."""
        return (self.device,)

    def require_valid(self) -> None:
        """Raise InvalidInput unless every field is in range."""
        require_keys(self.device)


class Revoke(Act, frozen=True, kw_only=True):
    """A device's key is barred for good; of its authors' logs only what lies under these seals is accepted.

    Strikes what the device did in the charter unless it is below this entry, or, where `point` names entries below
    this one, unless it is among those or below them.
    """

    device: bytes
    point: tuple[bytes, ...] = ()
    seals: tuple[LastSeal, ...]

    def require_valid(self) -> None:
        """Raise InvalidInput unless every field is in range."""
        require_keys(self.device)
        require_point(self.point)
        require_sorted(self.seals)
        for seal in self.seals:
            require_head(seal.author, seal.size, seal.root)


def require_device_name(name: str) -> None:
    """Raise InvalidInput unless a device may be called so: short, shown as it is, in Unicode normalization form C."""
    if not 0 < len(name) <= DEVICE_NAME_CHARS_MAX:
        raise InvalidInput(
            what=f"A device's name has {len(name)} characters; it may have 1 to {DEVICE_NAME_CHARS_MAX}.",
            do="Choose another name.",
        )
    if name != name.strip() or _UNPRINTABLE.search(name) or name != normal_text(name):
        raise InvalidInput(what="A device's name holds something that cannot be shown.", do="Choose another name.")


def require_keys(*keys: bytes) -> None:
    """Raise InvalidInput unless these are keys by which somebody can sign."""
    require(all(map(is_key, keys)), "a key is none")


def require_head(author: bytes, size: int, root: bytes) -> None:
    """Raise InvalidInput unless this can be the head of a sealed log."""
    require(len(author) == ID_BYTES and len(root) == ID_BYTES, "a seal has the wrong length")
    require(0 < size <= LOG_VERSIONS_MAX, "a seal is out of range")


def require_point(point: tuple[bytes, ...]) -> None:
    """Raise InvalidInput unless these can be entries of one moment."""
    require(len(point) <= CHARTER_PARENTS_MAX and all(len(one) == ID_BYTES for one in point), "its point is no point")
    require_sorted(point)


def require_sorted(items: tuple[bytes | str | LastSeal, ...]) -> None:
    """Raise InvalidInput unless the items ascend."""
    require(list(items) == sorted(set(items)), "what it lists is not in order")


def require(condition: bool, otherwise: str) -> None:
    """Raise InvalidInput with these words unless the condition holds."""
    if not condition:
        raise InvalidInput(what=otherwise)
