"""Units: fields that mean something together only, such as latitude and longitude, and so conflict as one.

A unit is one virtual field (design, section 2.4, 3): who assigns any of its fields assigns the unit, and what it gives
is a row, one value for each field. What a version leaves out it takes over from the rows below it that no other row
below it follows: from all of them where those were in conflict. Programs that know the form write a unit whole, and
then nothing needs to be taken over.

Cost: where something is taken over, one pass over the nodes with a bit for each version that assigns the unit. Rows
multiply where people who do not know the unit edit its fields apart; beyond a bound they are taken apart, so that
every value stands in one of them though not beside every other.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from edenmesh.core.ids import VersionId
from edenmesh.core.limits import UNIT_ROWS_MAX
from edenmesh.core.records.history import Node, Past
from edenmesh.core.records.states.declarations import Declared
from edenmesh.core.records.states.state import Choice, FieldState
from edenmesh.core.records.versions import Value, canonical_text

Unit: TypeAlias = tuple[str, ...]
"""The fields of a unit, in order; it is also the name of the virtual field."""

Row: TypeAlias = tuple[Value | None, ...]
Texts: TypeAlias = tuple[str, ...]
Rows: TypeAlias = Mapping[Texts, Row]
"""Distinct rows by their texts."""

_UNRESTRICTED: Final = 1 << 32

_Given: TypeAlias = dict[str, Value | None]


def rows_given(unit: Unit, assigners: Sequence[Node], past: Past) -> dict[Node, Rows]:
    """What each of these nodes, which assign fields of the unit, gives as a whole.

    Those that are undone give something too, for comparison; nobody takes over anything from them.
    """
    given = {node: _given(node, unit) for node in assigners}
    if all(len(values) == len(unit) or not past.below(node, unit) for node, values in given.items()):
        return {node: _row_of(tuple(values.get(name) for name in unit)) for node, values in given.items()}
    return _Takeover(unit, given, past).rows()


def unit_fields(
    unit: Unit, live: Sequence[Node], rows: Mapping[Node, Rows], declared: Declared
) -> dict[str, FieldState]:
    """The fields of a unit from its live assigners, the deepest first. Several rows: all its fields are undecided."""
    givers: dict[Texts, list[VersionId]] = {}
    contents: dict[Texts, Row] = {}
    for node in live:
        for texts, row in sorted(rows[node].items()):
            givers.setdefault(texts, []).extend(node.ids)
            contents.setdefault(texts, row)
    order = list(givers)
    ranked = [(number, declared.restrictive[name]) for number, name in enumerate(unit) if name in declared.restrictive]
    if ranked:
        order.sort(key=lambda texts: sorted([restriction(texts[number], ranks) for number, ranks in ranked]))
    choices = [
        [Choice(contents[texts][number], tuple(givers[texts])) for texts in order] for number in range(len(unit))
    ]
    if len(order) > 1:
        return {name: FieldState(tuple(ours), unit) for name, ours in zip(unit, choices, strict=True)}
    return {
        name: FieldState(tuple(ours)) for name, ours in zip(unit, choices, strict=True) if ours[0].content is not None
    }


def rank(node: Node) -> tuple[int, VersionId]:
    """Of contradicting values the one of the highest rank is shown: by causal depth, then id."""
    return node.depth, node.ids[-1]


def restriction(text: str, ranks: Mapping[str, int]) -> tuple[int, str]:
    """The place of a value in a protective field, the most restrictive first; those that no form names after them."""
    return (ranks[text], text) if text in ranks else (_UNRESTRICTED, "")


def _given(node: Node, unit: Unit) -> _Given:
    version = node.version
    return {name: version.set.get(name) for name in unit if name in version.set or name in version.unset}


def _row_of(row: Row) -> Rows:
    return {tuple(["" if value is None else canonical_text(value) for value in row]): row}


class _Takeover:
    """One pass over the history, in which each node knows which rows it sees and which of them are followed."""

    def __init__(self, unit: Unit, given: Mapping[Node, _Given], past: Past) -> None:
        self._unit: Final = unit
        self._given: Final = given
        self._past: Final = past
        self._assigners: Final = list(given)
        self._rows: Final[dict[Node, Rows]] = {}

    def rows(self) -> dict[Node, Rows]:
        bits = {node: 1 << number for number, node in enumerate(self._assigners)}
        seen: dict[Node, tuple[int, int]] = {}
        last = {other: node for node in self._past.order for other in self._past.below(node, self._unit)}
        for node in self._past.order:
            all_below = followed = 0
            for other in self._past.below(node, self._unit):
                more, dead = seen.get(other, (0, 0))
                all_below |= more
                followed |= dead
                if last[other] is node:
                    # Nobody asks again: what is kept is as wide as the history, not as long.
                    seen.pop(other, None)
            if node in bits:
                self._rows[node] = self._row_at(node, all_below & ~followed)
                if not node.is_undone:
                    all_below, followed = all_below | bits[node], all_below
            if all_below:
                seen[node] = all_below, followed
        return self._rows

    def _row_at(self, node: Node, standing: int) -> Rows:
        given = self._given[node]
        rows: dict[Texts, Row] = {}
        for below in self._rows_below(standing) if len(given) < len(self._unit) else ((None,) * len(self._unit),):
            row = tuple([given.get(name, value) for name, value in zip(self._unit, below, strict=True)])
            rows.update({texts: one for texts, one in _row_of(row).items() if texts not in rows})
        return rows if len(rows) <= UNIT_ROWS_MAX else _taken_apart(rows)

    def _rows_below(self, standing: int) -> Iterable[Row]:
        """The rows of these nodes, the deepest first; one of emptiness where there are none."""
        nodes: list[Node] = []
        while standing:
            low = standing & -standing
            nodes.append(self._assigners[low.bit_length() - 1])
            standing ^= low
        nodes.sort(key=rank, reverse=True)
        return [row for node in nodes for _, row in sorted(self._rows[node].items())] or [(None,) * len(self._unit)]


def _taken_apart(rows: Rows) -> Rows:
    """As few rows as can hold each value of each field once."""
    columns: list[list[Value | None]] = []
    for number in range(len(next(iter(rows)))):
        column = {texts[number]: row[number] for texts, row in rows.items()}
        columns.append([column[text] for text in sorted(column)])
    height = max(len(column) for column in columns)
    apart: dict[Texts, Row] = {}
    for number in range(height):
        apart.update(_row_of(tuple([column[min(number, len(column) - 1)] for column in columns])))
    return apart
