"""From bytes to JSON values within bounds: the position of what is broken, exact numbers, no key lost silently.

Numbers with a fraction stay exact (`Decimal`). Eden writes `Infinity` and `NaN` where a text reads like one; they
become text. Of a key that stands twice in one object, lists are joined and else the last value counts; which keys
those are is kept in `Twice`.
"""

import re
from json import JSONDecodeError, loads
from typing import Final

from edenmesh.core.limits import DOCUMENT_BYTES_MAX, JSON_NESTING_MAX
from edenmesh.core.records import Decimal, Raw
from edenmesh.errors import InvalidInput

_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")
"""An escape that may be half of a character; only then every text is looked at."""


class Twice(dict[str, Raw]):
    """An object in which a key stood twice; `keys_lost` are those of which only the last value is kept."""

    __slots__ = ("keys_lost",)

    def __init__(self, pairs: list[tuple[str, Raw]]) -> None:
        super().__init__()
        lost = []
        for key, value in pairs:
            known = self.get(key)
            if isinstance(known, list) and isinstance(value, list):
                self[key] = [*known, *value]
                continue
            if key in self:
                lost.append(key)
            self[key] = value
        self.keys_lost: Final = tuple(lost)


def read_json(data: bytes) -> Raw:
    """Read a JSON document.

    Raises InvalidInput, with the position, where the bytes are not JSON, too large or nested too deep.
    """
    if len(data) > DOCUMENT_BYTES_MAX:
        raise InvalidInput(
            what=f"The document has {len(data)} bytes; {DOCUMENT_BYTES_MAX} are the most this program reads at once.",
            do="Split it into several files, one table each.",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(what=f"The document is not UTF-8 text: byte {error.start} does not fit.") from error
    try:
        raw: Raw = loads(text, object_pairs_hook=_object, parse_float=_number, parse_constant=str)
    except JSONDecodeError as error:
        words = f"The document is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        raise InvalidInput(what=words) from error
    except RecursionError as error:
        raise InvalidInput(what="The document is nested deeper than any form needs.") from error
    except ValueError as error:
        raise InvalidInput(what=f"The document is not JSON this program can read: {error}.") from error
    _require_bounds(raw, may_have_halves=bool(_SURROGATE.search(text)))
    return raw


def _object(pairs: list[tuple[str, Raw]]) -> dict[str, Raw]:
    plain = dict(pairs)
    return plain if len(plain) == len(pairs) else Twice(pairs)


def _number(text: str) -> Decimal | str:
    try:
        return Decimal.parse(text)
    except InvalidInput:
        return text


def _require_bounds(raw: Raw, *, may_have_halves: bool) -> None:
    """Raise InvalidInput where containers nest too deep, or a text holds a lone surrogate (RFC 8259, section 8.2)."""
    level: list[Raw] = [raw]
    for _ in range(JSON_NESTING_MAX + 1):
        deeper: list[Raw] = []
        for value in level:
            if isinstance(value, dict):
                deeper.extend(value.values())
                if may_have_halves:
                    deeper.extend(value)
            elif isinstance(value, list):
                deeper.extend(value)
            elif may_have_halves and isinstance(value, str):
                _require_whole(value)
        if not deeper:
            return
        level = deeper
    raise InvalidInput(what=f"The document is nested deeper than {JSON_NESTING_MAX} levels.")


def _require_whole(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        before = text[: error.start][-20:]
        raise InvalidInput(
            what=f"The document is not JSON this program can read: half of a character follows {before!r}."
        ) from error
