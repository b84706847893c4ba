"""Writes versions.json: versions of every kind, the states that sets of them give, and bytes that are no versions.

Run `python -m tests.vectors.make_records` after a change that is meant to change bytes or meaning; otherwise nothing
should. With `--check` it only compares. Bytes are in hex. What a set shows is said by the reference model.
"""

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, TypeAlias

from edenmesh.core.encoding import Plain, decode
from edenmesh.core.ids import AuthorId, VersionId, record_id
from edenmesh.core.limits import VERSION_BYTES_MAX
from edenmesh.core.records import ABSENT, Carried, body_hash, carry, owned_uuid
from tests.oracle.packing import pack
from tests.oracle.record_model import Model, Text
from tests.oracle.version_cases import INVALID
from tests.oracle.versions import Map, base, tagged

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"

FILE: Final = Path(__file__).parent / "versions.json"
TABLE: Final = "org_facility"
OUTSIDE: Final = "urn:uuid:5b1d1a7e-0000-4000-8000-000000000001"
AUTHORS: Final = {name: AuthorId(bytes([0xA1 + number]) * 32) for number, name in enumerate(("Amina", "Bo", "gateway"))}
SERVER: Final = bytes([0xD1]) * 32
FORM: Final = bytes([0xF1]) * 32
PHOTO: Final = bytes([0xB1]) * 32
REFUSED_BYTES_MAX: Final = 2048

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


class Story:
    """A well that two people edit and a gateway delivers; each version is known by a name."""

    def __init__(self) -> None:
        self.carried: dict[str, Carried] = {}
        self.uuid = owned_uuid(AUTHORS["Amina"], 0, _salt(0), TABLE)
        self._write_record()
        self._write_strands()
        self._write_newer()

    def _write_record(self) -> None:
        self.add("first", "Amina", set={"name": "Well", "status": "open"}, schema=FORM)
        self.add("every kind of value", "Amina", ["first"], set=_every_kind())
        self.add("rename by Amina", "Amina", ["first"], set={"name": "Old well"})
        self.add("rename by Bo", "Bo", ["first"], set={"name": "New well"})
        self.add("status by Bo", "Bo", ["rename by Bo"], set={"status": "closed"}, about={"via": "phone"})
        self.add("empty the status", "Amina", ["first"], unset=["status"])
        self.add("two needs", "Amina", ["first"], add={"needs": ["pump", 7]})
        self.add("one more need", "Bo", ["first"], add={"needs": ["pump"]})
        removal: Plain = {"needs": [["pump", [self["two needs"]]], [7, [self["two needs"]]]]}
        self.add("remove the needs", "Amina", ["two needs"], remove=removal)
        self.add("retract", "Bo", ["first"], op="retract")
        chosen: Map = {"name": "Old well"}
        both = ["rename by Amina", "status by Bo"]
        self.add("resolution", "Amina", both, op="resolve", set=chosen, about={"why": "Bo read the wrong sign"})
        self.add("late edit", "Bo", ["first"], set={"name": "Clinic"})
        self.add("receipt", "gateway", ["first"], **_observed(body_hash({"name": "Well", "status": "open"})))
        stamps: Map = {"created_on": "2026-11-01 08:00:00", "modified_on": "2026-11-22 22:24:22"}
        seen = _observed(
            body_hash({"name": "Old well", "status": "shut"}), **stamps, found={"name": [self["rename by Amina"]]}
        )
        self.add("edit on the server", "gateway", ["receipt"], **seen, set={"name": "Old well", "status": "shut"})
        self.add("pulled back", "gateway", [], **_observed(SERVER), set={"name": "Well", "status": "open"})
        self.add("gone back", "gateway", [], **_observed(ABSENT, after=[self["receipt"]]))

    def _write_strands(self) -> None:
        self.add("imported well", "Amina", uuid=OUTSIDE, set={"name": "Well", "year": 1999})
        self.add("the same import", "Bo", uuid=OUTSIDE, set={"name": "Well", "year": "1999"})
        self.add("edit of the same", "Bo", ["the same import"], uuid=OUTSIDE, set={"year": 2000})
        self.add("another import", "Bo", uuid=OUTSIDE, set={"name": "Clinic"})

    def _write_newer(self) -> None:
        self.add("newer op", "Bo", ["first"], op="weigh", set={"name": "weighed"})
        self.add("newer field", "Bo", ["first"], set={"name": "Well 2"}, zone={"deep": [True]})
        self.add("newer format", "Bo", ["first"], format=2, set={"place": tagged("point", lat="1", lon="2")})

    def __getitem__(self, name: str) -> VersionId:
        return self.carried[name].id

    def add(self, name: str, author: str, parents: Iterable[str] = (), **fields: Plain) -> None:
        """Write a version, from its fields alone."""
        seq = len(self.carried)
        frame: Map = {"author": AUTHORS[author], "made": 1_790_000_000_000 + seq * 1000, "salt": _salt(seq), "seq": seq}
        plain = base(**frame, table=TABLE, uuid=self.uuid)
        del plain["set"]
        if parents:
            plain["parents"] = list[Plain](sorted(self[parent] for parent in parents))
        self.carried[name] = carry(pack({**plain, **fields}))

    def state(self, meaning: str, *names: str, uncounted: Iterable[str] = ()) -> Json:
        """What a set of versions shows."""
        versions = {self.carried[name].id: self.carried[name].version for name in names}
        shown = Model(versions, {self[name] for name in uncounted}).shown()
        return {
            "meaning": meaning,
            "versions": [*names],
            "uncounted": [*uncounted],
            "flags": [*sorted(shown.words)],
            "waiting": self._names(shown.waiting),
            "strands": [
                {
                    "first": self._name(strand.first),
                    "heads": self._names(strand.heads),
                    "retracts": self._names(strand.retracts),
                    "concurrent_edits": self._names(strand.edits),
                    "fields": {name: self._choices(choices) for name, choices in sorted(strand.fields.items())},
                }
                for strand in shown.strands
            ],
        }

    def _choices(self, choices: list[tuple[Text, set[bytes]]]) -> Json:
        return [
            {"value": [*text] if isinstance(text, tuple) else text, "given_by": self._names(ids)}
            for text, ids in choices
        ]

    def _names(self, ids: Iterable[bytes]) -> Json:
        return [*sorted(self._name(one) for one in ids)]

    def _name(self, one: bytes) -> str:
        return next(name for name, carried in self.carried.items() if carried.id == one)


def make() -> Json:
    """The content of the file."""
    story = Story()
    valid = pack(base())
    refused = {name: pack(plain) for name, plain in INVALID.items()}
    refused |= {name: spoil(valid) for name, spoil in NOT_CANONICAL.items()}
    return {
        "about": "bytes are MessagePack; an id is SHA-256 over 'edenmesh/version/1', a zero byte and the bytes; "
        "what a version says is the same as JSON, with bytes in hex after 0x; states: sets of versions, what they show",
        "authors": {name: author.hex() for name, author in AUTHORS.items()},
        "record": {"table": TABLE, "uuid": story.uuid, "id": record_id(TABLE, story.uuid).hex(), "owned_by": "first"},
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
        "states": _states(story),
        "refused": {name: data.hex() for name, data in refused.items() if len(data) <= REFUSED_BYTES_MAX},
    }


def _states(story: Story) -> Json:
    edits = ("first", "rename by Amina", "rename by Bo", "status by Bo")
    lists = ("first", "two needs", "one more need", "remove the needs")
    server = ("first", "rename by Amina", "receipt", "edit on the server")
    newer = ("first", "newer op", "newer field", "newer format")
    return [
        story.state("a record written once", "first"),
        story.state("every kind of value", "first", "every kind of value"),
        story.state("concurrent values are a conflict; the deeper, then the larger id is shown first", *edits),
        story.state("a resolution settles the heads it saw", *edits, "resolution"),
        story.state("a late edit reopens only the field it touched", *edits, "resolution", "late edit"),
        story.state(
            "an emptied field contradicts a value given apart",
            "first",
            "empty the status",
            "rename by Bo",
            "status by Bo",
        ),
        story.state("an item stays while one addition of it was not seen by a removal", *lists),
        story.state("a retract covers what its author saw", "first", "retract"),
        story.state("a concurrent edit keeps the record visible", "first", "retract", "rename by Amina"),
        story.state("a version waits for its parents", "first", "status by Bo"),
        story.state("quarantined versions keep their place without effect", *edits, uncounted=["rename by Bo"]),
        story.state("a delivered record", "first", "receipt"),
        story.state("an edit on the server follows what it saw and what it found", *server),
        story.state("what came back from the server is an echo", "first", "rename by Amina", "pulled back"),
        story.state("the server has gone back", "first", "receipt", "gone back"),
        story.state("first versions of equal content are one", "imported well", "the same import", "edit of the same"),
        story.state("unequal first versions are two strands", "imported well", "another import"),
        story.state("what is newer is carried", *newer),
    ]


def as_json(text: Text) -> Json:
    """The text of a value, or the texts of a list's items."""
    return [*text] if isinstance(text, tuple) else text


def _every_kind() -> Map:
    return {
        "boolean": True,
        "date": tagged("date", text="2026-11-22"),
        "datetime": tagged("datetime", text="2026-11-22T22:24:22"),
        "decimal": tagged("decimal", text="-0.5"),
        "file": tagged("file", hash=PHOTO, label="well.jpg", media="image/jpeg", size=345_678),
        "integer": -1999,
        "reference": tagged("reference", table="org_organisation", uuid=OUTSIDE),
        "strand": tagged("reference", table="org_organisation", uuid=OUTSIDE, version=PHOTO),
        "text": "Brunnen für Köln \U0001f6b0",
    }


def _readable(plain: Plain) -> Json:
    """As JSON, with bytes in hex after `0x`."""
    if isinstance(plain, dict):
        return {name: _readable(value) for name, value in plain.items()}
    if isinstance(plain, list):
        return [_readable(item) for item in plain]
    return f"0x{plain.hex()}" if isinstance(plain, bytes) else plain


def _observed(body: bytes, **more: Plain) -> Map:
    return {"op": "observe", "about": {"body": body, "destination": SERVER, **more}}


def _salt(seq: int) -> bytes:
    return bytes([seq]) * 16


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
