"""What a device tells of its records: frozen types with plain fields. Screens draw them, `plain` makes JSON of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum
from typing import Final, TypeAlias

from edenmesh.core.ids import format_id
from edenmesh.core.records import Content, Date, DateTime, Decimal, File, Flag, Reference, Value
from edenmesh.node.records.delivered import DeliveryView

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

WAITING: Final = "waiting"
PURGED: Final = "purged here, newer edit"
"""The word for a record of which only what came after a purge is here: it waits for nothing, but may be fetched."""
_FLAG_WORDS = {
    Flag.CONFLICT: "conflict",
    Flag.IDENTITY: "identity conflict",
    Flag.CONTESTED: "deleted and edited",
    Flag.QUESTION: "server gone back",
    Flag.DELETED: "deleted",
    Flag.WAITING: WAITING,
    Flag.QUARANTINED: "quarantined",
    Flag.NEWER: "from a newer version",
    Flag.AWAITED: "form awaited",
}
CONTRADICTING: Final = "contradicting decisions"
"""The word for a record about whose strands people have decided what cannot hold together."""


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """One value a field may have: what, by whom, when their clock said (milliseconds since 1970), in which version.

    `way` is how the value came: typed, import, server NAME, rule NAME.
    """

    value: Json
    text: str
    by: str
    made: int
    op: str
    version: str
    way: str = ""


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field: the value shown, and all choices where no one has chosen yet.

    `unit` are the fields decided as one with it: their choices stand in one order. `is_restrictive` says that, while
    nobody has chosen, the most restrictive of the values is shown.
    """

    value: Json
    text: str
    is_undecided: bool
    choices: tuple[ChoiceView, ...] = ()
    unit: tuple[str, ...] = ()
    is_restrictive: bool = False


@dataclass(frozen=True, slots=True)
class ActView:
    """That somebody did something, when their clock said, in which version; `text` says what, where it must."""

    by: str
    made: int
    version: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class StrandView:
    """One strand of a record: normally the only one. `heads` are what a decision made on what is shown here names."""

    id: str
    fields: Mapping[str, FieldView]
    is_deleted: bool
    deleted_by: tuple[str, ...] = ()
    edited_by: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()
    begun: ActView | None = None
    deletions: tuple[ActView, ...] = ()
    edits: tuple[ActView, ...] = ()


@dataclass(frozen=True, slots=True)
class OlderView:
    """A field of a server that has gone back: what it shows now, and what is shown here."""

    theirs: str
    ours: str


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A server that has gone back, as `seen` by somebody: it lost the record, or shows an older state of it."""

    server: str
    is_gone: bool
    seen: ActView
    differs: Mapping[str, OlderView]


@dataclass(frozen=True, slots=True)
class RecordView:
    """One record, whole. `flags` are words for what is open about it.

    `is_undecided`: a value shown may yet turn out another, as nobody has chosen. `heads` are what a decision names
    that is made on what is shown here. `keeper` is the strand offered to keep the uuid, where there are several.
    `deliveries` say where it stands at each server.
    """

    table: str
    uuid: str
    label: str
    flags: tuple[str, ...]
    strands: tuple[StrandView, ...]
    delivered_to: tuple[str, ...] = ()
    versions: int = 0
    is_undecided: bool = False
    heads: tuple[str, ...] = ()
    keeper: str = ""
    questions: tuple[QuestionView, ...] = ()
    contradictions: tuple[ActView, ...] = ()
    deliveries: tuple[DeliveryView, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One record in a list. `alternatives` are, for each field nobody has decided, all values it may have."""

    table: str
    uuid: str
    label: str
    flags: tuple[str, ...]
    fields: Mapping[str, Json] = field(default_factory=dict)
    is_undecided: bool = False
    alternatives: Mapping[str, tuple[Json, ...]] = field(default_factory=dict)


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
