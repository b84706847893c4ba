"""Writing who belongs and who may what; what would have no effect is refused."""

from collections.abc import Iterable

from edenmesh.core.encoding import normal_text
from edenmesh.core.ids import AuthorId, DeviceId, EntryId
from edenmesh.core.ports import Signer
from edenmesh.core.trust.acts import (
    INTRODUCER,
    STEWARD,
    Admit,
    Certify,
    LastSeal,
    Leave,
    Revoke,
    Roles,
    require_device_name,
)
from edenmesh.core.trust.charter import FOUNDER, Charter
from edenmesh.core.trust.drafting import draft, require_permitted
from edenmesh.core.trust.entry import CharterEntry, DraftEntry
from edenmesh.core.trust.seal import Seal


def draft_admit(
    charter: Charter,
    admitter: DeviceId,
    device: DeviceId,
    *,
    name: str,
    authors: Iterable[AuthorId],
    introducer: bool,
) -> DraftEntry:
    """Draft the admission of a device with its authors; the admitter, the device and every author have to sign it.

    Raises NotPermitted where the admitter is no introducer or the device is revoked, InvalidInput for a bad name.
    """
    require_permitted(charter.may(admitter, INTRODUCER), "Only an introducer may admit a device.")
    require_permitted(not charter.is_revoked(device), "This device was revoked; its key never returns.")
    name = normal_text(name)
    require_device_name(name)
    act = Admit(authors=tuple(sorted(authors)), device=device, introducer=introducer, name=name)
    return draft(charter, act, admitter)


def certify(charter: Charter, device: Signer, author: Signer) -> CharterEntry:
    """Take a further author key, before anything is written with it. Raises NotPermitted where we are no member."""
    actor = DeviceId(device.public_key)
    require_permitted(charter.is_member(actor), "Only a member may take a new author key.")
    act = Certify(author=author.public_key, device=actor)
    return draft(charter, act, actor).signed_by(device, author).completed()


def give_roles(charter: Charter, signer: Signer, device: DeviceId, roles: Iterable[str]) -> CharterEntry:
    """Give roles to a device. Raises NotPermitted where the signer may not."""
    return _roles(charter, signer, Roles(device=device, give=tuple(sorted(set(roles)))))


def take_roles(
    charter: Charter, signer: Signer, device: DeviceId, roles: Iterable[str], *, point: Iterable[EntryId] = ()
) -> CharterEntry:
    """Take roles from a device, and undo what it did by them and is not known here.

    With `point`, ids of entries below, everything it did by them that is not in or below that point is undone, too.
    Raises NotPermitted where the signer may not.
    """
    return _roles(
        charter, signer, Roles(device=device, take=tuple(sorted(set(roles))), point=tuple(sorted(set(point))))
    )


def leave(charter: Charter, signer: Signer) -> CharterEntry:
    """Leave the mesh. Raises NotPermitted where the signer does not belong to it."""
    actor = DeviceId(signer.public_key)
    require_permitted(charter.is_member(actor), "This device does not belong to the team.")
    return draft(charter, Leave(device=actor), actor).signed_by(signer).completed()


def revoke(
    charter: Charter,
    signer: Signer,
    device: DeviceId,
    seals: Iterable[Seal],
    *,
    point: Iterable[EntryId] = (),
) -> CharterEntry:
    """Bar a device for good, accepting of its authors' logs what lies under these seals and nothing else.

    What it did in the charter and is not known here is undone; with `point`, ids of entries below, everything that
    is not in or below that point. Raises NotPermitted where the signer may not.
    """
    actor = DeviceId(signer.public_key)
    may = charter.may_revoke(actor, device)
    require_permitted(may, "Only a steward, or the device that admitted it, may revoke a device.")
    heads = sorted({LastSeal(seal.author, seal.size, seal.root) for seal in seals})
    act = Revoke(device=device, point=tuple(sorted(set(point))), seals=tuple(heads))
    return draft(charter, act, actor).signed_by(signer).completed()


def _roles(charter: Charter, signer: Signer, act: Roles) -> CharterEntry:
    actor = DeviceId(signer.public_key)
    right = FOUNDER if STEWARD in act.give + act.take else STEWARD
    require_permitted(charter.may(actor, right), f"Only a {right} may give or take these roles.")
    return draft(charter, act, actor).signed_by(signer).completed()
