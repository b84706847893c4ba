"""Recorded exchanges, and what an S3JSON document says apart from how it is written; knows nothing of edenmesh.

An exchange file holds requests and answers in the order they were made. The same reading serves the captures of a
real server and the fixtures of this repository.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

FIXTURES = Path(__file__).parent.parent / "fixtures" / "eden"

FRACTION = re.compile(r"-?[0-9]+\.[0-9]+")
"""A number with a fraction says the same with and without zeros at its end."""
DROPPED_FROM_DOCUMENTS = {"@success", "@results", "@limit", "@start", "@domain", "@url"}
DROPPED_FROM_ROWS = {"@url", "@error", "@llrepr", "@id"}
DROPPED_FROM_VALUES = {"$", "@error", "@url", "@lat", "@lon"}

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


class Recorded(NamedTuple):
    """A document that stood in an exchange: where, and which of the two sides sent it."""

    place: str
    side: str
    document: dict[str, Json]


def bodies(folder: Path, pattern: str) -> Iterator[tuple[str, str, str, Json]]:
    """Every body of every exchange: exchange name, side, path, and the body; of multipart, the S3JSON part."""
    for file in sorted(folder.glob(pattern)):
        for exchange in json.loads(file.read_text()).get("exchanges", []):
            path = exchange["request"]["path"]
            for side in ("request", "response"):
                body = exchange[side]["body"]
                if isinstance(body, dict) and "multipart" in body:
                    parts = {part["name"]: part["content"] for part in body["multipart"]}
                    body = json.loads(parts["data.s3json"])
                yield f"{file.stem}/{exchange['name']}", side, path, body


def documents(folder: Path, pattern: str) -> list[Recorded]:
    """Every S3JSON document that holds rows, the trees of refused records included."""
    found = []
    for place, side, _, body in bodies(folder, pattern):
        document = body.get("tree") if isinstance(body, dict) and "tree" in body else body
        if isinstance(document, dict) and any(key.startswith("$_") for key in document):
            found.append(Recorded(place, side, document))
    return found


def count_rows(tree: Json) -> int:
    """The records of a document, components included."""
    if not isinstance(tree, dict):
        return 0
    lists = [value for key, value in tree.items() if key.startswith("$_") and isinstance(value, list)]
    return sum(1 + count_rows(row) for rows in lists for row in rows)


def essence(document: dict[str, Json]) -> dict[str, Json]:
    """A document without what only its server means, values as canonical text whichever way they are wrapped."""
    domain = document.get("@domain")
    prefix = f"{domain}/" if domain else ""
    kept = {key: value for key, value in document.items() if key not in DROPPED_FROM_DOCUMENTS}
    return {key: [_row(row, prefix) for row in _list(rows)] for key, rows in kept.items()}


def _row(row: Json, prefix: str) -> Json:
    assert isinstance(row, dict)
    told: dict[str, Json] = {}
    for key, value in row.items():
        if key in DROPPED_FROM_ROWS:
            continue
        if key.startswith("$_"):
            told[key] = [_row(one, prefix) for one in _list(value)]
        elif key.startswith("$k_"):
            told[key] = _reference(value, prefix)
        elif key.startswith("@"):
            told[key] = _attribute(key, str(value), prefix)
        else:
            told[key] = _value(value)
    return {key: value for key, value in told.items() if value not in ("", [])}


def _attribute(key: str, text: str, prefix: str) -> str:
    if key == "@uuid":
        return text.removeprefix(prefix)
    return text[:19] if key in ("@created_on", "@modified_on") else text


def _reference(value: Json, prefix: str) -> Json:
    targets: list[str] = []
    for one in _list(value):
        assert isinstance(one, dict)
        uuid = str(one["@uuid"])
        listed = json.loads(uuid) if uuid.startswith("[") else [uuid]
        targets.extend(f"{one['@resource']} {str(each).removeprefix(prefix)}" for each in listed)
    return [*sorted(targets)]


def _value(value: Json) -> Json:
    if isinstance(value, dict) and "@filename" in value:
        return {"@filename": value["@filename"]}
    if isinstance(value, dict):
        kept = {key: one for key, one in value.items() if key not in DROPPED_FROM_VALUES}
        value = kept["@value"] if set(kept) == {"@value"} else kept or None
    if isinstance(value, list):
        return [*sorted(_scalar(one) for one in value)]
    if isinstance(value, dict):
        return json.dumps(value, sort_keys=True, separators=(",", ":"))
    return _scalar(value)


def _scalar(value: Json) -> str:
    if value is None or value == '""':
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = f"{Decimal(repr(value)):f}" if isinstance(value, float) else str(value)
    return text.rstrip("0").rstrip(".") if FRACTION.fullmatch(text) else text


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]
