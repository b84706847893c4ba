"""Exporting what is here, for servers, spreadsheets and maps. Values nobody has decided between are marked as such."""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from edenmesh.core.records import MASTER, Content, Decimal, Reference, StrandState, content_text
from edenmesh.eden import Row, encode_document
from edenmesh.errors import InvalidInput
from edenmesh.node.records.residing import Resides, resided
from edenmesh.node.records.views import Json, content_json
from edenmesh.store import Store

UNDECIDED: Final = "undecided"
"""The attribute, column or property that names the fields in conflict; `record` where two strands share the uuid."""

ALTERNATIVES: Final = "alternatives"
"""The property that holds, for each field in conflict, all values it may have."""

_FORMULA_BEGINNINGS: Final = ("=", "+", "-", "@", "\t", "\r")
_PAGE: Final = 500
_PLACES: Final = (("lat", "lon"), ("latitude", "longitude"))


@dataclass(frozen=True, slots=True)
class Exported:
    """A file for others: its content, how many records stand in it, and how many of them nobody has decided yet."""

    content: bytes
    records: int
    undecided: int


class _Shown(NamedTuple):
    """One strand as it is exported; `note` says what about it is undecided."""

    table: str
    uuid: str
    strand: StrandState
    values: dict[str, Content]
    note: str


def export(store: Store, tables: Sequence[str], form: str, resides: Resides) -> Exported:
    """Records of these tables, of all where none is named, as s3json, csv or geojson; references to where they reside.

    Deleted records are left out. Raises InvalidInput for another format, or for csv of more than one table.
    """
    names = list(tables) or [row.name for row in store.records.tables()]
    if form == "csv" and len(names) != 1:
        raise InvalidInput(what="A CSV file holds one table.", do="Name one, such as `--table org_facility`.")
    if form not in _FORMATS:
        raise InvalidInput(what=f"There is no export format {form!r}.", do="Choose s3json, csv or geojson.")
    counts: Counter[bool] = Counter()
    content = _FORMATS[form](store, _counted(_shown(store, names, resides), counts))
    return Exported(content, counts.total(), counts[True])


def _counted(shown: Iterable[_Shown], counts: "Counter[bool]") -> Iterator[_Shown]:
    for one in shown:
        counts[bool(one.note)] += 1
        yield one


def _shown(store: Store, tables: Iterable[str], resides: Resides) -> Iterator[_Shown]:
    """Every strand shown."""
    for table in tables:
        after = 0
        while rows := store.records.page(table, after=after, limit=_PAGE):
            after = rows[-1].num
            for row in rows:
                state = store.records.versions_of(row.num).state()
                for strand in state.strands:
                    note = "record" if len(state.strands) > 1 or strand.is_contested else ",".join(strand.conflicts)
                    values = {name: resided(content, resides) for name, content in strand.values.items()}
                    yield _Shown(row.table, row.uuid, strand, values, note)


def _s3json(_store: Store, shown: Iterator[_Shown]) -> bytes:
    return encode_document(
        Row(table=one.table, uuid=one.uuid, fields=one.values, attributes={UNDECIDED: one.note} if one.note else {})
        for one in shown
    )


def _csv(_store: Store, shown: Iterator[_Shown]) -> bytes:
    rows = [(one.uuid, one.values, one.note) for one in shown]
    names = sorted({name for _, values, _ in rows for name in values})
    text = io.StringIO()
    # The byte order mark tells spreadsheets that the text is UTF-8.
    text.write("\ufeff")
    writer = csv.writer(text)
    writer.writerow(["uuid", *map(_harmless, names), UNDECIDED])
    for uuid, values, note in rows:
        writer.writerow([_harmless(uuid), *(_cell(values.get(name)) for name in names), _harmless(note)])
    return text.getvalue().encode()


def _cell(content: Content | None) -> str:
    if content is None:
        return ""
    text = content_text(content)
    return text if isinstance(content, int | Decimal) else _harmless(text)


def _harmless(text: str) -> str:
    """A spreadsheet runs a cell that begins like a formula; an apostrophe before it says that it is text."""
    return f"'{text}" if text.startswith(_FORMULA_BEGINNINGS) else text


def _geojson(store: Store, shown: Iterator[_Shown]) -> bytes:
    features: list[Json] = []
    for table, uuid, strand, values, note in shown:
        place = _place(values) or _located(store, values)
        properties: dict[str, Json] = {name: content_json(content) for name, content in values.items()}
        properties.update({"table": table, "uuid": uuid})
        if note:
            properties[UNDECIDED] = note
            properties[ALTERNATIVES] = {
                name: [content_json(one.content) for one in strand.fields[name].choices] for name in strand.conflicts
            }
        features.append({"type": "Feature", "id": uuid, "geometry": place, "properties": properties})
    collection: dict[str, Json] = {"type": "FeatureCollection", "features": features}
    return json.dumps(collection, ensure_ascii=False).encode()


def _place(values: dict[str, Content]) -> Json:
    """A point (RFC 7946, section 3.1.2: longitude first) where the record itself has coordinates."""
    for latitude, longitude in _PLACES:
        try:
            east, north = float(content_text(values[longitude])), float(content_text(values[latitude]))
        except (KeyError, ValueError):
            continue
        if abs(east) <= 180 and abs(north) <= 90:
            return {"type": "Point", "coordinates": [east, north]}
    return None


def _located(store: Store, values: dict[str, Content]) -> Json:
    """The point of the location a record refers to."""
    for name, content in values.items():
        if name == MASTER or not isinstance(content, Reference) or content.table != "gis_location":
            continue
        held = store.records.versions(content.table, content.uuid)
        strand = held.state().strand if held is not None else None
        if strand is not None and (place := _place(strand.values)) is not None:
            return place
    return None


_FORMATS: Final[Mapping[str, Callable[[Store, Iterator[_Shown]], bytes]]] = {
    "s3json": _s3json,
    "csv": _csv,
    "geojson": _geojson,
}
