"""What people do at the server itself, in its web pages: make, change and delete records.

Such an edit carries the server's time and the person's account. `forget` is no person's doing: it loses a record
without a trace, as a restored backup or a careless hand in the database does.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from edenmesh.standin import deleting
from edenmesh.standin.accounts import User
from edenmesh.standin.derived import keep_derived
from edenmesh.standin.schema import Value
from edenmesh.standin.state import Row, State, new_uuid


@dataclass(frozen=True, slots=True)
class People:
    """The people at one server. Every method raises `KeyError` for a table or record that is not there."""

    state: State
    now: Callable[[], datetime]
    entropy: Callable[[int], bytes]
    user: str

    def create(self, table: str, fields: Mapping[str, Value | None], uuid: str | None = None) -> str:
        """Enter a record; returns its uuid. A reference is given by uuid."""
        now = self.now().replace(microsecond=0)
        defaults = {field.name: field.default for field in self.state.tables[table].fields if field.default is not None}
        values = {**defaults, **self._resolved(table, fields)}
        key, uuid = self.state.next_key(table), uuid or new_uuid(self.entropy)
        self._put(Row(key, uuid, values, 0, now, now, self.user, self.user, self.user), now)
        return uuid

    def edit(self, table: str, uuid: str, fields: Mapping[str, Value | None]) -> None:
        """Change fields of a record; None empties one, a reference is given by uuid."""
        row, now = self._row(table, uuid), self.now().replace(microsecond=0)
        values = {**row.values, **self._resolved(table, fields)}
        self._put(replace(row, values=values, modified_on=now, modified_by=self.user), now)

    def delete(self, table: str, uuid: str) -> None:
        """Delete a record."""
        deleting.delete(self.state, self._row(table, uuid), self.user, self.now().replace(microsecond=0))

    def forget(self, table: str, uuid: str) -> None:
        """Lose a record, and what hangs on it, without a trace."""
        row = self._row(table, uuid)
        for component in self.state.tables[table].components:
            for part in self.state.components(row, component):
                self.state.forget(part.key)
        self.state.forget(row.key)

    def _put(self, row: Row, now: datetime) -> None:
        self.state.put(row)
        keep_derived(self.state, row, self.user, now, self.entropy)

    def _row(self, table: str, uuid: str) -> Row:
        row = self.state.find(table, uuid)
        if row is None:
            raise KeyError(f"{table} {uuid}")
        return row

    def _resolved(self, table: str, fields: Mapping[str, Value | None]) -> dict[str, Value | None]:
        resolved: dict[str, Value | None] = {}
        for name, value in fields.items():
            field = self.state.tables[table].field(name)
            if field is None:
                raise KeyError(f"{table}.{name}")
            is_reference = field.kind == "reference" and isinstance(value, str)
            resolved[name] = self._row(field.refers_to, str(value)).key if is_reference else value
        return resolved


def furnish(state: State, users: tuple[User, ...], now: datetime, entropy: Callable[[int], bytes]) -> None:
    """Fill an empty server with what the real one has from the start: sectors, and a person for every account."""
    for name, abbreviation in (
        ("Agriculture", "Agriculture"),
        ("Camp Coordination/Management", "Camp"),
        ("Education", "Education"),
        ("Health", "Health"),
        ("Water Sanitation Hygiene", "WASH"),
    ):
        sector: dict[str, Value | None] = {"name": name, "abrv": abbreviation}
        state.put(Row(state.next_key("org_sector"), new_uuid(entropy), sector, 2, now, now))
    for user in users:
        values: dict[str, Value | None] = {"first_name": user.first_name, "last_name": user.last_name, "gender": 1}
        key = state.next_key("pr_person")
        state.put(Row(key, new_uuid(entropy), values, 0, now, now, None, user.email, user.email))
        contact: dict[str, Value | None] = {"contact_method": "EMAIL", "value": user.email, "pe_id": key}
        defaults: dict[str, Value | None] = {"priority": 1, "access": 1, "poll": False}
        row = Row(state.next_key("pr_contact"), new_uuid(entropy), {**defaults, **contact}, 0, now, now)
        state.put(replace(row, owned_by_user=user.email))
