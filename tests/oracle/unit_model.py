"""What forms declare, as the sentences of the design say it: units that conflict as one, values that protect.

A row is what a version gives a unit: the texts of its fields, side by side.
"""

from collections.abc import Callable, Mapping, Set
from typing import TypeAlias

from edenmesh.core.limits import UNIT_ROWS_MAX
from edenmesh.core.records import Declared

Unit: TypeAlias = tuple[str, ...]
Row: TypeAlias = tuple[str, ...]
Rows: TypeAlias = frozenset[Row]
Said: TypeAlias = str | Rows
"""What is given to a field, or to a unit: several rows where others were taken over in conflict."""
Name: TypeAlias = str | Unit

_LAST = (1 << 40, "")


class Units:
    """The units of one record. `given` are the texts that a version assigns; `follows` is asked by unit."""

    def __init__(
        self,
        declared: Declared,
        given: Callable[[bytes], Mapping[str, str]],
        follows: Callable[[bytes, Name], Set[bytes]],
    ) -> None:
        self.declared = declared
        self._given = given
        self._follows = follows
        self._unit_of: dict[str, Unit] = {name: unit for unit in declared.units for name in unit}
        self.multiplied = 0

    def said(self, one: bytes, speaking: Set[bytes]) -> dict[Name, Said]:
        """What a version gives fields and units; rows are taken over from those that speak."""
        given = self._given(one)
        units = {self._unit_of[name] for name in given if name in self._unit_of}
        plain: dict[Name, Said] = {name: text for name, text in given.items() if name not in self._unit_of}
        return {**plain, **{unit: self._rows(one, unit, speaking) for unit in units}}

    def _rows(self, one: bytes, unit: Unit, speaking: Set[bytes]) -> Rows:
        given = self._given(one)
        below = {x for x in self._follows(one, unit) & speaking if not self._given(x).keys().isdisjoint(unit)}
        standing = {x for x in below if not any(x in self._follows(y, unit) for y in below)}
        taken = {row for x in standing for row in self._rows(x, unit, speaking)} or {("",) * len(unit)}
        rows = {tuple(given.get(name, text) for name, text in zip(unit, row, strict=True)) for row in taken}
        self.multiplied += len(rows) > 1
        return frozenset(rows if len(rows) <= UNIT_ROWS_MAX else _taken_apart(rows))

    def found(self, unit: Unit, found: Callable[[str], Set[bytes]], same: Callable[[bytes], Set[bytes]]) -> set[bytes]:
        """Versions that were found in all fields of the unit which they assign."""
        named = {other for name in unit for other in found(name)}
        return {
            x
            for x in named
            if all(same(x) & found(name) for name in unit if any(name in self._given(y) for y in same(x)))
        }

    def assigned(self, one: bytes, unit: Unit) -> list[str]:
        """The fields of the unit that a version assigns."""
        return [name for name in unit if name in self._given(one)]

    def protection(self, name: Name, said: str | Row) -> list[tuple[int, str]]:
        """What orders contradicting values: the more a value protects, the lower."""
        texts = dict(zip(name, said, strict=True)) if isinstance(name, tuple) else {name: str(said)}
        ranks = self.declared.restrictive
        return sorted(
            (ranks[one][text], text) if text in ranks[one] else _LAST for one, text in texts.items() if one in ranks
        )

    def shown(
        self, name: Name, choices: list[tuple[str | Row, set[bytes]]]
    ) -> dict[str, list[tuple[str | Row, set[bytes]]]]:
        """The choices of a field, or of each field of a unit."""
        if isinstance(name, str):
            return {name: choices}
        return {one: [(row[place], givers) for row, givers in choices] for place, one in enumerate(name)}


def _taken_apart(rows: Set[Row]) -> set[Row]:
    columns = [sorted(set(column)) for column in zip(*rows, strict=True)]
    return {tuple(column[min(place, len(column) - 1)] for column in columns) for place in range(max(map(len, columns)))}
