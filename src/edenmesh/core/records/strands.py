"""Which strands the versions of one record form: the question whether they speak of one thing (design, section 2.5).

A strand is what hangs together from one first version. Two are one where their first versions have equal content. The
observations of one record belong together, and with the strand that owns the uuid if there is one. A version that
descends from two strands is in both: people have not joined them yet. First versions from which nothing that counts
descends begin no strand: a quarantined version alone contests nothing.

First nodes are counted off as bits, so a set of them is one number.
"""

from collections.abc import Hashable, Iterator, Mapping

from edenmesh.core.records.history import History, Node, content_of
from edenmesh.core.records.version import OBSERVE, owns_uuid


def strands_of(history: History) -> list[list[Node]]:
    """The nodes of each strand in causal order, strands by the id of their first version."""
    if len(history.firsts) > 1:
        return _several_strands(history)
    return [history.nodes] if any(node.is_counted for node in history) else []


def _several_strands(history: History) -> list[list[Node]]:
    firsts = _firsts_of_all(history)
    strand_of = _by_bit(_strand_masks(history, firsts))
    strands: dict[int, list[Node]] = {mask: [] for mask in strand_of.values()}
    touched: dict[int, set[int]] = {}
    for node in history:
        if firsts[node] not in touched:
            touched[firsts[node]] = {strand_of[bit] for bit in _bits(firsts[node]) if bit in strand_of}
        for mask in touched[firsts[node]]:
            strands[mask].append(node)
    return sorted(strands.values(), key=lambda nodes: nodes[0].id)


def _firsts_of_all(history: History) -> dict[Node, int]:
    """The first nodes that each node descends from."""
    firsts = {node: 1 << number for number, node in enumerate(history.firsts)}
    for node in history.nodes[len(firsts) :]:
        firsts[node] = 0
        for parent in node.parents:
            firsts[node] |= firsts[parent]
    return firsts


def _strand_masks(history: History, firsts: Mapping[Node, int]) -> list[int]:
    """The first nodes of each strand."""
    alive = 0
    for node in history:
        if node.is_counted:
            alive |= firsts[node]
    beginnings = [node for node in history.firsts if firsts[node] & alive]
    masks = _of_equal_content(beginnings, firsts)
    strand_of = _by_bit(masks)
    observed = 0
    for node in history:
        if _is_observed(node, history):
            mask = strand_of[firsts[node] & -firsts[node]]
            if not firsts[node] & ~mask:
                observed |= mask
    if not observed:
        return masks
    for node in beginnings:
        if any(owns_uuid(history.versions[one]) for one in node.equals):
            observed |= strand_of[firsts[node]]
    return [observed, *(mask for mask in masks if not mask & observed)]


def _of_equal_content(beginnings: list[Node], firsts: Mapping[Node, int]) -> list[int]:
    same: dict[Hashable, int] = {}
    for node in beginnings:
        # A server that has gone back to a first content does not begin with it.
        is_beginning = node.version.is_understood and "after" not in node.version.about
        key = content_of(node.version) if is_beginning else node.id
        same[key] = same.get(key, 0) | firsts[node]
    return list(same.values())


def _is_observed(node: Node, history: History) -> bool:
    versions = [history.versions[one] for one in node.equals if one not in history.uncounted]
    return any(version.op == OBSERVE and version.is_understood for version in versions)


def _by_bit(masks: list[int]) -> dict[int, int]:
    return {bit: mask for mask in masks for bit in _bits(mask)}


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low
        mask ^= low
