"""Who wrote a version, by which way, and which server is meant: in words, as the charter and this device's notes say.

A device that was revoked is named with that, wherever its name stands.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from edenmesh.core.ids import AuthorId, DestinationId
from edenmesh.core.records import OBSERVE, RESOLVE, Version
from edenmesh.core.trust import Charter
from edenmesh.store import Store

UNKNOWN: Final = "an unknown device"
TYPED: Final = "typed"
IMPORTED: Final = "import"
_WAY_CHARS_MAX: Final = 40
_ID_CHARS: Final = 10


@dataclass(frozen=True, slots=True)
class Names:
    """Names of devices, by their authors, and of servers."""

    author: Callable[[AuthorId], str]
    destinations: Mapping[DestinationId, str]

    @classmethod
    def of(cls, store: Store) -> "Names":
        """The names that a device knows now."""
        charter = store.snapshot.charter()
        named = {one.destination: one.name for one in charter.destinations.values()}
        named |= {one.id: one.name for one in store.notes.destinations()}
        return cls(lambda author: device_name(charter, author), named)

    def by(self, version: Version) -> str:
        """The device that wrote a version, and the account on it where it was not its owner's doing."""
        device = self.author(AuthorId(version.author))
        return f"{version.account} (account) via {device}" if version.account else device

    def server(self, destination: bytes) -> str:
        """A server; one that is not set up here is told by the beginning of its id."""
        known = self.destinations.get(DestinationId(destination))
        return known or f"a server not set up here ({destination.hex()[:_ID_CHARS]})"

    def way(self, version: Version) -> str:
        """By which way a version's values came: typed, import, server NAME, rule NAME, or what its writer says."""
        via = version.about.get("via")
        if version.op == OBSERVE and version.is_understood:
            server = f"server {self.server(version.observation.destination)}"
            return f"{server}, from a file" if via == IMPORTED else server
        if version.op == RESOLVE and version.is_understood and version.resolution.rule:
            return f"rule {version.resolution.rule}"
        return via[:_WAY_CHARS_MAX] if isinstance(via, str) and via else TYPED


def device_name(charter: Charter, author: AuthorId) -> str:
    """The name of the device whose author this is."""
    device = charter.standing(author).device
    member = charter.members.get(device) if device is not None else None
    if device is None or member is None:
        return UNKNOWN
    return f"{member.name} (revoked)" if charter.is_revoked(device) else member.name
