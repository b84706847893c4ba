"""In which order rows go to a server: targets before referrers, components inside their masters, deletions last.

Pure. Eden takes one table a request, resolves references within a request in any order, drops those to records it
does not have, and refuses to delete what is still referred to (measured; docs/eden.md). So rows of one table whose
targets are there or in the same batch go together; where tables refer to each other in a circle, the references
that close it are sent again when both ends are there. Cost: linear in rows and references.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from msgspec import structs

from edenmesh.core.records import ALIAS, MASTER, Catalogue, Content, File, Form, Reference, content_text
from edenmesh.eden.encoding import file_name
from edenmesh.eden.row import Key, Row

BATCH_RECORDS: Final = 100
"""Records of the URL's table in one request: 90 % of the full speed, and little lost with a broken link."""
BATCH_CHARS: Final = 4_000_000
"""Text of one request; a single larger record goes alone."""
BATCH_FILE_BYTES: Final = 8 * 1024 * 1024
"""Files of one request; a single larger file goes alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One request: where it goes and its rows, masters before their components.

    `is_repeat` says that its rows were sent before and only complete references.
    """

    controller: str
    function: str
    table: str
    rows: tuple[Row, ...]
    is_deletion: bool = False
    is_repeat: bool = False

    @property
    def files(self) -> dict[str, File]:
        """The files to send along, by the name their row gives them."""
        values = (value for row in self.rows for value in row.fields.values())
        return {file_name(value): value for value in values if isinstance(value, File)}


def table_address(table: str, forms: Mapping[str, Form] | Catalogue | None = None) -> tuple[str, str]:
    """Controller and function of a table on a server: from its form, else from its name."""
    form = Catalogue.of(forms).form(table)
    if form is not None and form.controller and form.function:
        return form.controller, form.function
    controller, _, function = table.partition("_")
    return controller, function or table


def master_of(row: Row, forms: Mapping[str, Form] | Catalogue | None = None) -> Key | None:
    """The master inside which a server shows and takes the row; None where it has an address of its own."""
    return _inside_master(row, Catalogue.of(forms)).master


def plan_delivery(rows: Sequence[Row], forms: Mapping[str, Form] | Catalogue | None = None) -> list[Batch]:
    """The requests that bring these rows to a server, in the order they are to be made.

    References to records that are not among the rows are taken to be at the server. A row to be deleted may carry
    the fields it had: they order the deletions, and are not sent.
    """
    catalogue = Catalogue.of(forms)
    puts = _units([row for row in rows if not row.is_deleted], catalogue)
    order, late = _ordered(puts, catalogue)
    batches = _batches(order, catalogue)
    batches += [replace(batch, is_repeat=True) for batch in _batches(late, catalogue)]
    deletions = [_deletion(row, catalogue) for row in rows if row.is_deleted]
    dying, _ = _ordered(deletions, catalogue)
    batches += [replace(batch, is_deletion=True) for batch in _batches(dying[::-1], catalogue)]
    return batches


@dataclass(frozen=True, slots=True)
class _Unit:
    """A record of the URL's table with everything nested in it; `targets` are the records it refers to."""

    rows: tuple[Row, ...]
    covers: frozenset[Key]
    targets: frozenset[Key]

    @property
    def table(self) -> str:
        return self.rows[0].table


def _units(rows: Iterable[Row], catalogue: Catalogue) -> list[_Unit]:
    """Rows grouped under the master at the top of each; a master that is not among them is put there bare."""
    nested = [_inside_master(row, catalogue) for row in rows]
    masters = {row.key: row.master for row in nested}
    groups: dict[Key, list[Row]] = {}
    for row in nested:
        groups.setdefault(_top(row.key, masters), []).append(row)
    units = []
    for top, members in groups.items():
        if all(row.key != top for row in members):
            members.insert(0, Row(table=top[0], uuid=top[1]))
        members.sort(key=lambda row: row.key != top)
        units.append(_unit(members))
    return units


def _unit(rows: list[Row]) -> _Unit:
    covers = frozenset(row.key for row in rows)
    targets = {target for row in rows for content in row.fields.values() for target in _targets(content)}
    return _Unit(tuple(rows), covers, frozenset(targets) - covers)


def _deletion(row: Row, catalogue: Catalogue) -> _Unit:
    """A deletion of its own, also of a component: it may be refused, or fail, without keeping its master there."""
    nested = _inside_master(row, catalogue)
    targets = frozenset(target for content in row.fields.values() for target in _targets(content))
    kept = {name: nested.fields[name] for name in (MASTER, ALIAS) if name in nested.fields}
    stripped = replace(nested, fields=kept, emptied=(), files={})
    top = [Row(table=nested.master[0], uuid=nested.master[1])] if nested.master else []
    return _Unit((*top, stripped), frozenset((row.key,)), targets)


def _inside_master(row: Row, catalogue: Catalogue) -> Row:
    """A component without an address of its own is nested, also where it names its master in an ordinary field."""
    if row.master is not None or catalogue.form(row.table) is not None:
        return row
    for table, component in catalogue.memberships(row.table):
        target = row.fields.get(component.joinby)
        if component.is_joined_directly and isinstance(target, Reference) and target.table == table:
            fields = {name: content for name, content in row.fields.items() if name != component.joinby}
            return replace(row, fields={**fields, MASTER: target})
    return row


def _top(key: Key, masters: Mapping[Key, Key | None]) -> Key:
    seen = {key}
    while (above := masters.get(key)) is not None and above not in seen:
        key = above
        seen.add(key)
    return key


def _targets(content: Content) -> list[Key]:
    values = content if isinstance(content, tuple) else (content,)
    return [(value.table, value.uuid) for value in values if isinstance(value, Reference)]


def _ordered(units: list[_Unit], catalogue: Catalogue) -> tuple[list[_Unit], list[_Unit]]:
    """The units with targets first and as few changes of table as that allows, and what to send again."""
    ordering = _Ordering(units, catalogue)
    return ordering.order, ordering.late


class _Ordering:
    """Kahn's algorithm, table by table; where only circles are left, one reference of a circle is put off."""

    def __init__(self, units: list[_Unit], catalogue: Catalogue) -> None:
        self.order: list[_Unit] = []
        self.late: list[_Unit] = []
        self._units = units
        self._catalogue = catalogue
        holder = {key: index for index, unit in enumerate(units) for key in unit.covers}
        self._waits = [{holder[key] for key in unit.targets if key in holder} - {n} for n, unit in enumerate(units)]
        self._put_off: dict[int, set[Key]] = defaultdict(set)
        self._followers: dict[int, list[int]] = defaultdict(list)
        self._ready: dict[str, deque[int]] = defaultdict(deque)
        self._abroad = [sum(units[one].table != units[n].table for one in waits) for n, waits in enumerate(self._waits)]
        self._blocked = Counter(unit.table for unit, count in zip(units, self._abroad, strict=True) if count)
        self._waiting = dict.fromkeys(range(len(units)))
        for index, targets in enumerate(self._waits):
            for target in targets:
                self._followers[target].append(index)
            if not targets:
                self._release(index)
        while self._ready or self._waiting:
            if self._ready:
                self._take_table(max(self._ready, key=self._preference))
            else:
                self._break_circle()

    def _preference(self, table: str) -> tuple[int, int, str]:
        """First the table of which fewest rows wait for other tables, then the one with most to send."""
        return -self._blocked[table], len(self._ready[table]), table

    def _take_table(self, table: str) -> None:
        queue = self._ready[table]
        while queue:
            index = queue.popleft()
            self._emit(index)
            for follower in self._followers[index]:
                self._meet(follower, index)
        del self._ready[table]

    def _emit(self, index: int) -> None:
        unit, put_off = self._units[index], self._put_off.get(index)
        self.order.append(_without(unit, put_off, self._catalogue) if put_off else unit)
        if put_off:
            self.late.append(_only(unit, put_off))

    def _meet(self, index: int, target: int) -> None:
        if target not in self._waits[index]:
            return
        self._waits[index].remove(target)
        table = self._units[index].table
        if self._units[target].table != table:
            self._abroad[index] -= 1
            self._blocked[table] -= not self._abroad[index]
        if not self._waits[index]:
            self._release(index)

    def _release(self, index: int) -> None:
        del self._waiting[index]
        self._ready[self._units[index].table].append(index)

    def _break_circle(self) -> None:
        """Follow what waits for what until it comes round, and put off the reference that can best be missed."""
        place: dict[int, int] = {}
        path: list[int] = []
        index = next(iter(self._waiting))
        while index not in place:
            place[index] = len(path)
            path.append(index)
            index = min(self._waits[index])
        circle = path[place[index] :]
        edges = list(zip(circle, [*circle[1:], circle[0]], strict=True))
        source, target = min(edges, key=self._loss)
        self._put_off[source] |= self._units[target].covers
        self._meet(source, target)

    def _loss(self, edge: tuple[int, int]) -> int:
        source, target = edge
        covers = self._units[target].covers
        return sum(
            _is_required(row, name, self._catalogue)
            for row in self._units[source].rows
            for name, content in row.fields.items()
            if covers.intersection(_targets(content))
        )


def _without(unit: _Unit, targets: set[Key], catalogue: Catalogue) -> _Unit:
    """The unit without its references to these records, required ones excepted."""
    rows = []
    for row in unit.rows:
        fields = {}
        for name, content in row.fields.items():
            if name == MASTER or _is_required(row, name, catalogue) or not targets.intersection(_targets(content)):
                fields[name] = content
            elif isinstance(content, tuple):
                kept = tuple(one for one in content if not targets.intersection(_targets(one)))
                fields.update({name: kept} if kept else {})
        rows.append(replace(row, fields=fields))
    return _Unit(tuple(rows), unit.covers, unit.targets)


def _only(unit: _Unit, targets: set[Key]) -> _Unit:
    """The unit with no more than its references to these records."""
    rows = []
    for row in unit.rows:
        fields = {
            name: content
            for name, content in row.fields.items()
            if name in (MASTER, ALIAS) or targets.intersection(_targets(content))
        }
        if row is unit.rows[0] or len(fields) > sum(name in fields for name in (MASTER, ALIAS)):
            rows.append(Row(table=row.table, uuid=row.uuid, is_named=row.is_named, fields=fields))
    return _Unit(tuple(rows), unit.covers, unit.targets)


def _is_required(row: Row, name: str, catalogue: Catalogue) -> bool:
    field = catalogue.field(row.table, name)
    return field is not None and field.is_required


def _batches(units: list[_Unit], catalogue: Catalogue) -> list[Batch]:
    batches: list[Batch] = []
    filling: _Filling | None = None
    for unit in units:
        if filling is None or not filling.take(unit):
            batches += [filling.batch(catalogue)] if filling else []
            filling = _Filling(unit)
    return [*batches, filling.batch(catalogue)] if filling else batches


class _Filling:
    """A batch while units are put into it."""

    def __init__(self, unit: _Unit) -> None:
        self._table = unit.table
        self._rows: list[Row] = []
        self._tops: dict[Key, Row] = {}
        self._files: dict[str, bytes] = {}
        self._file_bytes = 0
        self._chars = 0
        self.take(unit)

    def take(self, unit: _Unit) -> bool:
        """Take the unit if it belongs here and there is room."""
        top = unit.rows[0]
        chars = sum(_chars(row) for row in unit.rows)
        file_bytes = sum(value.size for row in unit.rows for value in row.fields.values() if isinstance(value, File))
        known = self._tops.get(top.key)
        is_full = (
            len(self._tops) >= BATCH_RECORDS
            or self._chars + chars > BATCH_CHARS
            or self._file_bytes + file_bytes > BATCH_FILE_BYTES
        )
        is_twice = known is not None and not (known.is_bare and top.is_bare)
        if self._rows and (unit.table != self._table or is_full or is_twice):
            return False
        self._rows.extend(_with_own_file_names(row, self._files) for row in unit.rows[known is not None :])
        self._tops[top.key] = top
        self._chars += chars
        self._file_bytes += file_bytes
        return True

    def batch(self, catalogue: Catalogue) -> Batch:
        controller, function = table_address(self._table, catalogue)
        return Batch(controller=controller, function=function, table=self._table, rows=tuple(self._rows))


def _with_own_file_names(row: Row, taken: dict[str, bytes]) -> Row:
    """The row with a name for each of its files that no other content in the request has: they share one space."""
    fields = dict(row.fields)
    for name, value in row.fields.items():
        if isinstance(value, File):
            label = file_name(value)
            if taken.setdefault(label, value.hash) != value.hash:
                stem, dot, suffix = label.rpartition(".")
                label = f"{stem or suffix}-{value.hash.hex()[:16]}{dot}{suffix if dot else ''}"
                taken[label] = value.hash
                fields[name] = structs.replace(value, label=label)
    return replace(row, fields=fields)


def _chars(row: Row) -> int:
    return len(row.uuid) + sum(len(name) + len(content_text(content)) for name, content in row.fields.items())
