"""Who follows whom in one field: its ancestors, and what observations among them found on the server.

An observation names, for a field, versions of ours that it does not descend from and whose value it found; it and
what comes after it follow them in that field (design, section 2.6).

Both relations lead to what was written before, so the nodes can be put in an order in which nobody stands before one it
follows. Only where observations are one (places.py) may what one of them found lead back to another; such a link is
nothing.

Questions are asked in bits, many at once: each node is given some, and one pass hands them down to all it follows, or
up to all that follow it. Cost: a pass over the nodes for all fields together.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Final, NamedTuple, TypeAlias

from edenmesh.core.records.history.history import History
from edenmesh.core.records.history.node import Node
from edenmesh.core.records.versions import OBSERVE

Name: TypeAlias = str | tuple[str, ...]
"""A field, or a unit by the names of its fields."""

Assigned: TypeAlias = Mapping[Name, list[Node]]
"""By field, the nodes that assign it, in causal order."""

Found: TypeAlias = dict[Node, dict[Name, list[Node]]]


class Weighed(NamedTuple):
    """What observations say that ours said too, by field: `repeated` after one of ours, `echoes` beside one."""

    repeated: Mapping[Name, Set[Node]] = {}
    echoes: Mapping[Name, Set[Node]] = {}


NOT_OBSERVED: Final = Weighed()


class Past:
    """The relation "follows" of one history, field by field.

    `order` are its nodes, each after all that it follows in any field. Without observations nothing was found.
    """

    def __init__(self, history: History, units: tuple[tuple[str, ...], ...] = ()) -> None:
        self.has_observations: Final = bool(history.observed)
        self._found: Final[Found] = {}
        self._ended: Final[dict[str, set[Node]]] = {}
        for node in history.nodes if history.observed else ():
            if node.is_counted and any(history.versions[one].op == OBSERVE for one in node.equals):
                self._add(node, history, units)
        self.order: Final = _ordered(history.nodes, self._found) if self._found else history.nodes

    def _add(self, node: Node, history: History, units: Iterable[tuple[str, ...]]) -> None:
        """Note what the observations of one place found and ended: what any of them found, and all of them ended.

        What follows one follows all, so it follows what any of them found. To end a value is to say that nothing of it
        is left though nobody assigned another; where one of those that saw this state knew of no other, it may be
        that the value was never seen beside one, and to show it is the smaller error.
        """
        seen = history.observations(node)
        found: dict[Name, dict[Node, None]] = {}
        for one in seen:
            for name, ids in one.found.items():
                found.setdefault(name, {}).update(dict.fromkeys(history.known(ids)))
        if found:
            whole = {name: [other for other in others if other is not node] for name, others in found.items()}
            self._found[node] = {**whole, **_units_found(units, whole)}
        for name in seen[0].ends if seen else ():
            ended = [set(history.known(one.ends.get(name, ()))) for one in seen]
            gone = {other for other in set.intersection(*ended) if other.version.op == OBSERVE}
            self._ended.setdefault(name, set()).update(gone)

    def below(self, node: Node, name: Name) -> Sequence[Node]:
        """What a node follows directly in a field or unit."""
        found = self._found.get(node)
        return [*node.parents, *found.get(name, ())] if found else node.parents

    def found(self, node: Node, name: Name) -> Sequence[Node]:
        """The versions whose value in a field or unit an observation found at its server."""
        return self._found.get(node, {}).get(name, ())

    def live(self, assigned: Assigned, strand: list[Node], observed: Weighed = NOT_OBSERVED) -> dict[Name, list[Node]]:
        """For each field that several nodes assign: those that none of the others supersedes.

        A node supersedes those it follows in the field. An observation supersedes those of ours only that it follows
        otherwise than through one of the repeated or an echo: whoever edited the server replaced what was there, and
        that was not what ours had given since. Observed values that an observation ended, or that an echo follows, are
        left out, but not all there is.
        """
        live = {name: _unpassed(nodes) for name, nodes in assigned.items()}
        given: dict[Node, int] = {}
        bits: dict[Name, int] = {}
        for name, nodes in live.items():
            if self._may_follow(nodes):
                by_ours = 1 << 4 * len(bits)
                bits[name] = by_ours * 15
                for node in nodes:
                    given[node] = given.get(node, 0) | by_ours << (node.version.op == OBSERVE)
                for node in observed.echoes.get(name, ()):
                    given[node] = given.get(node, 0) | by_ours << 3
        if not bits:
            return live
        # What stands after the last of them has nothing to hand down.
        last = max(node.place for node in given)
        order = self.order if self._found else strand[: bisect_right(strand, last, key=lambda node: node.place)]
        above = self._handed_down(given, bits, order, _apart(bits, observed))
        for name, mask in bits.items():
            by_ours = mask // 15
            live[name] = standing = [
                node
                for node in live[name]
                if not above.get(node, 0) & by_ours * (7 if node.version.op == OBSERVE else 3)
            ]
            if len(standing) > 1 and (self._ended or name in observed.echoes):
                gone = [node for node in standing if node.version.op == OBSERVE and above.get(node, 0) & by_ours << 3]
                gone += [node for node in standing if self._is_ended(node, name)]
                live[name] = [node for node in standing if node not in gone] or standing
        return live

    def _may_follow(self, nodes: list[Node]) -> bool:
        """Whether one of these may follow another: where nothing was found, those of one depth do not."""
        return len(nodes) > 1 and (self.has_observations or len({node.depth for node in nodes}) > 1)

    def _is_ended(self, node: Node, name: Name) -> bool:
        if isinstance(name, str):
            return node in self._ended.get(name, ())
        return all(node in self._ended.get(one, ()) for one in _assigned(node, name))

    def repeating(self, pairs: Iterable[tuple[Name, list[Node], list[Node]]]) -> dict[Name, set[Node]]:
        """For each field with nodes of ours and of theirs that give one value: those of theirs that follow one of ours.

        A field may stand there several times, once for each value.
        """
        given: dict[Node, int] = {}
        bits: dict[Name, int] = {}
        asked: list[tuple[Name, int, list[Node]]] = []
        for name, ours, theirs in pairs:
            bit = 1 << len(asked)
            asked.append((name, bit, theirs))
            bits[name] = bits.get(name, 0) | bit
            for node in ours:
                given[node] = given.get(node, 0) | bit
        repeating: dict[Name, set[Node]] = {}
        below = self._handed_up(given, bits) if given else {}
        for name, bit, theirs in asked:
            found = {node for node in theirs if below.get(node, 0) & bit}
            if found:
                repeating.setdefault(name, set()).update(found)
        return repeating

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
        above, below = self._handed_down(given, bits, self.order, {}), self._handed_up(given, bits)
        answers: list[set[Node]] = []
        for ours, own in asked:
            apart = 0
            for node in ours:
                apart |= ~(above.get(node, 0) | below.get(node, 0))
            answers.append({node for node, bit in own.items() if bit & apart})
        return answers

    def _handed_down(
        self, given: Mapping[Node, int], bits: Mapping[Name, int], order: Sequence[Node], apart: Mapping[Node, int]
    ) -> dict[Node, int]:
        """For each node the bits given to those that follow it; what was found passes on the bits of its field.

        Of those that stand `apart` the bits named are passed on as the next higher ones.
        """
        above: dict[Node, int] = {}
        for node in reversed(order):
            handed = above.get(node, 0) | given.get(node, 0)
            if handed:
                if node in apart:
                    moved = handed & apart[node]
                    handed = handed ^ moved | moved << 1
                for parent in node.parents:
                    above[parent] = above.get(parent, 0) | handed
                if not self._found:
                    continue
                for name, others in self._found.get(node, {}).items():
                    for other in others:
                        above[other] = above.get(other, 0) | handed & bits.get(name, 0)
        return above

    def _handed_up(self, given: Mapping[Node, int], bits: Mapping[Name, int]) -> dict[Node, int]:
        """For each node the bits given to those it follows."""
        below: dict[Node, int] = {}
        for node in self.order:
            handed = 0
            for parent in node.parents:
                handed |= below.get(parent, 0) | given.get(parent, 0)
            for name, others in self._found.get(node, {}).items():
                for other in others:
                    handed |= (below.get(other, 0) | given.get(other, 0)) & bits.get(name, 0)
            if handed:
                below[node] = handed
        return below


def _unpassed(nodes: list[Node]) -> list[Node]:
    """Of the assigners of a field the last one that certainly supersedes all before it, and those after it.

    A node whose depth is its place follows all nodes before it: it has as many ancestors as there are. Where it is
    ours, it supersedes them, and through them whatever they supersede.
    """
    for number in range(len(nodes) - 1, 0, -1):
        node = nodes[number]
        if node.depth == node.place and node.version.op != OBSERVE:
            return nodes[number:]
    return nodes


def _apart(bits: Mapping[Name, int], observed: Weighed) -> dict[Node, int]:
    """For each node that repeats or echoes a value of ours: the bits, of these fields, of what observations give."""
    apart: dict[Node, int] = {}
    for name, mask in bits.items():
        for node in (*observed.repeated.get(name, ()), *observed.echoes.get(name, ())):
            apart[node] = apart.get(node, 0) | mask // 15 << 1
    return apart


def _units_found(units: Iterable[tuple[str, ...]], found: Mapping[Name, list[Node]]) -> dict[Name, list[Node]]:
    """For each unit, the versions that were found in all its fields that they assign."""
    whole: dict[Name, list[Node]] = {}
    for unit in units:
        named = dict.fromkeys(node for name in unit for node in found.get(name, ()))
        whole[unit] = [node for node in named if all(node in found.get(name, ()) for name in _assigned(node, unit))]
    return whole


def _assigned(node: Node, unit: tuple[str, ...]) -> list[str]:
    version = node.version
    return [name for name in unit if name in version.set or name in version.unset] if node.is_counted else []


def _ordered(nodes: list[Node], found: Found) -> list[Node]:
    """The nodes in an order in which each stands after its parents and after what it found."""
    order = _order(nodes, found)
    if len(order) < len(nodes):
        circles = _circles(set(nodes).difference(order), found)
        for node, names in found.items():
            circle = circles.get(node)
            if circle is not None:
                for name, others in names.items():
                    names[name] = [other for other in others if circles.get(other) is not circle]
        order = _order(nodes, found)
    return order


def _order(nodes: Iterable[Node], found: Found) -> list[Node]:
    open_count: dict[Node, int] = {}
    followers: dict[Node, list[Node]] = {}
    for node in nodes:
        named = _links(node, found)
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


def _links(node: Node, found: Found) -> list[Node]:
    return [*node.parents, *(other for others in found.get(node, {}).values() for other in others)]


def _circles(nodes: Iterable[Node], found: Found) -> dict[Node, Node]:
    """Of nodes that lead to each other, one that stands for all (Kosaraju's two walks, the second one backwards)."""
    followers: dict[Node, list[Node]] = {node: [] for node in nodes}
    finished: list[Node] = []
    begun: set[Node] = set()
    for start in followers:
        pending = [] if start in begun else [(start, iter(_links(start, found)))]
        begun.add(start)
        while pending:
            node, links = pending[-1]
            other = next(links, None)
            if other is None:
                finished.append(node)
                pending.pop()
            elif other in followers:
                followers[other].append(node)
                if other not in begun:
                    begun.add(other)
                    pending.append((other, iter(_links(other, found))))
    circles: dict[Node, Node] = {}
    for first in reversed(finished):
        members = [first]
        for node in members:
            if node not in circles:
                circles[node] = first
                members += [other for other in followers[node] if other not in circles]
    return circles
