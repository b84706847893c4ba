"""Who follows whom in one field: its ancestors, and what observations among them found on the server.

An observation names, for a field, versions of ours that it does not descend from and whose value it found; it and
what comes after it follow them in that field (design, section 2.6). Both relations only lead to what was written
before, so the nodes can be put in an order in which nobody stands before one it follows.

Questions are asked in bits, many at once: each node is given some, and one pass hands them down to all it follows, or
up to all that follow it. Cost: a pass over the nodes for all fields together.
"""

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from edenmesh.core.records.history import History, Node
from edenmesh.core.records.version import OBSERVE

Name: TypeAlias = str | tuple[str, ...]
"""A field, or a unit by the names of its fields."""

Assigned: TypeAlias = Mapping[Name, list[Node]]
"""By field, the nodes that assign it, in causal order."""


class Past:
    """The relation "follows" of one history, field by field."""

    def __init__(self, history: History, units: tuple[tuple[str, ...], ...] = ()) -> None:
        self._found: Final[dict[Node, dict[Name, list[Node]]]] = {}
        for node in history.nodes:
            if node.version.op == OBSERVE and node.is_counted and "found" in node.version.about:
                named = node.version.observation.found.items()
                found: dict[Name, list[Node]] = {name: history.known(ids) for name, ids in named}
                self._found[node] = {**found, **_units_found(units, found)}
        self._order: Final = _ordered(history.nodes, self._found) if self._found else history.nodes

    @property
    def order(self) -> list[Node]:
        """All nodes, in an order in which nobody stands before one it follows."""
        return self._order

    def below(self, node: Node, name: Name) -> list[Node]:
        """What a node follows directly in a field or unit."""
        found = self._found.get(node)
        return [*node.parents, *found.get(name, ())] if found else node.parents

    def live(self, assigned: Assigned, strand: list[Node]) -> dict[Name, list[Node]]:
        """For each field that several nodes assign: those that none of the others follows."""
        given: dict[Node, int] = {}
        bits: dict[Name, int] = {}
        for name, nodes in assigned.items():
            if len(nodes) > 1:
                bits[name] = bit = 1 << len(bits)
                for node in nodes:
                    given[node] = given.get(node, 0) | bit
        if not bits:
            return {}
        above = self._handed_down(given, bits, self._order if self._found else strand)
        return {name: [node for node in assigned[name] if not above.get(node, 0) & bit] for name, bit in bits.items()}

    def concurrent(self, pairs: Iterable[tuple[Name, list[Node], list[Node]]]) -> list[set[Node]]:
        """For each field with nodes of ours and of theirs: those of theirs that one of ours is concurrent to."""
        given: dict[Node, int] = {}
        bits: dict[Name, int] = {}
        asked: list[tuple[list[Node], dict[Node, int]]] = []
        count = 0
        for name, ours, theirs in pairs:
            own = {node: 1 << count + number for number, node in enumerate(theirs)}
            count += len(theirs)
            asked.append((ours, own))
            for node, bit in own.items():
                given[node] = given.get(node, 0) | bit
                bits[name] = bits.get(name, 0) | bit
        if not given:
            return [set() for _ in asked]
        above, below = self._handed_down(given, bits, self._order), self._handed_up(given, bits)
        answers: list[set[Node]] = []
        for ours, own in asked:
            apart = 0
            for node in ours:
                apart |= ~(above.get(node, 0) | below.get(node, 0))
            answers.append({node for node, bit in own.items() if bit & apart})
        return answers

    def _handed_down(self, given: Mapping[Node, int], bits: Mapping[Name, int], order: list[Node]) -> dict[Node, int]:
        """For each node the bits given to those that follow it; what was found passes on the bits of its field."""
        above: dict[Node, int] = {}
        for node in reversed(order):
            handed = above.get(node, 0) | given.get(node, 0)
            if handed:
                for parent in node.parents:
                    above[parent] = above.get(parent, 0) | handed
                for name, others in self._found.get(node, {}).items():
                    for other in others:
                        above[other] = above.get(other, 0) | handed & bits.get(name, 0)
        return above

    def _handed_up(self, given: Mapping[Node, int], bits: Mapping[Name, int]) -> dict[Node, int]:
        """For each node the bits given to those it follows."""
        below: dict[Node, int] = {}
        for node in self._order:
            handed = 0
            for parent in node.parents:
                handed |= below.get(parent, 0) | given.get(parent, 0)
            for name, others in self._found.get(node, {}).items():
                for other in others:
                    handed |= (below.get(other, 0) | given.get(other, 0)) & bits.get(name, 0)
            if handed:
                below[node] = handed
        return below


def _units_found(units: Iterable[tuple[str, ...]], found: Mapping[Name, list[Node]]) -> dict[Name, list[Node]]:
    """For each unit, the versions that were found in all its fields that they assign."""
    whole: dict[Name, list[Node]] = {}
    for unit in units:
        named = dict.fromkeys(node for name in unit for node in found.get(name, ()))
        whole[unit] = [node for node in named if all(node in found.get(name, ()) for name in _assigned(node, unit))]
    return whole


def _assigned(node: Node, unit: tuple[str, ...]) -> list[str]:
    return [name for name in unit if name in node.version.set or name in node.version.unset]


def _ordered(nodes: list[Node], found: Mapping[Node, Mapping[Name, list[Node]]]) -> list[Node]:
    """The nodes in an order in which each stands after its parents and after what it found."""
    open_count: dict[Node, int] = {}
    followers: dict[Node, list[Node]] = {}
    for node in nodes:
        named = [*node.parents, *(other for others in found.get(node, {}).values() for other in others)]
        open_count[node] = len(named)
        for other in named:
            followers.setdefault(other, []).append(node)
    order = [node for node in nodes if not open_count[node]]
    for node in order:
        for follower in followers.get(node, ()):
            open_count[follower] -= 1
            if not open_count[follower]:
                order.append(follower)
    return order
