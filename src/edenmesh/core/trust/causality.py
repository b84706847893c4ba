"""Causal order: entries sorted so that each comes after what it names, and the past of each while it is needed.

A past is a bit mask over positions in that order. Masks are dropped when the last child has taken them over, so that
a long charter, which is mostly a chain, needs little memory. Cost: about 3 us an entry; a mask has one bit for each
entry before it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush

from edenmesh.core.ids import EntryId
from edenmesh.core.trust.entry import CharterEntry


def sort_causally(entries: Mapping[EntryId, CharterEntry]) -> list[CharterEntry]:
    """Those entries whose whole past is among them, parents first, by depth and then by id."""
    children: dict[bytes, list[EntryId]] = defaultdict(list)
    unmet: dict[EntryId, int] = {}
    depths: dict[bytes, int] = {}
    ready: list[tuple[int, EntryId]] = []
    for one, entry in entries.items():
        unmet[one] = len(entry.parents)
        for parent in entry.parents:
            children[parent].append(one)
        if not entry.parents:
            ready.append((0, one))
    heapify(ready)
    ordered: list[CharterEntry] = []
    while ready:
        depth, one = heappop(ready)
        depths[one] = depth
        ordered.append(entries[one])
        for child in children[one]:
            unmet[child] -= 1
            if not unmet[child]:
                heappush(ready, (1 + max(depths[parent] for parent in entries[child].parents), child))
    return ordered


class Pasts:
    """The pasts of entries in causal order, asked for one after the other."""

    def __init__(self, entries: Sequence[CharterEntry], pinned: Iterable[bytes]) -> None:
        """`pinned` are the ids of entries whose pasts are needed later on, too."""
        self._entries = entries
        self.positions = {bytes(entry.id): position for position, entry in enumerate(entries)}
        self._pinned = frozenset(pinned)
        self._kept: dict[int, int] = {}
        self._children = [0] * len(entries)
        for entry in entries:
            for parent in entry.parents:
                self._children[self.positions[parent]] += 1

    def next(self, position: int) -> int:
        """The past of the entry at this position; every position is asked for once, in order."""
        entry = self._entries[position]
        past = 0
        for parent in entry.parents:
            past |= self.closure(parent)
        for parent in entry.parents:
            above = self.positions[parent]
            self._children[above] -= 1
            if not self._children[above] and parent not in self._pinned:
                del self._kept[above]
        if self._children[position] or entry.id in self._pinned:
            self._kept[position] = past
        return past

    def closure(self, one: bytes) -> int:
        """The past of an entry that was asked for, and the entry itself."""
        position = self.positions[one]
        return self._kept[position] | 1 << position
