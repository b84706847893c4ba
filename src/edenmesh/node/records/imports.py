"""Importing S3JSON: what a file says becomes first contents of records, an edit of what is here, or what a server held.

What is already here writes nothing, also where it was edited or deleted since, so the same file may be imported again,
on this device and on others: records keep their uuid and equal first contents are one record. A broken row is listed
and costs no other. Cost: some 140 us a row.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from edenmesh.core.encoding import Plain
from edenmesh.core.ids import DestinationId, FileHash
from edenmesh.core.records import (
    PUT,
    RETRACT,
    Carried,
    Catalogue,
    Change,
    Content,
    File,
    Pen,
    StrandState,
    Value,
    Version,
    canonical_text,
    compose,
    content_text,
    difference,
)
from edenmesh.eden import Document, Problem, Row, decode_document, normalise_document
from edenmesh.errors import InvalidInput
from edenmesh.node.parts import Desk, Parts, why_absent
from edenmesh.node.records.observed import FileReading
from edenmesh.store import RecordVersions

_ROWS_A_CHANGE: Final = 2000
_ROWS_A_TURN: Final = 400
_TURN_SECONDS: Final = 0.005


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

    def __init__(
        self,
        parts: Parts,
        catalogue: Catalogue,
        files: Mapping[str, bytes | File],
        *,
        is_update: bool = False,
        source: DestinationId | None = None,
    ) -> None:
        """Raises InvalidInput where it is to be an edit and a reading.

        `source` is the destination whose export the document is.
        """
        if is_update and source is not None:
            raise InvalidInput(
                what="What a server gave out is no edit of yours.", do="Say --update or --from, not both."
            )
        self._parts = parts
        self._catalogue = catalogue
        self._given = files
        self._is_update = is_update
        self._reading = FileReading(source, catalogue) if source is not None else None
        self._refused: set[str] = set()
        self._files: dict[str, File] = {}
        self._problems: list[Problem] = []
        self._written = self._unchanged = self._conflicts = 0

    def take(self, data: bytes) -> ImportResult:
        """Import a document. Raises InvalidInput where it is no S3JSON at all; then nothing was written."""
        document = self._read(data)
        for chunk in _chunks(document.rows, _ROWS_A_CHANGE):
            self._take_chunk(chunk)
        return self._result(document)

    async def take_in_turns(self, data: bytes) -> ImportResult:
        """The same, while others have their turns in between: sessions go on during a long import."""
        document = await asyncio.to_thread(self._read, data)
        for chunk in _chunks(document.rows, _ROWS_A_TURN):
            self._take_chunk(chunk)
            await asyncio.sleep(_TURN_SECONDS)
        return self._result(document)

    def _read(self, data: bytes) -> Document:
        return normalise_document(decode_document(data, self._catalogue), self._catalogue)

    def _result(self, document: Document) -> ImportResult:
        self._drop_refused()
        return ImportResult(
            rows=len(document.rows),
            written=self._written,
            unchanged=self._unchanged,
            files=len(self._files),
            conflicts=self._conflicts,
            problems=tuple(str(one) for one in (*document.problems, *self._problems)),
            problem_count=document.problem_count + len(self._problems),
        )

    def _drop_refused(self) -> None:
        """Files that were handed in for rows that were refused do not stay, unless something else names them."""
        given = [self._given.get(label) for label in sorted(self._refused)]
        files = [FileHash(one.hash) for one in given if isinstance(one, File)]
        if files:
            with self._parts.desk.writing() as writing:
                writing.drop_unnamed_files(files)

    def _take_chunk(self, chunk: list[Row]) -> None:
        rows = [self._with_files(row) for row in chunk if self._may_come(row)]
        pens = self._parts.desk.pens()
        with self._parts.desk.writing() as writing:
            pen = next(pens)
            for row in rows:
                try:
                    written = self._take_row(row, pen)
                except InvalidInput as error:
                    self._problems.append(Problem(f"{row.table} {row.uuid}", error.what))
                    continue
                if written is None:
                    self._unchanged += not row.is_bare
                    continue
                writing.append(written)
                self._written += 1
                pen = next(pens)

    def _may_come(self, row: Row) -> bool:
        """Whether a row may be written of; nothing of one that was erased is kept, its files neither."""
        why = why_absent(self._parts.store, row.table, row.uuid)
        if why and not row.is_bare:
            self._problems.append(Problem(f"{row.table} {row.uuid}", why))
            self._refused.update(pending.label for pending in row.files.values())
        return not why

    def _take_row(self, row: Row, pen: Pen) -> Carried | None:
        held = self._parts.store.records.versions(row.table, row.uuid)
        if self._reading is not None:
            return self._reading.observation(row, held, replace(pen, schema=self._catalogue.schema(row.table)))
        if held is not None and self._is_update:
            return self._edit(row, held, pen)
        return self._begin(row, held, pen)

    def _begin(self, row: Row, held: RecordVersions | None, pen: Pen) -> Carried | None:
        """First contents of a record, or of a new strand of one that is here and began with other content."""
        if row.is_bare or row.is_deleted or not row.fields:
            return None
        change = difference(None, row.fields)
        if held is not None:
            shown = any(_says(strand, row.fields) for strand in held.state().strands)
            if shown or any(_begins_so(version, change) for version in held.versions.values()):
                return None
        written = self._compose(row, change, None, PUT, pen)
        self._conflicts += held is not None
        return written

    def _edit(self, row: Row, held: RecordVersions, pen: Pen) -> Carried | None:
        strand = held.state().strand
        if strand is None:
            raise InvalidInput(what="Two different records share this uuid; that has to be decided first.")
        if row.is_deleted:
            return None if strand.is_deleted else self._compose(row, Change(), strand, RETRACT, pen)
        wanted: dict[str, Content | None] = {**dict.fromkeys(row.emptied), **row.fields}
        change = difference(strand, wanted, declared=held.declared(self._catalogue.schema(row.table)))
        return None if change.is_empty else self._compose(row, change, strand, PUT, pen)

    def _compose(self, row: Row, change: Change, seen: StrandState | None, op: str, pen: Pen) -> Carried:
        about: dict[str, Plain] = {**(seen.about if seen is not None else {}), "via": "import"}
        if row.created_on:
            about["created_on"] = row.created_on
        if row.modified_on:
            about["modified_on"] = row.modified_on
        pen = replace(pen, schema=self._catalogue.schema(row.table))
        heads = seen.heads if seen is not None else ()
        return compose(pen, row.table, row.uuid, change, parents=heads, op=op, about=about)

    def _with_files(self, row: Row) -> Row:
        found: dict[str, File] = {}
        for name, pending in row.files.items():
            given = self._files.get(pending.label) or self._given.get(pending.label)
            if given is None:
                self._problems.append(
                    Problem(f"{row.table} {row.uuid}", f"the file {pending.label or name} was not given with it")
                )
                continue
            if not isinstance(given, File):
                given = keep_file(self._parts.desk, given, pending.label)
            found[name] = self._files[pending.label] = given
        return row.with_files(found)


def _chunks(rows: Iterable[Row], rows_max: int) -> Iterator[list[Row]]:
    """Rows in pieces that become durable together; a record named twice begins a new piece, so that it is seen."""
    chunk: list[Row] = []
    keys: set[tuple[str, str]] = set()
    for row in rows:
        if row.key in keys or len(chunk) == rows_max:
            yield chunk
            chunk, keys = [], set()
        chunk.append(row)
        keys.add(row.key)
    if chunk:
        yield chunk


def keep_file(desk: Desk, content: bytes, label: str, media: str = "") -> File:
    """Store a file; the value returned names it in a record."""
    with desk.writing() as writing:
        file, size = writing.add_file([content])
    return File(file, label, media or media_of(label), size)


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


def _begins_so(version: Version, change: Change) -> bool:
    """Whether the version is a first one with just this content: written again, the two would be one."""
    if version.parents or version.op != PUT:
        return False
    return _texts(version.set) == _texts(change.set) and _items(version.add) == _items(change.add)


def _texts(values: Mapping[str, Value]) -> dict[str, str]:
    return {name: canonical_text(value) for name, value in values.items()}


def _items(added: Mapping[str, list[Value]]) -> dict[str, set[str]]:
    return {name: {canonical_text(item) for item in items} for name, items in added.items()}
