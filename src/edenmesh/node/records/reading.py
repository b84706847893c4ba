"""Values as people and programs hand them in, to contents: typed by the form of the table where one is known."""

import re
from collections.abc import Container, Mapping
from difflib import get_close_matches
from typing import Final

from edenmesh.core.ids import parse_id
from edenmesh.core.limits import NAME_CHARS_MAX
from edenmesh.core.records import (
    ALIAS,
    MASTER,
    Catalogue,
    Content,
    Decimal,
    Field,
    File,
    Raw,
    Reference,
    content_of,
    in_order,
)
from edenmesh.errors import InvalidInput
from edenmesh.node.records.views import Json

_STRAND_MARK: Final = "#v-"
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_FIELDS_NAMED: Final = 12


def read_values(
    table: str,
    values: Mapping[str, Json],
    catalogue: Catalogue,
    *,
    known: Container[str] = (),
    is_closed: bool = False,
) -> dict[str, Content | None]:
    """Contents by field name; None empties a field. `known` are the fields the record has, whatever they are called.

    Raises InvalidInput, naming the field, where a value is not of its field's kind or not among its options; and where
    `is_closed`, as the forms say which fields there are, for a field none of them has: it was mistyped.
    """
    contents: dict[str, Content | None] = {}
    for name, value in values.items():
        if name not in known and not (_NAME.fullmatch(name.removeprefix("$")) and len(name) <= NAME_CHARS_MAX):
            raise InvalidInput(
                what=f"{name[:NAME_CHARS_MAX]!r} is no name of a field.", do="Write it as Eden does, such as name."
            )
        field = catalogue.field(table, name)
        if is_closed and field is None and name not in known and name not in _always(table, catalogue):
            raise _unknown(table, name, catalogue)
        try:
            contents[name] = content = _read(value, field)
        except InvalidInput as error:
            raise InvalidInput(what=f"The field {name} cannot take this: {error.what}", do=error.do) from error
        if field is not None:
            _require_option(name, content, field)
    return contents


def _always(table: str, catalogue: Catalogue) -> set[str]:
    """Fields a record may have whatever its form says: what it belongs to, and the keys it is joined by."""
    joined = {one.component.joinby for one in catalogue.memberships(table)}
    return {MASTER, ALIAS, *catalogue.super_keys(table), *joined}


def _unknown(table: str, name: str, catalogue: Catalogue) -> InvalidInput:
    fields = catalogue.fields(table)
    near = get_close_matches(name, fields, n=1) or [one for one in fields if fields[one].label.lower() == name.lower()]
    listed = ", ".join(list(fields)[:_FIELDS_NAMED])
    return InvalidInput(
        what=f"There is no field {name} in the form of {table}.",
        kept="Nothing was changed.",
        do=f"Did you mean {near[0]!r}?" if near else f"Use one of its fields: {listed}.",
    )


def require_table(table: str) -> None:
    """Raise InvalidInput where no table of Sahana Eden can be called so."""
    if not (_NAME.fullmatch(table) and len(table) <= NAME_CHARS_MAX):
        raise InvalidInput(
            what=f"{table[:NAME_CHARS_MAX]!r} is no name of a table.", do="Write it as Eden does, such as org_facility."
        )


def require_fields(table: str, values: Mapping[str, Content | None], catalogue: Catalogue) -> None:
    """Raise InvalidInput where a new record lacks a field its form requires."""
    form = catalogue.form(table)
    for field in form.table.fields if form is not None else ():
        if field.is_required and values.get(field.name) is None and not field.default:
            raise InvalidInput(
                what=f"The field {field.name} ({field.label or field.name}) is required for {table}.",
                do=f"Give it a value, for example {field.name}=...",
            )


def _read(value: Json, field: Field | None) -> Content | None:
    kind = field.kind if field is not None else ""
    if isinstance(value, dict):
        return _object(value)
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        items = [_object(item) if isinstance(item, dict) else _scalar(item, "") for item in value]
        return in_order([item for item in items if item is not None])
    if kind in ("reference", "objectkey") and isinstance(value, str) and value:
        return _reference(value, field)
    if kind == "upload" and isinstance(value, str) and value:
        raise InvalidInput(what="A file is attached by its content, not by its name.", do="Write field=@PATH.")
    return content_of(_raw(value), kind)


def _scalar(value: Json, kind: str) -> Reference | File | str | int | bool | None:
    content = content_of(_raw(value), kind)
    if isinstance(content, str | int | bool | Reference | File):
        return content
    return None if content is None else str(content)


def _object(value: Mapping[str, Json]) -> Reference | File:
    table, uuid, file, strand = value.get("table"), value.get("uuid"), value.get("file"), value.get("strand")
    if isinstance(table, str) and isinstance(uuid, str):
        return Reference(table, uuid, parse_id("v", strand) if isinstance(strand, str) and strand else b"")
    if isinstance(file, str):
        size, label, media = value.get("size"), value.get("label"), value.get("media")
        return File(
            parse_id("h", file),
            label if isinstance(label, str) else "",
            media if isinstance(media, str) else "",
            size if isinstance(size, int) else 0,
        )
    raise InvalidInput(what="An object must name a record by table and uuid, or a file.")


def _reference(text: str, field: Field | None) -> Reference:
    """TABLE/UUID, or the uuid alone where the field has one target; #STRAND after it where two records share it."""
    place, mark, strand = text.rpartition(_STRAND_MARK)
    text, first = (place, parse_id("v", f"v-{strand}")) if mark else (text, b"")
    table, slash, uuid = text.partition("/")
    if slash:
        return Reference(table, uuid, first)
    targets = field.targets if field is not None else []
    if len(targets) == 1:
        return Reference(targets[0], text, first)
    raise InvalidInput(what=f"{text!r} does not say which table it refers to.", do="Write TABLE/UUID.")


def _require_option(name: str, content: Content | None, field: Field) -> None:
    if content is None or not field.options:
        return
    allowed = {option.value for option in field.options}
    for item in content if isinstance(content, tuple) else (content,):
        if str(item) not in allowed and (str(item).lower() not in allowed):
            words = ", ".join(f"{option.value} ({option.label})" for option in field.options[:12])
            raise InvalidInput(what=f"The field {name} has no option {item!r}.", do=f"Choose one of: {words}.")


def _raw(value: Json) -> Raw:
    if isinstance(value, float):
        return Decimal.parse(repr(value))
    if isinstance(value, list):
        return [_raw(item) for item in value]
    return value if isinstance(value, str | int | bool) else None
