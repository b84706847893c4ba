"""Made-up records as field teams write them: 12 fields, about 400 bytes as JSON, the same for every yardstick."""

import json
import random
from collections.abc import Iterator
from hashlib import sha256
from typing import Final
from uuid import UUID

WORDS: Final = (
    "well",
    "pump",
    "broken",
    "repaired",
    "water",
    "depth",
    "clay",
    "sand",
    "north",
    "river",
    "household",
    "visit",
    "sample",
    "turbid",
    "chlorine",
    "village",
    "survey",
    "note",
    "handpump",
    "latrine",
    "school",
)
KINDS: Final = ("waterpoint", "household", "inspection", "sample")

Fields = dict[str, str | int | list[str] | float]


def make_record(number: int, rng: random.Random) -> tuple[bytes, Fields]:
    """One record: its uuid and its fields."""
    uuid = UUID(int=rng.getrandbits(128), version=4)
    created = 1_700_000_000_000 + number * 1000
    return uuid.bytes, {
        "id": str(uuid),
        "kind": KINDS[number & 3],
        "title": " ".join(rng.choices(WORDS, k=4)),
        "status": rng.choice(("open", "closed", "draft")),
        "lat": round(rng.uniform(-10, 10), 6),
        "lon": round(rng.uniform(20, 40), 6),
        "count": rng.randrange(1000),
        "tags": rng.sample(WORDS, 3),
        "author": f"device-{rng.randrange(20):02}",
        "created": created,
        "updated": created + rng.randrange(10**6),
        "note": " ".join(rng.choices(WORDS, k=16)),
    }


def rows(count: int, seed: int = 1) -> Iterator[tuple[bytes, bytes, int, str, str, bytes]]:
    """Rows of the yardstick: uuid, hash of the body, clock, kind, author, body as JSON."""
    rng = random.Random(seed)
    for number in range(count):
        uuid, fields = make_record(number, rng)
        body = json.dumps(fields, separators=(",", ":")).encode()
        updated, kind, author = fields["updated"], fields["kind"], fields["author"]
        assert isinstance(updated, int)
        assert isinstance(kind, str)
        assert isinstance(author, str)
        yield uuid, sha256(body).digest(), updated << 16, kind, author, body
