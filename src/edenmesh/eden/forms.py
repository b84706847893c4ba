"""Forms as an Eden server gives them: the list (`mobile/forms.json`) and one form each (`mform.json`).

What this program gives no meaning to, such as grids, logic of display and translations, stays with its field or
table as JSON text. The server gives the same form the same bytes, so the same form has the same hash everywhere.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from edenmesh.core.limits import FORM_BYTES_MAX, FORM_TABLES_MAX
from edenmesh.core.records import FORM_FORMAT, Component, Field, Form, Option, Raw, Table, content_of, text_of
from edenmesh.eden.jsontext import read_json
from edenmesh.errors import AnswerNotUnderstood, InvalidInput

_FIELD_KEYS: Final = frozenset(("type", "label", "options", "default", "required", "readable", "writable", "reftype"))
_TABLE_KEYS: Final = frozenset(("tablename", "schema", "types", "strings"))
_LOOKUP_KEYS: Final = ("n", "l", "t", "r")


class FormListing(NamedTuple):
    """One line of a server's form list: where its form is, and whether its records fill the selectors of others."""

    name: str
    title: str
    table: str
    controller: str
    function: str
    variables: str
    is_lookup: bool
    is_shown: bool


def decode_form_list(data: bytes) -> tuple[FormListing, ...]:
    """Read `mobile/forms.json`. Raises AnswerNotUnderstood where it is none."""
    raw = _read(data, "form list")
    if not isinstance(raw, list) or len(raw) > FORM_TABLES_MAX:
        raise AnswerNotUnderstood(what="The server's form list is not a list of forms.")
    return tuple(_listing(entry, index) for index, entry in enumerate(raw))


def decode_mform(data: bytes, listing: FormListing | None = None) -> Form:
    """Read an `mform.json`; the listing it was found by adds title and use.

    Raises AnswerNotUnderstood where it is none, InvalidInput where it exceeds what a form may have.
    """
    raw = _read(data, "form")
    main = raw.get("main") if isinstance(raw, dict) else None
    if not isinstance(raw, dict) or not isinstance(main, dict):
        raise AnswerNotUnderstood(what="The server's form has no main table.")
    table = _table(text_of(main.get("tablename")), main)
    references = [_table(text_of(name), one) for name, one in sorted(_object(raw.get("references")).items())]
    form = Form(
        components=[_component(alias, one) for alias, one in sorted(_object(raw.get("components")).items())],
        controller=text_of(raw.get("controller")),
        format=FORM_FORMAT,
        function=text_of(raw.get("function")),
        is_lookup=listing.is_lookup if listing else False,
        is_shown=listing.is_shown if listing else True,
        name=listing.name if listing else table.name,
        references=references,
        table=table,
        title=listing.title if listing else table.plural or table.name,
        variables=listing.variables if listing else "",
    )
    form.require_valid()
    return form


def field_of(name: str, raw: Raw) -> Field:
    """One field of an Eden schema. Raises InvalidInput where it is not described by an object with a type."""
    told = _object(raw)
    declared = text_of(told.get("type")).strip()
    if not declared:
        raise InvalidInput(what=f"The form's field {name} has no type.")
    kind, _, target = declared.partition(" ")
    targets = [target.strip()] if target.strip() else [text_of(one) for one in _list(told.get("reftype"))]
    widget = _object(told.get("widget"))
    carried = {key: value for key, value in told.items() if key not in _FIELD_KEYS}
    if set(widget) == {"type"}:
        carried.pop("widget")
    return Field(
        default=text_of(told.get("default")),
        is_hidden=told.get("readable") is False,
        is_locked=told.get("writable") is False,
        is_required=told.get("required") is True,
        kind=kind,
        label=text_of(told.get("label")),
        name=text_of(name),
        options=[_option(one, name) for one in _list(told.get("options"))],
        settings=_carried(carried),
        targets=targets,
        widget=text_of(widget.get("type")),
    )


def _read(data: bytes, what: str) -> Raw:
    if len(data) > FORM_BYTES_MAX:
        raise AnswerNotUnderstood(what=f"The server's {what} has {len(data)} bytes; {FORM_BYTES_MAX} are the most.")
    try:
        return read_json(data)
    except InvalidInput as error:
        raise AnswerNotUnderstood(what=f"The server's {what} is not understood: {error.what}") from error


def _listing(raw: Raw, index: int) -> FormListing:
    told = _object(raw)
    place = _object(told.get("r"))
    table = text_of(told.get("t"))
    controller, function = text_of(place.get("c")), text_of(place.get("f"))
    if not (table and controller and function):
        missing = ", ".join(key for key in _LOOKUP_KEYS if not told.get(key)) or "r.c or r.f"
        raise AnswerNotUnderstood(what=f"Entry {index + 1} of the server's form list has no {missing}.")
    name, variables = text_of(told.get("n")) or table, place.get("v")
    return FormListing(
        name=name,
        title=text_of(told.get("l")) or name,
        table=table,
        controller=controller,
        function=function,
        variables=text_of(variables) if variables else "",
        is_lookup=told.get("d") is True,
        is_shown=told.get("m") is not False,
    )


def _table(name: str, raw: Raw) -> Table:
    told = _object(raw)
    strings, schema = _object(told.get("strings")), _object(told.get("schema"))
    layout = _list(told.get("form"))
    order = [text_of(one) for one in layout if isinstance(one, str) and one in schema]
    names = dict.fromkeys([*order, *schema])
    carried = {key: value for key, value in told.items() if key not in _TABLE_KEYS and key != "data"}
    if all(isinstance(one, str) and one in schema for one in layout):
        carried.pop("form", None)
    return Table(
        fields=[field_of(field, schema[field]) for field in names],
        label=text_of(strings.get("label")),
        name=name,
        plural=text_of(strings.get("plural")),
        settings=_carried(carried),
        supers={text_of(entity): text_of(key) for entity, key in sorted(_object(told.get("types")).items())},
    )


def _component(alias: str, raw: Raw) -> Component:
    told = _object(raw)
    keys = {"schema", "types", "form", "settings"}
    return Component(
        alias=text_of(alias),
        is_multiple=told.get("multiple") is not False,
        joinby=text_of(told.get("joinby")),
        key=text_of(told.get("key")),
        label=text_of(told.get("label")),
        link=text_of(told.get("link")),
        pkey=text_of(told.get("pkey")),
        plural=text_of(told.get("plural")),
        table=_table(text_of(told.get("table")), {key: told[key] for key in keys if key in told}),
    )


def _option(raw: Raw, name: str) -> Option:
    if not isinstance(raw, list) or len(raw) != 2:
        raise InvalidInput(what=f"An option of the form's field {name} is not a pair of value and label.")
    content_of(raw[0], "text")
    return Option(text_of(raw[0]), text_of(raw[1]))


def _object(raw: Raw) -> Mapping[str, Raw]:
    return raw if isinstance(raw, dict) else {}


def _list(raw: Raw) -> list[Raw]:
    return raw if isinstance(raw, list) else []


def _carried(settings: Mapping[str, Raw]) -> str:
    """What is carried only, as JSON text; empty where there is nothing."""
    return text_of(dict(settings)) if settings else ""
