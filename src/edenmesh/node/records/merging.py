"""Merge rules applied: this device decides conflicts that a steward gave it to decide, and no others.

A rule stands in the current form of a table, which a steward chose, and names one device. What that device writes is a
resolution like a person's, with the rule's name, so it can be seen and undone. What somebody undid the same rule does
not decide again: only a version that the undone decision had not seen lets it speak once more, so a rule and a person
never take turns. Cost where no form names this device: one look at the charter a commit.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Set
from contextlib import suppress
from typing import Final

from msgspec.structs import replace

from edenmesh.core.encoding import Plain
from edenmesh.core.ids import DeviceId, VersionId
from edenmesh.core.records import (
    RESOLVE,
    Content,
    Flag,
    Form,
    History,
    Rule,
    StrandState,
    Table,
    Version,
    difference,
    rulings,
)
from edenmesh.core.trust import Charter
from edenmesh.errors import EdenmeshError
from edenmesh.node.parts import why_absent
from edenmesh.node.records.record_desk import RecordDesk
from edenmesh.store import Committed, RecordVersions, Store

_PAGE: Final = 1000

Name = tuple[str, str]


class Merging:
    """Applies the rules that name this device; told of every commit."""

    def __init__(self, store: Store, desk: RecordDesk, device: DeviceId) -> None:
        self._store = store
        self._desk = desk
        self._device = device
        self._charter: Charter | None = None
        self._tables: dict[str, Table] = {}

    def handle_committed(self, committed: Committed) -> None:
        """Look at what a commit touched; at all conflicts where it changed what the rules are."""
        with suppress(EdenmeshError):
            # Where it may not write, or cannot now, the conflict waits for a person, or for the next commit about it.
            self._look(committed)

    def _look(self, committed: Committed) -> None:
        has_news = bool(committed.forms) or self._charter is not self._store.snapshot.charter()
        if has_news and self._has_changed():
            self.apply(self._open())
        elif self._tables:
            self.apply(name for name in sorted(committed.records) if name[0] in self._tables)

    def apply(self, names: Iterable[Name]) -> int:
        """Decide what the rules give this device to decide about these records. Returns how often it did."""
        return sum(self._apply(table, uuid) for table, uuid in names if table in self._tables)

    def _apply(self, table: str, uuid: str) -> int:
        count = 0
        # Each decision is written by itself, since it names its rule; the next follows it.
        for _ in self._tables[table].rules:
            held = self._store.records.versions(table, uuid)
            strand = held.state().strand if held is not None else None
            if held is None or strand is None or why_absent(self._store, table, uuid):
                break
            ruling = next(self._rulings(held, strand), None)
            if ruling is None:
                break
            rule, contents = ruling
            change = difference(strand, contents, declared=self._desk.declared(held))
            about: dict[str, Plain] = {**strand.about, "rule": rule}
            self._desk.write(table, uuid, change, parents=strand.heads, op=RESOLVE, about=about)
            count += 1
        return count

    def _rulings(self, held: RecordVersions, strand: StrandState) -> Iterator[tuple[str, dict[str, Content]]]:
        """What the rules give, without what they gave before about the very same versions and somebody undid."""
        table = next(iter(held.versions.values())).table
        undone: list[tuple[Version, Set[VersionId]]] | None = None
        for rule, contents in rulings(strand, self._tables[table], self._device):
            if undone is None:
                undone = _undone_rulings(held)
            fresh = {
                name: content
                for name, content in contents.items()
                if not any(
                    version.resolution.rule == rule and _says(version, name) and _gave(strand, name) <= seen
                    for version, seen in undone
                )
            }
            if fresh:
                yield rule, fresh

    def _open(self) -> list[Name]:
        """All records in conflict of the tables that rules are about."""
        found: list[Name] = []
        for table in sorted(self._tables):
            after = 0
            while rows := self._store.records.flagged(Flag.CONFLICT, table=table, after=after, limit=_PAGE):
                found += [(row.table, row.uuid) for row in rows]
                after = rows[-1].num
        return found

    def _has_changed(self) -> bool:
        """Read the rules that name this device anew. Returns whether they are others than before, and any."""
        snapshot = self._store.snapshot
        self._charter = snapshot.charter()
        tables: dict[str, Table] = {}
        for table, form in self._charter.current_forms.items():
            data = snapshot.form(form)
            described = Form.decode(data).table if data is not None else None
            rules = _agreed(described.rules) if described is not None and described.name == table else []
            if described is not None and any(rule.device == self._device for rule in rules):
                tables[table] = replace(described, rules=rules)
        has_changed, self._tables = tables != self._tables, tables
        return has_changed and bool(tables)


def _agreed(rules: list[Rule]) -> list[Rule]:
    """Those whose field has no other rule: two would answer each other forever, so such a field is left to people."""
    count = Counter(rule.field for rule in rules)
    return [rule for rule in rules if count[rule.field] == 1]


def _undone_rulings(held: RecordVersions) -> list[tuple[Version, Set[VersionId]]]:
    """Decisions by rules that somebody undid, each with all it had seen."""
    history = History(held.versions, held.uncounted)
    undone = [node for node in history if node.is_undone and node.version.op == RESOLVE]
    return [(node.version, history.past((node.id,)).keys()) for node in undone if node.version.resolution.rule]


def _says(version: Version, name: str) -> bool:
    return name in version.set or name in version.unset


def _gave(strand: StrandState, name: str) -> set[VersionId]:
    """The versions that give a field the values people have not chosen between."""
    return {one for choice in strand.fields[name].choices for one in choice.given_by}
