"""Writes versions.json: versions of every kind, the states that sets of them give, and bytes that are no versions.

Run `python -m tests.vectors.make_records` after a change that is meant to change bytes or meaning; otherwise nothing
should. With `--check` it only compares. Bytes are in hex. What a set shows is said by the reference models.
"""

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final, TypeAlias

from edenmesh.core.encoding import Plain, decode
from edenmesh.core.ids import record_id
from edenmesh.core.limits import VERSION_BYTES_MAX
from edenmesh.core.records import ABSENT, body_hash, left_uuid
from tests.oracle.packing import pack
from tests.oracle.record_model import Strand, Text
from tests.oracle.version_cases import INVALID
from tests.oracle.versions import base
from tests.vectors.family_shown import Family, FormSaid, RecordShown
from tests.vectors.record_states import CASES, Case
from tests.vectors.record_story import AUTHORS, FORM, OUTSIDE, PLACE_FORM, STATUS_FORM, TABLE, Story

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"

FILE: Final = Path(__file__).parent / "versions.json"
REFUSED_BYTES_MAX: Final = 2048
FORMS: Final = {
    "plain": (FORM, FormSaid()),
    "place": (PLACE_FORM, FormSaid(units=(("lat", "lon"),))),
    "status": (STATUS_FORM, FormSaid(restrictive={"status": ("closed", "")})),
}
FLAGS: Final = {
    "awaited": "a form that a version which speaks names is not here",
    "conflict": "a field is in conflict",
    "contested": "there is a live retract, and what speaks and none of them follows: deleted by X, edited by Y",
    "deleted": "the only strand is deleted",
    "identity": "several strands reside here, or decisions on a strand that resides here contradict each other",
    "newer": "a version is of a higher format or an unknown op",
    "quarantined": "a version is by a quarantined author",
    "question": "an observation with `after` that no resolve or retract which speaks follows",
    "waiting": "a version waits",
}
ABOUT: Final = (
    "bytes are MessagePack; an id is SHA-256 over 'edenmesh/version/1', a zero byte and the bytes; what a version says "
    "is the same as JSON, with bytes in hex after 0x. states: what a set of versions shows, after the paragraph "
    "`section` of docs/protocol/versions.md, while versions in `uncounted` are by quarantined authors and all forms "
    "but those in `missing_forms` are here; hashes of forms are made up, for all that matters is what they declare. "
    "records: one for each uuid where a strand resides; what is left out is empty; first: the version that names the "
    "strand, the least id of the first versions that begin it; fields: all values, the one shown first in front, and "
    "of a unit in conflict (`units`) the values in one place make a row; an empty text is no value, an array are "
    "items; contradictions: decisions that contradict each other"
)

NOT_CANONICAL: Final[dict[str, Callable[[bytes], bytes]]] = {
    "a number in a longer form": lambda data: data.replace(b"\xa6format\x01", b"\xa6format\xcc\x01"),
    "a length in a longer form": lambda data: data.replace(b"\xa2op\xa3put", b"\xa2op\xd9\x03put"),
    "keys out of order": lambda data: data.replace(b"\xa2op\xa3put", b"").replace(
        b"\xa4made", b"\xa2op\xa3put\xa4made"
    ),
    "a key that stands twice": lambda data: (
        bytes([data[0] + 1]) + data[1:].replace(b"\xa2op\xa3put", b"\xa2op\xa3put" * 2)
    ),
    "a number with a fraction": lambda data: data.replace(b"\xa6format\x01", b"\xa6format\xcb\x3f\xf0" + bytes(6)),
    "nil": lambda data: data.replace(b"\xa3put", b"\xc0"),
    "something after the end": lambda data: data + b"\x00",
    "an end that is missing": lambda data: data[:-1],
    "nothing": lambda data: b"",
}


def make() -> Json:
    """The content of the file."""
    story = Story()
    valid = pack(base())
    refused = {name: pack(plain) for name, plain in INVALID.items()}
    refused |= {name: spoil(valid) for name, spoil in NOT_CANONICAL.items()}
    return {
        "about": ABOUT,
        "authors": {name: author.hex() for name, author in AUTHORS.items()},
        "record": {"table": TABLE, "uuid": story.uuid, "id": record_id(TABLE, story.uuid).hex(), "owned_by": "first"},
        "uuids": {
            "imported": OUTSIDE,
            "another import, where it left for": left_uuid(story["another import"]),
        },
        "forms": {
            name: {
                "hash": hash_.hex(),
                "units": [[*unit] for unit in said.units],
                "restrictive": {field: [*texts] for field, texts in said.restrictive.items()},
            }
            for name, (hash_, said) in FORMS.items()
        },
        "flags": {**FLAGS},
        "bodies": {
            "absent": ABSENT.hex(),
            "empty": body_hash({}).hex(),
            '{"name": "Well", "needs": ["7", "pump"]}': body_hash({"needs": ("pump", 7), "name": "Well"}).hex(),
        },
        "versions": {
            name: {
                "id": one.id.hex(),
                "bytes": one.data.hex(),
                "says": _readable(decode(one.data, VERSION_BYTES_MAX)),
                "is_understood": one.version.is_understood,
            }
            for name, one in story.carried.items()
        },
        "states": [_state(story, case) for case in CASES],
        "refused": {name: data.hex() for name, data in refused.items() if len(data) <= REFUSED_BYTES_MAX},
    }


def _state(story: Story, case: Case) -> Json:
    """What a set of versions shows."""
    versions = {story[name]: story.carried[name].version for name in case.versions}
    forms = {hash_: said for name, (hash_, said) in FORMS.items() if name not in case.missing_forms}
    family = Family(versions, {story[name] for name in case.uncounted}, forms)
    names: dict[bytes, str] = {story[name]: name for name in case.versions}
    return given(
        kind=case.kind,
        section=case.section,
        meaning=case.meaning,
        versions=[*case.versions],
        uncounted=[*case.uncounted],
        missing_forms=[*case.missing_forms],
        records=[_record(record, names) for record in family.records()],
    )


def _record(record: RecordShown, names: Mapping[bytes, str]) -> Json:
    shown = record.shown
    return given(
        uuid=record.uuid,
        flags=[*sorted(shown.words)],
        waiting=_named(shown.waiting, names),
        contradictions=_named(record.contradictions, names),
        strands=[_strand(strand, names) for strand in shown.strands],
    )


def _strand(strand: Strand, names: Mapping[bytes, str]) -> Json:
    return given(
        first=names[strand.first],
        heads=_named(strand.heads, names),
        retracts=_named(strand.retracts, names),
        concurrent_edits=_named(strand.edits, names),
        fields={
            name: [{"value": as_json(text), "given_by": _named(ids, names)} for text, ids in choices]
            for name, choices in sorted(strand.fields.items())
        },
        units=[[*unit] for unit in sorted(strand.units)],
    )


def given(**entries: Json) -> Json:
    """The entries that are not empty."""
    return {name: entry for name, entry in entries.items() if entry}


def as_json(text: Text) -> Json:
    """The text of a value, or the texts of a list's items."""
    return [*text] if isinstance(text, tuple) else text


def _named(ids: Iterable[bytes], names: Mapping[bytes, str]) -> Json:
    return [*sorted(names[one] for one in ids)]


def _readable(plain: Plain) -> Json:
    """As JSON, with bytes in hex after `0x`."""
    if isinstance(plain, dict):
        return {name: _readable(value) for name, value in plain.items()}
    if isinstance(plain, list):
        return [_readable(item) for item in plain]
    return f"0x{plain.hex()}" if isinstance(plain, bytes) else plain


def text() -> str:
    """The file as it should stand."""
    return json.dumps(make(), indent=1, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Write the file, or compare it."""
    is_stale = not FILE.exists() or FILE.read_text() != text()
    if arguments == ["--check"]:
        if is_stale:
            sys.stdout.write(f"{FILE.name} differs from what the program makes\n")
        return int(is_stale)
    FILE.write_text(text())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
