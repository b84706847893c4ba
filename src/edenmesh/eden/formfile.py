"""Forms from a file: our own format in TOML, described in docs/forms.md, or an `mform.json` saved from a server.

A person writes these files by hand, so nothing is guessed: an unknown key, a kind misspelt or a name used twice is
an error that says where it stands and what could stand there.
"""

import re
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final, NoReturn

from edenmesh.core.encoding import normal_text
from edenmesh.core.ids import parse_id
from edenmesh.core.limits import FORM_BYTES_MAX
from edenmesh.core.records import FORM_FORMAT, KINDS, RULES, Component, Field, Form, Option, Rule, Table
from edenmesh.eden.forms import decode_mform
from edenmesh.errors import AnswerNotUnderstood, InvalidInput

_FORM_KEYS: Final = frozenset(
    (
        "component",
        "controller",
        "field",
        "format",
        "function",
        "label",
        "lookup",
        "plural",
        "rule",
        "shown",
        "supers",
        "table",
        "title",
        "units",
    )
)
_FIELD_KEYS: Final = frozenset(
    ("default", "hidden", "label", "locked", "name", "options", "required", "restrictive", "type", "widget")
)
_COMPONENT_KEYS: Final = frozenset(
    (
        "alias",
        "field",
        "joinby",
        "key",
        "label",
        "link",
        "multiple",
        "pkey",
        "plural",
        "rule",
        "supers",
        "table",
        "units",
    )
)
_RULE_KEYS: Final = frozenset(("device", "field", "merge"))
_TARGETED: Final = frozenset(("reference", "list:reference", "objectkey"))
_TABLE_NAME: Final = re.compile(r"[a-z][a-z0-9]*_[a-z0-9_]+")
_FIELD_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_DO: Final = "Correct the form file, then add it again; docs/forms.md describes the format."


def read_form_file(data: bytes) -> Form:
    """Read a form file, whichever of the two it is. Raises InvalidInput, with the place, where it is neither."""
    if len(data) > FORM_BYTES_MAX:
        raise InvalidInput(what=f"The form file has {len(data)} bytes; {FORM_BYTES_MAX} are the most.", do=_DO)
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        try:
            return decode_mform(data)
        except AnswerNotUnderstood as error:
            raise InvalidInput(what=f"The file is no form saved from a server: {error.what}", do=_DO) from error
    try:
        told = tomllib.loads(data.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(what=f"The form file is not TOML: {error}.", do=_DO) from error
    except RecursionError as error:
        raise InvalidInput(what="The form file is nested deeper than any form needs.", do=_DO) from error
    form = _form(told)
    form.encode()
    return form


def _form(told: Mapping[str, object]) -> Form:
    _require_keys(told, _FORM_KEYS, "the form")
    if told.get("format") != FORM_FORMAT:
        _fail(f"it must begin with `format = {FORM_FORMAT}`")
    table = _table(told, "the form")
    controller, _, function = table.name.partition("_")
    return Form(
        components=[
            _component(one, f"component {number}") for number, one in enumerate(_tables(told, "component"), start=1)
        ],
        controller=_text(told, "controller", "the form") or controller,
        format=FORM_FORMAT,
        function=_text(told, "function", "the form") or function,
        is_lookup=_flag(told, "lookup", "the form", otherwise=False),
        is_shown=_flag(told, "shown", "the form", otherwise=True),
        name=table.name,
        table=table,
        title=_text(told, "title", "the form") or table.plural or table.name,
    )


def _component(told: Mapping[str, object], place: str) -> Component:
    _require_keys(told, _COMPONENT_KEYS, place)
    table = _table(told, place)
    alias = _text(told, "alias", place) or table.name.partition("_")[2]
    joinby = _text(told, "joinby", place)
    if not joinby:
        _fail(f"{place} ({table.name}) needs `joinby`, the field that points to its master")
    return Component(
        alias=alias,
        is_multiple=_flag(told, "multiple", place, otherwise=True),
        joinby=joinby,
        key=_text(told, "key", place),
        label=table.label,
        link=_text(told, "link", place),
        pkey=_text(told, "pkey", place),
        plural=table.plural,
        table=table,
    )


def _table(told: Mapping[str, object], place: str) -> Table:
    name = _text(told, "table", place)
    if not _TABLE_NAME.fullmatch(name):
        _fail(f"{place} needs `table`, a name such as org_facility, not {name!r}")
    fields = [_field(one, f"field {number} of {name}") for number, one in enumerate(_tables(told, "field"), start=1)]
    names = [field.name for field in fields]
    for field in names:
        if names.count(field) > 1:
            _fail(f"{name} has two fields named {field!r}")
    if not fields:
        _fail(f"{name} has no [[field]]")
    supers = told.get("supers", {})
    if not isinstance(supers, dict) or not all(isinstance(key, str) for key in supers.values()):
        _fail(f"`supers` of {name} must map super-entities to keys")
    return Table(
        fields=fields,
        label=_text(told, "label", place),
        name=name,
        plural=_text(told, "plural", place),
        rules=[_rule(one, names, name) for one in _tables(told, "rule")],
        supers=dict(sorted(supers.items())),
        units=_units(told.get("units", []), fields, name),
    )


def _units(told: object, fields: list[Field], table: str) -> list[list[str]]:
    known = {field.name: field for field in fields}
    units: list[list[str]] = []
    for unit in told if isinstance(told, list) else [told]:
        listed = unit if isinstance(unit, list) else []
        names = [one for one in listed if isinstance(one, str)]
        if len(names) < 2 or len(names) < len(listed) or len(set(names)) < len(names):
            _fail(f"a unit of {table} must be a list of two or more fields, each once")
        for name in names:
            if name not in known:
                _fail(f"a unit of {table} names {name!r}, which is none of its fields")
            if known[name].is_list:
                _fail(f"a unit of {table} names {name!r}, whose items are added and removed one by one")
        units.append(names)
    return units


def _rule(told: Mapping[str, object], names: list[str], table: str) -> Rule:
    place = f"a rule of {table}"
    _require_keys(told, _RULE_KEYS, place)
    field, merge = _text(told, "field", place), _text(told, "merge", place)
    if field not in names:
        _fail(f"{place} is about {field!r}, which is none of its fields")
    if merge not in RULES:
        _fail(f"{place} has the merge {merge!r}{_suggestion(merge, frozenset(RULES))}")
    try:
        device = parse_id("d", _text(told, "device", place))
    except InvalidInput as error:
        _fail(
            f"{place} needs `device`, the id of the device that applies it, as `edenmesh mesh` shows it: {error.what}"
        )
    return Rule(field, merge, device)


def _field(told: Mapping[str, object], place: str) -> Field:
    _require_keys(told, _FIELD_KEYS, place)
    name = _text(told, "name", place)
    if not _FIELD_NAME.fullmatch(name):
        _fail(f"{place} needs `name`, letters, digits and underscores, not {name!r}")
    kind, _, target = _text(told, "type", place).partition(" ")
    if kind not in KINDS:
        _fail(f"{place} ({name}) has the type {kind!r}{_suggestion(kind, KINDS)}")
    if (kind in _TARGETED) != bool(target.strip()):
        expected = f'"{kind} TABLE"' if kind in _TARGETED else f'"{kind}"'
        _fail(f"{place} ({name}) must have the type {expected}")
    return Field(
        default=_scalar(told.get("default", ""), f"the default of {name}"),
        is_hidden=_flag(told, "hidden", place, otherwise=False),
        is_locked=_flag(told, "locked", place, otherwise=False),
        is_required=_flag(told, "required", place, otherwise=False),
        kind=kind,
        label=_text(told, "label", place) or name,
        name=name,
        options=_options(told.get("options", []), name),
        restrictive=_restrictive(told.get("restrictive", []), name),
        targets=[target.strip()] if target.strip() else [],
        widget=_text(told, "widget", place),
    )


def _options(told: object, name: str) -> list[Option]:
    if not isinstance(told, list):
        _fail(f"the options of {name} must be a list")
    options = []
    for one in told:
        pair = one if isinstance(one, list) else [one, one]
        if len(pair) != 2:
            _fail(f"an option of {name} must be a value or a pair of value and label")
        options.append(Option(_scalar(pair[0], f"an option of {name}"), _scalar(pair[1], f"an option of {name}")))
    return options


def _restrictive(told: object, name: str) -> list[str]:
    values = told if isinstance(told, list) else [told]
    return [_scalar(one, f"a restrictive value of {name}") for one in values]


def _tables(told: Mapping[str, object], key: str) -> list[Mapping[str, object]]:
    listed = told.get(key, [])
    tables: list[Mapping[str, object]] = (
        [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    )
    if not isinstance(listed, list) or len(tables) != len(listed):
        _fail(f"write each {key} under a line [[{key}]]")
    return tables


def _text(told: Mapping[str, object], key: str, place: str) -> str:
    value = told.get(key, "")
    if not isinstance(value, str):
        _fail(f"`{key}` of {place} must be text in quotes")
    return normal_text(value).strip()


def _flag(told: Mapping[str, object], key: str, place: str, *, otherwise: bool) -> bool:
    value = told.get(key, otherwise)
    if not isinstance(value, bool):
        _fail(f"`{key}` of {place} must be true or false")
    return value


def _scalar(value: object, place: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int):
        _fail(f"{place} must be text in quotes, a whole number, true or false")
    return normal_text(str(value))


def _require_keys(told: Mapping[str, object], known: frozenset[str], place: str) -> None:
    for key in told:
        if key not in known:
            _fail(f"{place} has the key {key!r}{_suggestion(key, known)}")


def _suggestion(word: str, known: frozenset[str]) -> str:
    close = get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f", which is none of {', '.join(sorted(known))}"


def _fail(what: str) -> NoReturn:
    raise InvalidInput(
        what=f"The form file is refused: {what.rstrip('.?')}{'?' if what.endswith('?') else '.'}", do=_DO
    )
