"""State = f(versions): the rules of the design, sections 2.4 and 2.6, as one pure function.

For each field those assignments are live that no other counted assignment of the field follows. One distinct value is
clean; several are a field conflict and all are kept. The one shown is chosen by causal depth, then id: no rule
compares clocks, and software never writes a merge. A retract covers what its author saw, no more.

Versions that do not count (quarantined, or newer than this program) keep their place in causality and give no value.
Cost: one pass over the nodes and one over the assignments of each field.
"""

from collections.abc import Callable, Iterable, Mapping, Set
from typing import NamedTuple

from edenmesh.core.ids import VersionId
from edenmesh.core.records.history import History, Node
from edenmesh.core.records.state import Choice, FieldState, Flag, RecordState, StrandState
from edenmesh.core.records.values import Content, Value, canonical_text
from edenmesh.core.records.version import OBSERVE, RETRACT, Version


class _Assignment(NamedTuple):
    node: Node
    content: Value | None
    text: str


def record_state(versions: Mapping[VersionId, Version], uncounted: Set[VersionId] = frozenset()) -> RecordState:
    """The state of one record from all its versions held here; `uncounted` are the quarantined ones among them."""
    one = next(iter(versions.values()))
    history = History(versions)
    strands = history.strands() if history.nodes else []
    states = tuple(_strand_state(nodes, history, uncounted) for nodes in strands)
    flags = Flag(0)
    for state in states:
        flags |= Flag.CONFLICT if state.conflicts else Flag(0)
        flags |= Flag.CONTESTED if state.is_contested else Flag(0)
    if len(states) > 1:
        flags |= Flag.IDENTITY
    elif states and states[0].is_deleted:
        flags |= Flag.DELETED
    if history.waiting:
        flags |= Flag.WAITING
    if not uncounted.isdisjoint(versions):
        flags |= Flag.QUARANTINED
    if not all(version.is_understood for version in versions.values()):
        flags |= Flag.NEWER
    return RecordState(one.table, one.uuid, states, history.waiting, flags)


def _strand_state(nodes: list[Node], history: History, uncounted: Set[VersionId]) -> StrandState:
    counted = [node for node in nodes if node.version.is_understood and not _is_out(node, uncounted)]
    followed = 0
    for node in nodes:
        followed |= node.below
    retracts, edits = _retracts(counted)
    return StrandState(
        first=nodes[0].id,
        heads=tuple(sorted(node.id for node in nodes if not node.bit & followed)),
        fields=_fields(counted, history),
        retracts=retracts,
        concurrent_edits=edits,
    )


def _is_out(node: Node, uncounted: Set[VersionId]) -> bool:
    return bool(uncounted) and all(one in uncounted for one in node.ids)


def _retracts(counted: list[Node]) -> tuple[tuple[VersionId, ...], tuple[VersionId, ...]]:
    """The retracts no later edit lifted, and the edits whose authors had not seen one of them."""
    retracts = [node for node in counted if node.version.op == RETRACT]
    if not retracts:
        return (), ()
    edits = [node for node in counted if _is_edit(node)]
    lifted = 0
    for node in edits:
        lifted |= node.below
    live = [node for node in retracts if not node.bit & lifted]
    covered = 0
    for node in live:
        covered |= node.below
    unseen = [node for node in edits if not node.bit & covered] if live else []
    return tuple(node.id for node in live), tuple(node.id for node in unseen)


def _is_edit(node: Node) -> bool:
    version = node.version
    if version.op == RETRACT:
        return False
    return version.op != OBSERVE or bool(version.set or version.unset or version.add or version.remove)


def _fields(counted: list[Node], history: History) -> dict[str, FieldState]:
    assignments: dict[str, list[_Assignment]] = {}
    for node in counted:
        for name, value in node.version.set.items():
            assignments.setdefault(name, []).append(_Assignment(node, value, canonical_text(value)))
        for name in node.version.unset:
            assignments.setdefault(name, []).append(_Assignment(node, None, ""))
    observed = [node for node in counted if node.version.op == OBSERVE]
    founds = _founds(observed, history)
    lists = _lists(counted)
    fields: dict[str, FieldState] = {}
    for name in sorted(assignments.keys() | lists.keys()):
        live = _live(assignments.get(name, ()), founds.get(name), echoes=bool(observed))
        choices = _choices(live)
        if name in lists:
            choices = (*choices, lists[name]) if any(one.content is not None for one in choices) else (lists[name],)
        if len(choices) > 1 or choices[0].content is not None:
            fields[name] = FieldState(choices)
    return fields


def _live(
    assignments: Iterable[_Assignment], found: Callable[[Node], int] | None, *, echoes: bool
) -> list[_Assignment]:
    """Assignments that no other follows. Causal order means that one pass from the last to the first decides."""
    past = found or _below
    standing = list(assignments)
    if len(standing) == 1:
        return standing
    if echoes:
        standing = [one for one in standing if not _is_echo(one, standing, past)]
    live: list[_Assignment] = []
    covered = 0
    for one in reversed(standing):
        if not one.node.bit & covered:
            live.append(one)
        covered |= past(one.node)
    if found:
        # What was found on the server may stand later in causal order than the version that follows it.
        live = [one for one in live if not one.node.bit & covered]
    return live


def _below(node: Node) -> int:
    return node.below


def _is_echo(one: _Assignment, others: list[_Assignment], past: Callable[[Node], int]) -> bool:
    """Whether an observed value is one of ours that came back from the server (design, section 2.6)."""
    if one.node.version.op != OBSERVE:
        return False
    for other in others:
        if other.node.version.op == OBSERVE or other.text != one.text:
            continue
        if not past(one.node) & other.node.bit and not past(other.node) & one.node.bit:
            return True
    return False


def _founds(observed: list[Node], history: History) -> dict[str, Callable[[Node], int]]:
    """For each field in which an observation found versions of ours: the past of a node in that field."""
    found: dict[str, list[tuple[int, int]]] = {}
    for node in observed:
        named = node.version.about.get("found")
        if not isinstance(named, dict):
            continue
        for name, ids in named.items():
            bits = 0
            for one in ids if isinstance(ids, list) else ():
                other = history.node(one) if isinstance(one, bytes) else None
                if other is not None and other is not node:
                    bits |= other.bit | other.below
            found.setdefault(name, []).append((node.bit, bits))

    def past_in(pairs: list[tuple[int, int]]) -> Callable[[Node], int]:
        def past(node: Node) -> int:
            below = node.below
            for observation, bits in pairs:
                if (below | node.bit) & observation:
                    below |= bits & ~node.bit
            return below

        return past

    return {name: past_in(pairs) for name, pairs in found.items()}


def _choices(live: list[_Assignment]) -> tuple[Choice, ...]:
    if len(live) == 1:
        return (Choice(live[0].content, tuple(live[0].node.ids)),)
    live = sorted(live, key=lambda one: (one.node.depth, one.node.id), reverse=True)
    groups: dict[str, tuple[Value | None, list[VersionId]]] = {}
    for one in live:
        groups.setdefault(one.text, (one.content, []))[1].extend(one.node.ids)
    return tuple(Choice(content, tuple(ids)) for content, ids in groups.values())


def _lists(counted: list[Node]) -> dict[str, Choice]:
    """List fields are add-wins sets: an item is there while one addition of it was not seen by a removal."""
    removed: dict[tuple[str, str], set[bytes]] = {}
    for node in counted:
        for name, removals in node.version.remove.items():
            for removal in removals:
                removed.setdefault((name, canonical_text(removal.item)), set()).update(removal.seen)
    items: dict[str, dict[str, Value]] = {}
    givers: dict[str, list[VersionId]] = {}
    for node in reversed(counted):
        for name, added in node.version.add.items():
            for item in added:
                text = canonical_text(item)
                if not removed.get((name, text), set()).issuperset(node.ids):
                    items.setdefault(name, {})[text] = item
                    givers.setdefault(name, []).extend(node.ids)
    return {name: Choice(_ordered(found), tuple(dict.fromkeys(givers[name]))) for name, found in items.items()}


def _ordered(items: dict[str, Value]) -> Content:
    return tuple(items[text] for text in sorted(items))
