"""Importing S3JSON: what a file says becomes first contents of records, or an edit of what is here where asked.

What is already here writes nothing, so the same file may be imported again, on this device and on others: records
keep their uuid and equal first contents are one record. A broken row is listed and costs no other.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from edenmesh.core.encoding import Plain
from edenmesh.core.ids import FormHash, VersionId
from edenmesh.core.records import (
    PUT,
    RETRACT,
    Carried,
    Catalogue,
    Change,
    Content,
    File,
    Pen,
    RecordState,
    StrandState,
    compose,
    content_text,
    difference,
    form_hash,
)
from edenmesh.eden import Problem, Row, decode_document, normalise_document
from edenmesh.errors import EdenmeshError, InvalidInput
from edenmesh.node.parts import Parts
from edenmesh.store import RecordVersions, Transaction

_ROWS_A_CHANGE: Final = 5000


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did. `conflicts` are records that now have two strands to decide about."""

    rows: int
    written: int
    unchanged: int
    files: int
    conflicts: int
    problems: tuple[str, ...]
    problem_count: int


class Importer:
    """One import: give it the document, ask for the result."""

    def __init__(self, parts: Parts, catalogue: Catalogue, files: Mapping[str, File], *, is_update: bool) -> None:
        self._parts = parts
        self._catalogue = catalogue
        self._files = files
        self._is_update = is_update
        self._schemas: dict[str, FormHash] = {}
        self._problems: list[Problem] = []
        self._written = self._unchanged = self._conflicts = 0
        self._named: set[str] = set()

    def take(self, data: bytes) -> ImportResult:
        """Import a document. Raises InvalidInput where it is no S3JSON at all; then nothing was written."""
        document = normalise_document(decode_document(data, self._catalogue), self._catalogue)
        for chunk in _chunks(document.rows):
            pens = self._parts.desk.pens()
            with self._parts.desk.writing() as writing:
                for row in chunk:
                    self._take(row, writing, pens)
        return ImportResult(
            rows=len(document.rows),
            written=self._written,
            unchanged=self._unchanged,
            files=len(self._named),
            conflicts=self._conflicts,
            problems=tuple(str(one) for one in (*document.problems, *self._problems)),
            problem_count=document.problem_count + len(self._problems),
        )

    def _take(self, row: Row, writing: Transaction, pens: Iterator[Pen]) -> None:
        try:
            row = self._with_files(row)
            held = self._parts.store.records.versions(row.table, row.uuid)
            written = self._edit(row, held, pens) if held is not None else self._begin(row, None, pens)
            if written is None:
                self._unchanged += not row.is_bare
                return
            writing.append(written)
            self._written += 1
        except EdenmeshError as error:
            self._problems.append(Problem(f"{row.table} {row.uuid}", error.what))

    def _begin(self, row: Row, state: RecordState | None, pens: Iterator[Pen]) -> Carried | None:
        """First contents of a record, or of a new strand of one that is here with other content."""
        if row.is_bare or row.is_deleted or not row.fields:
            return None
        if state is not None:
            if any(_says(strand, row.fields) for strand in state.strands):
                return None
            self._conflicts += 1
        return self._compose(row, difference(None, row.fields), (), PUT, pens)

    def _edit(self, row: Row, held: RecordVersions, pens: Iterator[Pen]) -> Carried | None:
        state = held.state()
        if not self._is_update:
            return self._begin(row, state, pens)
        strand = state.strand
        if strand is None:
            raise InvalidInput(what="Two different records share this uuid; that has to be decided first.")
        if row.is_deleted:
            return None if strand.is_deleted else self._compose(row, Change(), strand.heads, RETRACT, pens)
        wanted: dict[str, Content | None] = {**dict.fromkeys(row.emptied), **row.fields}
        change = difference(strand, wanted)
        return None if change.is_empty else self._compose(row, change, strand.heads, PUT, pens)

    def _compose(
        self, row: Row, change: Change, parents: tuple[VersionId, ...], op: str, pens: Iterator[Pen]
    ) -> Carried:
        about: dict[str, Plain] = {"via": "import"}
        if row.created_on:
            about["created_on"] = row.created_on
        if row.modified_on:
            about["modified_on"] = row.modified_on
        pen = next(pens)
        pen = replace(pen, schema=self._schema(row.table))
        return compose(pen, row.table, row.uuid, change, parents=parents, op=op, about=about)

    def _with_files(self, row: Row) -> Row:
        found: dict[str, File] = {}
        for name, pending in row.files.items():
            known = self._files.get(pending.label)
            if known is None:
                self._problems.append(
                    Problem(f"{row.table} {row.uuid}", f"the file {pending.label or name} was not given with it")
                )
                continue
            self._named.add(pending.label)
            found[name] = known
        return row.with_files(found)

    def _schema(self, table: str) -> FormHash:
        known = self._schemas.get(table)
        if known is None:
            form = self._catalogue.form(table)
            known = self._schemas[table] = form_hash(form.encode()) if form is not None else FormHash(b"")
        return known


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows in pieces that become durable together; a record named twice begins a new piece, so that it is seen."""
    chunk: list[Row] = []
    keys: set[tuple[str, str]] = set()
    for row in rows:
        if row.key in keys or len(chunk) == _ROWS_A_CHANGE:
            yield chunk
            chunk, keys = [], set()
        chunk.append(row)
        keys.add(row.key)
    if chunk:
        yield chunk


def media_of(label: str) -> str:
    """The media type a file's name suggests; empty where it suggests none."""
    endings = {
        "png": "image/png",
        "jpg": "image/jpeg",
        "jpeg": "image/jpeg",
        "gif": "image/gif",
        "webp": "image/webp",
        "pdf": "application/pdf",
        "mp4": "video/mp4",
        "txt": "text/plain",
    }
    return endings.get(label.rpartition(".")[2].lower(), "")


def _says(strand: StrandState, fields: Mapping[str, Content]) -> bool:
    """Whether a strand shows all that a row says."""
    for name, content in fields.items():
        known = strand.fields.get(name)
        choices = known.choices if known is not None else ()
        if content_text(content) not in {content_text(one.content) for one in choices if one.content is not None}:
            return False
    return True
