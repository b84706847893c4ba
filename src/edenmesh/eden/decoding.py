"""S3JSON bytes to rows: total, so that one broken row or field never costs the others.

`$_table` lists hold records at the top and components inside a record, `$k_field` is a reference, `@x` an attribute,
any other key a field, plain or as `{"@value": ..., "$": "shown text"}`. Shown texts and addresses of the server's
own pages are dropped. Cost: about 30 us a row.
"""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Final
from uuid import UUID

from edenmesh.core.encoding import normal_text
from edenmesh.core.ids import tagged_hash
from edenmesh.core.limits import (
    DOCUMENT_NESTING_MAX,
    DOCUMENT_PROBLEMS_MAX,
    DOCUMENT_ROWS_MAX,
    LABEL_CHARS_MAX,
    NAME_CHARS_MAX,
    UUID_CHARS_MAX,
    VERSION_FIELDS_MAX,
)
from edenmesh.core.records import (
    ALIAS,
    MASTER,
    Catalogue,
    Content,
    Form,
    Raw,
    Reference,
    canonical_text,
    content_of,
    in_order,
    moment_of,
    text_of,
)
from edenmesh.eden.jsontext import Twice, read_json
from edenmesh.eden.row import Document, PendingFile, Problem, Row
from edenmesh.errors import InvalidInput

RESOURCE: Final = "$_"
REFERENCE: Final = "$k_"
OPTIONS: Final = "$o_"
SHOWN_ATTRIBUTES: Final = frozenset(("url", "error", "llrepr", "id"))
"""Attributes of a row that mean nothing away from the server that wrote them; never kept."""
CLEARED: Final = '""'
"""The `@value` that empties a field on an Eden server, which reads a text there as JSON."""
_ROW_ATTRIBUTES: Final = frozenset(("uuid", "deleted", "replaced_by", "created_on", "modified_on", "alias"))


def decode_document(data: bytes, forms: Mapping[str, Form] | Catalogue | None = None) -> Document:
    """Read an S3JSON document; with forms, values take the type their field has.

    Raises InvalidInput where the bytes are no JSON object within bounds. What is broken inside is listed.
    """
    return decode_tree(read_json(data), forms, digest=sha256(data).digest())


def decode_tree(raw: Raw, forms: Mapping[str, Form] | Catalogue | None = None, *, digest: bytes = b"") -> Document:
    """Read a document already parsed; `digest` names rows without a uuid. Raises InvalidInput where it is no object."""
    if not isinstance(raw, dict):
        raise InvalidInput(what="The document is JSON, but not an S3JSON object.")
    reading = _Reading(Catalogue.of(forms), digest, text_of(raw.get("@domain")))
    reading.read(raw)
    rows, problems = tuple(reading.rows), tuple(reading.problems)
    return Document(
        rows=rows, problems=problems, problem_count=reading.problem_count, attributes=reading.attributes(raw)
    )


class _Reading:
    """One pass over one document."""

    def __init__(self, catalogue: Catalogue, digest: bytes, domain: str) -> None:
        self.rows: list[Row] = []
        self.problems: list[Problem] = []
        self.problem_count = 0
        self._catalogue = catalogue
        self._digest = digest
        self._prefix = f"{domain}/" if domain else ""
        self._counts: dict[str, int] = {}

    def read(self, raw: dict[str, Raw]) -> None:
        self._require_single(raw, "the document")
        for key, value in raw.items():
            if key.startswith(RESOURCE):
                self._rows(key, value, "", None, 0)
            elif not key.startswith(("@", OPTIONS)):
                self._complain("the document", f"{key!r} is no list of records and was left out.")

    def attributes(self, raw: dict[str, Raw]) -> dict[str, str]:
        kept = ((key[1:], value) for key, value in raw.items() if key.startswith("@"))
        return {key: text_of(value) for key, value in kept if key not in SHOWN_ATTRIBUTES}

    def _rows(self, key: str, value: Raw, inside: str, master: Reference | None, depth: int) -> None:
        table = normal_text(key.removeprefix(RESOURCE))
        place = f"{inside}.{key}" if inside else key
        if not 0 < len(table) <= NAME_CHARS_MAX:
            self._complain(place[:NAME_CHARS_MAX], "this is no name of a table; its records were left out.")
            return
        if depth > DOCUMENT_NESTING_MAX:
            self._complain(place, f"components are nested deeper than {DOCUMENT_NESTING_MAX} levels; left out.")
            return
        for index, item in enumerate(value if isinstance(value, list) else [value]):
            here = f"{place}[{index}]"
            if not isinstance(item, dict):
                self._complain(here, f"a record must be an object, not {text_of(item)[:40]!r}; left out.")
                continue
            if len(self.rows) >= DOCUMENT_ROWS_MAX:
                raise InvalidInput(what=f"The document has more than {DOCUMENT_ROWS_MAX} rows.")
            try:
                self._row(item, table, here, master, depth)
            except InvalidInput as error:
                self._complain(here, f"the record was left out: {error.what}")

    def _row(self, raw: dict[str, Raw], table: str, here: str, master: Reference | None, depth: int) -> None:
        self._require_single(raw, here)
        uuid, is_named = self._uuid(raw, table)
        draft = _Draft(self, table, here)
        if master is not None:
            draft.fields[MASTER] = master
            if alias := text_of(raw.get("@alias")):
                draft.fields[ALIAS] = alias[:NAME_CHARS_MAX]
        for key, value in raw.items():
            if key.startswith(REFERENCE):
                draft.reference(key.removeprefix(REFERENCE), value)
            elif not key.startswith(("@", "$")):
                draft.value(key, value)
            elif not key.startswith(("@", RESOURCE, OPTIONS)):
                self._complain(here, f"{key!r} is no field and was left out.")
        if len(draft.fields) + len(draft.emptied) + len(draft.files) > VERSION_FIELDS_MAX:
            raise InvalidInput(what=f"it has more than {VERSION_FIELDS_MAX} fields.")
        kept = {key[1:]: text_of(value) for key, value in raw.items() if key.startswith("@")}
        row = Row(
            table=table,
            uuid=uuid,
            fields=draft.fields,
            emptied=tuple(sorted(draft.emptied)),
            files=draft.files,
            is_deleted=kept.get("deleted", "").lower() == "true",
            is_named=is_named,
            replaced_by=kept.get("replaced_by", ""),
            created_on=self._stamp(kept.get("created_on", ""), here),
            modified_on=self._stamp(kept.get("modified_on", ""), here),
            attributes={key: kept[key] for key in kept if key not in _ROW_ATTRIBUTES | SHOWN_ATTRIBUTES},
            error=kept.get("error", ""),
            errors=draft.errors,
        )
        self.rows.append(_only_deleted(row) if row.is_deleted else row)
        for key, value in raw.items():
            if key.startswith(RESOURCE):
                self._rows(key, value, here, Reference(table, uuid), depth + 1)

    def _uuid(self, raw: dict[str, Raw], table: str) -> tuple[str, bool]:
        index = self._counts.get(table, 0)
        self._counts[table] = index + 1
        given = raw.get("@uuid")
        if given is None or given == "":
            return derived_uuid(self._digest, table, index), False
        if not isinstance(given, str):
            raise InvalidInput(what=f"its uuid is {text_of(given)[:40]!r}, not a text.")
        return self.record_uuid(given), True

    def record_uuid(self, given: str) -> str:
        """A uuid as its server stores it: without the prefix by which the server exports one that is no urn."""
        uuid = normal_text(given)
        if self._prefix and not uuid.startswith("urn:"):
            uuid = uuid.removeprefix(self._prefix) or uuid
        content_of(uuid, "string")
        if not 0 < len(uuid) <= UUID_CHARS_MAX or not uuid.strip():
            raise InvalidInput(what=f"a uuid of {len(uuid)} characters names no record.")
        return uuid

    def _stamp(self, text: str, here: str) -> str:
        if not text:
            return ""
        try:
            return moment_of(text).text
        except InvalidInput as error:
            self._complain(here, f"a stamp was left out: {error.what}")
            return ""

    def kind(self, table: str, name: str) -> str:
        field = self._catalogue.field(table, name)
        return field.kind if field else ""

    def _require_single(self, raw: dict[str, Raw], here: str) -> None:
        if isinstance(raw, Twice):
            for key in raw.keys_lost:
                self._complain(here, f"{key!r} stands twice; the last one was taken.")

    def _complain(self, place: str, what: str) -> None:
        self.complain(place, what)

    def complain(self, place: str, what: str) -> None:
        self.problem_count += 1
        if len(self.problems) < DOCUMENT_PROBLEMS_MAX:
            self.problems.append(Problem(place, what))


class _Draft:
    """The fields of one row while they are read."""

    def __init__(self, reading: _Reading, table: str, here: str) -> None:
        self.fields: dict[str, Content] = {}
        self.files: dict[str, PendingFile] = {}
        self.emptied: set[str] = set()
        self.errors: dict[str, str] = {}
        self._reading = reading
        self._table = table
        self._here = here

    def value(self, key: str, raw: Raw) -> None:
        name = self._name(key)
        if not name:
            return
        kind = self._reading.kind(self._table, name)
        if isinstance(raw, dict):
            if error := raw.get("@error"):
                self.errors[name] = text_of(error)
            if kind in ("upload", "") and ("@filename" in raw or "@url" in raw):
                label = normal_text(text_of(raw.get("@filename")))[:LABEL_CHARS_MAX]
                self.files[name] = PendingFile(label, text_of(raw.get("@url")))
                return
            if "@value" in raw or "$" in raw:
                raw = raw.get("@value", raw.get("$"))
                raw = None if raw == CLEARED else raw
            elif kind != "json":
                strange = sorted(set(raw) - {"@error"})
                if strange:
                    self._complain(name, f"an object with {', '.join(strange)[:60]} is no value; left out.")
                    return
                raw = None
        self._assign(name, raw, kind)

    def reference(self, key: str, raw: Raw) -> None:
        name = self._name(key)
        if not name:
            return
        targets: list[Reference] = []
        is_list = isinstance(raw, list)
        for item in raw if isinstance(raw, list) else [raw]:
            try:
                found, several = self._targets(item, name)
            except InvalidInput as error:
                self._complain(name, f"the reference was left out: {error.what}")
                return
            targets.extend(found)
            is_list = is_list or several
        if not targets:
            self.emptied.add(name)
        elif is_list or self._reading.kind(self._table, name).startswith("list:"):
            self.fields[name] = in_order(list(targets))
        else:
            self.fields[name] = targets[0]

    def _targets(self, raw: Raw, name: str) -> tuple[list[Reference], bool]:
        """The records a reference names, and whether it may name several."""
        if raw is None or raw == "":
            return [], False
        if not isinstance(raw, dict):
            raise InvalidInput(what=f"{text_of(raw)[:40]!r} names no record.")
        if error := raw.get("@error"):
            self.errors[name] = text_of(error)
        table, uuid = text_of(raw.get("@resource")), raw.get("@uuid")
        if isinstance(uuid, str) and uuid.startswith("["):
            listed = content_of(uuid, "list:string")
            uuid = [canonical_text(one) for one in listed] if isinstance(listed, tuple) else uuid
        if uuid is None or uuid == "":
            if "@tuid" in raw or "@value" in raw:
                raise InvalidInput(what="it names its target by something else than a uuid.")
            return [], False
        if not 0 < len(table) <= NAME_CHARS_MAX:
            raise InvalidInput(what="it names no table.")
        uuids = uuid if isinstance(uuid, list) else [uuid]
        if not all(isinstance(one, str) for one in uuids):
            raise InvalidInput(what="its uuid is not a text.")
        return [Reference(table, self._reading.record_uuid(text_of(one))) for one in uuids], isinstance(uuid, list)

    def _assign(self, name: str, raw: Raw, kind: str) -> None:
        try:
            content = content_of(raw, kind)
        except InvalidInput as error:
            content = self._kept_as_text(name, raw, error)
            if content is None:
                return
        if content is None:
            self.emptied.add(name)
        else:
            self.fields[name] = content

    def _kept_as_text(self, name: str, raw: Raw, error: InvalidInput) -> Content | None:
        try:
            content = content_of(text_of(raw), "text")
        except InvalidInput:
            content = None
        self._complain(name, f"{error.what} It was {'left out' if content is None else 'kept as text'}.")
        return content

    def _name(self, key: str) -> str:
        name = normal_text(key)
        if not 0 < len(name) <= NAME_CHARS_MAX:
            self._complain(key[:40], "this is no name of a field; left out.")
            return ""
        if name in self.fields or name in self.emptied or name in self.files:
            self._complain(name, "the field stands twice; the first was taken.")
            return ""
        return name

    def _complain(self, name: str, what: str) -> None:
        self._reading.complain(f"{self._here}.{name}", what)


def _only_deleted(row: Row) -> Row:
    """A deleted row says no more than whose it was."""
    kept = {name: row.fields[name] for name in (MASTER, ALIAS) if name in row.fields}
    return replace(row, fields=kept, emptied=(), files={})


def derived_uuid(digest: bytes, table: str, index: int) -> str:
    """The uuid of a row whose document gives none (design, section 2.5): the same wherever the document is read.

    122 bits of a hash in the shape of a version-8 UUID (RFC 9562, section 5.8).
    """
    bits = bytearray(tagged_hash("row", digest, table.encode(), index.to_bytes(8, "big"))[:16])
    bits[6] = bits[6] & 0x0F | 0x80
    bits[8] = bits[8] & 0x3F | 0x80
    return f"urn:uuid:{UUID(bytes=bytes(bits))}"
