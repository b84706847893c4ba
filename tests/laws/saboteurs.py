"""Programs that break a law each, as a careless hand would, for showing that the laws notice."""

from collections.abc import Callable, Mapping, Set

from msgspec.structs import replace

from edenmesh.core.encoding import Plain
from edenmesh.core.ids import VersionId
from edenmesh.core.records import FieldState, History, RecordState, StrandState, Version, record_state
from edenmesh.core.records.history.history import nodes_above
from edenmesh.core.records.history.undone import is_only_undo

Versions = Mapping[VersionId, Version]
Uncounted = Set[VersionId]


def drops_a_live_value(versions: Versions, uncounted: Uncounted) -> RecordState:
    """Of the values of a conflict it forgets one."""
    state = record_state(versions, uncounted)
    return replace(state, strands=tuple(_with_one_value(strand) for strand in state.strands))


def trusts_the_clock(versions: Versions, uncounted: Uncounted) -> RecordState:
    """Each version follows all that were made before it, by the clocks of their writers."""
    return record_state(_one_after_the_other(versions, lambda one: (versions[one].made, one)), uncounted)


def trusts_the_arrival(versions: Versions, uncounted: Uncounted) -> RecordState:
    """Each version follows all that came before it."""
    return record_state(_one_after_the_other(versions, list(versions).index), uncounted)


def ignores_parents(versions: Versions, uncounted: Uncounted) -> RecordState:
    """No version has seen another but the first ones."""
    firsts = [one for one, version in versions.items() if not version.parents]
    return record_state(_rewired(versions, lambda one: firsts if one not in firsts else []), uncounted)


def counts_the_quarantined(versions: Versions, uncounted: Uncounted) -> RecordState:
    """What does not count has its say."""
    state = record_state(versions)
    return replace(state, flags=record_state(versions, uncounted).flags)


def writes_whole_rows(versions: Versions, uncounted: Uncounted) -> RecordState:
    """Each version assigns every field its writer saw, changed or not."""
    rows: dict[VersionId, Version] = {}
    history = History(versions, uncounted)
    for node in history:
        past = history.past(node.version.parents)
        seen = [strand.values for strand in record_state(past).strands] if past else []
        row = {name: value for values in seen for name, value in values.items() if not isinstance(value, tuple)}
        taken = {*node.version.unset, *node.version.add, *node.version.remove}
        kept = {name: value for name, value in row.items() if name not in taken}
        rows.update({one: replace(versions[one], set={**kept, **versions[one].set}) for one in node.equals})
    return record_state(rows, uncounted)


def forgets_undos(versions: Versions, uncounted: Uncounted) -> RecordState:
    """An undo is a version like any other, and takes nothing back."""
    return record_state({one: replace(version, about=_without(version, "undoes")) for one, version in versions.items()})


def undoes_all_that_followed(versions: Versions, uncounted: Uncounted) -> RecordState:
    """With what was undone goes all that was written on it, the undo aside."""
    history = History(versions, uncounted)
    gone = nodes_above([node for node in history if node.is_undone], history)
    ids = {node.id for node in gone if not is_only_undo(node.version)}
    return record_state(versions, uncounted | ids)


def _without(version: Version, word: str) -> dict[str, Plain]:
    return {name: said for name, said in version.about.items() if name != word}


def _with_one_value(strand: StrandState) -> StrandState:
    fields = {name: FieldState(field.choices[:1]) for name, field in strand.fields.items()}
    return replace(strand, fields=fields, conflicts=())


def _one_after_the_other(versions: Versions, place: Callable[[VersionId], object]) -> dict[VersionId, Version]:
    order = sorted(versions, key=place)  # type: ignore[arg-type]
    before = dict(zip(order[1:], order, strict=False))
    return _rewired(versions, lambda one: [before[one]] if one in before else [])


def _rewired(versions: Versions, parents: Callable[[VersionId], list[VersionId]]) -> dict[VersionId, Version]:
    # What was found on the server is forgotten with the parents: it could form a circle with new ones.
    return {
        one: replace(
            version,
            parents=list[bytes](parents(one)),
            about=_without(version, "found"),
        )
        for one, version in versions.items()
    }
