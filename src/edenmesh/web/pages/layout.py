"""A form as it stands on a screen: sections, instructions and controls in its order, and its parts as forms within it.

A form of a server may carry section breaks and instructions between its fields (the `form` list of its settings).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from edenmesh.core.records import Component, Field, Table
from edenmesh.node import Device, Json
from edenmesh.web.pages.finding import find_parts
from edenmesh.web.pages.inputs import Input, Inputs
from edenmesh.web.pages.posting import Posted
from edenmesh.web.pages.wording import Wording
from edenmesh.web.texts import Texts

VALUES: Final = "v."
PART_ROWS_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Item:
    """One thing on a form: a control, a heading (`kind` section) or a line of instructions."""

    kind: str
    text: str = ""
    control: Input | None = None


@dataclass(frozen=True, slots=True)
class PartRow:
    """One row of a part: `uuid` empty for a new one. `prefix` begins the names of its controls."""

    prefix: str
    uuid: str
    label: str
    items: tuple[Item, ...]
    is_dropped: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A component of the form, with its rows."""

    alias: str
    title: str
    is_multiple: bool
    rows: tuple[PartRow, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """What the record has now, its rows of components by alias. Empty for a new one."""

    values: Mapping[str, Json] = field(default_factory=dict)
    is_there: bool = False
    undecided: Sequence[str] = ()
    parts: Mapping[str, Sequence[tuple[str, str, Mapping[str, Json]]]] = field(default_factory=dict)


class Layout:
    """Lays a form out for one reader."""

    def __init__(self, device: Device, words: Wording, texts: Texts) -> None:
        self._device = device
        self._words = words
        self._texts = texts

    def items(self, table: Table, prefix: str, record: Record, posted: Posted | None, skip: str = "") -> list[Item]:
        """The controls of a table with what stands between them."""
        inputs = Inputs(self._device, self._words, self._texts, table.name)
        fields = {one.name: one for one in fields_of(table) if one.name != skip}
        note = self._texts("Several people gave different values. What you enter here decides.")
        made: list[Item] = []
        for step in _steps(table, fields):
            if isinstance(step, Item):
                made.append(step)
                continue
            control = inputs.make(
                step,
                prefix,
                record.values.get(step.name),
                posted,
                default="" if record.is_there else step.default,
                note=note if step.name in record.undecided else "",
            )
            made.append(Item("field", control=control))
        return made

    def parts(self, components: Sequence[Component], record: Record, posted: Posted | None) -> list[Part]:
        """The components with their rows: those that are there, those typed, and an empty one where none is."""
        found: list[Part] = []
        for component in components:
            if not fields_of(component.table):
                continue
            held = list(record.parts.get(component.alias, ()))
            uuids = [one[0] for one in held]
            count = rows_posted(posted, component.alias) if posted is not None else 0
            total = min(max(count, len(held), 0 if component.is_multiple and held else 1), PART_ROWS_MAX)
            rows = [self._row(component, number, held, uuids, posted) for number in range(total)]
            title = (component.plural if component.is_multiple else "") or component.label
            title = title or self._words.table(component.table.name)
            found.append(Part(component.alias, title, component.is_multiple, tuple(rows)))
        return found

    def _row(
        self,
        component: Component,
        number: int,
        held: Sequence[tuple[str, str, Mapping[str, Json]]],
        uuids: Sequence[str],
        posted: Posted | None,
    ) -> PartRow:
        prefix = f"p.{component.alias}.{number}."
        uuid = uuids[number] if number < len(uuids) else ""
        values: Mapping[str, Json] = {}
        if posted is not None and f"{prefix}uuid" in posted:
            uuid = posted.text(f"{prefix}uuid")
        if uuid in uuids:
            values = held[uuids.index(uuid)][2]
        label = held[uuids.index(uuid)][1] if uuid in uuids else ""
        has_typed = posted if posted is not None and f"{prefix}uuid" in posted else None
        items = self.items(component.table, f"{prefix}v.", Record(values, bool(uuid)), has_typed, skip=component.joinby)
        is_dropped = posted is not None and posted.is_on(f"{prefix}drop")
        return PartRow(prefix, uuid, label, tuple(items), is_dropped)

    def part_rows(
        self, components: Sequence[Component], table: str, uuid: str
    ) -> dict[str, list[tuple[str, str, Mapping[str, Json]]]]:
        """The rows of a record's components, by alias: uuid, label and values."""
        found: dict[str, list[tuple[str, str, Mapping[str, Json]]]] = {}
        for component in components:
            rows = find_parts(self._device, component.table.name, (table, uuid))
            same = [one.alias for one in components if one.table.name == component.table.name]
            mine = [row for row in rows if row.fields.get("$alias", same[0]) == component.alias]
            if mine:
                found[component.alias] = [(row.uuid, row.label, row.fields) for row in mine]
        return found


def fields_of(table: Table) -> list[Field]:
    """The fields of a table that a person is shown."""
    return [one for one in table.fields if not one.is_hidden]


def rows_posted(posted: Posted, alias: str) -> int:
    """How many rows of a part a page had."""
    text = posted.text(f"p.{alias}.rows")
    return min(int(text), PART_ROWS_MAX) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _steps(table: Table, fields: Mapping[str, Field]) -> list[Item | Field]:
    """The form in its order. Fields that its layout does not name stand at the end."""
    try:
        told = json.loads(table.settings) if table.settings else {}
    except ValueError:
        told = {}
    layout = told.get("form") if isinstance(told, dict) else None
    steps: list[Item | Field] = []
    left = dict(fields)
    for entry in layout if isinstance(layout, list) else ():
        if isinstance(entry, str) and entry in left:
            steps.append(left.pop(entry))
        elif isinstance(entry, dict):
            steps += _between(entry)
    return [*steps, *left.values()]


def _between(entry: Mapping[str, object]) -> list[Item]:
    kind = entry.get("type")
    if kind == "section-break":
        text = entry.get("label") or entry.get("title") or ""
        return [Item("section", text if isinstance(text, str) else "")]
    if kind == "instructions":
        told = (entry.get(one) for one in ("do", "say"))
        return [Item("instructions", one) for one in told if isinstance(one, str) and one]
    return []
