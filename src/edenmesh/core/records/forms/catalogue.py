"""What several forms say together about tables: the one place where a field's kind is looked up.

A table may be described by its own form, as a component of another's, and as one another refers to. Its own form
goes first, then components, then references; a field that only a later one knows is added. Of several forms of one
table the current one by the charter goes first, where it is here: all that this device writes is written with it,
whoever or whatever says it.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from edenmesh.core.ids import FormHash
from edenmesh.core.records.forms.form import Component, Field, Form, Table, form_hash


class Membership(NamedTuple):
    """That rows of a table may belong to a master: the master's table and how they are joined."""

    master: str
    component: Component


class Catalogue:
    """Tables, fields and components by name, over a set of forms; `current` are those in force, by table."""

    def __init__(
        self, forms: Iterable[Form] | Mapping[FormHash, Form] = (), *, current: Mapping[str, FormHash] | None = None
    ) -> None:
        self._forms: dict[str, Form] = {}
        self._schemas: dict[str, FormHash] = {}
        self._fields: dict[str, dict[str, Field]] = {}
        self._super_keys: dict[str, set[str]] = {}
        self._memberships: dict[str, list[Membership]] = {}
        hashed = forms.items() if isinstance(forms, Mapping) else ((form_hash(form.encode()), form) for form in forms)
        current = current or {}
        ranked = sorted(hashed, key=lambda one: (one[1].table.name, current.get(one[1].table.name) != one[0], one[0]))
        for schema, form in ranked:
            # As it is held: what a newer program added to it is not in the form as it is read here.
            self._schemas.setdefault(form.table.name, schema)
        self._awaited = {table for table, schema in current.items() if self._schemas.get(table) != schema}
        listed = [form for _, form in ranked]
        for form in listed:
            self._forms.setdefault(form.table.name, form)
            self._learn(form.table)
        for form in listed:
            for component in form.components:
                self._learn(component.table)
                known = self._memberships.setdefault(component.table.name, [])
                known.append(Membership(form.table.name, component))
        for form in listed:
            for table in form.references:
                self._learn(table)

    @classmethod
    def of(cls, forms: "Mapping[str, Form] | Iterable[Form] | Catalogue | None") -> "Catalogue":
        """A catalogue of whatever forms a caller has: by name, in a row, none, or a catalogue already."""
        if isinstance(forms, Catalogue):
            return forms
        if forms is None:
            return cls()
        return cls(forms.values() if isinstance(forms, Mapping) else forms)

    @property
    def forms(self) -> Mapping[str, Form]:
        """The forms by the name of their main table."""
        return self._forms

    def form(self, table: str) -> Form | None:
        """The form whose main table this is."""
        return self._forms.get(table)

    def schema(self, table: str) -> FormHash:
        """The hash of the form that records of a table are written with, as their versions name it; empty without."""
        return self._schemas.get(table, FormHash(b""))

    def is_described(self, table: str) -> bool:
        """Whether all fields of a table are known: by its form, the current one where there is one, or a master's."""
        return (table in self._forms or bool(self.memberships(table))) and table not in self._awaited

    def fields(self, table: str) -> Mapping[str, Field]:
        """All fields known of a table, by name; empty where no form mentions it."""
        return self._fields.get(table, {})

    def field(self, table: str, name: str) -> Field | None:
        """What is known of one field."""
        return self.fields(table).get(name)

    def memberships(self, table: str) -> list[Membership]:
        """In which masters rows of this table may be nested."""
        return self._memberships.get(table, [])

    def super_keys(self, table: str) -> frozenset[str]:
        """The keys by which the table's records stand for super-entities, such as `pe_id` of a person."""
        return frozenset(self._super_keys.get(table, ()))

    def component(self, master: str, table: str, alias: str = "") -> Component | None:
        """How rows of a table, under an alias where several are joined to it, belong to a master's table."""
        fitting = [one.component for one in self.memberships(table) if one.master == master]
        named = [one for one in fitting if one.alias == alias]
        return next(iter([*named, *fitting]), None)

    def _learn(self, table: Table) -> None:
        self._super_keys.setdefault(table.name, set()).update(table.supers.values())
        known = self._fields.setdefault(table.name, {})
        for field in table.fields:
            known.setdefault(field.name, field)
