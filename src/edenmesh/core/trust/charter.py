"""The charter: the set of entries of one mesh, and what it means."""

from collections.abc import Iterable

from edenmesh.core.ids import EntryId, MeshId, tagged_hash
from edenmesh.core.trust.entry import CharterEntry


class Charter:
    """A set of charter entries."""

    def __init__(self, entries: dict[EntryId, CharterEntry]) -> None:
        self.entries = entries
        self.mesh: MeshId | None = next((one.mesh for one in entries.values()), None)

    @classmethod
    def of(cls, entries: Iterable[CharterEntry]) -> "Charter":
        """The charter that these entries make."""
        return cls({one.id: one for one in entries})

    @property
    def heads(self) -> tuple[EntryId, ...]:
        """Entries that no other names as parent, in order."""
        named = {parent for one in self.entries.values() for parent in one.parents}
        return tuple(sorted(one for one in self.entries if one not in named))

    @property
    def hash(self) -> bytes:
        """What two devices with equal charters have in common."""
        return tagged_hash("charter", *sorted(self.entries))
