"""What tables, fields and values are called on a screen: by the forms held here, else by the names Eden gives them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from edenmesh.core.ids import FileHash, parse_id
from edenmesh.core.records import ALIAS, MASTER, Catalogue, Component, Field, Form
from edenmesh.errors import EdenmeshError, InvalidInput
from edenmesh.node import Device, Json
from edenmesh.web.texts import Texts

_LONG_CHARS: Final = 80
_PHOTOS: Final = ("image/jpeg", "image/png", "image/webp", "image/gif")


@dataclass(frozen=True, slots=True)
class Shown:
    """One value as a screen shows it. Kinds: empty, text, link, photo, file, absent (a file not here), items."""

    kind: str
    text: str = ""
    href: str = ""
    items: tuple["Shown", ...] = ()


def record_address(table: str, uuid: str, then: str = "") -> str:
    """The screen of a record."""
    return f"/data/{quote(table, safe='')}/{quote(uuid, safe=':')}{then}"


def table_address(table: str) -> str:
    """The screen of a table's records."""
    return f"/data/{quote(table, safe='')}"


class Wording:
    """Words for one device's tables, in the language of one reader."""

    def __init__(self, device: Device, texts: Texts) -> None:
        self._device = device
        self._texts = texts
        self.catalogue: Final[Catalogue] = device.records.catalogue()

    def form(self, table: str) -> Form | None:
        """The form people enter records of the table with."""
        return self.catalogue.form(table)

    def component(self, table: str) -> Component | None:
        """How rows of a table belong to another, where they do."""
        return next((one.component for one in self.catalogue.memberships(table)), None)

    def table(self, table: str) -> str:
        """What the records of a table are called together."""
        form = self.form(table)
        if form is not None:
            return form.title or form.table.plural or form.table.label or _spoken(table)
        part = self.component(table)
        return (part.plural or part.label or _spoken(table)) if part is not None else _spoken(table)

    def one(self, table: str) -> str:
        """What one record of the table is called."""
        form = self.form(table)
        return (form.table.label if form is not None else "") or self.table(table)

    def field(self, table: str, name: str) -> str:
        """What a field is called."""
        if name == MASTER:
            return self._texts("Belongs to")
        known = self.catalogue.field(table, name)
        return (known.label if known is not None else "") or _spoken(name, is_field=True)

    def fields(self, table: str) -> Mapping[str, Field]:
        """The fields of a table, in the order of its form."""
        return self.catalogue.fields(table)

    def order(self, table: str, names: Mapping[str, object]) -> list[str]:
        """Names of fields in the order of the form, those it does not have at the end."""
        known = self.fields(table)
        shown = [name for name in known if name in names and not known[name].is_hidden]
        return [*shown, *sorted(name for name in names if name not in known and name != ALIAS)]

    # --- values -------------------------------------------------------------------------------------------------------

    def value(self, table: str, name: str, value: Json) -> Shown:
        """A value as it is shown."""
        field = self.catalogue.field(table, name)
        if value is None or value == []:
            return Shown("empty")
        if isinstance(value, list):
            return Shown("items", items=tuple(self._single(field, one) for one in value))
        return self._single(field, value)

    def text(self, table: str, name: str, value: Json) -> str:
        """A value in one line."""
        shown = self.value(table, name, value)
        return ", ".join(one.text for one in shown.items) if shown.items else shown.text

    def label(self, table: str, uuid: str) -> str:
        """What a record is called; its uuid where it is not here."""
        try:
            return self._device.record(table, uuid).label
        except EdenmeshError:
            return uuid

    def _single(self, field: Field | None, value: Json) -> Shown:
        if isinstance(value, dict):
            return self._object(value)
        if isinstance(value, bool):
            return Shown("text", self._texts("Yes") if value else self._texts("No"))
        text = value if isinstance(value, str) else json.dumps(value)
        if field is not None:
            for option in field.options:
                if option.value == text:
                    return Shown("text", option.label or text)
            if field.kind == "datetime":
                return Shown("text", local_moment(text).replace("T", " "))
        return Shown("text", text)

    def _object(self, value: Mapping[str, Json]) -> Shown:
        table, uuid = value.get("table"), value.get("uuid")
        if isinstance(table, str) and isinstance(uuid, str):
            return Shown("link", self.label(table, uuid), record_address(table, uuid))
        label, media, file = value.get("label"), value.get("media"), value.get("file")
        name = label if isinstance(label, str) and label else self._texts("A file")
        if not isinstance(file, str) or not is_here(self._device, file):
            return Shown("absent", name)
        return Shown("photo" if media in _PHOTOS else "file", name, f"/photos/{file}")


def is_here(device: Device, file: str) -> bool:
    """Whether a file is on this device whole."""
    try:
        return device.files.size(FileHash(parse_id("h", file))) is not None
    except InvalidInput:
        return False


def local_moment(text: str) -> str:
    """A moment in UTC as the clock of this place says it; what is none stays as it is."""
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return text
    return moment.astimezone().replace(tzinfo=None).isoformat(timespec="minutes" if not moment.second else "seconds")


def moment_in_utc(text: str) -> str:
    """A moment of this place's clock in UTC; what is none stays as it is, for the engine to refuse in words."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return text


def _spoken(name: str, *, is_field: bool = False) -> str:
    """A name of Eden's as a person would say it: `org_facility` is a facility."""
    words = name.partition("_")[2] or name if not is_field else name
    return words.replace("_", " ").strip().capitalize() or name
