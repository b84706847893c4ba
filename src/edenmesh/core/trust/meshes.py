"""The meshes that one charter spans, and which endings reach which entries.

A mesh founded on the heads of others contains what is below its found entry; what the old meshes say beside it is
theirs. A leave or a taking (an "ending") reaches an entry when the charter of the mesh of one of them contains the
other: so nothing is undone in a team by what another team did before both became one, and what the union, or anything
above it, takes, it takes everywhere. Where there is one mesh, every ending reaches every entry.
"""

from collections.abc import Sequence
from typing import Final

from edenmesh.core.ids import MeshId
from edenmesh.core.trust.entry import CharterEntry

_EVERYTHING: Final = -1


class Meshes:
    """Grows with the entries, which come in causal order. Sets of endings are masks, one bit each."""

    def __init__(self, entries: Sequence[CharterEntry]) -> None:
        self._of = [entry.mesh for entry in entries]
        self._founds: dict[MeshId, int] = {}
        self._pasts: dict[MeshId, int] = {}
        self._inherited: dict[MeshId, int] = {}
        self._endings: dict[MeshId, int] = {}

    def note_found(self, position: int, past: int, inherited: int) -> None:
        """A mesh is founded here: `past` are the entries below, `inherited` the endings among them."""
        mesh = self._of[position]
        self._founds[mesh] = position
        self._pasts[mesh], self._inherited[mesh], self._endings[mesh] = past, inherited, 0

    def note_ending(self, position: int, bit: int) -> None:
        """The entry at this position is an ending, and this is its bit."""
        self._endings[self._of[position]] |= bit

    @property
    def newest_first(self) -> list[MeshId]:
        """The meshes, each before those that it continues."""
        return sorted(self._founds, key=self._founds.__getitem__, reverse=True)

    def of(self, position: int) -> MeshId:
        """The mesh that the entry at this position names."""
        return self._of[position]

    def found_position(self, mesh: MeshId | None) -> int | None:
        """Where a mesh was founded; None where that was not taken."""
        return self._founds.get(mesh) if mesh is not None else None

    def reaching(self, position: int) -> int:
        """The endings so far that reach the entry at this position."""
        if len(self._founds) == 1:
            return _EVERYTHING
        mesh = self._of[position]
        mask = self._endings[mesh] | self._inherited[mesh]
        for other, past in self._pasts.items():
            if past >> position & 1:
                mask |= self._endings[other]
        return mask
