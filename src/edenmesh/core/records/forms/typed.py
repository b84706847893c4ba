"""From what a file, a server or a person wrote to a value of the kind a field has.

Total over what JSON can hold: either content, or None where it is empty (which means unset), or InvalidInput with
words. What Eden is known to normalise is normalised here, so that it never looks like a change: moments have whole
seconds in UTC and no zone, doubles the digits a double holds, items of a list no order and no repetition, text is
NFC. Raw numbers with a fraction come as `Decimal`, never as floating point.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from json import JSONDecodeError, dumps, loads
from typing import Final, TypeAlias

from edenmesh.core.encoding import normal_text
from edenmesh.core.limits import VERSION_ITEMS_MAX
from edenmesh.core.records.versions import Content, Date, DateTime, Decimal, Value, canonical_text, require_value
from edenmesh.errors import InvalidInput, RemoteProtocolError

Raw: TypeAlias = "str | int | bool | Decimal | list[Raw] | dict[str, Raw] | None"
"""A JSON value whose numbers with a fraction are `Decimal`."""

_TRUE: Final = frozenset(("true", "1", "yes", "on"))
_FALSE: Final = frozenset(("false", "0", "no", "off"))
_INTEGER_BITS: Final = 64


def content_of(raw: Raw, kind: str = "") -> Content | None:
    """The content a raw value means in a field of this kind, or None where it is empty.

    Without a kind the JSON type decides and text stays text. Raises InvalidInput where the value is not of the kind.
    """
    if raw is None or raw in ([], {}) or (isinstance(raw, str) and not raw.strip()):
        return None
    if kind.startswith("list:") or (not kind and isinstance(raw, list)):
        return _items(raw, kind.removeprefix("list:"))
    value = _READERS.get(kind, _text)(raw) if kind else _untyped(raw)
    if value == "":
        return None
    _check(value)
    return value


def text_of(raw: Raw) -> str:
    """A raw value as text, whatever it is: what is kept where it does not fit its field's kind."""
    if isinstance(raw, str):
        return _clean(raw)
    if isinstance(raw, list | dict):
        return _json_text(raw)
    return "" if raw is None else canonical_text(raw)


def moment_of(text: str) -> DateTime:
    """A moment in UTC to the second; without a zone it is UTC. Raises InvalidInput where it is none."""
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is not None:
            moment = moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInput(what=f"{_short(text)} is not a date and time.") from error
    return DateTime(moment.replace(tzinfo=None, microsecond=0).isoformat())


def in_order(items: list[Value]) -> tuple[Value, ...]:
    """The items of a list field as a field shows them: by canonical text, each once."""
    by_text = {canonical_text(item): item for item in items}
    return tuple(by_text[text] for text in sorted(by_text))


def _items(raw: Raw, kind: str) -> Content | None:
    if isinstance(raw, str):
        raw = _split(raw)
    listed = raw if isinstance(raw, list) else [raw]
    items: list[Value] = []
    for one in listed:
        content = None if isinstance(one, list) else content_of(one, kind)
        if isinstance(one, list) or isinstance(content, tuple):
            raise InvalidInput(what=f"{_short(one)} is a list within a list.")
        if content is not None:
            items.append(content)
    if len(items) > VERSION_ITEMS_MAX:
        raise InvalidInput(what=f"It has {len(items)} items; a list may have {VERSION_ITEMS_MAX}.")
    return in_order(items) or None


def _split(text: str) -> list[Raw]:
    """The items of a list written as text: a JSON array, or between bars as Eden's database writes it."""
    if text.startswith("["):
        try:
            items = loads(text, parse_float=Decimal.parse)
        except (JSONDecodeError, RecursionError, ValueError):
            items = None
        if isinstance(items, list):
            return items
    if len(text) > 1 and text.startswith("|") and text.endswith("|"):
        bars = text[1:-1].replace("||", "\0").split("|")
        return [one.replace("\0", "|") for one in bars]
    return [text]


def _untyped(raw: Raw) -> Value:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, int):
        return raw if raw.bit_length() < _INTEGER_BITS else Decimal.parse(str(raw))
    if isinstance(raw, Decimal):
        return _double(raw)
    return text_of(raw)


def _text(raw: Raw) -> Value:
    return text_of(raw)


def _integer(raw: Raw) -> Value:
    text = raw.text if isinstance(raw, Decimal) else raw
    if isinstance(text, str):
        try:
            number = Decimal.parse(text).text
            return int(number)
        except (InvalidInput, ValueError) as error:
            raise InvalidInput(what=f"{_short(text)} is not a whole number.") from error
    if isinstance(text, bool) or not isinstance(text, int):
        raise InvalidInput(what=f"{_short(raw)} is not a whole number.")
    return text


def _double(raw: Raw) -> Value:
    """A number as a double holds it, since that is what Eden gives back."""
    exact = _decimal(raw)
    if not isinstance(exact, Decimal):
        return exact
    return Decimal.parse(repr(float(exact.text)))


def _decimal(raw: Raw) -> Value:
    if isinstance(raw, Decimal):
        return raw
    if isinstance(raw, bool) or not isinstance(raw, int | str):
        raise InvalidInput(what=f"{_short(raw)} is not a number.")
    return Decimal.parse(str(raw))


def _boolean(raw: Raw) -> Value:
    if isinstance(raw, bool):
        return raw
    word = str(raw).strip().lower() if isinstance(raw, str | int) else ""
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise InvalidInput(what=f"{_short(raw)} is neither true nor false.")


def _day(raw: Raw) -> Value:
    if not isinstance(raw, str):
        raise InvalidInput(what=f"{_short(raw)} is not a date.")
    text = raw.strip()
    try:
        return Date(datetime.fromisoformat(text).date().isoformat())
    except ValueError as error:
        raise InvalidInput(what=f"{_short(text)} is not a date; write it as 2026-11-22.") from error


def _moment(raw: Raw) -> Value:
    if not isinstance(raw, str):
        raise InvalidInput(what=f"{_short(raw)} is not a date and time.")
    return moment_of(raw)


def _json(raw: Raw) -> Value:
    if not isinstance(raw, str):
        return _json_text(raw)
    try:
        return _json_text(loads(raw, parse_float=Decimal.parse))
    except (JSONDecodeError, RecursionError, ValueError, InvalidInput):
        return _clean(raw)


def _unfit(raw: Raw) -> Value:
    raise InvalidInput(what=f"{_short(raw)} names no record and no file.")


def _json_text(raw: Raw) -> str:
    """JSON with sorted keys and no spaces, so that equal objects have equal texts."""
    return _clean(dumps(_bare(raw), ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False))


def _bare(raw: Raw) -> object:
    if isinstance(raw, Decimal):
        return float(raw.text)
    if isinstance(raw, list):
        return [_bare(item) for item in raw]
    if isinstance(raw, Mapping):
        return {key: _bare(item) for key, item in raw.items()}
    return raw


def _clean(text: str) -> str:
    return normal_text(text)


def _check(value: Value) -> None:
    try:
        require_value(value)
        if isinstance(value, str) and not value.isascii():
            value.encode()
    except RemoteProtocolError as error:
        raise InvalidInput(what=error.what) from error
    except UnicodeEncodeError as error:
        raise InvalidInput(what="It holds half of a character (a lone surrogate).") from error


def _short(raw: Raw) -> str:
    text = repr(raw.text if isinstance(raw, Decimal) else raw)
    return text if len(text) <= 60 else f"{text[:57]}..."


_READERS: Final[Mapping[str, Callable[[Raw], Value]]] = {
    "integer": _integer,
    "double": _double,
    "decimal": _decimal,
    "boolean": _boolean,
    "date": _day,
    "datetime": _moment,
    "json": _json,
    "reference": _unfit,
    "objectkey": _unfit,
    "upload": _unfit,
}
