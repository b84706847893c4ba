"""The two sides of a pairing, how each introduces itself, and who joins whom.

Who joins is computed from both introductions, which enter the code, so two screens that show one code show the same
answer. A device whose mesh never had another one is alone and joins the other's; of two lone ones the dialled one is
joined; of two grown meshes neither gives way: their devices become guests of each other (design, section 2.1).
"""

from typing import NamedTuple

from edenmesh.core.encoding import normal_text
from edenmesh.core.ids import DeviceId, MeshId
from edenmesh.core.pairing.events import Broken, Joining, Reason
from edenmesh.core.pairing.messages import (
    DIGITS,
    QR,
    VERSIONS,
    Introduction,
    MeshSecret,
    rounded,
)
from edenmesh.core.pairing.sas import Role
from edenmesh.core.ports import Signer
from edenmesh.core.trust import INTRODUCER, Admit, Charter, require_device_name
from edenmesh.errors import NotPermitted


class OurSide(NamedTuple):
    """What this device brings: its keys, its name, its charter with the secrets of its mesh, and how much it has.

    `authors` are the author keys a joining device takes along; the present one is enough where older ones are lost.
    `secrets` stand in the order in which they were renewed, the newest last.
    """

    device: Signer
    authors: tuple[Signer, ...]
    name: str
    charter: Charter
    secrets: tuple[MeshSecret, ...]
    records: int

    @property
    def device_id(self) -> DeviceId:
        """The key of this device."""
        return DeviceId(self.device.public_key)


class Link(NamedTuple):
    """The open channel: which end this is, the key the other end proved, and 32 bytes that only this channel has."""

    role: Role
    peer: DeviceId
    binding: bytes


def mesh_of(ours: OurSide) -> MeshId:
    """The mesh this device belongs to.

    Raises NotPermitted where it belongs to none, any more.
    """
    mesh = ours.charter.mesh
    if mesh is None or not ours.charter.is_member(ours.device_id):
        raise NotPermitted(
            what="This device was revoked or has left its team, so it cannot pair.",
            do="Make a new device with `edenmesh init` in another folder, under the same name, and pair that one.",
        )
    return mesh


def introduce(ours: OurSide, peer: DeviceId, *, has_scanned: bool) -> Introduction:
    """What this device says of itself.

    Raises NotPermitted where it belongs to no mesh, InvalidInput where others would refuse its name.
    """
    charter = ours.charter
    name = normal_text(ours.name)
    require_device_name(name)
    members = sum(charter.is_member(device) for device in charter.members)
    return Introduction(
        front_end=QR if has_scanned else DIGITS,
        is_alone=not any(isinstance(entry.act, Admit) for entry in charter.entries.values()),
        may_admit=charter.may(ours.device_id, INTRODUCER) or charter.is_member(peer),
        members=rounded(members),
        mesh=mesh_of(ours),
        name=name,
        records=rounded(ours.records),
        versions=list(VERSIONS),
    )


def common_version(ours: Introduction, theirs: Introduction) -> int:
    """The newest version of the protocol that both offer. Raises Broken where there is none."""
    common = set(ours.versions) & set(theirs.versions)
    if not common:
        raise Broken(Reason.VERSION)
    return max(common)


def who_joins(ours: Introduction, theirs: Introduction, role: Role) -> Joining:
    """Who joins whom; both ends compute the same."""
    if ours.mesh == theirs.mesh:
        return Joining.NOBODY_JOINS
    if not ours.is_alone and not theirs.is_alone:
        return Joining.AS_GUESTS
    we_join = ours.is_alone and (not theirs.is_alone or role is Role.DIALLER)
    return Joining.WE_JOIN if we_join else Joining.THEY_JOIN


def require_admissible(ours: OurSide, peer: DeviceId) -> None:
    """Raise Broken if our charter bars the other device for good."""
    if ours.charter.is_revoked(peer):
        raise Broken(Reason.REVOKED)
