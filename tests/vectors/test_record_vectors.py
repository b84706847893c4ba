"""versions.json is what the program makes, reads and shows, and what any other reader of the documents would find."""

import json
from hashlib import sha256
from typing import Any

import pytest

from edenmesh.core.ids import record_id
from edenmesh.core.records import carry, owns_uuid, record_state
from edenmesh.errors import RemoteProtocolError
from tests.oracle.record_model import shown_of
from tests.vectors import make_records

CASES: dict[str, Any] = json.loads(make_records.FILE.read_text())
CARRIED = {name: carry(bytes.fromhex(one["bytes"])) for name, one in CASES["versions"].items()}
NAMES: dict[bytes, str] = {one.id: name for name, one in CARRIED.items()}


def test_the_file_is_what_the_program_makes() -> None:
    assert make_records.FILE.read_text() == make_records.text()


@pytest.mark.parametrize("name", CASES["versions"])
def test_a_version_has_the_id_of_its_bytes(name: str) -> None:
    case, carried = CASES["versions"][name], CARRIED[name]
    assert carried.id.hex() == case["id"] == sha256(b"edenmesh/version/1\0" + carried.data).hexdigest()
    assert carried.version.is_understood == case["is_understood"]


def test_the_record_is_named_and_owned_as_the_file_says() -> None:
    record = CASES["record"]
    assert record_id(record["table"], record["uuid"]).hex() == record["id"]
    assert [name for name, one in CARRIED.items() if owns_uuid(one.version)] == [record["owned_by"]]


@pytest.mark.parametrize("case", CASES["states"], ids=lambda case: case["meaning"])
def test_a_set_of_versions_shows_what_the_file_says(case: dict[str, Any]) -> None:
    versions = {CARRIED[name].id: CARRIED[name].version for name in case["versions"]}
    shown = shown_of(record_state(versions, {CARRIED[name].id for name in case["uncounted"]}))
    assert sorted(shown.words) == case["flags"]
    assert _names(shown.waiting) == case["waiting"]
    assert len(shown.strands) == len(case["strands"])
    for strand, expected in zip(shown.strands, case["strands"], strict=True):
        assert NAMES[strand.first] == expected["first"]
        assert _names(strand.heads) == expected["heads"]
        assert _names(strand.retracts) == expected["retracts"]
        assert _names(strand.edits) == expected["concurrent_edits"]
        fields = {
            name: [
                {"value": list(text) if isinstance(text, tuple) else text, "given_by": _names(ids)}
                for text, ids in field
            ]
            for name, field in strand.fields.items()
        }
        assert fields == expected["fields"]


@pytest.mark.parametrize("reason", CASES["refused"])
def test_what_the_file_says_is_no_version_is_refused(reason: str) -> None:
    with pytest.raises(RemoteProtocolError):
        carry(bytes.fromhex(CASES["refused"][reason]))


def _names(ids: set[bytes]) -> list[str]:
    return sorted(NAMES[one] for one in ids)


def test_the_file_covers_what_it_should() -> None:
    assert len(CASES["versions"]) >= 20
    assert len(CASES["states"]) >= 15
    assert len(CASES["refused"]) >= 60
