"""Which versions have been undone: they have no effect, and keep their place in causality and as heads.

A version of ours that follows another one is undone by a counted resolution that follows it, names it in `undoes` and
is not itself undone (design, section 2.4, 5). So to undo a resolution brings the conflict back, to undo a retract the
record, and to undo an undo what that had undone.

An undo comes after all it undoes, so the last one is decided first. Cost: one walk over the undos; what an undo names
that is not its parent is asked in bits, all of it in one pass over the nodes.
"""

from collections.abc import Mapping
from typing import Final

from edenmesh.core.records.history.node import Node
from edenmesh.core.records.versions import PUT, RESOLVE, RETRACT, Version

_OURS: Final = frozenset((PUT, RESOLVE, RETRACT))


def undoes_any(version: Version) -> bool:
    """Whether the version is a resolution that names others to undo."""
    return version.op == RESOLVE and "undoes" in version.about and version.is_understood


def may_be_undone(version: Version) -> bool:
    """Whether the version is a change of ours to what was there: no observation, and not the first of its record."""
    return version.op in _OURS and bool(version.parents) and version.is_understood


def is_only_undo(version: Version) -> bool:
    """Whether the version undoes others and says nothing itself: then it lifts no retract that it saw."""
    return undoes_any(version) and not (version.set or version.unset or version.add or version.remove)


def mark_undone(nodes: list[Node], node_of: Mapping[bytes, Node]) -> None:
    """Mark the nodes, which stand in causal order, that are undone."""
    named: list[tuple[Node, list[Node]]] = []
    distant: dict[Node, int] = {}
    for node in nodes:
        if node.is_counted and undoes_any(node.version):
            known = [node_of[one] for one in node.version.resolution.undoes if one in node_of]
            targets = [other for other in known if may_be_undone(other.version)]
            named.append((node, targets))
            for other in set(targets).difference(node.parents):
                distant.setdefault(other, 1 << len(distant))
    below = _bits_below(nodes, distant) if distant else {}
    for node, targets in reversed(named):
        if not node.is_undone:
            parents = set(node.parents)
            for other in targets:
                if other in parents or below.get(node, 0) & distant[other]:
                    other.is_undone = True


def _bits_below(nodes: list[Node], given: Mapping[Node, int]) -> dict[Node, int]:
    """For each node the bits given to those it follows."""
    below: dict[Node, int] = {}
    for node in nodes:
        handed = 0
        for parent in node.parents:
            handed |= below.get(parent, 0) | given.get(parent, 0)
        if handed:
            below[node] = handed
    return below
