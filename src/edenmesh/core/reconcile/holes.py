"""Holes: places of a log whose version is known by its id, and whose content is not here.

A hole stands in a log like a version: the tree over the ids is the same, so a log with holes is compared, sealed and
passed on as any other. What travels in the place of the version's bytes is the id and one byte that says why there is
no more. Knows ids and places only, nothing of records. Source: design, sections 2.7 and 4.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import Final, NamedTuple

from edenmesh.core.ids import ID_BYTES, VersionId
from edenmesh.errors import RemoteProtocolError

HOLE_BYTES: Final = ID_BYTES + 1
"""A hole as it travels: shorter than any version, whose fields without contents have more than 100 bytes."""


class HoleKind(IntEnum):
    """Why a version's content is not here."""

    PURGED = 1
    """Removed on this device; others may have it."""
    ERASED = 2
    """Destroyed everywhere, or about to be."""
    ABSENT = 3
    """It has not come."""


class Hole(NamedTuple):
    """A version of which the id is known, as it stands in a log."""

    id: VersionId
    kind: HoleKind

    @classmethod
    def decode(cls, data: bytes) -> "Hole":
        """Read a hole as it came. Raises RemoteProtocolError where it is none."""
        try:
            kind = HoleKind(data[-1])
        except (IndexError, ValueError):
            kind = None
        if kind is None or not is_hole(data):
            raise RemoteProtocolError(what="What stands in a version's place says neither what it is nor why not.")
        return cls(VersionId(data[:-1]), kind)

    def encode(self) -> bytes:
        """The bytes that stand in the version's place."""
        return self.id + bytes((self.kind,))


def is_hole(item: bytes) -> bool:
    """Whether what stands in a version's place is a hole: no version is that short."""
    return len(item) == HOLE_BYTES


class Stretch(NamedTuple):
    """Places `start` up to but not including `stop` of one log."""

    start: int
    stop: int


class Gap(NamedTuple):
    """A stretch of holes of one kind."""

    start: int
    stop: int
    kind: HoleKind


def gaps_of(items: Iterable[tuple[int, HoleKind]]) -> list[Gap]:
    """Single holes, in order of their places, as stretches."""
    gaps: list[Gap] = []
    for place, kind in items:
        if gaps and gaps[-1].stop == place and gaps[-1].kind == kind:
            gaps[-1] = gaps[-1]._replace(stop=place + 1)
        else:
            gaps.append(Gap(place, place + 1, kind))
    return gaps


class Places:
    """A set of places of one log, kept as stretches that do not touch: costs memory for each gap, not each place."""

    __slots__ = ("_starts", "_stops")

    def __init__(self, stretches: Iterable[Stretch] = ()) -> None:
        self._starts: list[int] = []
        self._stops: list[int] = []
        for start, stop in stretches:
            self.add(start, stop)

    def __iter__(self) -> Iterator[Stretch]:
        """The stretches, ascending."""
        return map(Stretch, self._starts, self._stops)

    def __len__(self) -> int:
        """How many stretches there are."""
        return len(self._starts)

    def add(self, start: int, stop: int) -> None:
        """Add a stretch."""
        if start >= stop:
            return
        first, last = self._touching(start, stop)
        if first < last:
            start, stop = min(start, self._starts[first]), max(stop, self._stops[last - 1])
        self._starts[first:last] = [start]
        self._stops[first:last] = [stop]

    def remove(self, start: int, stop: int) -> None:
        """Take a stretch away."""
        if start >= stop:
            return
        first, last = self._touching(start, stop)
        kept = [
            piece
            for low, high in zip(self._starts[first:last], self._stops[first:last], strict=True)
            for piece in ((low, min(high, start)), (max(low, stop), high))
            if piece[0] < piece[1]
        ]
        self._starts[first:last] = [low for low, _ in kept]
        self._stops[first:last] = [high for _, high in kept]

    def without(self, start: int, stop: int) -> list[Stretch]:
        """What of a stretch is not in the set."""
        first, last = self._touching(start, stop)
        rest: list[Stretch] = []
        for low, high in zip(self._starts[first:last], self._stops[first:last], strict=True):
            if start < low:
                rest.append(Stretch(start, low))
            start = max(start, high)
        if start < stop:
            rest.append(Stretch(start, stop))
        return rest

    def _touching(self, start: int, stop: int) -> tuple[int, int]:
        """From which to which of its stretches this one overlaps or meets."""
        first = bisect_right(self._stops, start - 1)
        return first, max(first, bisect_right(self._starts, stop))
