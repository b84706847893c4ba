"""The kinds of charter entries that this program knows, by the names that entries carry.

Fields newer than this program stay in the entry's bytes and are ignored; a newer meaning needs a new kind, which is
carried without effect.
"""

from typing import Final, TypeAlias

import msgspec

from edenmesh.core.encoding import Plain
from edenmesh.core.trust.acts import Admit, Certify, Found, Leave, Revoke, Roles, require
from edenmesh.core.trust.stewarding import Accept, Ask, ChooseForm, Confirm, Erase, PinDestination
from edenmesh.errors import InvalidInput

Kind: TypeAlias = (
    Found | Admit | Certify | Roles | Leave | Revoke | Accept | PinDestination | ChooseForm | Erase | Confirm | Ask
)

FOUND: Final = "found"
_KINDS: Final[dict[str, type[Kind]]] = {
    FOUND: Found,
    "admit": Admit,
    "certify": Certify,
    "roles": Roles,
    "leave": Leave,
    "revoke": Revoke,
    "accept": Accept,
    "destination": PinDestination,
    "form": ChooseForm,
    "erase": Erase,
    "confirm": Confirm,
    "ask": Ask,
}
_NAMES: Final = {shape: name for name, shape in _KINDS.items()}
_LEFT_OUT_WHEN_EMPTY: Final = ("firsts", "give", "names", "point", "spares", "stewards", "take")


def read_act(kind: str, body: dict[str, Plain]) -> Kind | None:
    """What an entry of this kind says, or None where the kind is newer than this program.

    Raises InvalidInput where the body is not of the form its kind must have.
    """
    shape = _KINDS.get(kind)
    if shape is None:
        return None
    try:
        act = msgspec.convert(body, shape)
    except msgspec.ValidationError as error:
        raise InvalidInput(what=f"it is no {kind}: {error}") from error
    for name in _LEFT_OUT_WHEN_EMPTY:
        require(body.get(name) != [], f"its field {name} is there and empty")
    act.require_valid()
    return act


def kind_of(act: Kind) -> str:
    """The name of the act's kind, as entries carry it."""
    return _NAMES[type(act)]
