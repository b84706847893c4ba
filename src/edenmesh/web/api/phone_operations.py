"""Operations on phones that use this device through a browser: accounts, their logins, and the door for them."""

from edenmesh.errors import InvalidInput
from edenmesh.node import AccountView, DoorView
from edenmesh.web.api.operation import Asked, operation
from edenmesh.web.api.served import Served
from edenmesh.web.visiting import Right

_HOURS_MAX = 24 * 365
_PORT_MAX = 65535


class NewAccount(Asked, frozen=True):
    """An account by its name and right: look, fill or decide."""

    name: str
    right: str = "fill"


class NamedAccount(Asked, frozen=True):
    """An account by its name."""

    name: str


class OpenDoor(Asked, frozen=True):
    """For how many hours the door is opened, 0 until it is closed; and at which port, 0 for any."""

    hours: float = 0.0
    port: int = 0


class PhoneOperations:
    """Accounts and the door for phones."""

    def __init__(self, served: Served) -> None:
        self._accounts = served.device.accounts

    @operation("GET", "/api/phones", Right.RUN)
    def accounts(self) -> list[AccountView]:
        """All accounts, the revoked ones last."""
        return self._accounts.views()

    @operation("POST", "/api/phones", Right.RUN, status=201)
    def add_account(self, body: NewAccount) -> AccountView:
        """Make an account; its name is taken for good."""
        return self._accounts.add(body.name, body.right)

    @operation("POST", "/api/phones/right", Right.RUN)
    def change_account(self, body: NewAccount) -> AccountView:
        """Give an account another right."""
        return self._accounts.change(body.name, body.right)

    @operation("POST", "/api/phones/revoke", Right.RUN)
    def revoke_account(self, body: NamedAccount) -> AccountView:
        """Bar an account for good; its session ends at once."""
        return self._accounts.revoke(body.name)

    @operation("POST", "/api/phones/enter", Right.RUN)
    def let_in(self, body: NamedAccount) -> dict[str, str]:
        """The address that lets the phone of an account in once, within ten minutes, as its QR code has it."""
        return {"address": self._accounts.entrance(body.name)}

    @operation("GET", "/api/phones/door", Right.RUN)
    def door(self) -> DoorView | None:
        """The door for phones as it stands open, or null."""
        doorway = self._accounts.doorway
        return doorway.view if doorway is not None else None

    @operation("POST", "/api/phones/door", Right.RUN)
    async def open_door(self, body: OpenDoor) -> DoorView:
        """Open the door for phones; where it is open, anew at the addresses of now."""
        if not 0 <= body.hours <= _HOURS_MAX:
            raise InvalidInput(what="'hours' is no time a door can stand open.", do="Give 0 for: until it is closed.")
        if not 0 <= body.port <= _PORT_MAX:
            raise InvalidInput(what="'port' is no port.", do="Give 0 for any.")
        return await self._accounts.door.open(body.hours, body.port)

    @operation("DELETE", "/api/phones/door", Right.RUN)
    async def close_door(self) -> None:
        """Close the door for phones; sessions wait until it is opened again."""
        await self._accounts.door.close()
