"""What people do with records: look, add, edit, retract, and decide what is open. Each act is one durable version."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from edenmesh.core.encoding import Plain
from edenmesh.core.ids import AuthorId, DestinationId, FormHash, VersionId, format_id, parse_id
from edenmesh.core.records import (
    OPEN,
    RESOLVE,
    RETRACT,
    Carried,
    Catalogue,
    Change,
    Content,
    FieldState,
    Form,
    RecordState,
    StrandState,
    Version,
    compose,
    difference,
    form_hash,
    is_delivered,
)
from edenmesh.errors import InvalidInput
from edenmesh.node.parts import Desk
from edenmesh.node.records.reading import read_values, require_fields, require_table
from edenmesh.node.records.views import (
    ChoiceView,
    FieldView,
    Json,
    RecordRow,
    RecordView,
    StrandView,
    TableRow,
    content_json,
    content_words,
    flag_words,
    label_of,
)
from edenmesh.store import RecordVersions, Store

NOTE: Final = "comments"
"""Where a value that lost is noted when both are kept; Eden's tables have it."""


class RecordDesk:
    """Reads and writes the records of one device."""

    def __init__(self, store: Store, desk: Desk) -> None:
        self._store = store
        self._desk = desk
        self._catalogue = Catalogue()
        self._catalogued: list[FormHash] = []

    # --- reading ------------------------------------------------------------------------------------------------------

    def catalogue(self) -> Catalogue:
        """What all forms held here say about tables and fields; kept until there are others."""
        snapshot = self._store.snapshot
        forms = snapshot.forms()
        if forms != self._catalogued:
            encoded = (snapshot.form(form) for form in forms)
            self._catalogue = Catalogue(Form.decode(data) for data in encoded if data is not None)
            self._catalogued = forms
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
        found = [self._row(row.table, row.uuid, self._store.records.versions_of(row.num)) for row in rows]
        return found, rows[-1].num if rows and len(rows) == limit else 0

    def open_records(self, limit: int = 1000) -> list[RecordView]:
        """Records in which a person has something to decide."""
        return [self.view(row.table, row.uuid) for row in self._store.records.flagged(OPEN, limit=limit)]

    def view(self, table: str, uuid: str) -> RecordView:
        """One record, whole. Raises InvalidInput where it is not here."""
        table, uuid, held = self.find(table, uuid)
        state = held.state()
        strands = tuple(self._strand(strand, held.versions) for strand in state.strands)
        label = label_of(state.strands[0].values, uuid) if state.strands else uuid
        delivered = tuple(
            one.name for one in self._store.notes.destinations() if self._is_delivered(one.id, state, held)
        )
        return RecordView(table, uuid, label, flag_words(state.flags), strands, delivered, len(held.versions))

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
        raise InvalidInput(
            what=f"There is no record {uuid} in {table} on this device.",
            do=f"See what there is with `edenmesh record list {table}`.",
        )

    # --- writing ------------------------------------------------------------------------------------------------------

    def add(self, table: str, values: Mapping[str, Json]) -> RecordView:
        """A new record; it owns the uuid it gets. Raises InvalidInput where a value does not fit its field."""
        catalogue = self.catalogue()
        require_table(table)
        contents = read_values(table, values, catalogue)
        require_fields(table, contents, catalogue)
        change = difference(None, contents)
        if change.is_empty:
            raise InvalidInput(what="A new record needs at least one value.", do="Write FIELD=VALUE for each.")
        carried = self._write(table, None, change)
        return self.view(table, carried.version.uuid)

    def edit(self, table: str, uuid: str, values: Mapping[str, Json], *, strand: str = "") -> RecordView:
        """Change values of a record; None or empty text empties a field. Nothing is written where nothing changes."""
        table, uuid, held = self.find(table, uuid)
        target = _strand(held.state(), strand)
        contents = read_values(table, values, self.catalogue(), known=target.fields)
        change = difference(target, contents)
        if not change.is_empty or target.is_deleted or target.is_contested:
            self._write(table, uuid, change, parents=target.heads)
        return self.view(table, uuid)

    def retract(self, table: str, uuid: str, *, strand: str = "") -> RecordView:
        """Delete a record for all; it covers what this device knows of it, no more."""
        table, uuid, held = self.find(table, uuid)
        target = _strand(held.state(), strand)
        if not target.is_deleted:
            self._write(table, uuid, Change(), parents=target.heads, op=RETRACT)
        return self.view(table, uuid)

    def resolve(
        self,
        table: str,
        uuid: str,
        chosen: Mapping[str, Json],
        *,
        versions: Sequence[str] = (),
        keep: bool | None = None,
        why: str = "",
    ) -> RecordView:
        """Decide what is open: for each field a value, or the version whose value is taken; `keep` or delete.

        Raises InvalidInput where nothing is open, or a version named does not give the field a value now.
        """
        table, uuid, held = self.find(table, uuid)
        state = held.state()
        target = _strand(state, "")
        if not (target.conflicts or target.is_contested):
            raise InvalidInput(what="Nothing is open about this record.", do="Change it with `edenmesh record edit`.")
        if keep is False:
            self._write(table, uuid, Change(), parents=target.heads, op=RETRACT, about=_why(why))
            return self.view(table, uuid)
        contents = read_values(table, chosen, self.catalogue(), known=target.fields)
        contents.update(_chosen(target, versions))
        change = _resolution(target, contents)
        if change.is_empty and not (keep and target.is_contested):
            raise InvalidInput(what="No choice was given.", do="Name a value for each field in conflict.")
        self._write(table, uuid, change, parents=target.heads, op=RESOLVE, about=_why(why))
        return self.view(table, uuid)

    def _write(
        self,
        table: str,
        uuid: str | None,
        change: Change,
        *,
        parents: tuple[VersionId, ...] = (),
        op: str = "put",
        about: Mapping[str, Plain] | None = None,
    ) -> Carried:
        with self._desk.writing() as writing:
            form = self.catalogue().form(table)
            pen = replace(self._desk.pen(), schema=form_hash(form.encode()) if form is not None else FormHash(b""))
            carried = compose(pen, table, uuid, change, parents=parents, op=op, about=about)
            writing.append(carried)
        return carried

    # --- drawing ------------------------------------------------------------------------------------------------------

    def _row(self, table: str, uuid: str, held: RecordVersions) -> RecordRow:
        state = held.state()
        values = state.strands[0].values if state.strands else {}
        shown = {name: content_json(content) for name, content in values.items()}
        return RecordRow(table, uuid, label_of(values, uuid), flag_words(state.flags), shown)

    def _strand(self, strand: StrandState, versions: Mapping[VersionId, Version]) -> StrandView:
        return StrandView(
            id=format_id("v", strand.first),
            fields={name: self._field(field, versions) for name, field in strand.fields.items()},
            is_deleted=strand.is_deleted,
            deleted_by=tuple(self._name(versions[one]) for one in strand.retracts),
            edited_by=tuple(self._name(versions[one]) for one in strand.concurrent_edits),
        )

    def _field(self, field: FieldState, versions: Mapping[VersionId, Version]) -> FieldView:
        choices = tuple(
            ChoiceView(
                value=content_json(choice.content),
                text=content_words(choice.content),
                by=self._name(versions[choice.given_by[0]]),
                made=versions[choice.given_by[0]].made,
                op=versions[choice.given_by[0]].op,
                version=format_id("v", choice.given_by[0]),
            )
            for choice in field.choices
        )
        return FieldView(content_json(field.shown), content_words(field.shown), field.is_conflict, choices)

    def _name(self, version: Version) -> str:
        charter = self._store.snapshot.charter()
        device = charter.standing(AuthorId(version.author)).device
        member = charter.members.get(device) if device is not None else None
        return member.name if member is not None else "an unknown device"

    def _is_delivered(self, destination: DestinationId, state: RecordState, held: RecordVersions) -> bool:
        return is_delivered(state, held.versions, destination, held.uncounted)


def _strand(state: RecordState, name: str) -> StrandState:
    if name:
        first = parse_id("v", name)
        for strand in state.strands:
            if strand.first == first:
                return strand
        raise InvalidInput(what=f"The record has no strand {name}.", do="See its strands with `edenmesh record show`.")
    if state.strand is None:
        what = "two different records share this uuid" if state.strands else "its first version has not come yet"
        raise InvalidInput(what=f"This record cannot be changed now: {what}.", do="Name one with --strand.")
    return state.strand


def _chosen(strand: StrandState, versions: Sequence[str]) -> dict[str, Content | None]:
    chosen: dict[str, Content | None] = {}
    for name in versions:
        version = parse_id("v", name)
        found = {
            field: choice.content
            for field, state in strand.fields.items()
            if state.is_conflict
            for choice in state.choices
            if version in choice.given_by
        }
        if not found:
            raise InvalidInput(what=f"The version {name} gives no value that is open now.")
        chosen.update(found)
    return chosen


def _resolution(strand: StrandState, contents: Mapping[str, Content | None]) -> Change:
    """A resolution says each choice in full, also where the value shown is the one chosen."""
    change = difference(strand, contents)
    for name, content in contents.items():
        known = strand.fields.get(name)
        if known is None or not known.is_conflict or content is None or isinstance(content, tuple):
            continue
        change.set[name] = content
    return change


def _why(why: str) -> dict[str, Plain]:
    return {"why": why} if why else {}
