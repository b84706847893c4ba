"""State = f(versions): the rules of the design, sections 2.4 and 2.6, as one pure function.

For each field those assignments are live that no other counted assignment of the field follows. One distinct value is
clean; several are a field conflict and all are kept. The one shown is chosen by causal depth, then id: no rule
compares clocks, and software never writes a merge. A retract covers what its author saw, no more.

Versions that do not count (quarantined, or newer than this program) keep their place in causality and give no value.
Cost: a few passes over the versions, and one over the assignments of each field.
"""

from collections.abc import Mapping, Set
from typing import NamedTuple

from edenmesh.core.ids import VersionId
from edenmesh.core.records.history import History, Node, heads_of, nodes_below
from edenmesh.core.records.past import Past
from edenmesh.core.records.state import Choice, FieldState, Flag, RecordState, StrandState
from edenmesh.core.records.strands import strands_of
from edenmesh.core.records.values import Value, canonical_text
from edenmesh.core.records.version import OBSERVE, PUT, RESOLVE, RETRACT, Version

# The numbers of the flags, which are quicker to join than the flags themselves.
_CONFLICT = Flag.CONFLICT.value
_IDENTITY = Flag.IDENTITY.value
_CONTESTED = Flag.CONTESTED.value
_DELETED = Flag.DELETED.value
_WAITING = Flag.WAITING.value
_QUARANTINED = Flag.QUARANTINED.value
_NEWER = Flag.NEWER.value


class _Said(NamedTuple):
    """What counts as said of a strand: by field who assigned it, and by field and item who added it."""

    assigned: dict[str, list[Node]]
    added: dict[tuple[str, str], list[Node]]


def record_state(versions: Mapping[VersionId, Version], uncounted: Set[VersionId] = frozenset()) -> RecordState:
    """The state of one record from all its versions held here; `uncounted` are the quarantined ones among them."""
    first, version = next(iter(versions.items()))
    if len(versions) == 1 and not uncounted and _only_sets(version):
        # Most records were written once, and then nothing can be undecided.
        return RecordState(version.table, version.uuid, (_lone_strand(first, version),), frozenset(), Flag(0))
    history = History(versions, uncounted)
    past = Past(history)
    strands = tuple(_strand_state(nodes, history, past) for nodes in strands_of(history))
    flags = _IDENTITY if len(strands) > 1 else 0
    for strand in strands:
        if strand.conflicts:
            flags |= _CONFLICT
        if strand.retracts:
            flags |= _CONTESTED if strand.is_contested else _DELETED if len(strands) == 1 else 0
    if history.waiting:
        flags |= _WAITING
    if uncounted and not uncounted.isdisjoint(versions):
        flags |= _QUARANTINED
    if any(not one.is_understood for one in versions.values()):
        flags |= _NEWER
    return RecordState(version.table, version.uuid, strands, history.waiting, Flag(flags))


def _only_sets(version: Version) -> bool:
    return version.is_understood and not version.parents and not version.add


def _lone_strand(one: VersionId, version: Version) -> StrandState:
    ids = (one,)
    fields = {name: FieldState((Choice(value, ids),)) for name, value in sorted(version.set.items())}
    return StrandState(first=one, heads=ids, fields=fields)


def _strand_state(nodes: list[Node], history: History, past: Past) -> StrandState:
    counted = [node for node in nodes if node.is_counted]
    said = _said(counted)
    if any(node.version.op == OBSERVE for node in counted):
        _drop_echoes(said, past)
    fields = _fields(said, past, nodes)
    if said.added:
        fields = _with_lists(fields, _lists(counted, said, history))
    retracts, edits = _retracts(counted, said)
    return StrandState(
        first=nodes[0].id,
        heads=tuple(sorted([node.id for node in heads_of(nodes)])),
        fields=fields,
        conflicts=tuple([name for name, field in fields.items() if len(field.choices) > 1]),
        retracts=retracts,
        concurrent_edits=edits,
    )


def _said(counted: list[Node]) -> _Said:
    assigned: dict[str, list[Node]] = {}
    added: dict[tuple[str, str], list[Node]] = {}
    for node in counted:
        version = node.version
        for name in version.set:
            assigned.setdefault(name, []).append(node)
        for name in version.unset:
            assigned.setdefault(name, []).append(node)
        for name, items in version.add.items():
            for text in {canonical_text(item) for item in items}:
                added.setdefault((name, text), []).append(node)
    return _Said(assigned, added)


def _drop_echoes(said: _Said, past: Past) -> None:
    """Leave out what observations say and a version of ours, concurrent to them in that field, says too."""
    same: list[tuple[list[Node], str, list[Node]]] = []
    for name, nodes in said.assigned.items():
        if len(nodes) > 1:
            by_text: dict[str, list[Node]] = {}
            for node in nodes:
                by_text.setdefault(_text(node, name), []).append(node)
            same += [(nodes, name, group) for group in by_text.values()]
    same += [(nodes, name, nodes) for (name, _), nodes in said.added.items()]
    pairs = [(name, *_ours_and_theirs(group)) for _, name, group in same]
    for (nodes, _, _), echoes in zip(same, past.concurrent(pairs), strict=True):
        if echoes:
            nodes[:] = [node for node in nodes if node not in echoes]


def _ours_and_theirs(nodes: list[Node]) -> tuple[list[Node], list[Node]]:
    ours = [node for node in nodes if node.version.op != OBSERVE]
    return ours, [node for node in nodes if node.version.op == OBSERVE] if ours else []


def _retracts(counted: list[Node], said: _Said) -> tuple[tuple[VersionId, ...], tuple[VersionId, ...]]:
    """The retracts that no later put or resolve lifted, and the edits that none of them saw."""
    retracts = [node for node in counted if node.version.op == RETRACT]
    if not retracts:
        return (), ()
    own = [node for node in counted if node.version.op in (PUT, RESOLVE)]
    lifted = nodes_below(own)
    live = [node for node in retracts if node not in lifted]
    if not live:
        return (), ()
    speaking = {node for nodes in (own, *said.assigned.values(), *said.added.values()) for node in nodes}
    speaking.update(node for node in counted if node.version.remove)
    covered = nodes_below(live)
    unseen = [node for node in counted if node in speaking and node not in covered]
    return tuple(node.id for node in live), tuple(one for node in unseen for one in node.ids)


def _fields(said: _Said, past: Past, strand: list[Node]) -> dict[str, FieldState]:
    live = past.live(said.assigned, strand)
    fields: dict[str, FieldState] = {}
    for name, nodes in sorted(said.assigned.items()):
        standing = live.get(name, nodes)
        if len(standing) > 1:
            choices = _choices(standing, name)
            if choices:
                fields[name] = FieldState(choices)
        else:
            value = standing[0].version.set.get(name)
            if value is not None:
                fields[name] = FieldState((Choice(value, standing[0].ids),))
    return fields


def _choices(nodes: list[Node], name: str) -> tuple[Choice, ...]:
    """The distinct values of live assignments, the one to show first; none where all of them empty the field."""
    by_text: dict[str, list[Node]] = {}
    for node in sorted(nodes, key=_rank, reverse=True):
        by_text.setdefault(_text(node, name), []).append(node)
    if by_text.keys() == {""}:
        return ()
    return tuple(
        Choice(same[0].version.set.get(name), tuple(one for node in same for one in node.ids))
        for same in by_text.values()
    )


def _with_lists(fields: dict[str, FieldState], lists: dict[str, Choice]) -> dict[str, FieldState]:
    """A field that holds both a value and items shows both, undecided."""
    for name, listed in lists.items():
        held = fields[name].choices if name in fields else ()
        fields[name] = FieldState((*held, listed))
    return dict(sorted(fields.items()))


def _rank(node: Node) -> tuple[int, VersionId]:
    return node.depth, node.ids[-1]


def _text(node: Node, name: str) -> str:
    value = node.version.set.get(name)
    return "" if value is None else canonical_text(value)


def _lists(counted: list[Node], said: _Said, history: History) -> dict[str, Choice]:
    """List fields are add-wins sets: an item is there while one addition of it was not seen by a removal.

    To name an addition is to have seen it, for nobody guesses an id.
    """
    removed: dict[tuple[str, str], set[Node]] = {}
    for node in counted:
        for name, removals in node.version.remove.items():
            for removal in removals:
                removed.setdefault((name, canonical_text(removal.item)), set()).update(history.known(removal.seen))
    items: dict[str, list[Value]] = {}
    givers: dict[str, set[Node]] = {}
    for (name, text), nodes in sorted(said.added.items()):
        standing = [node for node in nodes if node not in removed.get((name, text), ())]
        if standing:
            last = max(standing, key=_rank).version
            items.setdefault(name, []).append(next(item for item in last.add[name] if canonical_text(item) == text))
            givers.setdefault(name, set()).update(standing)
    ranked = {name: sorted(nodes, key=_rank, reverse=True) for name, nodes in givers.items()}
    return {
        name: Choice(tuple(items[name]), tuple(one for node in nodes for one in node.ids))
        for name, nodes in ranked.items()
    }
