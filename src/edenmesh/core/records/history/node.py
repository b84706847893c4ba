"""A place in the graph of one record's versions."""

import msgspec

from edenmesh.core.ids import VersionId
from edenmesh.core.records.versions import Version


class Node(msgspec.Struct, eq=False, gc=False):
    """One version in its place, or several that are one.

    `ids` are those whose values count here, smallest first; `id` is the first of them and `version` what it says.
    `equals` are all versions in this place. `depth` is 1 for a first version, else one more than the deepest parent;
    `place` is 1 for the first node in causal order. One that `is_undone` has no effect.

    `gc=False`: nodes lead to earlier ones only, so they form no cycles; watching them would cost as much as the graph.
    """

    version: Version
    id: VersionId
    ids: tuple[VersionId, ...]
    equals: tuple[VersionId, ...]
    parents: "tuple[Node, ...]"
    depth: int
    place: int
    is_counted: bool
    is_undone: bool = False

    @property
    def is_speaking(self) -> bool:
        """Whether what it says has effect: it counts and is not undone."""
        return self.is_counted and not self.is_undone
