"""The versions of one record as a graph: which follows which, and which strands they form.

A node is one version, or several first versions of equal content, which count as one: what follows one follows all
(design, section 2.5). Nodes are numbered in causal order and the ancestors of a node are kept as bits of one integer,
so "does this follow that" is one operation; a history of 10,000 versions costs about 12 MB while it is looked at.

A strand is what hangs together from one first node. Observations of one record belong together, and with the strand
that owns the uuid if there is one. Versions with an ancestor that has not come wait outside the graph. Parents are
always versions of the same record, so one that names another record's version waits for good.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from edenmesh.core.ids import VersionId
from edenmesh.core.records.values import canonical_text
from edenmesh.core.records.version import OBSERVE, Version, owns_uuid


class Node:
    """One version in its place.

    `ids` are the version's id and those of its equals, smallest first; `below` holds the numbers of all ancestors as
    bits; `depth` is 1 for a first version; `firsts` are the first nodes it descends from.
    """

    __slots__ = ("below", "bit", "depth", "firsts", "id", "ids", "version")

    def __init__(self, ids: list[VersionId], version: Version, number: int, parents: "list[Node]") -> None:
        self.ids: Final = ids
        self.id: Final = ids[0]
        self.version: Final = version
        self.bit: Final = 1 << number
        self.below = 0
        self.depth = 1
        self.firsts: frozenset[VersionId] = frozenset() if parents else frozenset((self.id,))
        for parent in parents:
            self.below |= parent.below | parent.bit
            self.depth = max(self.depth, parent.depth + 1)
            self.firsts |= parent.firsts


class History:
    """The graph of one record's versions: a pure function of the set of them."""

    def __init__(self, versions: Mapping[VersionId, Version]) -> None:
        self.versions: Final = versions
        self.nodes: Final[list[Node]] = []
        self._node_of: Final[dict[VersionId, Node]] = {}
        for ids in _causal_order(versions):
            version = versions[ids[0]]
            parents = [self._node_of[VersionId(parent)] for parent in version.parents]
            node = Node(ids, version, len(self.nodes), parents)
            self.nodes.append(node)
            for one in ids:
                self._node_of[one] = node
        self.waiting: Final = frozenset(one for one in versions if one not in self._node_of)

    def __iter__(self) -> Iterator[Node]:
        """Nodes in causal order."""
        return iter(self.nodes)

    def node(self, version: bytes) -> Node | None:
        """The node of a version, or None where it has not come or waits."""
        return self._node_of.get(VersionId(version))

    def heads(self) -> list[Node]:
        """Nodes that nothing follows, in causal order."""
        followed = 0
        for node in self.nodes:
            followed |= node.below
        return [node for node in self.nodes if not node.bit & followed]

    def strands(self) -> list[list[Node]]:
        """The nodes of each strand in causal order, strands by the id of their first version.

        A version that descends from two strands is in both: people have not joined them yet.
        """
        firsts = [node for node in self.nodes if not node.version.parents]
        if len(firsts) == 1:
            return [self.nodes]
        joined = {node.id: node.id for node in firsts}
        observed = [node.firsts for node in self.nodes if node.version.op == OBSERVE and len(node.firsts) == 1]
        anchors = [next(iter(one)) for one in observed]
        if observed:
            anchors += [node.id for node in firsts if owns_uuid(node.version)]
        for anchor in anchors:
            _join(joined, anchors[0], anchor)
        groups: dict[VersionId, list[Node]] = {}
        for node in self.nodes:
            for name in {_root(joined, first) for first in node.firsts}:
                groups.setdefault(name, []).append(node)
        return [groups[name] for name in sorted(groups)]


def _causal_order(versions: Mapping[VersionId, Version]) -> Iterator[list[VersionId]]:
    """Groups of equal versions, parents first; what waits for an ancestor is left out."""
    groups = _equal_firsts(versions)
    name_of = {one: ids[0] for ids in groups for one in ids}
    open_parents: dict[VersionId, set[VersionId]] = {}
    children: dict[VersionId, list[VersionId]] = {}
    for one, version in versions.items():
        if not version.parents:
            continue
        named = {name_of.get(VersionId(parent), VersionId(parent)) for parent in version.parents}
        open_parents[one] = named
        for parent in named:
            children.setdefault(parent, []).append(one)
    ready = [list(ids) for ids in groups]
    for ids in ready:
        yield ids
        for child in sorted(children.get(ids[0], ())):
            open_parents[child].discard(ids[0])
            if not open_parents[child]:
                ready.append([child])


def _equal_firsts(versions: Mapping[VersionId, Version]) -> list[list[VersionId]]:
    firsts = sorted(one for one, version in versions.items() if not version.parents)
    if len(firsts) < 2:
        return [[one] for one in firsts]
    groups: dict[tuple[object, ...], list[VersionId]] = {}
    for one in firsts:
        groups.setdefault(_content(versions[one]), []).append(one)
    return list(groups.values())


def _content(version: Version) -> tuple[object, ...]:
    fields = frozenset((name, canonical_text(value)) for name, value in version.set.items())
    items = frozenset((name, canonical_text(item)) for name, added in version.add.items() for item in added)
    return version.format, version.is_understood, fields, items


def _root(joined: dict[VersionId, VersionId], one: VersionId) -> VersionId:
    while joined[one] != one:
        one = joined[one]
    return one


def _join(joined: dict[VersionId, VersionId], ours: VersionId, theirs: VersionId) -> None:
    low, high = sorted((_root(joined, ours), _root(joined, theirs)))
    joined[high] = low
