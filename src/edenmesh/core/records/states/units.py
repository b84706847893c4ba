"""Units: fields that mean something together only, such as latitude and longitude, and so conflict as one.

A unit is one virtual field (design, section 2.4, 3): who assigns any of its fields assigns the unit, and what it gives
is a row, one value for each field. What a version leaves out it takes over from the rows below it that no other row
below it follows: from all of them where those were in conflict. Programs that know the form write a unit whole, and
then nothing needs to be taken over.

Cost: where something is taken over, one pass over the nodes with a bit for each version that assigns the unit; what
many take over from the same rows is gone through once for all who give the same. Rows multiply where people who do not
know the unit edit its fields apart; beyond a bound they are taken apart, so that every value stands in one of them
though not beside every other.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Final, TypeAlias

from edenmesh.core.encoding import encode
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
    contents: dict[Texts, Row] = {}
    giving: dict[Texts, list[list[Node]]] = {}
    # Those who took over the same share their rows, which are gone through once.
    alike: dict[int, list[Node]] = {}
    for node in live:
        alike.setdefault(id(rows[node]), []).append(node)
    for nodes in alike.values():
        for texts, row in sorted(rows[nodes[0]].items()):
            giving.setdefault(texts, []).append(nodes)
            contents.setdefault(texts, row)
    ids = {key: _ids(nodes) for key, nodes in alike.items()}
    places = {node: place for place, node in enumerate(live)}
    givers = {
        texts: ids[id(rows[groups[0][0]])] if len(groups) == 1 else _ids(sorted(chain(*groups), key=places.__getitem__))
        for texts, groups in giving.items()
    }
    order = list(givers)
    ranked = [(number, declared.restrictive[name]) for number, name in enumerate(unit) if name in declared.restrictive]
    if ranked:
        order.sort(key=lambda texts: sorted([restriction(texts[number], ranks) for number, ranks in ranked]))
    choices = [[Choice(contents[texts][number], givers[texts]) for texts in order] for number in range(len(unit))]
    if len(order) > 1:
        return {name: FieldState(tuple(ours), unit) for name, ours in zip(unit, choices, strict=True)}
    return {
        name: FieldState(tuple(ours)) for name, ours in zip(unit, choices, strict=True) if ours[0].content is not None
    }


def _ids(nodes: Iterable[Node]) -> tuple[VersionId, ...]:
    return tuple([one for node in nodes for one in node.ids])


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
        self._below: Final[dict[tuple[int, frozenset[str]], Rows]] = {}
        self._shared: Final[dict[tuple[int, bytes], Rows]] = {}

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
        """The rows below with what a node gives in them; the same ones for all who give the same over the same."""
        given = self._given[node]
        if len(given) == len(self._unit):
            return _row_of(tuple([given[name] for name in self._unit]))
        key = standing, encode(given)
        if key not in self._shared:
            values = [(place, given[name]) for place, name in enumerate(self._unit) if name in given]
            self._shared[key] = dict(_laid_over(values, self._taken_over(standing, frozenset(given))))
        return self._shared[key]

    def _taken_over(self, standing: int, given: frozenset[str]) -> Rows:
        """The distinct rows of these nodes, the deepest first, with nothing in the fields that are given."""
        if (standing, given) not in self._below:
            places = [place for place, name in enumerate(self._unit) if name in given]
            rows: dict[Texts, Row] = {}
            for texts, row in self._rows_below(standing):
                bare, values = list(texts), list(row)
                for place in places:
                    bare[place], values[place] = "", None
                rows.setdefault(tuple(bare), tuple(values))
            self._below[standing, given] = rows if len(rows) <= UNIT_ROWS_MAX else _taken_apart(rows)
        return self._below[standing, given]

    def _rows_below(self, standing: int) -> Iterable[tuple[Texts, Row]]:
        """The rows of these nodes, the deepest first; one of emptiness where there are none."""
        nodes: list[Node] = []
        while standing:
            low = standing & -standing
            nodes.append(self._assigners[low.bit_length() - 1])
            standing ^= low
        nodes.sort(key=rank, reverse=True)
        width = len(self._unit)
        return [one for node in nodes for one in sorted(self._rows[node].items())] or [(("",) * width, (None,) * width)]


def _laid_over(given: Iterable[tuple[int, Value | None]], rows: Rows) -> Iterable[tuple[Texts, Row]]:
    """The rows with these values in these places."""
    said = [(place, value, "" if value is None else canonical_text(value)) for place, value in given]
    for bare, values in rows.items():
        texts, row = list(bare), list(values)
        for place, value, text in said:
            texts[place], row[place] = text, value
        yield tuple(texts), tuple(row)


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
