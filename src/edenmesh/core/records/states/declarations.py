"""What forms declare about values, looked up by the forms that versions were written with (design, section 2.4).

Declarations are the union over the forms the versions of a record name. While one of these forms has not come, what it
declares is not known, and the record says so. Versions without effect (quarantined, waiting or undone) do not make
their forms speak either.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from edenmesh.core.ids import FormHash
from edenmesh.core.records.forms import Form, Table
from edenmesh.core.records.history import History


class Declared(NamedTuple):
    """What the forms of one record declare: its units, each in order, and for protective fields the rank of values.

    `is_awaited`: one of the forms has not come.
    """

    units: tuple[tuple[str, ...], ...] = ()
    restrictive: Mapping[str, Mapping[str, int]] = {}
    is_awaited: bool = False


NOTHING: Final = Declared()


class Declarations:
    """What all forms held here declare. Cheap to ask: what several forms declare together is worked out once."""

    def __init__(self, forms: Mapping[FormHash, Form]) -> None:
        self._forms = forms
        self._known: dict[tuple[str, frozenset[FormHash]], Declared] = {}

    def of(self, table: str, schemas: frozenset[FormHash]) -> Declared:
        """What the forms of these hashes declare of a table."""
        known = self._known.get((table, schemas))
        if known is None:
            known = self._known[table, schemas] = self._declared(table, schemas)
        return known

    def is_awaited(self, schema: bytes) -> bool:
        """Whether a form of this hash has been named and is not here."""
        return bool(schema) and schema not in self._forms

    def _declared(self, table: str, schemas: frozenset[FormHash]) -> Declared:
        forms = [self._forms[schema] for schema in sorted(schemas) if schema in self._forms]
        tables = [one for form in forms for one in _tables(form) if one.name == table]
        restrictive: dict[str, dict[str, int]] = {}
        for field in (field for one in tables for field in one.fields):
            for rank, text in enumerate(field.restrictive):
                ranks = restrictive.setdefault(field.name, {})
                ranks[text] = min(rank, ranks.get(text, rank))
        units = _joined(unit for one in tables for unit in one.units)
        is_awaited = any(self.is_awaited(schema) for schema in schemas)
        if not (units or restrictive or is_awaited):
            return NOTHING
        return Declared(units, restrictive, is_awaited)


def declared_by(history: History, declarations: Declarations, schema: FormHash | None = None) -> Declared:
    """What the forms declare that versions with effect on a record were written with.

    `schema` is that of a version about to be written: whoever writes it knows what its form declares, too.
    """
    nodes = [node for node in history.nodes if node.is_speaking]
    schemas = frozenset([FormHash(history.versions[one].schema) for node in nodes for one in node.ids])
    if schema is not None:
        schemas |= {schema}
    return declarations.of(nodes[0].version.table, schemas) if nodes else NOTHING


def _tables(form: Form) -> list[Table]:
    return [form.table, *(one.table for one in form.components)]


def _joined(units: Iterable[Iterable[str]]) -> tuple[tuple[str, ...], ...]:
    """The units, those that share a field as one."""
    joined: list[set[str]] = []
    for unit in units:
        touching = [one for one in joined if not one.isdisjoint(unit)]
        joined = [one for one in joined if one not in touching] + [set(unit).union(*touching)]
    return tuple(sorted(tuple(sorted(one)) for one in joined))
