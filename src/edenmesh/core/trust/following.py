"""What a person has to know before this device follows its team into a mesh that continues it.

Nothing that the old team did beside the founding of the new one is lost by following, but it has no effect there until
somebody does it again, or unites the two once more. So it is listed: above all who was revoked in the old team and is
a member of the new one. Whoever signed for the old team may have been revoked in it, which its signer need not have
heard, or may have left unsaid: that is told, too.
"""

from typing import NamedTuple

from edenmesh.core.ids import DeviceId
from edenmesh.core.trust.acts import STEWARD, Found
from edenmesh.core.trust.charter import Charter
from edenmesh.core.trust.entry import CharterEntry


class Following(NamedTuple):
    """How a mesh that continues ours stands to what we know.

    `is_lawful`: a steward who is one by all that is known here signed for our mesh. `is_member`: this device belongs to
    the new mesh. `left_behind`: entries in force here that the new mesh does not have. `returned`: devices that were
    revoked here and would be members again. `lost`: members here that would be none.
    """

    is_lawful: bool
    is_member: bool
    left_behind: tuple[CharterEntry, ...]
    returned: tuple[DeviceId, ...]
    lost: tuple[DeviceId, ...]


def following(ours: Charter, theirs: Charter, device: DeviceId) -> Following | None:
    """How it would be to follow into their mesh; None where that does not continue ours. `device` is this one."""
    if ours.mesh is None or ours.mesh == theirs.mesh or ours.mesh not in theirs.meshes:
        return None
    rests_on_ours = {one for one, entry in theirs.entries.items() if entry.mesh == ours.mesh}
    signers = {
        DeviceId(steward)
        for entry in theirs.entries.values()
        if isinstance(entry.act, Found) and any(one in rests_on_ours for one in entry.parents)
        for steward in entry.act.stewards
    }
    left_behind = (entry for one, entry in ours.entries.items() if one not in theirs.entries)
    in_force = tuple(entry for entry in left_behind if entry.id in ours.taken and entry.id not in ours.struck)
    return Following(
        is_lawful=any(ours.may(steward, STEWARD) for steward in signers),
        is_member=theirs.is_member(device),
        left_behind=in_force,
        returned=tuple(one for one in theirs.members if theirs.is_member(one) and ours.is_revoked(one)),
        lost=tuple(one for one in ours.members if ours.is_member(one) and not theirs.is_member(one)),
    )
