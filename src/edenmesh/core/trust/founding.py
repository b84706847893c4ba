"""Founding a mesh: from nothing, in place of one whose founder is lost, or as the union of two (design, section 2.1).

A founding that continues others rests on their heads and is signed by a steward of each. What is below it stays as it
was; what the old meshes do beside it is theirs alone.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from edenmesh.core.encoding import normal_text
from edenmesh.core.ids import DeviceId, EntryId
from edenmesh.core.limits import CHARTER_PARENTS_MAX
from edenmesh.core.ports import Signer
from edenmesh.core.trust.acts import STEWARD, Found, require_device_name
from edenmesh.core.trust.charter import Charter
from edenmesh.core.trust.drafting import choose_parents, require_permitted
from edenmesh.core.trust.entry import CharterEntry, DraftEntry
from edenmesh.errors import InvalidInput

_PARENTS_EACH: Final = CHARTER_PARENTS_MAX // 2


class Founder(NamedTuple):
    """Who founds a mesh: the name of the device, its key, and the key it writes with."""

    name: str
    device: Signer
    author: Signer


def found(name: str, device: Signer, author: Signer, salt: bytes) -> CharterEntry:
    """Found a mesh of one. `salt` are 16 unpredictable bytes. Raises InvalidInput for a name no device may have."""
    return _founding(Founder(name, device, author), salt, stewards=(), parents=()).completed()


def succeed(
    charter: Charter, steward: DeviceId, founder: Founder, salt: bytes, *, heads: Iterable[EntryId] | None = None
) -> DraftEntry:
    """Draft a mesh that takes the place of this one, under another founder; the steward has to sign it.

    It continues what is in or below `heads`, which are those of the charter unless an earlier point is named: so what
    a thief or a flood did since is left behind. Raises NotPermitted where the steward is none (also at that point) or
    the founder was revoked, InvalidInput for heads that are none or a bad name.
    """
    return _continue([_At.of(charter, steward, heads)], founder, salt)


def unite(
    ours: Charter, theirs: Charter, stewards: tuple[DeviceId, DeviceId], founder: Founder, salt: bytes
) -> DraftEntry:
    """Draft the union of two meshes; a steward of ours and one of theirs, in this order, have to sign it.

    Raises NotPermitted where one of them is none or the founder was revoked in either, InvalidInput where both are the
    same mesh, or for a bad name.
    """
    if ours.mesh == theirs.mesh:
        raise InvalidInput(what="Both devices belong to the same team.")
    return _continue([_At.of(ours, stewards[0]), _At.of(theirs, stewards[1])], founder, salt)


class _At(NamedTuple):
    """A mesh that is continued: its charter as far as it is, and the steward who signs for it."""

    charter: Charter
    steward: DeviceId

    @classmethod
    def of(cls, charter: Charter, steward: DeviceId, heads: Iterable[EntryId] | None = None) -> "_At":
        return cls(charter if heads is None else charter.below(heads), steward)


def _continue(continued: list[_At], founder: Founder, salt: bytes) -> DraftEntry:
    device = DeviceId(founder.device.public_key)
    parents: list[EntryId] = []
    for charter, steward in continued:
        require_permitted(charter.mesh in charter.meshes, "There is no team here to continue.")
        require_permitted(charter.may(steward, STEWARD), "Only a steward may sign for a team that is continued.")
        require_permitted(not charter.is_revoked(device), "This device was revoked; its key never returns.")
        parents += choose_parents(charter, steward, charter.heads, _PARENTS_EACH)
    stewards = tuple(sorted({steward for _, steward in continued}))
    return _founding(founder, salt, stewards=stewards, parents=tuple(sorted(parents)))


def _founding(
    founder: Founder, salt: bytes, *, stewards: tuple[DeviceId, ...], parents: tuple[EntryId, ...]
) -> DraftEntry:
    name = normal_text(founder.name)
    require_device_name(name)
    device, author = founder.device, founder.author
    act = Found(author=author.public_key, device=device.public_key, name=name, salt=salt, stewards=stewards)
    return DraftEntry.of(act, device.public_key, mesh=b"", parents=parents).signed_by(device, author)
