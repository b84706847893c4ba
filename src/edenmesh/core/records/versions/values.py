"""What one field of a record may hold, and when two values are equal.

Text, whole numbers and booleans are Python's own; the rest are small structs with a tag. A list field holds items
that are each one of these. There is no floating-point number: decimals travel as text. Two values are equal when
their canonical texts are (design, section 2.2): 1999 equals "1999", a file equals its content, empty equals unset.

`gc=False`: values form no cycles, and watching those of a first sync would cost a third of the time it takes.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal as Number
from decimal import InvalidOperation
from json import dumps
from typing import Annotated, Any, Final, TypeAlias

import msgspec
from msgspec import Meta

from edenmesh.core.encoding import is_normal
from edenmesh.core.ids import ID_BYTES, Id
from edenmesh.core.limits import INTEGER_MAX, INTEGER_MIN, LABEL_CHARS_MAX, NAME_CHARS_MAX, UUID_CHARS_MAX
from edenmesh.errors import InvalidInput

_DECIMAL: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?")
_NOT_NORMAL: Final = "a text in it is not in Unicode normalization form C"


class Decimal(msgspec.Struct, frozen=True, gc=False, tag="decimal", tag_field="$"):
    """A number with a fraction, as plain text without exponent or trailing zeros: `-0.5`, `12`."""

    text: str

    @classmethod
    def parse(cls, text: str) -> "Decimal":
        """Read a number as people and JSON write it, exponent included.

        Raises InvalidInput where the text is not a finite number.
        """
        try:
            number = Number(text.strip())
        except InvalidOperation as error:
            raise InvalidInput(what=f"{text!r} is not a number.") from error
        plain = ""
        if number.is_finite() and abs(number.adjusted()) <= _DECIMAL_DIGITS_MAX:
            plain = f"{number:f}"
        if "." in plain:
            plain = plain.rstrip("0").rstrip(".")
        decimal = cls("0" if plain == "-0" else plain)
        # Python reads more than others write: underscores between digits, and digits of all the world's scripts.
        if not text.isascii() or "_" in text or _decimal_problem(decimal):
            raise InvalidInput(what=f"{text!r} is not a number this program can hold.")
        return decimal


class Date(msgspec.Struct, frozen=True, gc=False, tag="date", tag_field="$"):
    """A calendar day, `2026-11-22`, without a time zone."""

    text: str


class DateTime(msgspec.Struct, frozen=True, gc=False, tag="datetime", tag_field="$"):
    """A moment in UTC to the second, `2026-11-22T22:24:22` (Eden keeps no fraction and writes no zone)."""

    text: str


class Reference(msgspec.Struct, frozen=True, gc=False, tag="reference", tag_field="$", omit_defaults=True):
    """A pointer to a record; `strand` is the id of the strand's first version where the writer knew two.

    It is encoded as `version`, so that the fields stand in key order.
    """

    table: str
    uuid: str
    strand: Id = msgspec.field(default=b"", name="version")


class File(msgspec.Struct, frozen=True, gc=False, tag="file", tag_field="$", omit_defaults=True):
    """A file by content: SHA-256, size in bytes, media type and the name it had, which is a label only."""

    hash: bytes
    label: Annotated[str, Meta(min_length=1)] = ""
    media: Annotated[str, Meta(min_length=1)] = ""
    size: Annotated[int, Meta(ge=1)] = 0


_DECIMAL_DIGITS_MAX: Final = 64

Integer: TypeAlias = Annotated[int, msgspec.Meta(ge=INTEGER_MIN, le=INTEGER_MAX)]
Value: TypeAlias = str | Integer | bool | Decimal | Date | DateTime | Reference | File
"""One assigned value, or one item of a list field."""

Content: TypeAlias = Value | tuple[Value, ...]
"""What a field shows: one value, or the items of a list field in canonical order."""


def canonical_text(value: Value) -> str:
    """The text by which values are compared and hashed."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Reference):
        text = f"{value.table}:{value.uuid}"
        return f"{text}#{value.strand.hex()}" if value.strand else text
    if isinstance(value, File):
        return value.hash.hex()
    return value.text


def content_text(content: Content) -> str:
    """Canonical text of a whole field: of a list, the JSON array of its items' texts in order."""
    if isinstance(content, tuple):
        return dumps(sorted(canonical_text(item) for item in content), ensure_ascii=False, separators=(",", ":"))
    return canonical_text(content)


def require_value(value: Value) -> None:
    """Raise InvalidInput unless the value is one this program may write or accept.

    An empty text is refused: empty means unset, and a field is emptied by `unset`.
    """
    problem = _PROBLEMS[type(value)](value)
    if problem:
        raise InvalidInput(what=f"A value cannot be kept: {problem}.")


def _text_problem(value: str) -> str:
    if not value:
        return "it is empty; unset the field instead"
    return "" if is_normal(value) else _NOT_NORMAL


def _boolean_problem(value: bool) -> str:
    return ""


def _integer_problem(value: int) -> str:
    return "" if INTEGER_MIN <= value <= INTEGER_MAX else "the number needs more than 64 bits"


def _decimal_problem(value: Decimal) -> str:
    well = _DECIMAL.fullmatch(value.text) and value.text != "-0" and len(value.text) <= 2 * _DECIMAL_DIGITS_MAX
    return "" if well else "the decimal is not in canonical form"


def _date_problem(value: Date) -> str:
    return "" if _is_day(value.text) else "the date is not YYYY-MM-DD"


def _datetime_problem(value: DateTime) -> str:
    return "" if _is_moment(value.text) else "the moment is not YYYY-MM-DDTHH:MM:SS"


def _reference_problem(value: Reference) -> str:
    if not (is_normal(value.table) and is_normal(value.uuid)):
        return _NOT_NORMAL
    if not 0 < len(value.table) <= NAME_CHARS_MAX or not 0 < len(value.uuid) <= UUID_CHARS_MAX:
        return "the reference names no table or uuid of a possible length"
    return "" if len(value.strand) in (0, ID_BYTES) else "the reference names no possible strand"


def _file_problem(value: File) -> str:
    if not (is_normal(value.label) and is_normal(value.media)):
        return _NOT_NORMAL
    if len(value.hash) != ID_BYTES or not 0 <= value.size <= INTEGER_MAX:
        return "the file names no possible content"
    return "" if max(len(value.label), len(value.media)) <= LABEL_CHARS_MAX else "the file's label is too long"


def _is_day(text: str) -> bool:
    # `fromisoformat` takes more forms than one; length and separators leave only this one.
    try:
        return len(text) == len("2026-11-22") and text[4::3] == "--" and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _is_moment(text: str) -> bool:
    try:
        return len(text) == len("2026-11-22T22:24:22") and text[4::3] == "--T::" and bool(datetime.fromisoformat(text))
    except ValueError:
        return False


_PROBLEMS: Final[dict[type, Callable[[Any], str]]] = {
    str: _text_problem,
    bool: _boolean_problem,
    int: _integer_problem,
    Decimal: _decimal_problem,
    Date: _date_problem,
    DateTime: _datetime_problem,
    Reference: _reference_problem,
    File: _file_problem,
}
"""By exact type, because every value of every version received passes here."""
