"""Operations on the team: who is in it, who may what, and by which form a table is filled in."""

from edenmesh.node import FormView, MemberView
from edenmesh.web.api.operation import Asked, operation
from edenmesh.web.api.served import Served
from edenmesh.web.visiting import Right


class RoleOf(Asked, frozen=True):
    """A member, by name or id, and a role: steward, introducer or gateway."""

    peer: str
    role: str


class OfTable(Asked, frozen=True):
    """One table, or all where it is empty."""

    table: str = ""


class ChosenForm(Asked, frozen=True):
    """A form, by the beginning of its id, for a table."""

    table: str
    form: str


class TeamOperations:
    """Members, roles and current forms."""

    def __init__(self, served: Served) -> None:
        self._device = served.device

    @operation("GET", "/api/members", Right.LOOK)
    def members(self) -> list[MemberView]:
        """The team, as its charter says."""
        return self._device.members()

    @operation("POST", "/api/roles/give", Right.RUN)
    def give_role(self, body: RoleOf) -> MemberView:
        """Give a member a role."""
        return self._device.stewardship.give_role(body.peer, body.role)

    @operation("POST", "/api/roles/take", Right.RUN)
    def take_role(self, body: RoleOf) -> MemberView:
        """Take a role from a member."""
        return self._device.stewardship.take_role(body.peer, body.role)

    @operation("GET", "/api/forms/current", Right.LOOK)
    def current_forms(self, query: OfTable) -> list[FormView]:
        """The forms of a table, or of all, and which of them a steward chose."""
        return self._device.stewardship.forms(query.table)

    @operation("PUT", "/api/forms/current", Right.RUN)
    def choose_form(self, body: ChosenForm) -> FormView:
        """Say by which form a table is filled in, as a steward."""
        return self._device.stewardship.choose_form(body.table, body.form)
