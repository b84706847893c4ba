"""The versions of one record as a graph: which follows which, and which are one.

A node is one version, or several that are one: what follows one follows all (places.py). Nodes stand in causal order,
parents before those that follow them; who follows whom is found by walking, so that memory and time grow with the
number of versions, whatever their shape.

Versions with an ancestor that has not come wait outside the graph. Parents are always versions of the same record, so
one that names another record's version waits for good. Versions that do not count (quarantined, or newer than this
program) keep their place: what follows them follows what they follow.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Final

from edenmesh.core.ids import VersionId
from edenmesh.core.records.history.node import Node
from edenmesh.core.records.history.places import places_of, said_by_all
from edenmesh.core.records.history.undone import mark_undone, undoes_any
from edenmesh.core.records.versions import OBSERVE, PUT, RESOLVE, Observation, Version

_NOBODY: Final[Sequence[VersionId]] = ()


class History:
    """The graph of one record's versions: a pure function of the set of them, and of which do not count.

    `nodes` stand in causal order, `firsts` are those without parents, by id; `waiting` are the versions outside, and
    `observed` all observations, these among them. `has_newer`: some are newer than this program.
    """

    def __init__(self, versions: Mapping[VersionId, Version], uncounted: Set[VersionId] = frozenset()) -> None:
        self.versions: Final = versions
        self.nodes: Final[list[Node]] = []
        self.uncounted: Final = uncounted
        self._node_of: Final[dict[bytes, Node]] = {}
        open_parents: dict[VersionId, int] = {}
        children: dict[bytes, list[VersionId]] = {}
        firsts: list[VersionId] = []
        observed: list[VersionId] = []
        newer: list[VersionId] = []
        has_undos = False
        for one, version in versions.items():
            if not version.is_understood:
                newer.append(one)
            elif version.op == OBSERVE:
                observed.append(one)
            elif version.op == RESOLVE:
                has_undos = has_undos or undoes_any(version)
            parents = version.parents
            if not parents:
                firsts.append(one)
            elif len(parents) > 1:
                open_parents[one] = len(parents)
            for parent in parents:
                children.setdefault(parent, []).append(one)
        self.observed: Final = observed
        self.has_newer: Final = bool(newer)
        self._silent: Final[Set[VersionId]] = {*uncounted, *newer} if newer else uncounted
        self._places: Final = places_of(versions, firsts, observed)
        self._place_firsts(firsts)
        self.firsts: Final = tuple(self.nodes)
        self._place_others(open_parents, children)
        is_whole = len(self._node_of) == len(versions)
        self.waiting: Final = frozenset(() if is_whole else [one for one in versions if one not in self._node_of])
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

    def observations(self, node: Node) -> list[Observation]:
        """What the observations in a place say, those that count: of one state of a server."""
        if len(node.equals) == 1:
            return [node.version.observation] if node.version.op == OBSERVE and node.is_counted else []
        seen = [self.versions[one] for one in node.equals if one not in self.uncounted]
        return [one.observation for one in seen if one.op == OBSERVE and one.is_understood]

    def past(self, versions: Iterable[bytes]) -> dict[VersionId, Version]:
        """These versions and all they follow."""
        named = self.known(versions)
        below = {*named, *nodes_below(named)}
        return {one: self.versions[one] for node in self.nodes if node in below for one in node.equals}

    def _place_firsts(self, firsts: list[VersionId]) -> None:
        groups = self._grouped(firsts)
        for equals in sorted(groups, key=self._giving) if len(groups) > 1 else groups:
            self._place(equals, ())

    def _place_others(self, open_parents: dict[VersionId, int], children: dict[bytes, list[VersionId]]) -> None:
        """Place what has parents. `open_parents` counts those of versions that have several."""
        for node in self.nodes:
            # The list grows while it is walked: a version is placed after the last of its parents, and so are all that
            # are one with it, for they have these parents.
            ready = children.get(node.id, _NOBODY)
            if len(node.equals) > 1:
                ready = [child for one in node.equals for child in children.get(one, ())]
            if open_parents:
                ready = [one for one in ready if _is_last(one, open_parents)]
            for equals in self._grouped(ready) if ready else ():
                parents = self.versions[equals[0]].parents
                self._place(equals, (node,) if len(parents) == 1 else tuple([self._node_of[one] for one in parents]))

    def _grouped(self, ready: Sequence[VersionId]) -> list[tuple[VersionId, ...]]:
        """The versions, in order, each with those that are one with it."""
        if len(ready) == 1:
            return [(ready[0],)]
        ready = sorted(ready)
        if not self._places:
            return [(one,) for one in ready]
        groups: dict[VersionId, list[VersionId]] = {}
        for one in ready:
            groups.setdefault(self._places.get(one, one), []).append(one)
        return [tuple(group) for group in groups.values()]

    def _place(self, equals: tuple[VersionId, ...], parents: tuple[Node, ...]) -> None:
        depth = 1
        for parent in parents:
            if parent.depth >= depth:
                depth = parent.depth + 1
        ids = equals if len(equals) == 1 else self._giving(equals)
        version = self.versions[ids[0]]
        if len(ids) > 1 and version.op == OBSERVE:
            version = said_by_all([self.versions[one] for one in ids], self._places)
        is_counted = not self._silent or self._silent.isdisjoint(ids)
        node = Node(version, ids[0], ids, equals, parents, depth, len(self.nodes) + 1, is_counted)
        self.nodes.append(node)
        for one in equals:
            self._node_of[one] = node

    def _giving(self, equals: Iterable[VersionId]) -> tuple[VersionId, ...]:
        """Those of versions that are one that give the values: the puts that count, else the observations, else all."""
        counted = [one for one in equals if one not in self.uncounted]
        puts = [one for one in counted if self.versions[one].op == PUT]
        return tuple(puts or counted or equals)


def _is_last(version: VersionId, open_parents: dict[VersionId, int]) -> bool:
    """Whether the parent that has got a place is the last that a version awaits."""
    count = open_parents.get(version, 1)
    if count > 1:
        open_parents[version] = count - 1
    return count == 1


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
