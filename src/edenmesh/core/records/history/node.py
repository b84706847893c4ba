"""A place in the graph of one record's versions."""

from typing import Final

from edenmesh.core.ids import VersionId
from edenmesh.core.records.versions import Version


class Node:
    """One version in its place, or several that are one.

    `ids` are those whose values count here, smallest first; `id` is the first of them and `version` what it says.
    `equals` are all versions in this place. `depth` is 1 for a first version. One that `is_undone` has no effect.
    """

    __slots__ = ("depth", "equals", "id", "ids", "is_counted", "is_undone", "parents", "version")

    def __init__(
        self, version: Version, ids: tuple[VersionId, ...], equals: tuple[VersionId, ...], parents: "list[Node]"
    ) -> None:
        self.version: Final = version
        self.id: Final = ids[0]
        self.ids: Final = ids
        self.equals: Final = equals
        self.parents: Final = parents
        self.is_counted = version.is_understood
        self.is_undone = False
        depth = 0
        for parent in parents:
            depth = max(depth, parent.depth)
        self.depth: Final[int] = depth + 1

    @property
    def is_speaking(self) -> bool:
        """Whether what it says has effect: it counts and is not undone."""
        return self.is_counted and not self.is_undone
