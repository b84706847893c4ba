"""Rows to S3JSON bytes, in two dresses: a file for people and programs, and a push for a server.

In both, components are nested in their masters; a master that is not among the rows stands there with its uuid only,
which leaves its fields as they are. No address ever goes out: a server fetches any `@url` it is given. A push has no
stamps and no owners, so that the server sets its own, and is written around what Eden does with it (measured; see
docs/eden.md): it unescapes XML entities in plain texts, reads a text in `@value` as JSON, ignores an empty text
where the field is no text, and fails as a whole on a control character.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from json import dumps
from typing import Final, TypeAlias

from edenmesh.core.records import (
    ALIAS,
    MASTER,
    Catalogue,
    Content,
    Date,
    DateTime,
    Decimal,
    File,
    Form,
    Reference,
    Value,
    canonical_text,
    content_text,
)
from edenmesh.eden.decoding import CLEARED, REFERENCE, RESOURCE
from edenmesh.eden.row import Key, Problem, Row
from edenmesh.errors import InvalidInput

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json]"

_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no place for (section 2.2); Eden turns JSON into XML and answers 500 to the whole batch."""
_CONTROL: Final = "it holds a control character, which Sahana Eden cannot take."
_ENTITY: Final = re.compile("&(amp|lt|gt|apos|quot);")
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f"\\/]')
_TEXT_KINDS: Final = frozenset(("string", "text", "json"))
_FIXED_KINDS: Final = frozenset(("date", "datetime", "upload"))
"""Kinds of field that nothing sent to Eden's data address can empty."""


def encode_document(rows: Iterable[Row]) -> bytes:
    """A document for a file: with stamps and attributes, numbers and truth values as JSON has them."""
    return _encode(_nested(rows, _file_object))


def encode_push(rows: Iterable[Row], forms: Mapping[str, Form] | Catalogue | None = None) -> bytes:
    """A document for a server: what these rows say, as EdenMobile sends it.

    Raises InvalidInput where a row holds what the server cannot take; `deliverable` tells before.
    """
    catalogue = Catalogue.of(forms)

    def render(row: Row) -> dict[str, Json]:
        kept, problems = deliverable(row, catalogue)
        if problems:
            raise InvalidInput(what=f"{row.table} {row.uuid} cannot be sent as it is: {problems[0]}")
        return _push_object(kept, catalogue)

    return _encode(_nested(rows, render))


def deliverable(row: Row, forms: Mapping[str, Form] | Catalogue | None = None) -> tuple[Row, tuple[Problem, ...]]:
    """The row without what an Eden server cannot take, and in words what that is.

    Left out are texts with control characters, the emptying of dates and files, and files that are not here yet. A
    problem with `uuid` means that the row cannot go at all.
    """
    catalogue = Catalogue.of(forms)
    problems: list[Problem] = []
    if _FORBIDDEN.search(row.uuid):
        problems.append(Problem("uuid", f"{_CONTROL} The whole record stays here."))
    fields = dict(row.fields)
    for name, content in row.fields.items():
        if not row.is_deleted and _FORBIDDEN.search(f"{name}{content_text(content)}"):
            problems.append(Problem(name, _CONTROL))
            del fields[name]
    fixed = [name for name in row.emptied if _kind(catalogue, row.table, name) in _FIXED_KINDS]
    problems.extend(Problem(name, "Sahana Eden has no way to empty a date or a file from outside.") for name in fixed)
    problems.extend(Problem(name, "its file is not on this device yet.") for name in row.files)
    emptied = tuple(name for name in row.emptied if name not in fixed)
    return replace(row, fields=fields, emptied=emptied, files={}), tuple(problems)


def file_name(file: File) -> str:
    """The name under which a file goes out: its label without what a multipart header or a path would stumble on."""
    return _UNSAFE.sub("_", file.label).strip(". ") or f"{file.hash.hex()[:16]}.bin"


def _nested(rows: Iterable[Row], render: Callable[[Row], dict[str, Json]]) -> dict[str, Json]:
    """The document's tree: each row below the row of its master that went before, else below any, else a bare one."""
    tree: dict[str, Json] = {}
    placed: dict[Key, dict[str, Json]] = {}

    def place(row: Row, inside: dict[str, Json]) -> None:
        siblings = inside.setdefault(f"{RESOURCE}{row.table}", [])
        rendered = render(row)
        if isinstance(siblings, list):
            siblings.append(rendered)
        placed[row.key] = rendered

    waiting: list[Row] = []
    for row in rows:
        if row.master is None:
            place(row, tree)
        elif row.master in placed:
            place(row, placed[row.master])
        else:
            waiting.append(row)
    while waiting:
        later: list[Row] = []
        for row in waiting:
            if row.master in placed:
                place(row, placed[row.master])
            else:
                later.append(row)
        if len(later) == len(waiting):
            table, uuid = later[0].master or later[0].key
            place(Row(table=table, uuid=uuid), tree)
        waiting = later
    return tree


def _encode(tree: dict[str, Json]) -> bytes:
    return dumps(tree, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _file_object(row: Row) -> dict[str, Json]:
    rendered = _named_object(row)
    stamps = {"@created_on": row.created_on, "@modified_on": row.modified_on}
    rendered.update({key: stamp for key, stamp in stamps.items() if stamp})
    rendered.update({f"@{key}": text for key, text in row.attributes.items()})
    for name, content in row.fields.items():
        if isinstance(content, Reference | tuple) and name not in (MASTER, ALIAS) and _references(content):
            rendered[f"{REFERENCE}{name}"] = _reference(content)
        elif name not in (MASTER, ALIAS):
            rendered[name] = _file_value(content)
    rendered.update(dict.fromkeys(row.emptied, ""))
    rendered.update({name: {"@filename": file.label} for name, file in row.files.items()})
    return rendered


def _push_object(row: Row, catalogue: Catalogue) -> dict[str, Json]:
    rendered = _named_object(row)
    if row.is_deleted:
        return rendered
    for name, content in row.fields.items():
        if name in (MASTER, ALIAS):
            continue
        if isinstance(content, Reference | tuple) and _references(content):
            rendered[f"{REFERENCE}{name}"] = _reference(content)
        else:
            rendered[name] = _push_value(content)
    for name in row.emptied:
        rendered[name] = "" if _kind(catalogue, row.table, name) in _TEXT_KINDS else {"@value": CLEARED}
    return rendered


def _named_object(row: Row) -> dict[str, Json]:
    rendered: dict[str, Json] = {"@uuid": row.uuid} if row.is_named else {}
    if row.is_deleted:
        rendered["@deleted"] = "true"
    if row.replaced_by:
        rendered["@replaced_by"] = row.replaced_by
    if alias := row.fields.get(ALIAS):
        rendered["@alias"] = content_text(alias)
    return rendered


def _file_value(content: Content) -> Json:
    if isinstance(content, tuple):
        return {"@value": [_plain(item) for item in content]}
    if isinstance(content, str | Date | DateTime):
        return canonical_text(content)
    if isinstance(content, File):
        return {"@filename": file_name(content)}
    return {"@value": _plain(content)}


def _push_value(content: Content) -> Json:
    if isinstance(content, tuple):
        return {"@value": [item if isinstance(item, int) else canonical_text(item) for item in content]}
    if isinstance(content, str):
        return content.replace("&", "&amp;") if _ENTITY.search(content) else content
    if isinstance(content, Date | DateTime):
        return content.text
    if isinstance(content, File):
        return {"@filename": file_name(content)}
    return {"@value": canonical_text(content)}


def _plain(value: Value) -> Json:
    """A value as JSON has it; a number with more digits than a double holds stays text."""
    if isinstance(value, bool | int):
        return value
    if isinstance(value, Decimal):
        number = float(value.text)
        return number if Decimal.parse(repr(number)) == value else value.text
    return canonical_text(value)


def _references(content: Reference | tuple[Value, ...]) -> bool:
    return isinstance(content, Reference) or all(isinstance(item, Reference) for item in content)


def _reference(content: Reference | tuple[Value, ...]) -> Json:
    if isinstance(content, Reference):
        return {"@resource": content.table, "@uuid": content.uuid}
    items = [item for item in content if isinstance(item, Reference)]
    tables = sorted({item.table for item in items})
    if len(tables) == 1:
        return {"@resource": tables[0], "@uuid": dumps([item.uuid for item in items])}
    return [{"@resource": item.table, "@uuid": item.uuid} for item in items]


def _kind(catalogue: Catalogue, table: str, name: str) -> str:
    field = catalogue.field(table, name)
    return field.kind if field else ""
