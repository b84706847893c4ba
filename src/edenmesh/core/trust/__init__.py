"""Who may: seals over authors' logs, and the charter that says who belongs to the mesh and who may what.

Everything here is a pure function of bytes and sets. A value in hand has been checked: an entry's signatures when it
was read, a seal's when `require_valid` was asked. May import the ground floor, `records` and `reconcile`.
"""

from edenmesh.core.trust.acts import (
    GATEWAY,
    INTRODUCER,
    STEWARD,
    Admit,
    Certify,
    Cut,
    Found,
    LastSeal,
    Leave,
    Revoke,
    Roles,
    require_device_name,
)
from edenmesh.core.trust.charter import FOUNDER, Charter
from edenmesh.core.trust.decided import Asked, Erasure, PinnedDestination
from edenmesh.core.trust.deciding import accept, ask, choose_form, confirm, erase, pin_destination
from edenmesh.core.trust.entry import CharterEntry, DraftEntry
from edenmesh.core.trust.following import Following, following
from edenmesh.core.trust.founding import Founder, found, succeed, unite
from edenmesh.core.trust.members import AuthorStanding, Member
from edenmesh.core.trust.merkle import Frontier
from edenmesh.core.trust.seal import Seal
from edenmesh.core.trust.signature import SigningKey, is_signed, sign_tagged
from edenmesh.core.trust.stewarding import (
    Accept,
    Ask,
    ChooseForm,
    Confirm,
    Erase,
    PinDestination,
    destination_id,
    erase_stub,
)
from edenmesh.core.trust.writing import certify, draft_admit, give_roles, leave, revoke, take_roles

__all__ = [
    "FOUNDER",
    "GATEWAY",
    "INTRODUCER",
    "STEWARD",
    "Accept",
    "Admit",
    "Ask",
    "Asked",
    "AuthorStanding",
    "Certify",
    "Charter",
    "CharterEntry",
    "ChooseForm",
    "Confirm",
    "Cut",
    "DraftEntry",
    "Erase",
    "Erasure",
    "Following",
    "Found",
    "Founder",
    "Frontier",
    "LastSeal",
    "Leave",
    "Member",
    "PinDestination",
    "PinnedDestination",
    "Revoke",
    "Roles",
    "Seal",
    "SigningKey",
    "accept",
    "ask",
    "certify",
    "choose_form",
    "confirm",
    "destination_id",
    "draft_admit",
    "erase",
    "erase_stub",
    "following",
    "found",
    "give_roles",
    "is_signed",
    "leave",
    "pin_destination",
    "require_device_name",
    "revoke",
    "sign_tagged",
    "succeed",
    "take_roles",
    "unite",
]
