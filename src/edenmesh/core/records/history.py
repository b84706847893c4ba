"""The versions of one record as a graph: which follows which, and which strands they form.

A node is one version, or several first versions of equal content, which count as one: what follows one follows all
(design, section 2.5). Nodes stand in causal order, parents before those that follow them; who follows whom is found
by walking, so that memory and time grow with the number of versions, whatever their shape.

A strand is what hangs together from one first node. Observations of one record belong together, and with the strand
that owns the uuid if there is one. Versions with an ancestor that has not come wait outside the graph. Parents are
always versions of the same record, so one that names another record's version waits for good. Versions that do not
count (quarantined, or newer than this program) keep their place: what follows them follows what they follow.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Set
from typing import Final

from edenmesh.core.encoding import encode
from edenmesh.core.ids import VersionId
from edenmesh.core.records.values import canonical_text
from edenmesh.core.records.version import OBSERVE, PUT, Version, owns_uuid


class Node:
    """One version in its place, or first versions of equal content.

    `ids` are those whose values count here, smallest first; `id` is the first of them and `version` what it says.
    `equals` are all versions in this place. `depth` is 1 for a first version.
    """

    __slots__ = ("depth", "equals", "id", "ids", "is_counted", "parents", "version")

    def __init__(self, version: Version, ids: tuple[VersionId, ...], parents: "list[Node]") -> None:
        self.version: Final = version
        self.id: Final = ids[0]
        self.ids: Final = ids
        self.equals = ids
        self.is_counted = version.is_understood
        self.parents: Final = parents
        depth = 0
        for parent in parents:
            depth = max(depth, parent.depth)
        self.depth: Final[int] = depth + 1


class History:
    """The graph of one record's versions: a pure function of the set of them, and of which do not count."""

    def __init__(self, versions: Mapping[VersionId, Version], uncounted: Set[VersionId] = frozenset()) -> None:
        self.versions: Final = versions
        self.nodes: Final[list[Node]] = []
        self.uncounted: Final = uncounted
        self._node_of: Final[dict[bytes, Node]] = {}
        open_parents: dict[VersionId, int] = {}
        children: dict[bytes, list[VersionId]] = {}
        firsts: list[VersionId] = []
        for one, version in versions.items():
            if version.parents:
                open_parents[one] = len(version.parents)
                for parent in version.parents:
                    children.setdefault(parent, []).append(one)
            else:
                firsts.append(one)
        self._place_firsts(firsts)
        self._firsts: Final = tuple(self.nodes)
        self._place_others(open_parents, children)
        self.waiting: Final = frozenset(open_parents)

    def __iter__(self) -> Iterator[Node]:
        """Nodes in causal order."""
        return iter(self.nodes)

    def node(self, version: bytes) -> Node | None:
        """The node of a version, or None where it has not come or waits."""
        return self._node_of.get(version)

    def heads(self) -> list[Node]:
        """Nodes that count and that no other such follows, in causal order: what an edit made now follows."""
        return heads_of(self.nodes)

    def known(self, versions: Iterable[bytes]) -> list[Node]:
        """The nodes of those of the versions that have come."""
        return [node for one in versions if (node := self.node(one)) is not None]

    def past(self, versions: Iterable[bytes]) -> dict[VersionId, Version]:
        """These versions and all they follow."""
        named = self.known(versions)
        below = {*named, *nodes_below(named)}
        return {one: self.versions[one] for node in self.nodes if node in below for one in node.equals}

    def strands(self) -> list[list[Node]]:
        """The nodes of each strand in causal order, strands by the id of their first version.

        A version that descends from two strands is in both: people have not joined them yet. First versions from
        which nothing that counts descends begin no strand: a quarantined version alone contests nothing.
        """
        if len(self._firsts) > 1:
            return self._several_strands()
        return [self.nodes] if any(node.is_counted for node in self.nodes) else []

    def _place_firsts(self, firsts: list[VersionId]) -> None:
        if len(firsts) <= 1:
            equal = [firsts]
        else:
            groups: dict[Hashable, list[VersionId]] = {}
            for one in sorted(firsts):
                groups.setdefault(_sameness(one, self.versions[one]), []).append(one)
            equal = sorted(groups.values(), key=self._giving)
        for equals in equal if firsts else ():
            self._place(tuple(equals), [])

    def _place_others(self, open_parents: dict[VersionId, int], children: dict[bytes, list[VersionId]]) -> None:
        for node in self.nodes:
            # The list grows while it is walked: a version is placed after the last of its parents.
            named = children.get(node.id, [])
            if len(node.equals) > 1:
                named = [child for one in node.equals for child in children.get(one, ())]
            for one in sorted(named) if len(named) > 1 else named:
                if open_parents[one] > 1:
                    open_parents[one] -= 1
                else:
                    del open_parents[one]
                    self._place((one,), [self._node_of[parent] for parent in self.versions[one].parents])

    def _place(self, equals: tuple[VersionId, ...], parents: list[Node]) -> None:
        ids = equals if len(equals) == 1 else self._giving(equals)
        node = Node(self.versions[ids[0]], ids, parents)
        node.equals = equals
        if self.uncounted and not self.uncounted.isdisjoint(ids):
            node.is_counted = False
        self.nodes.append(node)
        for one in equals:
            self._node_of[one] = node

    def _giving(self, equals: Iterable[VersionId]) -> tuple[VersionId, ...]:
        """Those of equal versions that give the values: the puts that count, else the observations, else all."""
        counted = [one for one in equals if one not in self.uncounted]
        puts = [one for one in counted if self.versions[one].op == PUT]
        return tuple(puts or counted or equals)

    def _several_strands(self) -> list[list[Node]]:
        firsts = self._firsts_of_all()
        strand_of = {bit: mask for mask in self._strand_masks(firsts) for bit in _bits(mask)}
        strands: dict[int, list[Node]] = {mask: [] for mask in strand_of.values()}
        touched: dict[int, set[int]] = {}
        for node in self.nodes:
            if firsts[node] not in touched:
                touched[firsts[node]] = {strand_of[bit] for bit in _bits(firsts[node]) if bit in strand_of}
            for mask in touched[firsts[node]]:
                strands[mask].append(node)
        return sorted(strands.values(), key=lambda nodes: nodes[0].id)

    def _firsts_of_all(self) -> dict[Node, int]:
        """The first nodes that each node descends from, as bits."""
        firsts = {node: 1 << number for number, node in enumerate(self._firsts)}
        for node in self.nodes[len(firsts) :]:
            firsts[node] = 0
            for parent in node.parents:
                firsts[node] |= firsts[parent]
        return firsts

    def _strand_masks(self, firsts: Mapping[Node, int]) -> list[int]:
        """The first nodes of each strand as bits."""
        alive = 0
        for node in self.nodes:
            if node.is_counted:
                alive |= firsts[node]
        beginnings = [node for node in self._firsts if firsts[node] & alive]
        same: dict[Hashable, int] = {}
        for node in beginnings:
            key = node.id if node.version.about.get("after") else _sameness(node.id, node.version, is_strand=True)
            same[key] = same.get(key, 0) | firsts[node]
        masks = list(same.values())
        strand_of = {bit: mask for mask in masks for bit in _bits(mask)}
        observed = 0
        for node in self.nodes:
            if self._is_observed(node):
                mask = strand_of[firsts[node] & -firsts[node]]
                if not firsts[node] & ~mask:
                    observed |= mask
        if not observed:
            return masks
        for node in beginnings:
            if any(owns_uuid(self.versions[one]) for one in node.equals):
                observed |= strand_of[firsts[node]]
        return [observed, *(mask for mask in masks if not mask & observed)]

    def _is_observed(self, node: Node) -> bool:
        versions = [self.versions[one] for one in node.equals if one not in self.uncounted]
        return any(version.op == OBSERVE and version.is_understood for version in versions)


def heads_of(nodes: list[Node]) -> list[Node]:
    """Those of nodes in causal order that count and that no other such follows."""
    followed: set[Node] = set()
    for node in reversed(nodes):
        if node.is_counted or node in followed:
            followed.update(node.parents)
    return [node for node in nodes if node.is_counted and node not in followed]


def nodes_below(nodes: Iterable[Node]) -> set[Node]:
    """All that these nodes follow."""
    below: set[Node] = set()
    pending = list(nodes)
    while pending:
        further = [parent for parent in pending.pop().parents if parent not in below]
        below.update(further)
        pending += further
    return below


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low
        mask ^= low


def _sameness(one: VersionId, version: Version, *, is_strand: bool = False) -> Hashable:
    """What first versions have in common that count as one, or that begin the same strand.

    An observation that names what it found, or what came before it, is one only with those that name the same.
    """
    if not version.is_understood:
        return one
    fields = frozenset((name, canonical_text(value)) for name, value in version.set.items())
    items = frozenset((name, canonical_text(item)) for name, added in version.add.items() for item in added)
    is_plain = is_strand or version.op == PUT or not ("found" in version.about or "after" in version.about)
    return (fields, items) if is_plain else (fields, items, encode(version.about))
