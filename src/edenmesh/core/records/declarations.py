"""What forms declare about values, looked up by the forms that versions were written with (design, section 2.4).

Declarations are the union over the forms the versions of a record name. While one of these forms has not come, what it
declares is not known, and the record says so.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from edenmesh.core.ids import FormHash
from edenmesh.core.records.form import Form, Table


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

    def _declared(self, table: str, schemas: frozenset[FormHash]) -> Declared:
        forms = [self._forms[schema] for schema in sorted(schemas) if schema in self._forms]
        tables = [one for form in forms for one in _tables(form) if one.name == table]
        restrictive: dict[str, dict[str, int]] = {}
        for field in (field for one in tables for field in one.fields):
            for rank, text in enumerate(field.restrictive):
                ranks = restrictive.setdefault(field.name, {})
                ranks[text] = min(rank, ranks.get(text, rank))
        units = _joined(unit for one in tables for unit in one.units)
        is_awaited = any(schema and schema not in self._forms for schema in schemas)
        if not (units or restrictive or is_awaited):
            return NOTHING
        return Declared(units, restrictive, is_awaited)


def _tables(form: Form) -> list[Table]:
    return [form.table, *(one.table for one in form.components)]


def _joined(units: Iterable[Iterable[str]]) -> tuple[tuple[str, ...], ...]:
    """The units, those that share a field as one."""
    joined: list[set[str]] = []
    for unit in units:
        touching = [one for one in joined if not one.isdisjoint(unit)]
        joined = [one for one in joined if one not in touching] + [set(unit).union(*touching)]
    return tuple(sorted(tuple(sorted(one)) for one in joined))
