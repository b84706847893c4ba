"""The life of one record in words: every version once, those it follows before it, else by their writers' clocks.

Pure: a function of the versions and of names. What stood before a version, and so what a choice was made over, is told
by its lineage (lineage.py).
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from typing import Final

from edenmesh.core.ids import VersionId, format_id
from edenmesh.core.records import (
    OBSERVE,
    PUT,
    RESOLVE,
    RETRACT,
    Content,
    History,
    Node,
    Version,
    canonical_text,
)
from edenmesh.node.records.lineage import Lineage
from edenmesh.node.records.names import IMPORTED, TYPED, Names
from edenmesh.node.records.views import Json, content_json, content_words, label_of


@dataclass(frozen=True, slots=True)
class ChangeView:
    """What one version did to one field: the value after it and those before it; None for an empty one."""

    field: str
    value: Json
    text: str
    before: tuple[Json, ...]
    before_text: str


@dataclass(frozen=True, slots=True)
class EventView:
    """One version in words.

    `made` is its writer's clock, in milliseconds since 1970; `way` how its values came: typed, import, a server, a
    rule. `notes` say what else is to be known of it: without effect, undone, waiting, written with a copied key.
    """

    version: str
    by: str
    made: int
    op: str
    way: str
    text: str
    changes: tuple[ChangeView, ...] = ()
    notes: tuple[str, ...] = ()
    can_undo: bool = False


@dataclass(frozen=True, slots=True)
class HistoryView:
    """The life of one record, oldest first."""

    table: str
    uuid: str
    label: str
    events: tuple[EventView, ...]


_NOT_COME: Final = "waits for a change it follows, which has not come"
_PURGED: Final = "follows a change that was purged here: `edenmesh bin fetch` asks others for it"


def tell_history(
    versions: Mapping[VersionId, Version],
    names: Names,
    uncounted: Set[VersionId] = frozenset(),
    twins: Set[VersionId] = frozenset(),
    *,
    family: Mapping[VersionId, Version] | None = None,
    undoable: Set[VersionId] = frozenset(),
    lacks_purged: bool = False,
) -> tuple[EventView, ...]:
    """All versions in words, oldest first.

    `uncounted` are quarantined, `twins` were written with a copied key. `family` are the versions of all records that
    decisions may speak of; without it those told. `undoable` are those that can be taken back, as core.records says.
    `lacks_purged` says that others of the record were purged here.
    """
    twins = twins | _twins_among(versions)
    telling = _Telling(versions, names, uncounted, twins, family=family or versions, undoable=undoable)
    return telling.events(_PURGED if lacks_purged else _NOT_COME)


class _Telling:
    """One history being told."""

    def __init__(
        self,
        versions: Mapping[VersionId, Version],
        names: Names,
        uncounted: Set[VersionId],
        twins: Set[VersionId],
        *,
        family: Mapping[VersionId, Version],
        undoable: Set[VersionId],
    ) -> None:
        self._names: Final = names
        self._versions: Final = versions
        self._family: Final = family
        self._uncounted: Final = uncounted
        self._undoable: Final = undoable
        self._twins: Final = twins
        self._history: Final = History(versions, uncounted)
        self._lineage: Final = Lineage(self._history)

    def events(self, why_waiting: str = _NOT_COME) -> tuple[EventView, ...]:
        """The events in order; those that wait for a version that is not here stand last."""
        told: list[EventView] = []
        for node in self._lineage.order:
            ids = sorted(node.equals, key=lambda one: (self._versions[one].made, one))
            told += [self._event(one, node, is_again=one != ids[0]) for one in ids]
        waiting = sorted(self._history.waiting, key=lambda one: (self._versions[one].made, one))
        for one in waiting:
            event = self._event(one, None)
            told.append(replace(event, notes=(*event.notes, why_waiting)))
        return tuple(told)

    def _event(self, one: VersionId, node: Node | None, *, is_again: bool = False) -> EventView:
        version = self._versions[one]
        changes = self._changes(version, node)
        by = self._names.by(version)
        text = f"{by} added the same{self._way(version)}" if is_again and version.op == PUT else ""
        return EventView(
            version=format_id("v", one),
            by=by,
            made=version.made,
            op=version.op,
            way=self._names.way(version),
            text=text or self._sentence(version, node),
            changes=changes,
            notes=self._notes(one, version, node),
            can_undo=one in self._undoable,
        )

    # --- words --------------------------------------------------------------------------------------------------------

    def _sentence(self, version: Version, node: Node | None) -> str:
        by = self._names.by(version)
        if not version.is_understood:
            return f"{by} wrote what only a newer program understands"
        if version.op == OBSERVE:
            return self._seen(version, node)
        if version.op == RETRACT:
            return f"{by} deleted it{_because(version)}"
        if version.op == RESOLVE:
            return f"{by} {self._decided(version, node)}{_because(version)}"
        if not version.parents:
            return f"{by} {self._added(version, node)}{self._way(version)}"
        return f"{by} {self._done(version, node) or 'left it as it was'}{self._way(version)}"

    def _added(self, version: Version, node: Node | None) -> str:
        begun = next((one for one in self._lineage.order if not one.parents and one.version.op == PUT), node)
        if node is begun:
            return "added it"
        return f"added another record under this uuid ({_label(version)})"

    def _done(self, version: Version, node: Node | None) -> str:
        lifted = node is not None and bool(self._lineage.retracts_before(node))
        done = ["brought it back"] if lifted else []
        for change in self._changes(version, node):
            if change.before == (change.value,):  # a unit is written whole, though one of it changed
                continue
            set_to = f"emptied {change.field}" if change.value is None else f"set {change.field} to {change.text}"
            done.append(f"{set_to} (was {change.before_text})" if change.before else set_to)
        return _listed([*done, *_items(version)])

    def _decided(self, version: Version, node: Node | None) -> str:
        said = version.resolution
        decided: list[str] = []
        if said.undoes:
            decided.append(f"undid this: {'; '.join(self._named(one) for one in said.undoes)}")
        if said.same:
            decided.append(f"decided that these are one record: {self._strands(said.same)}")
        if said.keeps is not None:
            keeps, leaves = self._strands((said.keeps,)), self._strands(said.leaves)
            decided.append(f"decided that these are different records: {keeps} keeps the uuid, {leaves} gets another")
        if said.rule:
            decided.append(f"let its device apply the rule {said.rule}")
        decided += [self._choice(change, node) for change in self._changes(version, node)]
        decided += _items(version)
        if not decided and node is not None:
            decided = self._confirmed(node)
        return _listed(decided)

    def _confirmed(self, node: Node) -> list[str]:
        """What a resolution without values says: what it follows tells."""
        asked = [one for one in node.parents if one.version.op == OBSERVE and "after" in one.version.about]
        if asked:
            servers = {self._names.server(one.version.observation.destination) for one in asked}
            return [f"decided that {_listed(sorted(servers))} is to have it as it is here"]
        deleted = [one for one in self._lineage.retracts_before(node) if one.is_counted]
        if deleted:
            return [f"kept it, though {_listed([self._names.by(one.version) for one in deleted])} had deleted it"]
        return ["left it as it was"]

    def _choice(self, change: ChangeView, node: Node | None) -> str:
        others = self._others(change, node)
        if not others:
            return f"set {change.field} to {change.text}" if change.value is not None else f"emptied {change.field}"
        is_among = change.text in [
            content_words(one.version.set.get(change.field)) for one in self._given(change, node)
        ]
        return f"{'chose' if is_among else 'decided on'} {change.field} {change.text} over {_listed(others)}"

    def _given(self, change: ChangeView, node: Node | None) -> list[Node]:
        return self._lineage.standing(change.field, node)

    def _others(self, change: ChangeView, node: Node | None) -> list[str]:
        """The values a choice was made over, with who gave them."""
        given = self._given(change, node)
        texts: dict[str, str] = {}
        for one in given:
            content = one.version.set.get(change.field)
            if content_words(content) != change.text:
                texts.setdefault(f"{content_words(content)} by {self._names.by(one.version)}", "")
        return list(texts) if len(given) > 1 else []

    def _seen(self, version: Version, node: Node | None) -> str:
        observation = version.observation
        place = f"{self._names.server(observation.destination)} by {self._names.by(version)}"
        if version.about.get("via") == IMPORTED:
            place += ", in a file it gave out"
        if observation.is_absence:
            return f"Gone from {place}, where it was" if observation.after else f"Seen at {place}: not there"
        shown = [f"{change.field}={change.text}" for change in self._changes(version, node) if change.value is not None]
        shown += [f"{name} with {_words(items)}" for name, items in version.add.items()]
        lacking = [*version.unset, *version.remove]
        without = f"without {_listed(lacking)}" if lacking else ""
        if observation.after:
            return f"Seen at {place}: set back to an older state, {_listed([*shown, *([without] if without else [])])}"
        if not version.parents and shown:
            return f"First seen at {place}: {_listed(shown)}"
        if not (shown or without):
            return f"Seen at {place}: as here"
        return f"Seen at {place}: {'with ' if shown else ''}{_listed([*shown, *([without] if without else [])])}"

    def _named(self, one: bytes) -> str:
        node = self._history.node(one)
        return self._sentence(self._versions[VersionId(one)], node) if node is not None else "what has not come here"

    def _strands(self, firsts: Iterable[bytes]) -> str:
        known = ((one, self._family.get(VersionId(one))) for one in firsts)
        return _listed([_label(first) if first is not None else format_id("v", one)[:10] for one, first in known])

    def _way(self, version: Version) -> str:
        way = self._names.way(version)
        return "" if way == TYPED else " by import" if way == IMPORTED else f" via {way}"

    # --- what else is to be known -------------------------------------------------------------------------------------

    def _notes(self, one: VersionId, version: Version, node: Node | None) -> tuple[str, ...]:
        notes: list[str] = []
        if one in self._uncounted:
            notes.append("quarantined: kept, and without effect")
        if one in self._twins:
            notes.append("written with a copied key: the same number was given twice")
        if node is not None and node in self._lineage.undone:
            notes.append(f"undone by {_listed([self._names.by(by.version) for by in self._lineage.undone[node]])}")
        return tuple(notes)

    # --- values before ------------------------------------------------------------------------------------------------

    def _changes(self, version: Version, node: Node | None) -> tuple[ChangeView, ...]:
        if not version.is_understood:
            return ()
        told = [(name, content) for name, content in version.set.items()]
        fields: list[tuple[str, Content | None]] = [*told, *((name, None) for name in version.unset)]
        return tuple(self._change(name, content, node) for name, content in sorted(fields, key=lambda one: one[0]))

    def _change(self, name: str, content: Content | None, node: Node | None) -> ChangeView:
        contents = {
            "" if value is None else canonical_text(value): value
            for one in self._lineage.standing(name, node)
            for value in [one.version.set.get(name)]
        }
        before = [value for text, value in contents.items() if text]
        return ChangeView(
            field=name,
            value=content_json(content),
            text=content_words(content),
            before=tuple(content_json(value) for value in before),
            before_text=" or ".join(content_words(value) for value in before),
        )


def _twins_among(versions: Mapping[VersionId, Version]) -> set[VersionId]:
    """Versions of one author and number, which only a copied store can have written."""
    by_number: dict[tuple[bytes, int], list[VersionId]] = {}
    for one, version in versions.items():
        by_number.setdefault((version.author, version.seq), []).append(one)
    return {one for ids in by_number.values() if len(ids) > 1 for one in ids}


def _items(version: Version) -> list[str]:
    added = [f"added {_words(items)} to {name}" for name, items in version.add.items()]
    return added + [
        f"took {_words([removal.item for removal in removals])} from {name}"
        for name, removals in version.remove.items()
    ]


def _words(items: Iterable[Content]) -> str:
    return _listed([content_words(item) for item in items])


def _label(version: Version) -> str:
    return label_of(version.set, version.uuid)


def _because(version: Version) -> str:
    why = version.about.get("why")
    return f", because {why}" if isinstance(why, str) and why else ""


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
