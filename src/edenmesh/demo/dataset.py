"""A realistic data set from a seed: organisations, facilities, people and incident reports with photos, as S3JSON.

All names are invented. The same seed gives the same bytes, so that two runs can be compared.
"""

import json
import random
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json]"

_PLACES: Final = (
    "Arda",
    "Belo",
    "Corin",
    "Dunmar",
    "Estel",
    "Farrow",
    "Gilead",
    "Halm",
    "Ister",
    "Jorun",
    "Kesh",
    "Lorn",
)
_KINDS: Final = ("Relief", "Aid", "Care", "Shelter", "Water Trust", "Health Network", "Food Bank", "Volunteers")
_BUILDINGS: Final = ("School", "Clinic", "Warehouse", "Town Hall", "Sports Hall", "Church", "Market", "Depot", "Camp")
_FIRST: Final = (
    "Amina",
    "Bo",
    "Chidi",
    "Dalia",
    "Emre",
    "Fatou",
    "Goran",
    "Hana",
    "Iker",
    "Jun",
    "Kofi",
    "Leila",
    "Zoë",
)
_LAST: Final = ("Adeyemi", "Bakır", "Costa", "Dvořák", "Eze", "Fofana", "García", "Haddad", "Ilić", "Jansen", "Łukasik")
_EVENTS: Final = ("Flooded road", "Damaged bridge", "Blocked well", "Collapsed wall", "Power line down", "Landslide")
_NOTES: Final = (
    "water rising slowly",
    "passable on foot",
    "needs an engineer",
    "people are safe",
    "access from the north",
)
_START: Final = "2026-11-01T08:00:00"
_PHOTO_SIDE: Final = 96


@dataclass(slots=True)
class Dataset:
    """S3JSON documents by table, in the order they are to be imported, and the photos they name."""

    documents: dict[str, bytes] = field(default_factory=dict)
    photos: dict[str, bytes] = field(default_factory=dict)
    records: int = 0


def make_dataset(seed: int, *, people: int = 1200, facilities: int = 400, reports: int = 240) -> Dataset:
    """Make the data set; with the default counts some 2,300 records, components included."""
    rng = random.Random(seed)
    dataset = Dataset()
    organisations = [_organisation(rng, number) for number in range(40)]
    _put(dataset, "org_organisation", organisations)
    uuids = [str(one["@uuid"]) for one in organisations]
    _put(dataset, "org_facility", [_facility(rng, number, rng.choice(uuids)) for number in range(facilities)])
    _put(dataset, "pr_person", [_person(rng) for _ in range(people)])
    _put(dataset, "event_incident_report", list(_reports(rng, reports, dataset.photos)))
    return dataset


def _put(dataset: Dataset, table: str, rows: "list[dict[str, Json]]") -> None:
    document = {f"$_{table}": rows}
    dataset.documents[table] = json.dumps(document, ensure_ascii=False).encode()
    components = sum(
        len(value) for row in rows for key, value in row.items() if key.startswith("$_") and isinstance(value, list)
    )
    dataset.records += len(rows) + components


def _organisation(rng: random.Random, number: int) -> "dict[str, Json]":
    name = f"{rng.choice(_PLACES)} {rng.choice(_KINDS)} {number + 1}"
    return {
        "@uuid": _uuid(rng),
        "@created_on": _START,
        "@modified_on": _START,
        "name": name,
        "acronym": "".join(word[0] for word in name.split()),
        "year": {"@value": str(rng.randrange(1950, 2026))},
    }


def _facility(rng: random.Random, number: int, organisation: str) -> "dict[str, Json]":
    return {
        "@uuid": _uuid(rng),
        "@created_on": _START,
        "@modified_on": _START,
        "name": f"{rng.choice(_PLACES)} {rng.choice(_BUILDINGS)} {number + 1}",
        "$k_organisation_id": {"@resource": "org_organisation", "@uuid": organisation},
        "contact": _name(rng),
        "comments": f"{rng.randrange(20, 400)} places, {rng.choice(_NOTES)}",
    }


def _person(rng: random.Random) -> "dict[str, Json]":
    first, last = _name(rng).split(" ")
    row: dict[str, Json] = {
        "@uuid": _uuid(rng),
        "@created_on": _START,
        "@modified_on": _START,
        "first_name": first,
        "last_name": last,
        "date_of_birth": f"{rng.randrange(1930, 2022)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}",
        "gender": {"@value": str(rng.choice((2, 3)))},
    }
    if rng.random() < 1 / 3:
        phone = f"+999 {rng.randrange(100, 999)} {rng.randrange(1000, 9999)}"
        row["$_pr_contact"] = [{"@uuid": _uuid(rng), "contact_method": "SMS", "value": phone}]
    return row


def _reports(rng: random.Random, count: int, photos: dict[str, bytes]) -> "Iterator[dict[str, Json]]":
    for number in range(count):
        row: dict[str, Json] = {
            "@uuid": _uuid(rng),
            "@created_on": _START,
            "@modified_on": _START,
            "name": f"{rng.choice(_EVENTS)} near {rng.choice(_PLACES)} {number + 1}",
            "description": f"Seen by {_name(rng)}: {rng.choice(_NOTES)}, {rng.choice(_NOTES)}.",
            "date": f"2026-11-{rng.randrange(1, 29):02}T{rng.randrange(24):02}:{rng.randrange(60):02}:00",
        }
        if number % 10 == 0:
            label = f"report-{number + 1}.png"
            photos[label] = _photo(rng)
            row["$_doc_image"] = [{"@uuid": _uuid(rng), "name": f"Photo {number + 1}", "file": {"@filename": label}}]
        yield row


def _name(rng: random.Random) -> str:
    return f"{rng.choice(_FIRST)} {rng.choice(_LAST)}"


def _uuid(rng: random.Random) -> str:
    bits = f"{rng.getrandbits(128):032x}"
    return f"urn:uuid:{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-a{bits[17:20]}-{bits[20:]}"


def _photo(rng: random.Random) -> bytes:
    """A small picture nobody took: coloured noise as a PNG (ISO/IEC 15948)."""
    rows = b"".join(b"\0" + rng.randbytes(3 * _PHOTO_SIDE) for _ in range(_PHOTO_SIDE))
    header = struct.pack(">IIBBBBB", _PHOTO_SIDE, _PHOTO_SIDE, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
