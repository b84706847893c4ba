"""What led to each version of a record: the order to tell them in, what stood before each, and who undid whom.

What stood before a version in a field are those assignments that lead to it and that no other such follows. A version
that was undone gives back what it had replaced, where what it did still stands. For display only: what a record shows
is worked out elsewhere (core.records). Cost: a walk over the versions, with one map of fields for each change.
"""

from collections.abc import Iterable, Mapping
from heapq import heapify, heappop, heappush
from typing import Final

from edenmesh.core.records import PUT, RESOLVE, RETRACT, History, Node

Given = Mapping[str, frozenset[Node]]
"""By field, the assignments that lead to a place in a history."""

_RETRACTED: Final = ""
"""Stands among the fields for the retracts that lead to a place; no field has an empty name."""


class Lineage:
    """The lineage of all versions of one history that do not wait."""

    def __init__(self, history: History) -> None:
        self.order: Final = _in_order(history)
        self.undone: Final = undone_by(history)
        self._history: Final = history
        self._before: Final[dict[Node, Given]] = {}
        self._after: Final[dict[Node, Given]] = {}
        for node in self.order:
            before = _joined([self._after[parent] for parent in node.parents])
            self._before[node] = before
            self._after[node] = self._given_after(node, before)

    def standing(self, name: str, node: Node | None) -> list[Node]:
        """The assignments of a field that stood before a version, by their writers' clocks."""
        given = self._before[node].get(name, frozenset()) if node is not None else frozenset()
        if len(given) < 2:
            return list(given)
        followed = below(given)
        return sorted((one for one in given if one not in followed), key=lambda one: (one.version.made, one.id))

    def retracts_before(self, node: Node) -> frozenset[Node]:
        """The retracts that stood before a version."""
        return self._before[node].get(_RETRACTED, frozenset())

    def _given_after(self, node: Node, before: Given) -> Given:
        version = node.version
        if not node.is_counted:
            return before
        after = dict(before)
        undoes = self._history.known(version.resolution.undoes) if version.op == RESOLVE else []
        if version.op == RETRACT:
            after[_RETRACTED] = before.get(_RETRACTED, frozenset()) | {node}
        elif version.op in (PUT, RESOLVE) and not undoes:
            after.pop(_RETRACTED, None)
        for undone in undoes:
            if undone in self._before:
                self._take_back(after, undone)
        for name in (*version.set, *version.unset):
            after[name] = frozenset((node,))
        return after

    def _take_back(self, given: dict[str, frozenset[Node]], undone: Node) -> None:
        """Give back what a version had replaced, as far as what it did still stands."""
        before, after = self._before[undone], self._after[undone]
        for name in before.keys() | after.keys():
            replaced, done = before.get(name, frozenset()), after.get(name, frozenset())
            if done != replaced and done <= given.get(name, frozenset()):
                given[name] = given.get(name, frozenset()) - done | replaced


def undone_by(history: History) -> dict[Node, list[Node]]:
    """The nodes that have no effect because a later one that has undoes them, with those that undo them."""
    undone: dict[Node, list[Node]] = {}
    for node in reversed(history.nodes):
        if node.is_counted and node.version.op == RESOLVE and "undoes" in node.version.about and node not in undone:
            for target in history.known(node.version.resolution.undoes):
                is_ours = target.version.op in (PUT, RESOLVE, RETRACT) and bool(target.parents)
                if is_ours and target in below((node,)):
                    undone.setdefault(target, []).append(node)
    return undone


def _in_order(history: History) -> list[Node]:
    """Nodes after those they follow; of several that could be next, the one whose writer's clock was earliest."""
    open_parents = {node: len(set(node.parents)) for node in history.nodes}
    children: dict[Node, list[Node]] = {}
    for node in history.nodes:
        for parent in set(node.parents):
            children.setdefault(parent, []).append(node)
    by_id = {node.id: node for node in history.nodes}
    ready = [(node.version.made, node.id) for node in history.firsts]
    heapify(ready)
    order: list[Node] = []
    while ready:
        node = by_id[heappop(ready)[1]]
        order.append(node)
        for child in children.get(node, ()):
            open_parents[child] -= 1
            if not open_parents[child]:
                heappush(ready, (child.version.made, child.id))
    return order


def _joined(parts: list[Given]) -> Given:
    """What leads to a version with several parents: all that leads to one of them."""
    if not parts:
        return {}
    if all(part is parts[0] for part in parts):
        return parts[0]
    joined: dict[str, frozenset[Node]] = {}
    for part in parts:
        for name, given in part.items():
            known = joined.get(name)
            joined[name] = given if known is None or known is given else known | given
    return joined


def below(nodes: Iterable[Node]) -> set[Node]:
    """All that these nodes follow."""
    reached: set[Node] = set()
    pending = list(nodes)
    while pending:
        further = [parent for parent in pending.pop().parents if parent not in reached]
        reached.update(further)
        pending += further
    return reached
