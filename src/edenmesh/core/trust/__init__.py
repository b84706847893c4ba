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
from edenmesh.core.trust.entry import CharterEntry, DraftEntry
from edenmesh.core.trust.members import AuthorStanding, Member
from edenmesh.core.trust.merkle import Frontier
from edenmesh.core.trust.seal import Seal
from edenmesh.core.trust.signature import SigningKey, is_signed, sign_tagged
from edenmesh.core.trust.writing import certify, draft_admit, found, give_roles, leave, revoke, take_roles

__all__ = [
    "FOUNDER",
    "GATEWAY",
    "INTRODUCER",
    "STEWARD",
    "Admit",
    "AuthorStanding",
    "Certify",
    "Charter",
    "CharterEntry",
    "Cut",
    "DraftEntry",
    "Found",
    "Frontier",
    "LastSeal",
    "Leave",
    "Member",
    "Revoke",
    "Roles",
    "Seal",
    "SigningKey",
    "certify",
    "draft_admit",
    "found",
    "give_roles",
    "is_signed",
    "leave",
    "require_device_name",
    "revoke",
    "sign_tagged",
    "take_roles",
]
