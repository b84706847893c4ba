"""State = f(versions, the forms they name): the rules of the design, sections 2.4 to 2.6, as one pure function.

What fields show is worked out strand by strand (fields.py); which strands there are, and where each resides, is asked
first (families.py). A retract covers what its author saw, no more. Plain strands, which most are, have no need of a
graph (plain.py).

Versions that do not count (quarantined, undone, or newer than this program) keep their place in causality and give no
value. Cost: a few passes over the versions, and one over the assignments of each field.
"""

from collections.abc import Mapping, Set
from itertools import takewhile

from edenmesh.core.ids import FormHash, VersionId
from edenmesh.core.records.history import History, Node, Past, heads_of, is_only_undo, nodes_above, nodes_below
from edenmesh.core.records.states.declarations import NOTHING, Declarations, Declared, declared_by
from edenmesh.core.records.states.families import Residence, residences_of
from edenmesh.core.records.states.fields import Said, fields_of, said_by
from edenmesh.core.records.states.observation import questions_of
from edenmesh.core.records.states.plain import plain_strand
from edenmesh.core.records.states.state import Flag, RecordState, StrandState
from edenmesh.core.records.states.strands import is_only_parting
from edenmesh.core.records.versions import PUT, RESOLVE, RETRACT, Version

# The numbers of the flags, which are quicker to join than the flags themselves.
_CONFLICT = Flag.CONFLICT.value
_IDENTITY = Flag.IDENTITY.value
_CONTESTED = Flag.CONTESTED.value
_DELETED = Flag.DELETED.value
_WAITING = Flag.WAITING.value
_QUARANTINED = Flag.QUARANTINED.value
_NEWER = Flag.NEWER.value
_AWAITED = Flag.AWAITED.value
_QUESTION = Flag.QUESTION.value
_FLAGS = tuple(Flag(number) for number in range(2 * max(Flag)))


def record_states(
    versions: Mapping[VersionId, Version],
    uncounted: Set[VersionId] = frozenset(),
    declarations: Declarations | None = None,
) -> tuple[RecordState, ...]:
    """The states of all records that the versions of one family make, by uuid: normally one.

    A family is all versions under the uuids that `family_uuids` links. There is a state for each uuid under which a
    strand resides, or versions stand that are in no strand: they wait, or do not count. `uncounted` are the
    quarantined ones among the versions; without `declarations` no forms are looked at.
    """
    if not uncounted:
        plain = _plain_state(versions, declarations)
        if plain is not None:
            return (plain,)
    history = History(versions, uncounted)
    declared = declared_by(history, declarations) if declarations is not None else NOTHING
    past = Past(history, declared.units)
    return tuple([_state(one, history, past, declared) for one in residences_of(history)])


def record_state(
    versions: Mapping[VersionId, Version],
    uncounted: Set[VersionId] = frozenset(),
    declarations: Declarations | None = None,
) -> RecordState:
    """The state of one record from all its versions held here, none of which stands under another uuid."""
    states = record_states(versions, uncounted, declarations)
    if len(states) == 1:
        return states[0]
    uuid = next(iter(versions.values())).uuid
    return next((state for state in states if state.uuid == uuid), states[0])


def _state(record: Residence, history: History, past: Past, declared: Declared) -> RecordState:
    versions, uncounted = record.versions, history.uncounted
    is_shared = record.is_shared
    heads = record.heads or [heads_of(nodes) for nodes in record.strands]
    strands = tuple(
        [
            _strand_state(nodes, heads_of_it, history, past, declared, saying=saying, is_shared=is_shared)
            for nodes, saying, heads_of_it in zip(record.strands, record.saying or record.strands, heads, strict=True)
        ]
    )
    flags = _IDENTITY if len(strands) > 1 or record.contradictions else 0
    for strand in strands:
        if strand.conflicts:
            flags |= _CONFLICT
        if strand.retracts:
            flags |= _CONTESTED if strand.is_contested else _DELETED if len(strands) == 1 else 0
    waiting = history.waiting
    if waiting:
        waiting = frozenset(waiting & versions.keys())
        flags |= _WAITING if waiting else 0
    if uncounted and not uncounted.isdisjoint(versions):
        flags |= _QUARANTINED
    if history.has_newer and not all(one.is_understood for one in versions.values()):
        flags |= _NEWER
    if declared.is_awaited:
        flags |= _AWAITED
    if history.observed and any(_is_asked_of(record, one) for one in questions_of(history)):
        flags |= _QUESTION
    table = next(iter(versions.values())).table
    return RecordState(table, record.uuid, strands, waiting, _FLAGS[flags], record.contradictions)


def _is_asked_of(record: Residence, question: VersionId) -> bool:
    return question in record.versions and record.versions[question].uuid == record.uuid


def _plain_state(versions: Mapping[VersionId, Version], declarations: Declarations | None) -> RecordState | None:
    """The state of versions that all count, where they are one plain strand and forms do not change what that shows."""
    strand = plain_strand(versions)
    if strand is None:
        return None
    first = versions[strand.first]
    is_awaited = False
    if declarations is not None and len(versions) == 1:
        is_awaited = declarations.is_awaited(first.schema)
    elif declarations is not None:
        declared = declarations.of(first.table, frozenset([FormHash(one.schema) for one in versions.values()]))
        if declared.units or declared.restrictive:
            return None
        is_awaited = declared.is_awaited
    flags = (_CONFLICT if strand.conflicts else 0) | (_AWAITED if is_awaited else 0)
    return RecordState(first.table, first.uuid, (strand,), frozenset(), _FLAGS[flags])


def _strand_state(
    nodes: list[Node],
    heads: list[Node],
    history: History,
    past: Past,
    declared: Declared,
    *,
    saying: list[Node],
    is_shared: bool,
) -> StrandState:
    speaking = [node for node in saying if node.is_counted and not node.is_undone]
    undone = [node for node in saying if node.is_undone and node.is_counted] if len(speaking) < len(saying) else []
    said = said_by(speaking, undone, past, declared)
    fields, conflicts = fields_of(said, nodes, history, past, declared, speaking=speaking)
    retracts, edits = _retracts(nodes, speaking, said, past)
    return StrandState(
        first=nodes[0].id,
        firsts=tuple(sorted([one for node in takewhile(_is_first, nodes) for one in node.equals])),
        heads=tuple(sorted([node.id for node in heads])),
        fields=fields,
        conflicts=conflicts,
        retracts=retracts,
        concurrent_edits=edits,
        is_shared=is_shared,
    )


def _is_first(node: Node) -> bool:
    return not node.parents


def _retracts(
    nodes: list[Node], speaking: list[Node], said: Said, past: Past
) -> tuple[tuple[VersionId, ...], tuple[VersionId, ...]]:
    """The retracts that no later put or resolve lifted, and the edits that none of them saw.

    An undo that saw a retract leaves it as it is: else nobody could take back the undo of a retract. Whoever tells
    strands apart says nothing of what they hold. What was found at a server is no edit of what was retracted.
    """
    retracts = [node for node in speaking if node.version.op == RETRACT]
    if not retracts:
        return (), ()
    # Whoever decided about strands may have seen one.
    speaking = [node for node in nodes if node.is_speaking]
    own = [node for node in speaking if node.version.op in (PUT, RESOLVE) and not is_only_parting(node.version)]
    undos = {node for node in own if is_only_undo(node.version)}
    lifted = nodes_below([node for node in own if node not in undos])
    live = [node for node in retracts if node not in lifted]
    if not live:
        return (), ()
    covered = nodes_below(live)
    edits = {*own, *(node for node in speaking if node.version.remove)}
    for name, nodes_of in (*said.assigned.items(), *((name, nodes_of) for (name, _), nodes_of in said.added.items())):
        edits.update(node for node in nodes_of if covered.isdisjoint(past.found(node, name)))
    if undos:
        covered |= nodes_above(live, nodes).intersection(undos)
    unseen = [node for node in speaking if node in edits and node not in covered]
    return tuple(node.id for node in live), tuple(one for node in unseen for one in node.ids)
