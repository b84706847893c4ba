"""The query part of a URL: filters on fields, paging, and what an export is to hold.

A filter is `<alias>.<field>[__<operator>]=<values>`; the alias is the function of the URL, `~`, or a component.
What the real server does not understand it leaves out, and so does this: an unknown field, an operator it does
not know, a time that is none. A client that misspells a filter gets everything.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fnmatch import translate
from typing import TypeAlias

from edenmesh.standin.schema import Key, Refused, Table, Value
from edenmesh.standin.state import Row, State
from edenmesh.standin.values import read_stamp

Parameters: TypeAlias = Iterable[tuple[str, str]]

_META = ("id", "uuid", "mci", "created_on", "modified_on", "created_by", "modified_by", "owned_by_user")


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition on one field of the table or of a component."""

    alias: str
    field: str
    operator: str
    values: tuple[str, ...]
    is_inverted: bool = False

    def admits(self, state: State, table: Table, row: Row) -> bool:
        """Whether a row fulfils the condition."""
        component = next((part for part in table.components if part.alias == self.alias), None)
        if component is None or self.alias in ("~", table.function):
            return self._compare(_value(row, self.field)) is not self.is_inverted
        return any(self._compare(_value(part, self.field)) for part in state.components(row, component))

    def is_known(self, state: State, table: Table) -> bool:
        """Whether the server understands the condition."""
        component = next((part for part in table.components if part.alias == self.alias), None)
        if component is not None:
            table = state.tables[component.table]
        elif self.alias not in ("~", table.function):
            return False
        return (self.field in _META or table.field(self.field) is not None) and self.operator in _OPERATORS

    def _compare(self, value: Value | None) -> bool:
        return any(_OPERATORS[self.operator](value, wanted) for wanted in self.values)


@dataclass(frozen=True, slots=True)
class Query:
    """What a GET asks for. `fields` and `references` are None for all, `depth` for as far as the server goes."""

    filters: tuple[Filter, ...] = ()
    start: int | None = None
    limit: int | None = None
    modified_since: datetime | None = None
    fields: frozenset[str] | None = None
    references: frozenset[str] | None = None
    has_components: bool = True
    has_urls: bool = True
    is_mobile: bool = False
    depth: int | None = None

    @classmethod
    def decode(cls, parameters: Parameters) -> "Query":
        """Read the parameters of a URL."""
        given = dict(parameters)
        return cls(
            filters=read_filters(parameters),
            start=_whole_number(given.get("start")),
            limit=_whole_number(given.get("limit")),
            modified_since=_stamp(given.get("msince")),
            fields=_names(given.get("fields")),
            references=_names(given.get("references")),
            has_components=given.get("mcomponents", "").lower() != "none",
            has_urls=given.get("show_urls", "").lower() != "false",
            is_mobile=given.get("mdata") == "1",
            depth=_whole_number(given.get("maxdepth")),
        )

    def select(self, state: State, table: Table, admits: Callable[[Row], bool]) -> list[Row]:
        """The rows asked for, in the order in which the server gives them, before paging."""
        filters = [condition for condition in self.filters if condition.is_known(state, table)]
        rows = [
            row
            for row in _candidates(state, table, filters)
            if admits(row)
            and (self.modified_since is None or row.modified_on is None or row.modified_on >= self.modified_since)
            and all(condition.admits(state, table, row) for condition in filters)
        ]
        if self.modified_since is not None:
            rows.sort(key=lambda row: row.modified_on or datetime.min.replace(tzinfo=UTC), reverse=True)
        return rows

    def page(self, rows: list[Row]) -> list[Row]:
        """The part of the rows that paging leaves."""
        start = self.start or 0
        return rows[start : start + self.limit] if self.limit else rows[start:]


def read_filters(parameters: Parameters) -> tuple[Filter, ...]:
    """Read the filters among the parameters of a URL or a posted form."""
    found = []
    for key, values in parameters:
        match = re.fullmatch(r"([\w~]+)\.(\w+?)(?:__([a-z]+))?(!?)", key)
        if match:
            alias, name, operator, inverted = match.groups()
            found.append(Filter(alias, name, operator or "eq", tuple(_split(values)), bool(inverted)))
    return tuple(found)


def _candidates(state: State, table: Table, filters: list[Filter]) -> Iterable[Row]:
    for condition in filters:
        if condition.field == "uuid" and condition.operator in ("eq", "belongs") and not condition.is_inverted:
            found = {row.key.id: row for uuid in condition.values if (row := state.find(table.name, uuid))}
            return [row for _, row in sorted(found.items()) if not row.is_deleted]
    return state.live(table.name)


def _split(text: str) -> list[str]:
    quoted = re.findall(r'"([^"]*)"|([^,]*)(?:,|$)', text)
    return [inside or plain for inside, plain in quoted if inside or plain] or [""]


def _value(row: Row, name: str) -> Value | None:
    if name == "id":
        return row.key.id
    if name in _META:
        value: Value | None = getattr(row, name)
        return value
    return row.values.get(name)


def _equals(value: Value | None, wanted: str) -> bool:
    if value is None or wanted in ("None", "NONE"):
        return value is None and wanted in ("None", "NONE")
    if isinstance(value, Key):
        return str(value.id) == wanted
    if isinstance(value, bool):
        return value is (wanted[:1].upper() not in ("", "0", "F"))
    order = _order(value, wanted)
    return order == 0


def _like(value: Value | None, pattern: str) -> bool:
    escaped = pattern.lower().replace("[", "[[]")
    return value is not None and re.match(translate(escaped), str(value).lower(), re.DOTALL) is not None


def _order(value: Value | None, wanted: str) -> int | None:
    """The order of a value and a text: below 0, 0, above 0, or None when they do not compare."""
    try:
        if isinstance(value, datetime):
            other = read_stamp(wanted)
            return (value > other) - (value < other)
        if isinstance(value, date):
            day = read_stamp(wanted).date()
            return (value > day) - (value < day)
        if isinstance(value, int | float):
            number = float(wanted)
            return (value > number) - (value < number)
    except (Refused, ValueError):
        return None
    return (value > wanted) - (value < wanted) if isinstance(value, str) else None


_OPERATORS: dict[str, Callable[[Value | None, str], bool]] = {
    "eq": _equals,
    "belongs": _equals,
    "ne": lambda value, wanted: not _equals(value, wanted),
    "like": _like,
    "lt": lambda value, wanted: (order := _order(value, wanted)) is not None and order < 0,
    "le": lambda value, wanted: (order := _order(value, wanted)) is not None and order <= 0,
    "gt": lambda value, wanted: (order := _order(value, wanted)) is not None and order > 0,
    "ge": lambda value, wanted: (order := _order(value, wanted)) is not None and order >= 0,
}


def _whole_number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None


def _stamp(text: str | None) -> datetime | None:
    try:
        return read_stamp(text) if text else None
    except Refused:
        return None


def _names(text: str | None) -> frozenset[str] | None:
    if text is None:
        return None
    return frozenset() if text.lower() == "none" else frozenset(text.split(","))
