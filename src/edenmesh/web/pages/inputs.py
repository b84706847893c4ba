"""One field of a form on a screen: which control it has, what stands in it, and what was typed as the device takes it.

What a control holds is always a list of texts, so that typed and kept, drafted and shown are compared in one way. What
was not touched is not sent on: an edit changes what its writer changed and nothing that came meanwhile.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from edenmesh.core.records import Field
from edenmesh.errors import InvalidInput
from edenmesh.node import Device, Json
from edenmesh.web.pages.finding import Wanted, find
from edenmesh.web.pages.posting import Posted
from edenmesh.web.pages.wording import Shown, Wording, local_moment, moment_in_utc, record_address
from edenmesh.web.texts import Texts

_RADIOS_MAX: Final = 7
_FOUND_MAX: Final = 20
_FILE_KEYS: Final = ("file", "label", "media", "size")

TYPES: Final = {
    "date": "date",
    "datetime": "moment",
    "integer": "whole",
    "double": "number",
    "decimal": "number",
    "boolean": "yesno",
    "text": "long",
    "json": "long",
    "upload": "file",
    "reference": "reference",
    "objectkey": "reference",
}
"""Controls by kind of field; what is not here is one line of text."""


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to choose."""

    value: str
    label: str
    is_chosen: bool
    href: str = ""


@dataclass(frozen=True, slots=True)
class Input:
    """One control, ready to be drawn. `values` are the texts in it, `was` those that were in it when it was shown."""

    name: str
    field: str
    label: str
    control: str
    values: tuple[str, ...] = ()
    was: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    search: str = ""
    search_address: str = ""
    shown: Shown | None = None
    is_required: bool = False
    is_locked: bool = False
    note: str = ""

    @property
    def value(self) -> str:
        """The only text in it."""
        return self.values[0] if self.values else ""


class Inputs:
    """Makes controls from fields, and values from what was typed."""

    def __init__(self, device: Device, words: Wording, texts: Texts, table: str) -> None:
        self._device = device
        self._words = words
        self._texts = texts
        self._table = table

    def make(
        self, field: Field, prefix: str, value: Json, posted: Posted | None, *, default: str = "", note: str = ""
    ) -> Input:
        """The control of a field. `value` is what the record has, `posted` what was typed since, if anything."""
        name = f"{prefix}{field.name}"
        was = tuple(texts_of(field, value))
        if posted is not None and f"was.{name}" in posted:
            was = tuple(json_list(posted.text(f"was.{name}")))
        values = (
            tuple(typed(field, name, posted)) if posted is not None else was or tuple(texts_of(field, default or None))
        )
        control = control_of(field)
        search = posted.text(f"find.{name}") if posted is not None else ""
        return Input(
            name=name,
            field=field.name,
            label=self._words.field(self._table, field.name),
            control=control,
            values=values,
            was=was,
            options=self._options(field, control, values, search),
            search=search,
            search_address=f"{record_address(self._table, 'find')}?field={field.name}&name={name}",
            shown=self._shown(field, control, values),
            is_required=field.is_required,
            is_locked=field.is_locked,
            note=note,
        )

    def found(self, field: Field, chosen: Sequence[str], search: str) -> tuple[Option, ...]:
        """Records a reference may point to: those chosen, and those that a search finds."""
        options = {one: Option(one, self._named(one), is_chosen=True) for one in chosen if one}
        for table in self._targets(field):
            wanted = Wanted(text=search, limit=_FOUND_MAX)
            rows = find(self._device, table, wanted).rows
            for row in rows:
                value = f"{row.table}/{row.uuid}"
                options.setdefault(value, Option(value, row.label, is_chosen=False))
        return tuple(options.values())

    def _options(self, field: Field, control: str, values: Sequence[str], search: str) -> tuple[Option, ...]:
        if control in ("reference", "references"):
            return self.found(field, values, search)
        options = [Option(one.value, one.label or one.value, one.value in values) for one in field.options]
        if control == "yesno":
            options = [
                Option("true", self._texts("Yes"), "true" in values),
                Option("false", self._texts("No"), "false" in values),
            ]
        if control in ("one", "yesno") and not field.is_required:
            options.append(Option("", self._texts("No answer"), not any(values)))
        known = {one.value for one in options}
        return (*options, *(Option(one, one, is_chosen=True) for one in values if one and one not in known and options))

    def _shown(self, field: Field, control: str, values: Sequence[str]) -> Shown | None:
        if control == "file" or field.is_locked:
            return self._words.value(self._table, field.name, as_json(field, values)) if any(values) else Shown("empty")
        return None

    def _named(self, value: str) -> str:
        table, _, uuid = value.partition("/")
        return self._words.label(table, uuid.partition("#")[0])

    def _targets(self, field: Field) -> list[str]:
        known = self._words.catalogue.forms
        if field.kind != "objectkey":
            return list(field.targets)
        return [name for name, form in known.items() if form.table.supers.keys() & set(field.targets)]


def control_of(field: Field) -> str:
    """The name of the control a field is filled in with."""
    if field.is_list:
        return "references" if field.kind == "list:reference" else "many" if field.options else "lines"
    if field.options:
        return "one" if len(field.options) <= _RADIOS_MAX else "select"
    return TYPES.get(field.kind, "line")


def texts_of(field: Field, value: Json) -> list[str]:
    """What the control of a field holds for a value of the device's."""
    if value is None:
        return []
    if isinstance(value, list):
        return [text for one in value for text in texts_of(field, one)]
    if isinstance(value, dict):
        if "file" in value:
            return [json.dumps({key: value[key] for key in _FILE_KEYS if key in value}, sort_keys=True)]
        strand = value.get("strand")
        return [f"{value.get('table')}/{value.get('uuid')}" + (f"#{strand}" if strand else "")]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if field.kind == "datetime" and isinstance(value, str):
        return [local_moment(value)]
    return [value if isinstance(value, str) else json.dumps(value)]


def typed(field: Field, name: str, posted: Posted) -> list[str]:
    """What was typed into the control of a field, empty texts left out."""
    texts = posted.all(name)
    if control_of(field) == "lines":
        texts = [line for text in texts for line in text.split("\n")]
    if control_of(field) == "file" and posted.is_on(f"remove.{name}"):
        return []
    return [text.strip() if field.kind != "text" else text for text in texts if text.strip()]


def as_json(field: Field, texts: Sequence[str]) -> Json:
    """What was typed as the device takes it; None where that is nothing. Raises InvalidInput for a broken file."""
    if not texts:
        return None
    if field.is_list:
        return [_single(field, text) for text in texts]
    return _single(field, texts[-1])


def _single(field: Field, text: str) -> Json:
    if field.kind == "upload":
        try:
            told = json.loads(text)
        except ValueError as error:
            raise InvalidInput(what="This file is not known here.", do="Choose it once more.") from error
        return told if isinstance(told, dict) else None
    if "reference" in field.kind or field.kind == "objectkey":
        table, slash, rest = text.partition("/")
        uuid, _, strand = rest.partition("#")
        return {"table": table, "uuid": uuid, **({"strand": strand} if strand else {})} if slash else text
    return moment_in_utc(text) if field.kind == "datetime" else text


def json_list(text: str) -> list[str]:
    """A list of texts as a hidden field holds it."""
    try:
        told = json.loads(text or "[]")
    except ValueError:
        return []
    return [one for one in told if isinstance(one, str)] if isinstance(told, list) else []
