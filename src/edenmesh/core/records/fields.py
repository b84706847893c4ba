"""What the fields of one strand show: the rules of the design, section 2.4, 1 to 3, and the echoes of 2.6.

For each field those assignments are live that no other counted assignment of the field follows. One distinct value is
clean; several are a field conflict and all are kept. The one shown is chosen by causal depth, then id: no rule
compares clocks, and software never writes a merge. Fields that forms declare as one unit are one field here
(units.py), and of a protective field the most restrictive of contradicting values is shown.
"""

from collections.abc import Hashable, Mapping
from typing import NamedTuple

from edenmesh.core.records.declarations import Declared
from edenmesh.core.records.history import History
from edenmesh.core.records.node import Node
from edenmesh.core.records.past import Name, Past
from edenmesh.core.records.state import Choice, FieldState
from edenmesh.core.records.units import Rows, Unit, rank, restriction, rows_given, unit_fields
from edenmesh.core.records.values import Value, canonical_text
from edenmesh.core.records.version import OBSERVE


class Said(NamedTuple):
    """What counts as said of a strand: by field who assigned it, and by field and item who added it.

    `repeated` are, by field, observations of a value that a version of ours below them gave.
    """

    assigned: dict[Name, list[Node]]
    added: dict[tuple[str, str], list[Node]]
    rows: dict[Unit, dict[Node, Rows]]
    repeated: dict[Name, set[Node]]

    def text(self, node: Node, name: Name) -> Hashable:
        """What a node gives a field or a unit, as values are compared."""
        if isinstance(name, str):
            return _text(node, name)
        return frozenset(self.rows[name][node])


def said_by(speaking: list[Node], undone: list[Node], past: Past, declared: Declared) -> Said:
    """What these nodes say of their strand, echoes left out, those of what was undone since too."""
    said, taken_back = _said(speaking), _said(undone)
    for unit in declared.units:
        _join(unit, said, taken_back, past)
    if any(node.version.op == OBSERVE for node in speaking):
        _weigh_observed(said, taken_back, past)
    return said


def fields_of(
    said: Said, strand: list[Node], history: History, past: Past, declared: Declared
) -> dict[str, FieldState]:
    """The fields of a strand by name, empty ones left out."""
    fields = _fields(said, past.live(said.assigned, strand, said.repeated), declared)
    if said.added:
        fields = _with_lists(fields, _lists([node for node in strand if node.is_speaking], said, history))
    return fields


def _said(speaking: list[Node]) -> Said:
    assigned: dict[Name, list[Node]] = {}
    added: dict[tuple[str, str], list[Node]] = {}
    for node in speaking:
        version = node.version
        for name in version.set:
            assigned.setdefault(name, []).append(node)
        for name in version.unset:
            assigned.setdefault(name, []).append(node)
        for name, items in version.add.items():
            for text in {canonical_text(item) for item in items}:
                added.setdefault((name, text), []).append(node)
    return Said(assigned, added, {}, {})


def _join(unit: Unit, said: Said, taken_back: Said, past: Past) -> None:
    """Whoever assigns a field of the unit assigns the unit."""
    for each in (said, taken_back):
        assigners = {node: None for name in unit for node in each.assigned.pop(name, ())}
        if assigners:
            each.assigned[unit] = list(assigners)
    nodes = [*said.assigned.get(unit, ()), *taken_back.assigned.get(unit, ())]
    if nodes:
        said.rows[unit] = rows_given(unit, nodes, past)


def _weigh_observed(said: Said, taken_back: Said, past: Past) -> None:
    """Leave out the echoes, and note which observed values are repeated.

    An echo is what an observation says and a version of ours, concurrent to it in that field, says too. Ours count here
    though they were undone since: else to undo a value that was delivered would leave what the server shows of it.
    """
    same: list[tuple[list[Node], Name, list[Node], list[Node]]] = []
    for name, nodes in said.assigned.items():
        seen = _by_text([(said.text(node, name), node) for node in nodes if node.version.op == OBSERVE])
        if seen:
            ours = [(said.text(node, name), node) for node in nodes if node.version.op != OBSERVE]
            ours += [(said.text(node, name), node) for node in taken_back.assigned.get(name, ())]
            given = _by_text(ours)
            same += [(nodes, name, given[text], theirs) for text, theirs in seen.items() if text in given]
    count = len(same)
    for (name, text), nodes in said.added.items():
        adding = [node for node in nodes if node.version.op != OBSERVE] + taken_back.added.get((name, text), [])
        same.append((nodes, name, adding, [node for node in nodes if node.version.op == OBSERVE]))
    for (nodes, _, _, theirs), echoes in zip(same, past.concurrent([one[1:] for one in same]), strict=True):
        if echoes:
            nodes[:] = [node for node in nodes if node not in echoes]
            theirs[:] = [node for node in theirs if node not in echoes]
    said.repeated.update(past.repeating([one[1:] for one in same[:count]]))
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
        standing = live.get(name, nodes)
        if not isinstance(name, str):
            fields.update(unit_fields(name, sorted(standing, key=rank, reverse=True), said.rows[name], declared))
        elif len(standing) > 1:
            choices = _choices(standing, name, declared.restrictive.get(name))
            if choices:
                fields[name] = FieldState(choices)
        else:
            value = standing[0].version.set.get(name)
            if value is not None:
                fields[name] = FieldState((Choice(value, standing[0].ids),))
    return dict(sorted(fields.items()))


def _choices(nodes: list[Node], name: str, ranks: Mapping[str, int] | None) -> tuple[Choice, ...]:
    """The distinct values of live assignments, the one to show first; none where all of them empty the field."""
    by_text: dict[str, list[Node]] = {}
    for node in sorted(nodes, key=rank, reverse=True):
        by_text.setdefault(_text(node, name), []).append(node)
    if by_text.keys() == {""}:
        return ()
    if ranks is not None:
        by_text = {text: by_text[text] for text in sorted(by_text, key=lambda text: restriction(text, ranks))}
    return tuple(
        [
            Choice(same[0].version.set.get(name), tuple([one for node in same for one in node.ids]))
            for same in by_text.values()
        ]
    )


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
    for (name, text), nodes in sorted(said.added.items()):
        standing = [node for node in nodes if node not in removed.get((name, text), ())]
        if standing:
            last = max(standing, key=rank).version
            items.setdefault(name, []).append(next(item for item in last.add[name] if canonical_text(item) == text))
            givers.setdefault(name, set()).update(standing)
    ranked = {name: sorted(nodes, key=rank, reverse=True) for name, nodes in givers.items()}
    return {
        name: Choice(tuple(items[name]), tuple(one for node in nodes for one in node.ids))
        for name, nodes in ranked.items()
    }
