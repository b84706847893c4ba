"""One value of one field: what the server makes of it on the way in, and how it shows it on the way out.

On the way in the server is odd in ways a client must know, and all are kept here. A value under `@value` is
read as JSON first, also for text, so the text `1.50` sent so becomes `1.5`; a plain one is taken as it is,
with XML entities resolved. `null` is the text `None`. An empty string clears text only: for every other kind
it means "not given". Two quotation marks under `@value`, which is JSON for an empty string, clear numbers, truth
values and references; nothing clears a date or a choice. Text is never trimmed, but telephone numbers and web
addresses are rewritten.
"""

import json
import math
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import cast
from xml.sax.saxutils import unescape

from edenmesh.standin.s3json import Json, Node
from edenmesh.standin.schema import Field, Key, Refused, Value

_ENTITIES = {"&apos;": "'", "&quot;": '"'}
_STAMP = "%Y-%m-%dT%H:%M:%S"
_LEFT_TO_RIGHT = "\u200e"
_PHONE = r"\+?[\d\s().-]+(?: (?:x|ext)\s?\d{1,5})?"
_LONGEST_STRING, _LONGEST_TEXT = 512, 32768


def read(field: Field, node: Node) -> Value | None:
    """Read what a record says of a field; None means that it says nothing.

    Leaves in the node what the server echoes when it rejects the record. Raises `Refused`.
    """
    raw, is_json = node.attributes.get("value"), True
    if raw is None:
        raw = unescape(node.text, _ENTITIES) if node.text else node.text
        is_json = not field.is_text
    if field.is_text:
        raw = raw or ""
    elif not raw:
        return None
    try:
        if field.kind in ("date", "datetime"):
            moment = "None"
            try:
                value = _read_moment(field, raw)
                moment = str(value)
            finally:
                node.attributes["value"] = moment
            return value
        given = _read_json(raw) if is_json and raw else raw
        node.attributes["value"] = str(given)
        return _check(field, given)
    except Refused as refusal:
        node.attributes["error"] = f"{field.name}: {refusal}"
        raise


def is_cleared(field: Field, node: Node) -> bool:
    """Whether a record empties a field that is no text."""
    is_fixed = field.is_text or field.options or field.kind in ("date", "datetime", "upload")
    return node.attributes.get("value") == '""' and not is_fixed


def read_stamp(text: str) -> datetime:
    """Read a time stamp, in UTC and whole seconds. Raises `Refused`."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"Invalid date/time string: {text} (<class 'str'>)") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)


def show_stamp(moment: datetime) -> str:
    """Write a time stamp as exports have it."""
    return moment.strftime(_STAMP)


def show(field: Field, value: Value, download_url: str) -> Json:
    """Write a value as an export has it."""
    if field.kind == "upload":
        return {"@url": f"{download_url}/{value}", "@filename": file_name(str(value))}
    if field.is_text and field.show is None:
        return unescape(str(value), _ENTITIES) or {}
    if isinstance(value, datetime):
        return {"@value": show_stamp(value), "$": f"{value:%Y-%m-%d %H:%M}"}
    if isinstance(value, date):
        return {"@value": value.isoformat(), "$": value.isoformat()}
    shown = field.show(value) if field.show else str(value)
    written: dict[str, Json] = {"@value": None if isinstance(value, Key) else value}
    if shown:
        written["$"] = shown
    return written


def file_name(stored: str) -> str:
    """The name a stored file was sent under; the server keeps it, in base64, inside its own name."""
    return urlsafe_b64decode(stored.split(".")[3]).decode()


def _read_json(raw: str) -> Json:
    try:
        value = cast("Json", json.loads(raw))
    except ValueError:
        return raw
    return raw if isinstance(value, float) and value == math.inf else value


def _read_moment(field: Field, raw: str) -> datetime | date:
    moment = read_stamp(raw)
    return moment.date() if field.kind == "date" else moment


def _check(field: Field, given: Json) -> Value:
    text = str(given)
    if field.kind == "boolean":
        return given if isinstance(given, bool) else text[:1].upper() not in ("", "0", "F")
    if field.empties_to_null and not text:
        return ""
    if field.options:
        if text not in {option for option, _ in field.options}:
            raise Refused("Value not allowed")
        return int(text) if field.kind == "integer" else text
    if field.is_text:
        if field.required and not text.strip():
            raise Refused("Enter a value")
        longest = field.longest or (_LONGEST_STRING if field.kind == "string" else _LONGEST_TEXT)
        if len(text) > longest:
            raise Refused(f"Enter from 0 to {longest} characters")
    return field.check(text) if field.check else text


def integer_between(low: int, high: int) -> Callable[[str], Value]:
    """A check for whole numbers, both ends included."""

    def check(text: str) -> Value:
        if not re.fullmatch(r"-?\d+", text) or not low <= int(text) <= high:
            raise Refused(f"Enter an integer between {low} and {high}")
        return int(text)

    return check


def degrees(limit: int, refusal: str) -> Callable[[str], Value]:
    """A check for decimal degrees."""

    def check(text: str) -> Value:
        try:
            value = float(text)
        except ValueError:
            raise Refused(refusal) from None
        if not -limit <= value <= limit:
            raise Refused(refusal)
        return value

    return check


def phone_numbers(text: str) -> Value:
    """A check for telephone numbers as people write them; trims, and drops a left-to-right mark."""
    number = text.strip().removeprefix(_LEFT_TO_RIGHT)
    if not re.match(rf"{_PHONE}(\s*(,|/|;)\s*{_PHONE})*$", number):
        raise Refused("Enter a valid phone number")
    return number


def international_number(text: str) -> Value:
    """A check for one telephone number with its country; leaves nothing but the plus sign and the digits."""
    number = text.strip().removeprefix(_LEFT_TO_RIGHT)
    digits = "".join(re.findall(r"[\d+]+", number)) if re.match(rf"{_PHONE}$", number) else ""
    if not re.fullmatch(r"\+[1-9]\d+", digits):
        raise Refused("Enter phone number in international format like +46783754957")
    return digits


def email_address(text: str) -> Value:
    """A check for one e-mail address."""
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", text):
        raise Refused("Enter a valid email address")
    return text


def web_address(text: str) -> Value:
    """A check for an address on the web; supplies a missing `http://`."""
    address = text if re.match(r"[a-z][a-z0-9+.-]*:", text) else f"http://{text}"
    if not re.fullmatch(r"https?://[^\s/?#.]+(\.[^\s/?#.]+)+(:\d+)?([/?#]\S*)?", address):
        raise Refused("Enter a valid URL")
    return address


def country_code(text: str) -> Value:
    """A check for a country; any two capitals will do here."""
    if not re.fullmatch("[A-Z]{2}", text):
        raise Refused("Value not allowed")
    return text


def as_text(value: Value) -> str:
    """Shows a value as it is."""
    return str(value)


def as_phone(value: Value) -> str:
    """Shows a telephone number from left to right in any script."""
    return f"{_LEFT_TO_RIGHT}{value}" if value else "-"


def as_degrees(value: Value) -> str:
    """Shows a bound of an area."""
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def one_of(options: tuple[tuple[str, str], ...]) -> Callable[[Value], str]:
    """Shows the label of an option."""
    labels = dict(options)
    return lambda value: labels.get(str(value), "-")


def when_true(yes: str, no: str) -> Callable[[Value], str]:
    """Shows a boolean by two words."""
    return lambda value: yes if value else no
