"""The versions of one record as a graph: which follows which, and which are one.

A node is one version, or several first versions of equal content, which count as one: what follows one follows all
(design, section 2.5). Nodes stand in causal order, parents before those that follow them; who follows whom is found
by walking, so that memory and time grow with the number of versions, whatever their shape.

Versions with an ancestor that has not come wait outside the graph. Parents are always versions of the same record, so
one that names another record's version waits for good. Versions that do not count (quarantined, or newer than this
program) keep their place: what follows them follows what they follow.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Set
from typing import Final

from edenmesh.core.encoding import encode
from edenmesh.core.ids import VersionId
from edenmesh.core.records.undone import mark_undone, undoes_any
from edenmesh.core.records.values import canonical_text
from edenmesh.core.records.version import PUT, Version


class Node:
    """One version in its place, or first versions of equal content.

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


class History:
    """The graph of one record's versions: a pure function of the set of them, and of which do not count.

    `nodes` stand in causal order, `firsts` are those without parents, by id; `waiting` are the versions outside.
    """

    def __init__(self, versions: Mapping[VersionId, Version], uncounted: Set[VersionId] = frozenset()) -> None:
        self.versions: Final = versions
        self.nodes: Final[list[Node]] = []
        self.uncounted: Final = uncounted
        self._node_of: Final[dict[bytes, Node]] = {}
        open_parents: dict[VersionId, int] = {}
        children: dict[bytes, list[VersionId]] = {}
        firsts: list[VersionId] = []
        has_undos = False
        for one, version in versions.items():
            has_undos = has_undos or undoes_any(version)
            if version.parents:
                open_parents[one] = len(version.parents)
                for parent in version.parents:
                    children.setdefault(parent, []).append(one)
            else:
                firsts.append(one)
        self._place_firsts(firsts)
        self.firsts: Final = tuple(self.nodes)
        self._place_others(open_parents, children)
        self.waiting: Final = frozenset(open_parents)
        if has_undos:
            mark_undone(self.nodes, self._node_of)

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
        node = Node(self.versions[ids[0]], ids, equals, parents)
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


def nodes_above(nodes: Iterable[Node], among: Iterable[Node]) -> set[Node]:
    """Those of nodes in causal order that follow any of these."""
    reached = set(nodes)
    above: set[Node] = set()
    for node in among:
        if not reached.isdisjoint(node.parents):
            reached.add(node)
            above.add(node)
    return above


def content_of(version: Version) -> Hashable:
    """What first versions of equal content have in common: texts of fields, texts of items."""
    fields = frozenset((name, canonical_text(value)) for name, value in version.set.items())
    items = frozenset((name, canonical_text(item)) for name, added in version.add.items() for item in added)
    return fields, items


def _sameness(one: VersionId, version: Version) -> Hashable:
    """What first versions have in common that count as one.

    An observation that names what it found, or what came before it, is one only with those that name the same.
    """
    if not version.is_understood:
        return one
    is_plain = version.op == PUT or not ("found" in version.about or "after" in version.about)
    return content_of(version), b"" if is_plain else encode(version.about)
