"""versions.json is what the program makes, reads and shows, and what any other reader of the documents would find."""

import json
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from edenmesh.core.ids import FormHash, record_id
from edenmesh.core.records import (
    FORM_FORMAT,
    Declarations,
    Field,
    Form,
    RecordState,
    Table,
    carry,
    owns_uuid,
    record_states,
)
from edenmesh.errors import RemoteProtocolError
from tests.interop.peer.encoding import tagged
from tests.oracle.record_model import Strand, shown_of
from tests.vectors import make_records

CASES: dict[str, Any] = json.loads(make_records.FILE.read_text())
CARRIED = {name: carry(bytes.fromhex(one["bytes"])) for name, one in CASES["versions"].items()}
PAGE = (Path(__file__).parents[2] / "docs/protocol/versions.md").read_text()
KINDS = {
    *("one version", "values", "field conflict", "resolution", "late edit", "emptied field", "items", "retract"),
    *("retract and edit", "waiting", "quarantine", "delivered", "edit on the server", "echo", "equal first versions"),
    *("two strands", "newer"),
    *("undo of an edit", "undo of an undo", "undo of a resolution", "undo of a retract"),
    *("undo of what it does not follow",),
    *("unit in conflict", "partial writer", "partial writer over a conflict", "protective field", "form awaited"),
    *("list in place of a value", "list against a value", "value in place of a list"),
    *("same", "different", "contradiction", "undone decision", "strand named", "no strand named"),
    *("observation twins", "two observed values", "ends", "repeated value of ours"),
    *("question", "question with values", "question answered"),
}
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


def test_who_leaves_resides_under_a_uuid_made_of_the_first_version() -> None:
    first = CARRIED["another import"].id
    raw = bytearray(tagged("left", first)[:16])
    raw[6], raw[8] = raw[6] & 0x0F | 0x80, raw[8] & 0x3F | 0x80  # RFC 9562, section 5.8
    left = CASES["uuids"]["another import, where it left for"]
    assert left == CARRIED["edit of who left"].version.uuid == f"urn:uuid:{UUID(bytes=bytes(raw))}"


@pytest.mark.parametrize("case", CASES["states"], ids=lambda case: case["kind"])
def test_a_set_of_versions_shows_what_the_file_says(case: dict[str, Any]) -> None:
    versions = {CARRIED[name].id: CARRIED[name].version for name in case["versions"]}
    uncounted = {CARRIED[name].id for name in case.get("uncounted", ())}
    here = [form for name, form in CASES["forms"].items() if name not in case.get("missing_forms", ())]
    states = record_states(versions, uncounted, Declarations({_hash(form): _form(form) for form in here}))
    assert [_said(state) for state in states] == case["records"]


@pytest.mark.parametrize("case", CASES["states"], ids=lambda case: case["kind"])
def test_what_a_case_is_about_stands_on_the_page(case: dict[str, Any]) -> None:
    assert f"**{case['section']}" in PAGE
    flags = {flag for record in case["records"] for flag in record.get("flags", ())}
    assert flags <= CASES["flags"].keys()


@pytest.mark.parametrize("reason", CASES["refused"])
def test_what_the_file_says_is_no_version_is_refused(reason: str) -> None:
    with pytest.raises(RemoteProtocolError):
        carry(bytes.fromhex(CASES["refused"][reason]))


def _said(state: RecordState) -> dict[str, Any]:
    shown = shown_of(state)
    return _given(
        uuid=state.uuid,
        flags=sorted(shown.words),
        waiting=_names(shown.waiting),
        contradictions=_names(state.contradictions),
        strands=[_strand(strand) for strand in shown.strands],
    )


def _strand(strand: Strand) -> dict[str, Any]:
    return _given(
        first=NAMES[strand.first],
        heads=_names(strand.heads),
        retracts=_names(strand.retracts),
        concurrent_edits=_names(strand.edits),
        fields={
            name: [
                {"value": list(text) if isinstance(text, tuple) else text, "given_by": _names(ids)}
                for text, ids in field
            ]
            for name, field in strand.fields.items()
        },
        units=[list(unit) for unit in sorted(strand.units)],
    )


def _given(**entries: object) -> dict[str, Any]:
    return {name: entry for name, entry in entries.items() if entry}


def _hash(said: dict[str, Any]) -> FormHash:
    return FormHash(bytes.fromhex(said["hash"]))


def _form(said: dict[str, Any]) -> Form:
    fields = [Field(name=name, kind="string", restrictive=texts) for name, texts in said["restrictive"].items()]
    table = Table(name=CASES["record"]["table"], fields=fields, units=said["units"])
    return Form(format=FORM_FORMAT, table=table)


def _names(ids: Iterable[bytes]) -> list[str]:
    return sorted(NAMES[one] for one in ids)


def test_the_file_covers_what_it_should() -> None:
    assert {case["kind"] for case in CASES["states"]} == KINDS
    assert len(CASES["states"]) == len(KINDS)
    assert len(CASES["refused"]) >= 60
    used = {name for case in CASES["states"] for name in case["versions"]}
    assert used == CASES["versions"].keys()
    assert max(len(case["versions"]) for case in CASES["states"]) <= 6
    shown = {flag for case in CASES["states"] for record in case["records"] for flag in record.get("flags", ())}
    assert shown == CASES["flags"].keys()
