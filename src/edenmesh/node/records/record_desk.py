"""What people do with records: look, add, edit and retract. Each act is one durable version."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from typing import Final

from edenmesh.core.encoding import Plain
from edenmesh.core.ids import VersionId, format_id, parse_id
from edenmesh.core.records import (
    OPEN,
    RETRACT,
    Carried,
    Catalogue,
    Change,
    Content,
    Declared,
    Flag,
    Form,
    RecordState,
    Reference,
    StrandState,
    compose_all,
    difference,
    offered_keeper,
    residence,
    undoable,
    versions_at,
)
from edenmesh.errors import InvalidInput
from edenmesh.node.parts import Desk, require_here, why_absent
from edenmesh.node.records.delivered import deliveries_of
from edenmesh.node.records.history import HistoryView, tell_history
from edenmesh.node.records.listing import Lister, Listing, Query
from edenmesh.node.records.names import Names
from edenmesh.node.records.reading import read_values, require_fields, require_table
from edenmesh.node.records.showing import Showing
from edenmesh.node.records.views import Json, RecordRow, RecordView, TableRow, label_of
from edenmesh.store import RecordVersions, Store


class RecordDesk:
    """Reads and writes the records of one device."""

    def __init__(self, store: Store, desk: Desk) -> None:
        self._store = store
        self._desk = desk
        self._catalogue = Catalogue()
        self._catalogued: object = None
        self.lister: Final = Lister(store, desk, self.catalogue, self._row)

    # --- reading ------------------------------------------------------------------------------------------------------

    def catalogue(self) -> Catalogue:
        """What all forms held here say about tables and fields; kept until there are others, or others are current."""
        snapshot = self._store.snapshot
        hashes, current = snapshot.forms(), snapshot.charter().current_forms
        if (hashes, current) != self._catalogued:
            encoded = ((one, snapshot.form(one)) for one in hashes)
            forms = {one: Form.decode(data) for one, data in encoded if data is not None}
            self._catalogue = Catalogue(forms, current=current)
            self._catalogued = hashes, current
        return self._catalogue

    def tables(self) -> list[TableRow]:
        """All tables with records."""
        catalogue = self.catalogue()
        rows: list[TableRow] = []
        for row in self._store.records.tables():
            form = catalogue.form(row.name)
            rows.append(TableRow(row.name, form.title if form is not None else "", row.shown, row.open))
        return rows

    def page(
        self, table: str, *, limit: int = 50, after: int = 0, with_deleted: bool = False
    ) -> tuple[list[RecordRow], int]:
        """Records of a table, and where the next page begins; 0 where there is none."""
        rows = self._store.records.page(table, after=after, limit=limit, with_deleted=with_deleted)
        names = self.names()
        found = [
            self._showing(row.table, row.uuid, self._store.records.versions_of(row.num), names).row() for row in rows
        ]
        return found, rows[-1].num if rows and len(rows) == limit else 0

    def search(self, table: str, query: Query, *, limit: int = 50, offset: int = 0) -> Listing:
        """A page of the records of a table that a query finds, in the order it asks for.

        Raises InvalidInput where a field or a value is none of the table.
        """
        return self.lister.search(table, query, limit=limit, offset=offset)

    def open_records(self, *, table: str = "", limit: int = 1000, after: int = 0) -> tuple[list[RecordView], int]:
        """Records in which a person has something to decide, of one table or of all; and where the next page begins."""
        rows = self._store.records.flagged(OPEN, table=table, after=after, limit=limit)
        found = [self.view(row.table, row.uuid) for row in rows]
        return found, rows[-1].num if len(rows) == limit else 0

    def view(self, table: str, uuid: str) -> RecordView:
        """One record, whole. Raises InvalidInput where it is not here."""
        table, uuid, held = self.find(table, uuid)
        state = held.state()
        names = self.names()
        row = self._store.records.row(table, uuid)
        delivered = deliveries_of(self._store, row.num, held, state, names) if row is not None else ()
        keeper = offered_keeper(state, held.versions, None, held.uncounted) if len(state.strands) > 1 else None
        showing = self._showing(table, uuid, held, names, self.declared(held))
        return showing.record(delivered, format_id("v", keeper) if keeper is not None else "")

    def history(self, table: str, uuid: str) -> HistoryView:
        """The life of a record in words, oldest first. Raises InvalidInput where it is not here."""
        table, uuid, held = self.find(table, uuid)
        row = self._store.records.row(table, uuid)
        copied = set(self._store.records.twin_authors(row.num)) if row is not None else set()
        twins = frozenset(one for one, version in held.versions.items() if version.author in copied)
        state = held.state()
        label = label_of(state.strands[0].values, uuid) if state.strands else uuid
        own = versions_at(held.versions, uuid, held.uncounted)
        can_undo = undoable(held.versions, held.uncounted, held.declarations)
        if why_absent(self._store, table, uuid):
            can_undo = frozenset()
        events = tell_history(
            own,
            self.names(),
            held.uncounted,
            twins,
            family=held.versions,
            undoable=can_undo,
            lacks_purged=self._store.deleted.lacks_purged(table, uuid),
        )
        return HistoryView(table, uuid, label, events)

    def find(self, table: str, uuid: str) -> tuple[str, str, RecordVersions]:
        """A record by table and uuid, or by the beginning of its uuid where that is enough.

        Raises InvalidInput where none or several are meant.
        """
        held = self._store.records.versions(table, uuid)
        if held is not None:
            return table, uuid, held
        rows = self._store.records.find(uuid, table=table, limit=3) if uuid else []
        if len(rows) == 1:
            return rows[0].table, rows[0].uuid, self._store.records.versions_of(rows[0].num)
        if rows:
            raise InvalidInput(what=f"Several records of {table} begin with {uuid}.", do="Type more of the uuid.")
        require_here(self._store, table, uuid)
        raise InvalidInput(
            what=f"There is no record {uuid} in {table} on this device.",
            do=f"See what there is with `edenmesh record list {table}`.",
        )

    # --- writing ------------------------------------------------------------------------------------------------------

    def add(self, table: str, values: Mapping[str, Json]) -> RecordView:
        """A new record; it owns the uuid it gets. Raises InvalidInput where a value does not fit its field."""
        catalogue = self.catalogue()
        require_table(table)
        contents = self.read(table, values)
        require_fields(table, contents, catalogue)
        change = difference(None, contents)
        if change.is_empty:
            raise InvalidInput(what="A new record needs at least one value.", do="Write FIELD=VALUE for each.")
        carried = self.write(table, None, change)
        return self.view(table, carried.version.uuid)

    def edit(self, table: str, uuid: str, values: Mapping[str, Json], *, strand: str = "") -> RecordView:
        """Change values of a record; None or empty text empties a field. Nothing is written where nothing changes."""
        table, uuid, held = self.find(table, uuid)
        require_here(self._store, table, uuid)
        target = strand_named(held.state(), strand)
        contents = self.read(table, values, known=target.fields, is_awaited=bool(held.state().flags & Flag.AWAITED))
        change = difference(target, contents, declared=self.declared(held))
        if not change.is_empty or target.is_deleted or target.is_contested:
            self.write(table, uuid, change, parents=target.heads, about=target.about)
        return self.view(table, uuid)

    def retract(self, table: str, uuid: str, *, strand: str = "") -> RecordView:
        """Delete a record for all; it covers what this device knows of it, no more."""
        table, uuid, held = self.find(table, uuid)
        require_here(self._store, table, uuid)
        target = strand_named(held.state(), strand)
        if not target.is_deleted:
            self.write(table, uuid, Change(), parents=target.heads, op=RETRACT, about=target.about)
        return self.view(table, uuid)

    def read(
        self, table: str, values: Mapping[str, Json], *, known: Container[str] = (), is_awaited: bool = False
    ) -> dict[str, Content | None]:
        """Values as handed in, as contents. Raises InvalidInput, naming the field, where one does not fit.

        `known` are the fields the record has; `is_awaited` says that a form it was written with has not come, so that
        nobody here can tell which others it may have. A reference to a record of two strands must say which it means:
        whoever knew both is held to one.
        """
        catalogue = self.catalogue()
        is_closed = catalogue.is_described(table) and not is_awaited
        contents = read_values(table, values, catalogue, known=known, is_closed=is_closed)
        for name, content in contents.items():
            for item in content if isinstance(content, tuple) else (content,):
                if isinstance(item, Reference):
                    self._require_one(name, item)
        return contents

    def _require_one(self, name: str, reference: Reference) -> None:
        held = self._store.records.versions(reference.table, reference.uuid)
        strands = held.state().strands if held is not None else ()
        if reference.strand and not any(reference.strand in strand.firsts for strand in strands):
            raise InvalidInput(what=f"The field {name} refers to a strand that {reference.uuid} does not have here.")
        if len(strands) > 1 and not reference.strand:
            named = ", ".join(
                f"{label_of(one.values, reference.uuid)} ({format_id('v', one.first)})" for one in strands
            )
            raise InvalidInput(
                what=f"The field {name} refers to {reference.uuid}, which two different records share: {named}.",
                do="Say which is meant, as TABLE/UUID#STRAND, or decide about them first.",
            )

    def write(
        self,
        table: str,
        uuid: str | None,
        change: Change,
        *,
        parents: tuple[VersionId, ...] = (),
        op: str = "put",
        about: Mapping[str, Plain] | None = None,
    ) -> Carried:
        """Write one act with this device's pen; the version it ends with, nearly always its only one.

        Raises InvalidInput where others would refuse it, or not all of the record is here.
        """
        if uuid is not None:
            require_here(self._store, table, uuid)
        with self._desk.writing() as writing:
            schema = self.catalogue().schema(table)
            pens = (replace(pen, schema=schema) for pen in self._desk.pens())
            written = compose_all(pens, table, uuid, change, parents=parents, op=op, about=about)
            for carried in written:
                writing.append(carried)
        return written[-1]

    # --- drawing ------------------------------------------------------------------------------------------------------

    def names(self) -> Names:
        """Names of devices and servers, as they are known now."""
        return Names.of(self._store)

    def _row(self, table: str, uuid: str, held: RecordVersions) -> RecordRow:
        return self._showing(table, uuid, held, self.names()).row()

    def _showing(
        self, table: str, uuid: str, held: RecordVersions, names: Names, declared: Declared | None = None
    ) -> Showing:
        lacks = self._store.deleted.lacks_purged(table, uuid)
        declared = declared or Declared()
        return Showing(table, uuid, held, names, resides=self.resides, declared=declared, lacks_purged=lacks)

    def declared(self, held: RecordVersions) -> Declared:
        """What the forms declare that a record was written with, and the one it would be written with now."""
        table = next(iter(held.versions.values())).table
        return held.declared(self.catalogue().schema(table))

    def resides(self, reference: Reference) -> Reference:
        """The reference turned to where its strand resides now."""
        table, uuid = residence(reference, self._states_of)
        return Reference(table, uuid, reference.strand)

    def _states_of(self, table: str, uuid: str) -> Iterable[RecordState]:
        held = self._store.records.versions(table, uuid)
        return held.states() if held is not None else ()


def strand_named(state: RecordState, name: str) -> StrandState:
    """The strand of that id, or the only one. Raises InvalidInput where it is not to be told which is meant."""
    if name:
        first = parse_id("v", name)
        for strand in state.strands:
            if first in strand.firsts:
                return strand
        raise InvalidInput(what=f"The record has no strand {name}.", do="See its strands with `edenmesh record show`.")
    if state.strand is None:
        what = "two different records share this uuid" if state.strands else "its first version has not come yet"
        raise InvalidInput(what=f"This record cannot be changed now: {what}.", do="Name one with --strand.")
    return state.strand
