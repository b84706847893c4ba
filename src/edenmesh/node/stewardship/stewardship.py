"""What stewards decide for the whole team: who has which role, and by which form a table is filled in.

Each decision is one charter entry, which travels before any data. What the charter would give no effect is refused
here, with the reason, so that nobody believes to have decided what nobody else will heed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from edenmesh.core.ids import DeviceId, FormHash, format_id
from edenmesh.core.records import Form
from edenmesh.core.trust import (
    GATEWAY,
    INTRODUCER,
    STEWARD,
    Charter,
    CharterEntry,
    Member,
    choose_form,
    give_roles,
    take_roles,
)
from edenmesh.errors import InvalidInput, NotPermitted
from edenmesh.node.parts import MemberView, Parts

ROLES: Final = (STEWARD, INTRODUCER, GATEWAY)


@dataclass(frozen=True, slots=True)
class FormView:
    """A form of a table: `id` names it, `rules` is how many conflicts it lets devices decide.

    `is_current`: a steward chose it. One that was chosen and has not come yet is not `is_here`.
    """

    table: str
    id: str
    title: str
    fields: int
    rules: int
    is_current: bool
    is_here: bool = True


class Stewardship:
    """The decisions of stewards, made on this device."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    # --- roles --------------------------------------------------------------------------------------------------------

    def give_role(self, peer: str, role: str) -> MemberView:
        """Give a member a role. Raises NotPermitted where this device may not, InvalidInput where it has it."""
        member = self._member(peer, role)
        if _has(member, role):
            raise InvalidInput(what=f"{member.name} is {_a(role)} already.", do="See the team with `edenmesh mesh`.")
        key = self._parts.identity.device_key
        return self._decide(member, lambda charter: give_roles(charter, key, member.device, [role]), role, to_have=True)

    def take_role(self, peer: str, role: str) -> MemberView:
        """Take a role from a member; what it did by it and has not come here yet will have no effect.

        Raises NotPermitted where this device may not, InvalidInput where the member does not have it.
        """
        member = self._member(peer, role)
        if not _has(member, role):
            raise InvalidInput(what=f"{member.name} is not {_a(role)}.", do="See the team with `edenmesh mesh`.")
        if member.is_founder and role == STEWARD:
            raise NotPermitted(what=f"{member.name} founded the team and stays a steward of it.")
        key = self._parts.identity.device_key
        return self._decide(
            member, lambda charter: take_roles(charter, key, member.device, [role]), role, to_have=False
        )

    def advice(self) -> tuple[str, ...]:
        """What the team should do about its stewards, in words; nothing where all is well (design, section 2.1)."""
        charter = self._parts.team.charter
        present = [one for one in charter.members.values() if charter.is_member(one.device)]
        stewards = [one for one in present if one.is_steward]
        if len(present) < 2 or len(stewards) != 1:
            return ()
        only = stewards[0]
        whom = "This device" if only.device == self._parts.identity.device else only.name
        what = "the founder and the only steward" if only.is_founder else "the only steward"
        how = "make a second there" if only.device != self._parts.identity.device else "make a second"
        return (
            f"{whom} is {what}; if it is lost, nobody can govern the team: {how}, `edenmesh role give NAME steward`",
        )

    def _decide(
        self, member: Member, entry_of: Callable[[Charter], CharterEntry], role: str, *, to_have: bool
    ) -> MemberView:
        with self._parts.desk.writing() as writing:
            entry = entry_of(writing.charter)
            after = writing.charter.extended([entry]).members.get(member.device)
            if after is None or _has(after, role) is not to_have:
                raise NotPermitted(what=f"It would have no effect: the charter would not heed this about {role}.")
            writing.add_charter([entry])
        return next(one for one in self._parts.team.members() if one.device == format_id("d", member.device))

    def _member(self, peer: str, role: str) -> Member:
        if role not in ROLES:
            raise InvalidInput(what=f"{role!r} is no role.", do=f"Choose one of: {', '.join(ROLES)}.")
        team = self._parts.team
        own = self._parts.identity.device
        is_own = peer.casefold() == team.name.casefold() or peer == format_id("d", own)
        device: DeviceId = own if is_own else team.find(peer)
        member = team.charter.members.get(device)
        if member is None or not team.charter.is_member(device):
            raise NotPermitted(what=f"{team.name_of(device)} is not a member of the team.", do="Pair with it first.")
        return member

    # --- forms --------------------------------------------------------------------------------------------------------

    def forms(self, table: str = "") -> list[FormView]:
        """The forms held here, of one table or of all, and those that stewards chose and that have not come."""
        current = self._parts.team.charter.current_forms
        found = [_form_view(form, encoded, current) for form, encoded in self._held()]
        here = {one.id for one in found}
        found += [
            FormView(name, format_id("f", form), "", 0, 0, is_current=True, is_here=False)
            for name, form in current.items()
            if format_id("f", form) not in here
        ]
        return sorted((one for one in found if table in ("", one.table)), key=lambda one: (one.table, one.id))

    def choose_form(self, table: str, form: str) -> FormView:
        """Say by which form, named by the beginning of its id, a table is filled in from now on.

        Raises NotPermitted where this device is no steward, InvalidInput where none or several are meant.
        """
        typed = form.strip().lower()
        held = {one: encoded for one, encoded in self._held() if encoded.table.name == table}
        found = [one for one in held if typed and format_id("f", one).startswith(typed)]
        if len(found) != 1:
            what = f"Several forms begin with {form}." if found else f"No form of {table} here is called {form!r}."
            raise InvalidInput(what=what, do=f"See them with `edenmesh form current {table}`.")
        key = self._parts.identity.device_key
        with self._parts.desk.writing() as writing:
            if writing.charter.current_forms.get(table) != found[0]:
                writing.add_charter([choose_form(writing.charter, key, table, found[0])])
        return _form_view(found[0], held[found[0]], self._parts.team.charter.current_forms)

    def _held(self) -> Iterator[tuple[FormHash, Form]]:
        snapshot = self._parts.store.snapshot
        for one in snapshot.forms():
            data = snapshot.form(one)
            if data is not None:
                yield one, Form.decode(data)


def _form_view(form: FormHash, encoded: Form, current: dict[str, FormHash]) -> FormView:
    table = encoded.table
    return FormView(
        table.name,
        format_id("f", form),
        encoded.title,
        len(table.fields),
        len(table.rules),
        is_current=current.get(table.name) == form,
    )


def _has(member: Member, role: str) -> bool:
    return {STEWARD: member.is_steward, INTRODUCER: member.is_introducer, GATEWAY: member.is_gateway}[role]


def _a(role: str) -> str:
    return f"an {role}" if role == INTRODUCER else f"a {role}"
