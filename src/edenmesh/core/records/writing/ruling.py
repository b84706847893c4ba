"""Merge rules: what a named device may decide in the place of people (design, section 2.4).

A rule is a steward's decision about one field of one table, declared in the table's current form. Applying it gives a
resolution that names the rule; nothing else ever merges. A rule that does not fit the values at hand decides nothing,
and the conflict waits for a person.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal as Number
from typing import Final, TypeAlias

from edenmesh.core.records.forms import Table
from edenmesh.core.records.states import Choice, StrandState
from edenmesh.core.records.versions import Content, Date, DateTime, Decimal, Value

_Rank: TypeAlias = Number | str


def rulings(strand: StrandState, table: Table, device: bytes) -> Iterator[tuple[str, dict[str, Content]]]:
    """For each rule by its name: the fields that this device is to decide by it now, with what it gives.

    Fields of a unit are left to people: values that belong together are not to be picked one by one.
    """
    decided: dict[str, dict[str, Content]] = {}
    for rule in table.rules:
        field = strand.fields.get(rule.field)
        if rule.device != device or field is None or not field.is_conflict or field.unit:
            continue
        content = decide(rule.name, field.choices)
        if content is not None:
            decided.setdefault(rule.name, {})[rule.field] = content
    yield from sorted(decided.items())


def decide(rule: str, choices: Iterable[Choice]) -> Content | None:
    """What the rule makes of the values; None where it does not fit them, or one of them is an emptiness."""
    contents = [choice.content for choice in choices]
    values = [content for content in contents if content is not None and not isinstance(content, tuple)]
    act = RULES.get(rule)
    if act is None or not values or len(values) < len(contents):
        return None
    return act(values)


def _highest(values: list[Value]) -> Content | None:
    ranked = _ranked(values)
    return max(ranked, key=lambda pair: pair[0])[1] if ranked else None


def _lowest(values: list[Value]) -> Content | None:
    ranked = _ranked(values)
    return min(ranked, key=lambda pair: pair[0])[1] if ranked else None


def _joined(values: list[Value]) -> Content | None:
    """All texts, a line each, in an order that does not depend on who decides."""
    texts = [value for value in values if isinstance(value, str)]
    return "\n".join(sorted(texts)) if len(texts) == len(values) else None


def _ranked(values: list[Value]) -> list[tuple[_Rank, Value]]:
    """Numbers with numbers, days with days, moments with moments; nothing where the values are not of one sort."""
    if all(isinstance(value, int | Decimal) and not isinstance(value, bool) for value in values):
        return [(Number(value.text if isinstance(value, Decimal) else str(value)), value) for value in values]
    for sort in (Date, DateTime):
        if all(isinstance(value, sort) for value in values):
            return [(value.text, value) for value in values if isinstance(value, Date | DateTime)]
    return []


RULES: Final[Mapping[str, Callable[[list[Value]], Content | None]]] = {
    "highest": _highest,
    "joined": _joined,
    "lowest": _lowest,
}
"""The rules this program knows, by name; another is left to people."""
