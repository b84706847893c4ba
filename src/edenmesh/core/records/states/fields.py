"""What the fields of one strand show: the rules of the design, section 2.4, 1 to 3, and the echoes of 2.6.

For each field those assignments are live that no other counted assignment of the field follows. One distinct value is
clean; several are a field conflict and all are kept. The one shown is chosen by causal depth, then id: no rule
compares clocks, and software never writes a merge. Fields that forms declare as one unit are one field here
(units.py), and of a protective field the most restrictive of contradicting values is shown.
"""

from collections.abc import Hashable, Iterable, Mapping
from typing import NamedTuple

from edenmesh.core.ids import VersionId
from edenmesh.core.records.history import NOT_OBSERVED, History, Name, Node, Past, Weighed
from edenmesh.core.records.states.declarations import Declared
from edenmesh.core.records.states.state import Choice, FieldState
from edenmesh.core.records.states.units import Rows, Unit, rank, restriction, rows_given, unit_fields
from edenmesh.core.records.versions import OBSERVE, Value, canonical_text


class Said(NamedTuple):
    """What counts as said of a strand: by field who assigned it, and by field and item who added it.

    `repeated` are, by field, observations of a value that a version of ours below them gave, `echoes` those left out;
    `several` are the fields that more than one assigned before that.
    """

    assigned: dict[Name, list[Node]]
    added: dict[tuple[str, str], list[Node]]
    rows: dict[Unit, dict[Node, Rows]]
    repeated: dict[Name, set[Node]]
    echoes: dict[Name, set[Node]]
    several: list[Name]

    def text(self, node: Node, name: Name) -> Hashable:
        """What a node gives a field or a unit, as values are compared."""
        if isinstance(name, str):
            return _text(node, name)
        return frozenset(self.rows[name][node])


def said_by(speaking: list[Node], undone: list[Node], past: Past, declared: Declared) -> Said:
    """What these nodes say of their strand, echoes left out, those of what was undone since too."""
    said = _said(speaking)
    if not (declared.units or past.has_observations):
        return said
    taken_back = _said(undone)
    for unit in declared.units:
        _join(unit, said, taken_back, past)
    if past.has_observations:
        _weigh_observed(said, taken_back, past)
    return said


def fields_of(
    said: Said, strand: list[Node], history: History, past: Past, declared: Declared, *, speaking: list[Node]
) -> tuple[dict[str, FieldState], tuple[str, ...]]:
    """The fields of a strand by name, empty ones left out, and the names of those in conflict."""
    contested = {name: said.assigned[name] for name in said.several if name in said.assigned}
    observed = Weighed(said.repeated, said.echoes) if past.has_observations else NOT_OBSERVED
    fields = _fields(said, past.live(contested, strand, observed), declared)
    if said.added:
        fields = _with_lists(fields, _lists(speaking, said, history))
    # Only what several assigned, a unit or items can be in conflict.
    names = fields if said.added or said.rows else sorted(fields.keys() & contested.keys())
    return fields, tuple([name for name in names if len(fields[name].choices) > 1])


def _said(speaking: list[Node]) -> Said:
    said = Said({}, {}, {}, {}, {}, [])
    assigned, added = said.assigned, said.added
    for node in speaking:
        version = node.version
        # Most fields are assigned once: then they share this list, and nobody may change it.
        alone = [node]
        if not assigned:
            assigned.update(dict.fromkeys([*version.set, *version.unset], alone))
            names: Iterable[str] = ()
        else:
            names = [*version.set, *version.unset] if version.unset else version.set
        for name in names:
            nodes = assigned.get(name)
            if nodes is None:
                assigned[name] = alone
            elif len(nodes) == 1:
                assigned[name] = [nodes[0], node]
                said.several.append(name)
            else:
                nodes.append(node)
        for name, items in version.add.items() if version.add else ():
            for text in {canonical_text(item) for item in items}:
                added.setdefault((name, text), []).append(node)
    return said


def _join(unit: Unit, said: Said, taken_back: Said, past: Past) -> None:
    """Whoever assigns a field of the unit assigns the unit."""
    for each in (said, taken_back):
        assigners = {node for name in unit for node in each.assigned.pop(name, ())}
        if assigners:
            each.assigned[unit] = sorted(assigners, key=lambda node: node.place)
            each.several.append(unit)
    nodes = [*said.assigned.get(unit, ()), *taken_back.assigned.get(unit, ())]
    if nodes:
        said.rows[unit] = rows_given(unit, nodes, past)


def _weigh_observed(said: Said, taken_back: Said, past: Past) -> None:
    """Leave out the echoes, and note which observed values are repeated.

    An echo is what an observation says and a version of ours, concurrent to it in that field, says too. Ours count here
    though they were undone since: else to undo a value that was delivered would leave what the server shows of it. It
    still says that what the server had before is there no more.
    """
    same: list[tuple[Name, list[Node], list[Node]]] = []
    for name, nodes in said.assigned.items():
        seen = _by_text([(said.text(node, name), node) for node in nodes if node.version.op == OBSERVE])
        if seen:
            ours = [(said.text(node, name), node) for node in nodes if node.version.op != OBSERVE]
            ours += [(said.text(node, name), node) for node in taken_back.assigned.get(name, ())]
            given = _by_text(ours)
            same += [(name, given[text], theirs) for text, theirs in seen.items() if text in given]
    items: list[tuple[Name, list[Node], list[Node]]] = []
    for (name, text), nodes in said.added.items():
        adding = [node for node in nodes if node.version.op != OBSERVE] + taken_back.added.get((name, text), [])
        items.append((name, adding, [node for node in nodes if node.version.op == OBSERVE]))
    echoes = past.concurrent([*same, *items])
    for (name, _, theirs), ours_too in zip(same, echoes, strict=False):
        if ours_too:
            said.assigned[name] = [node for node in said.assigned[name] if node not in ours_too]
            said.echoes.setdefault(name, set()).update(ours_too)
            theirs[:] = [node for node in theirs if node not in ours_too]
    for nodes, ours_too in zip(said.added.values(), echoes[len(same) :], strict=True):
        nodes[:] = [node for node in nodes if node not in ours_too]
    said.repeated.update(past.repeating(same))
    for name in [name for name, nodes in said.assigned.items() if not nodes]:
        del said.assigned[name]


def _by_text(given: list[tuple[Hashable, Node]]) -> dict[Hashable, list[Node]]:
    by_text: dict[Hashable, list[Node]] = {}
    for text, node in given:
        by_text.setdefault(text, []).append(node)
    return by_text


def _fields(said: Said, live: Mapping[Name, list[Node]], declared: Declared) -> dict[str, FieldState]:
    fields: dict[str, FieldState] = {}
    for name, nodes in said.assigned.items():
        standing = nodes if len(nodes) == 1 else live[name]
        if not isinstance(name, str):
            fields.update(unit_fields(name, sorted(standing, key=rank, reverse=True), said.rows[name], declared))
        elif len(standing) > 1:
            choices = _choices(standing, name, declared.restrictive.get(name))
            if choices:
                fields[name] = FieldState(choices)
        else:
            node = standing[0]
            value = node.version.set.get(name)
            if value is not None:
                fields[name] = FieldState((Choice(value, node.ids),))
    names = sorted(fields)
    # A version's own fields stand in order, so that mostly nothing is to be done.
    return fields if names == list(fields) else {name: fields[name] for name in names}


def _choices(nodes: list[Node], name: str, ranks: Mapping[str, int] | None) -> tuple[Choice, ...]:
    """The distinct values of live assignments, the one to show first; none where all of them empty the field."""
    contents: dict[str, Value | None] = {}
    givers: dict[str, list[VersionId]] = {}
    for node in sorted(nodes, key=rank, reverse=True):
        content = node.version.set.get(name)
        text = "" if content is None else canonical_text(content)
        contents.setdefault(text, content)
        givers.setdefault(text, []).extend(node.ids)
    if contents.keys() == {""}:
        return ()
    order = contents if ranks is None else sorted(contents, key=lambda text: restriction(text, ranks))
    return tuple([Choice(contents[text], tuple(givers[text])) for text in order])


def _with_lists(fields: dict[str, FieldState], lists: dict[str, Choice]) -> dict[str, FieldState]:
    """A field that holds both a value and items shows both, undecided."""
    for name, listed in lists.items():
        held = fields[name].choices if name in fields else ()
        fields[name] = FieldState((*held, listed))
    return dict(sorted(fields.items()))


def _text(node: Node, name: str) -> str:
    value = node.version.set.get(name)
    return "" if value is None else canonical_text(value)


def _lists(speaking: list[Node], said: Said, history: History) -> dict[str, Choice]:
    """List fields are add-wins sets: an item is there while one addition of it was not seen by a removal.

    To name an addition is to have seen it, for nobody guesses an id.
    """
    removed: dict[tuple[str, str], set[Node]] = {}
    for node in speaking:
        for name, removals in node.version.remove.items():
            for removal in removals:
                removed.setdefault((name, canonical_text(removal.item)), set()).update(history.known(removal.seen))
    items: dict[str, list[Value]] = {}
    givers: dict[str, set[Node]] = {}
    adders: dict[str, list[tuple[VersionId, ...]]] = {}
    for (name, text), nodes in sorted(said.added.items()):
        standing = [node for node in nodes if node not in removed.get((name, text), ())]
        if standing:
            last = max(standing, key=rank).version
            items.setdefault(name, []).append(next(item for item in last.add[name] if canonical_text(item) == text))
            givers.setdefault(name, set()).update(standing)
            adders.setdefault(name, []).append(tuple(sorted([one for node in standing for one in node.ids])))
    ranked = {name: sorted(nodes, key=rank, reverse=True) for name, nodes in givers.items()}
    return {
        name: Choice(tuple(items[name]), tuple(one for node in nodes for one in node.ids), tuple(adders[name]))
        for name, nodes in ranked.items()
    }
