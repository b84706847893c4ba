"""What a server answers to a push, and which rows it says it refused.

The HTTP status says little: 200 comes with nothing stored. The body's own `statuscode` and the tree of refused
records count, and of these only refusals can be believed: what is not in the tree may still not be stored, so
acceptance is never concluded from an answer (design, section 2.6).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from edenmesh.core.records import Raw, text_of
from edenmesh.eden.decoding import decode_tree
from edenmesh.eden.jsontext import read_json
from edenmesh.eden.row import Key, Row
from edenmesh.errors import AnswerNotUnderstood, InvalidInput

_TRANSIENT: Final = re.compile(
    r"UNIQUE constraint|duplicate key|Duplicate entry|locked|deadlock|reference import", re.I
)
"""Refusals whose cause may be gone at the next try: another gateway at the same moment, a target refused with it."""


class Rejection(NamedTuple):
    """A record the server refused, and why in its own words; transient if the same push may succeed later."""

    table: str
    uuid: str
    what: str
    is_transient: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to one push. `created`, `updated` and `deleted` are row numbers of the server, in no order."""

    is_success: bool
    code: int
    message: str = ""
    record_count: int = 0
    created: tuple[int, ...] = ()
    updated: tuple[int, ...] = ()
    deleted: tuple[int, ...] = ()
    rejections: tuple[Rejection, ...] = ()


def decode_answer(data: bytes) -> Answer:
    """Read the body of an answer.

    Raises AnswerNotUnderstood where it is anything else, such as a web page or half an answer.
    """
    try:
        raw = read_json(data)
    except InvalidInput as error:
        raise AnswerNotUnderstood(what=f"The server's answer to a push is not understood: {error.what}") from error
    if not isinstance(raw, dict) or not isinstance(raw.get("status"), str):
        raise AnswerNotUnderstood(what="The server answered a push with JSON that says neither success nor failure.")
    tree = raw.get("tree")
    return Answer(
        is_success=raw["status"] == "success",
        code=_number(raw.get("statuscode")),
        message=text_of(raw.get("message")),
        record_count=_number(raw.get("records")),
        created=_numbers(raw, "created"),
        updated=_numbers(raw, "updated"),
        deleted=_numbers(raw, "deleted"),
        rejections=_rejections(decode_tree(tree).rows) if isinstance(tree, dict) else (),
    )


def _rejections(rows: tuple[Row, ...]) -> tuple[Rejection, ...]:
    """Rows with an error, and rows nested in one with an error: a refused master takes its components with it."""
    refused: dict[Key, Rejection] = {}
    for row in rows:
        words = [row.error, *row.errors.values()]
        what = "; ".join(dict.fromkeys(word for word in words if word))
        above = refused.get(row.master) if row.master else None
        if not what and above is not None:
            what = f"its master was refused: {above.what}"
        if what:
            refused[row.key] = Rejection(row.table, row.uuid, what, bool(_TRANSIENT.search(what)))
    return tuple(refused.values())


def _numbers(raw: Mapping[str, Raw], key: str) -> tuple[int, ...]:
    listed = raw.get(key)
    return tuple(one for one in listed if isinstance(one, int)) if isinstance(listed, list) else ()


def _number(raw: Raw) -> int:
    text = text_of(raw)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
