"""Writing an undo: from the version a person wants to take back to the resolution that does it.

What an undo means is said elsewhere (undone.py). Here it is made sure that it means something: that the version is
there and has effect, is one that may be undone, and that what is shown changes (design, section 2.4, 5). What people
are offered to undo is told by the same rule, so that nothing is offered that is refused then.

Cost: the state of the record, twice; to tell what can be undone, once for each version that still speaks.
"""

from collections.abc import Iterable, Mapping, Set
from typing import Final, NamedTuple

from edenmesh.core.encoding import Plain
from edenmesh.core.ids import VersionId, format_id
from edenmesh.core.records.history import History, Node, may_be_undone, undoes_any
from edenmesh.core.records.states import Declarations, RecordState, StrandState, record_states
from edenmesh.core.records.versions import OBSERVE, RESOLVE, RETRACT, Version
from edenmesh.core.records.writing.acts import tried
from edenmesh.errors import InvalidInput

Versions = Mapping[VersionId, Version]

_NAMED_MAX: Final = 3
_NAME_CHARS: Final = 14


class Undo(NamedTuple):
    """What the resolution that undoes says: it has op `resolve`, these parents and this `about`, and no values.

    `uuid` is that of the record to write it under. To be written by `compose_all`.
    """

    uuid: str
    parents: tuple[VersionId, ...]
    about: dict[str, Plain]


def undo(
    versions: Versions,
    one: VersionId,
    uncounted: Set[VersionId] = frozenset(),
    declarations: Declarations | None = None,
    *,
    why: str = "",
) -> Undo:
    """What takes a version back, seen by one who sees all these versions, those of one family.

    To take back an undo that others wrote at once too is to take back theirs as well, else nothing would change.

    Raises InvalidInput where the version cannot be undone, or where nothing shown would change.
    """
    return _Undoing(versions, uncounted, declarations).undo(one, why)


def undoable(
    versions: Versions, uncounted: Set[VersionId] = frozenset(), declarations: Declarations | None = None
) -> frozenset[VersionId]:
    """The versions that `undo` takes back: all of them, and no others.

    Tried are those that give a value that is shown, and those that take something away; the rest was replaced.
    """
    undoing = _Undoing(versions, uncounted, declarations)
    return frozenset(one for one in undoing.candidates() if undoing.is_possible(one))


class _Undoing:
    """What is shown of one family of records before anything is taken back."""

    def __init__(self, versions: Versions, uncounted: Set[VersionId], declarations: Declarations | None) -> None:
        self._versions = versions
        self._uncounted = uncounted
        self._declarations = declarations
        self._history: Final = History(versions, uncounted)
        self._states: Final = record_states(versions, uncounted, declarations)
        self._before: Final = _shown(self._states)

    def candidates(self) -> list[VersionId]:
        strands = [strand for state in self._states for strand in state.strands]
        speaking = {one for strand in strands for one in _givers(strand, strand.fields.keys())}
        return [
            one
            for one, version in self._versions.items()
            if one in speaking or version.op in (RETRACT, RESOLVE) or version.unset or version.remove
        ]

    def is_possible(self, one: VersionId) -> bool:
        try:
            self.undo(one, "")
        except InvalidInput:
            return False
        return True

    def undo(self, one: VersionId, why: str) -> Undo:
        history, states = self._history, self._states
        node = _node_to_undo(history, one)
        holding = [(state, strand) for state in states for strand in state.strands if one in history.past(strand.heads)]
        parents = tuple(sorted({head for _, strand in holding for head in strand.heads}))
        about: dict[str, Plain] = {"undoes": list[Plain](_named_with(node, history))}
        if len(holding) == 1:
            about.update(holding[0][1].about)
        if why:
            about["why"] = why
        uuids = {state.uuid for state, _ in holding}
        uuid = node.version.uuid if node.version.uuid in uuids else min(uuids)
        more = tried(node.version.table, uuid, parents, about, node.version.schema)
        after = record_states({**self._versions, **more}, self._uncounted, self._declarations)
        if self._before == _shown(after):
            raise InvalidInput(
                what=f"To undo {_name(one)} would change nothing: {_why_nothing(node, states)}.",
                do="Look at the record's history, and undo what replaced it.",
            )
        return Undo(uuid, parents, about)


def _node_to_undo(history: History, one: VersionId) -> Node:
    node = history.node(one)
    if one not in history.versions:
        raise InvalidInput(
            what=f"There is no version {_name(one)} of this record here.", do="Look at the record's history."
        )
    version = history.versions[one]
    if not version.is_understood:
        raise InvalidInput(
            what=f"The version {_name(one)} is newer than this program, which does not know what to undo.",
            do="Update this program.",
        )
    if version.op == OBSERVE:
        raise InvalidInput(
            what=f"The version {_name(one)} says what a server held, which nobody can take back.",
            do="Change the record to what it should be.",
        )
    if not may_be_undone(version):
        raise InvalidInput(what=f"The version {_name(one)} is how the record began.", do="Delete the record instead.")
    if node is None or not node.is_counted:
        raise InvalidInput(
            what=f"The version {_name(one)} has no effect here: it waits for another, or is quarantined.",
            do="Undo it when it counts.",
        )
    if node.is_undone:
        undos = _ids(_undos_of({one}, history))
        raise InvalidInput(
            what=f"The version {_name(one)} has been undone already, by {undos}.", do="To have it back, undo that."
        )
    return node


def _named_with(node: Node, history: History) -> list[VersionId]:
    """The version itself, and where it is an undo all others that undo the same."""
    if not undoes_any(node.version):
        return [node.id]
    targets = set(node.version.resolution.undoes)
    return sorted({node.id, *(one for one in _undos_of(targets, history))})


def _undos_of(targets: Set[bytes], history: History) -> list[VersionId]:
    undos = [node for node in history if node.is_speaking and undoes_any(node.version)]
    return [node.id for node in undos if not targets.isdisjoint(node.version.resolution.undoes)]


def _shown(states: Iterable[RecordState]) -> object:
    """All that an undo can change of what is shown; heads are not shown."""
    return [(state.uuid, state.contradictions, [_strand_shown(one) for one in state.strands]) for state in states]


def _strand_shown(strand: StrandState) -> object:
    fields = None if strand.is_deleted else strand.fields
    return strand.firsts, fields, strand.retracts, strand.concurrent_edits


def _why_nothing(node: Node, states: Iterable[RecordState]) -> str:
    version = node.version
    if version.op == RETRACT:
        return "the deletion was lifted since, by a later change"
    strands = [strand for state in states for strand in state.strands]
    if any(strand.is_deleted for strand in strands):
        return "the record is deleted"
    named = {*version.set, *version.unset, *version.add, *version.remove}
    later = {giver for strand in strands for giver in _givers(strand, named)} - {node.id}
    return f"it was replaced since, by {_ids(sorted(later))}" if later else "what it said was replaced since"


def _givers(strand: StrandState, names: Set[str]) -> set[VersionId]:
    fields = [strand.fields[name] for name in names if name in strand.fields]
    return {one for field in fields for choice in field.choices for one in choice.given_by}


def _ids(ids: list[VersionId]) -> str:
    named = ", ".join(_name(one) for one in ids[:_NAMED_MAX])
    return named if len(ids) <= _NAMED_MAX else f"{named} and {len(ids) - _NAMED_MAX} more"


def _name(one: VersionId) -> str:
    return format_id("v", one)[:_NAME_CHARS]
