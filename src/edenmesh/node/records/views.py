"""What a device tells of its records: frozen types with plain fields. Screens draw them, `plain` makes JSON of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum
from typing import TypeAlias

from edenmesh.core.ids import format_id
from edenmesh.core.records import Content, Date, DateTime, Decimal, File, Flag, Reference, Value

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

_FLAG_WORDS = {
    Flag.CONFLICT: "conflict",
    Flag.IDENTITY: "identity conflict",
    Flag.CONTESTED: "deleted and edited",
    Flag.DELETED: "deleted",
    Flag.WAITING: "waiting",
    Flag.QUARANTINED: "quarantined",
    Flag.NEWER: "from a newer version",
}


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """One value a field may have: what, by whom, when their clock said (milliseconds since 1970), in which version."""

    value: Json
    text: str
    by: str
    made: int
    op: str
    version: str


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field: the value shown, and all choices where no one has chosen yet."""

    value: Json
    text: str
    is_undecided: bool
    choices: tuple[ChoiceView, ...] = ()


@dataclass(frozen=True, slots=True)
class StrandView:
    """One strand of a record: normally the only one."""

    id: str
    fields: Mapping[str, FieldView]
    is_deleted: bool
    deleted_by: tuple[str, ...] = ()
    edited_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordView:
    """One record, whole. `flags` are words for what is open about it."""

    table: str
    uuid: str
    label: str
    flags: tuple[str, ...]
    strands: tuple[StrandView, ...]
    delivered_to: tuple[str, ...] = ()
    versions: int = 0


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One record in a list."""

    table: str
    uuid: str
    label: str
    flags: tuple[str, ...]
    fields: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TableRow:
    """One table: how many records, and how many of them have something to decide."""

    table: str
    label: str
    records: int
    open: int


def flag_words(flags: int) -> tuple[str, ...]:
    """Flags in words, for people."""
    return tuple(word for flag, word in _FLAG_WORDS.items() if flags & flag)


def content_json(content: Content | None) -> Json:
    """A content as JSON: numbers and truth values as such, references and files as objects, the rest as text."""
    if content is None:
        return None
    if isinstance(content, tuple):
        return [value_json(item) for item in content]
    return value_json(content)


def value_json(value: Value) -> Json:
    """One value as JSON."""
    if isinstance(value, Reference):
        target: dict[str, Json] = {"table": value.table, "uuid": value.uuid}
        if value.strand:
            target["strand"] = format_id("v", value.strand)
        return target
    if isinstance(value, File):
        return {"file": format_id("h", value.hash), "label": value.label, "media": value.media, "size": value.size}
    if isinstance(value, Decimal | Date | DateTime):
        return value.text
    return value


def content_words(content: Content | None) -> str:
    """A content in words for people."""
    if content is None:
        return "(empty)"
    if isinstance(content, tuple):
        return ", ".join(content_words(item) for item in content)
    if isinstance(content, bool):
        return "yes" if content else "no"
    if isinstance(content, Reference):
        return f"{content.table} {content.uuid}"
    if isinstance(content, File):
        return f"{content.label or 'a file'} ({content.size} bytes)"
    if isinstance(content, Decimal | Date | DateTime):
        return content.text
    return str(content)


def label_of(values: Mapping[str, Content], uuid: str) -> str:
    """What to call a record: its name, title or a person's names, else its uuid."""
    names = [content_words(values[name]) for name in ("first_name", "middle_name", "last_name") if name in values]
    if names:
        return " ".join(names)
    for name in ("name", "title", "label", "value"):
        if name in values:
            return content_words(values[name])
    return uuid


def plain(view: object) -> Json:
    """Any view as JSON."""
    if is_dataclass(view) and not isinstance(view, type):
        return {one.name: plain(getattr(view, one.name)) for one in fields(view)}
    if isinstance(view, Enum):
        return plain(view.value)
    if isinstance(view, Mapping):
        return {str(key): plain(value) for key, value in view.items()}
    if isinstance(view, tuple | list | set | frozenset):
        return [plain(item) for item in view]
    if isinstance(view, bytes):
        return view.hex()
    if view is None or isinstance(view, str | int | float | bool):
        return view
    return str(view)
