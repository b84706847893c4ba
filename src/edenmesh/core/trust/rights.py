"""The rights that acts rest on: which an act needs, which it gives, how one is claimed at a place in the charter."""

from enum import IntEnum, auto
from typing import Final, NamedTuple

from edenmesh.core.ids import MeshId
from edenmesh.core.trust.acts import GATEWAY, INTRODUCER, STEWARD, Admit, Found, Revoke, Roles
from edenmesh.core.trust.kinds import Kind
from edenmesh.core.trust.stewarding import Accept, ChooseForm, Confirm, Erase, PinDestination


class Right(IntEnum):
    """What an act can rest on."""

    MEMBER = auto()
    FOUNDER = auto()
    STEWARD = auto()
    INTRODUCER = auto()
    GATEWAY = auto()
    ADMITTER = auto()
    """Having admitted the very device that is to be revoked."""


ROLE_RIGHTS: Final = {STEWARD: Right.STEWARD, INTRODUCER: Right.INTRODUCER, GATEWAY: Right.GATEWAY}


class Place(NamedTuple):
    """Where in the charter something is looked at: what is below it, the endings among that, and its mesh."""

    past: int
    below: int
    mesh: MeshId | None


class Claim(NamedTuple):
    """A right of a device as seen from a place in the charter.

    `grants` are the positions of what gave it, below that place; `leaves` is the mask of the device's leaves there.
    """

    device: bytes
    right: Right
    grants: tuple[int, ...]
    leaves: int


class Case(NamedTuple):
    """What an entry rests on: membership and, where there are claims, any one of them. `below`: endings below it."""

    membership: Claim
    claims: tuple[Claim, ...]
    below: int


def needed_for(act: Kind | None) -> tuple[Right, ...]:
    """The rights any one of which allows the act to a member; none where membership is enough."""
    match act:
        case Admit():
            return (Right.INTRODUCER,)
        case Roles(give=give, take=take):
            return (Right.FOUNDER if STEWARD in give + take else Right.STEWARD,)
        case Revoke():
            return (Right.STEWARD, Right.ADMITTER)
        case Accept() | PinDestination() | ChooseForm() | Erase() | Confirm():
            return (Right.STEWARD,)
        case _:
            return ()


def given_by(act: Kind | None) -> tuple[bytes, list[Right]]:
    """The device to which the act gives rights, and those."""
    match act:
        case Found(device=device):
            return device, [Right.MEMBER, Right.FOUNDER, *ROLE_RIGHTS.values()]
        case Admit(device=device, introducer=introducer):
            return device, [Right.MEMBER, Right.INTRODUCER] if introducer else [Right.MEMBER]
        case Roles(device=device, give=give):
            return device, [ROLE_RIGHTS[role] for role in give if role in ROLE_RIGHTS]
        case _:
            return b"", []
