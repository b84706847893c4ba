"""Records, forms and files over the socket of a device, and every bad request refused in three parts."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from edenmesh.core.ids import FileHash, format_id
from tests.forms import NAMES
from tests.net.loop import in_loop
from tests.node.devices import World, running, version_count
from tests.web.local import Local, served

ELSEWHERE = format_id("h", FileHash(bytes(32)))
HALF = "\ud800"
Request = tuple[str, str, object]

NOT_JSON: list[Request] = [
    ("POST", "/api/records", body) for body in (b"{", b"\xff", b"[" * 100_000, b"1" * 5000, [1], b"null", b'"x"')
]
WRONG_RECORDS: list[Request] = [
    ("POST", "/api/records", {}),
    ("POST", "/api/records", {"table": 1, "values": {"a": "b"}}),
    ("POST", "/api/records", {"table": "t", "values": ["a"]}),
    ("POST", "/api/records", {"table": "t", "values": {}}),
    ("POST", "/api/records", {"table": HALF, "values": {"a": "b"}}),
    ("POST", "/api/records", {"table": "t", "values": {HALF: "b"}}),
    ("POST", "/api/records", {"table": "t", "values": {"a": HALF}}),
    ("POST", "/api/records", {"table": "t", "values": {"a": float("nan")}}),
    ("POST", "/api/records", {"table": "t", "values": {"a": [["nested"]]}}),
    ("GET", "/api/records?table=t&limit=x", None),
    ("GET", "/api/records?table=t&limit=-1", None),
    ("GET", "/api/records?table=t&after=99999999999999999999", None),
    ("GET", "/api/record?table=t&uuid=nobody", None),
    ("PATCH", "/api/record", {"table": "t", "uuid": "nobody", "values": {"a": "b"}}),
    ("PATCH", "/api/record", {"table": "t"}),
    ("POST", "/api/record/retract", {"table": "t", "uuid": HALF}),
    ("POST", "/api/record/resolve", {"table": "t", "uuid": "nobody", "versions": "x"}),
]
WRONG_FILES: list[Request] = [
    ("POST", "/api/forms", b"garbage"),
    ("POST", "/api/forms", b"\x00\xff"),
    ("GET", "/api/files/zzz", None),
    ("GET", f"/api/files/{ELSEWHERE}", None),
    ("POST", "/api/import", {"document": "<xml/>"}),
    ("POST", "/api/import", {"document": HALF}),
    ("POST", "/api/import", {"document": "{}", "files": {"a.png": 1}}),
    ("POST", "/api/import", {"document": "{}", "files": {"a.png": {"file": "x"}}}),
    ("GET", "/api/export?format=xml", None),
]


@in_loop
async def test_a_record_is_written_read_changed_and_deleted(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), served(amina, tmp_path / "amina") as local:
        form = await local.ask("POST", "/api/forms", NAMES, status=201)
        assert form == {"table": "cr_shelter", "title": form["title"], "fields": 1}  # type: ignore[index, call-overload]
        assert await local.ask("GET", "/api/forms") == [form]
        uuid = await _add(local, "Nord \u200f\u00e9\U0001f3e0")
        assert amina.record("cr_shelter", uuid).label == "Nord \u200f\u00e9\U0001f3e0"
        values = {"table": "cr_shelter", "uuid": uuid, "values": {"name": "South"}}
        edited = await local.ask("PATCH", "/api/record", values)
        assert edited == await local.ask("GET", f"/api/record?table=cr_shelter&uuid={uuid}")
        assert amina.record("cr_shelter", uuid).label == "South"
        await local.refused("POST", "/api/record/resolve", {**values, "keep": True})
        assert await local.ask("GET", "/api/conflicts") == []
        await local.ask("POST", "/api/record/retract", {"table": "cr_shelter", "uuid": uuid})
        assert await local.ask("GET", "/api/records?table=cr_shelter") == {"records": [], "after": 0}
        shown = await local.ask("GET", "/api/records?table=cr_shelter&deleted=1")
        assert isinstance(shown, dict)
        assert [row["uuid"] for row in shown["records"]] == [uuid]  # type: ignore[union-attr, index, call-overload]


@in_loop
async def test_records_are_found_by_words_and_values(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), served(amina, tmp_path / "amina") as local:
        for number in range(5):
            await _add(local, f"Shelter {'north' if number % 2 else 'south'} {number}")
        asked = {"table": "cr_shelter", "text": "nor", "limit": 1, "is_descending": True}
        found = await local.ask("POST", "/api/records/search", asked)
        assert isinstance(found, dict)
        assert [row["label"] for row in found["rows"]] == ["Shelter north 3"]  # type: ignore[union-attr, index, call-overload]
        assert (found["total"], found["unlisted"]) == (2, 0)
        having = {"table": "cr_shelter", "having": {"name": "Shelter south 4"}}
        found = await local.ask("POST", "/api/records/search", having)
        assert isinstance(found, dict)
        assert found["total"] == 1
        found = await local.ask("POST", "/api/records/search", {"table": "cr_shelter", "is_open": True})
        assert found == {"rows": [], "total": 0, "unlisted": 0}


@in_loop
async def test_a_file_comes_back_byte_by_byte_and_is_never_shown_as_a_page(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), served(amina, tmp_path / "amina") as local:
        content = b"<script>alert(1)</script>" + bytes(range(256)) * 4000
        kept = await local.ask("POST", "/api/files?label=a.html&media=text/html", content, status=201)
        assert isinstance(kept, dict)
        assert kept["size"] == len(content)
        response = await local.http.get(f"/api/files/{kept['file']}")
        assert sha256(response.content).digest() == sha256(content).digest()
        assert response.headers["content-type"] == "application/octet-stream"
        assert response.headers["content-disposition"] == "attachment"
        assert response.headers["x-content-type-options"] == "nosniff"
        rows = {"$_doc_image": [{"@uuid": "urn:uuid:1", "file": {"@filename": "a.html"}}]}
        body = {"document": json.dumps(rows), "files": {"a.html": kept}}
        taken = await local.ask("POST", "/api/import", body)
        assert isinstance(taken, dict)
        assert taken["written"] == 1
        exported = await local.http.get("/api/export?table=doc_image&format=s3json")
        assert b"urn:uuid:1" in exported.content


@in_loop
@pytest.mark.parametrize("requests", [NOT_JSON, WRONG_RECORDS, WRONG_FILES], ids=["json", "records", "files"])
async def test_bad_requests_say_what_was_kept_and_what_to_do(tmp_path: Path, requests: list[Request]) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), served(amina, tmp_path / "amina") as local:
        await _add(local, "stays")
        before = version_count(amina)
        for method, path, body in requests:
            await local.refused(method, path, body)
        assert version_count(amina) == before
        assert amina.status().records == 1


@in_loop
async def test_what_there_is_not_is_said_in_the_same_three_parts(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), served(amina, tmp_path / "amina") as local:
        wrong = (("GET", "/api/nothing", 404), ("GET", "/api/%2e%2e/x", 404), ("DELETE", "/api/records", 405))
        for method, path, status in wrong:
            assert "The device has no" in await local.refused(method, path, status=status)


async def _add(local: Local, name: str) -> str:
    added = await local.ask("POST", "/api/records", {"table": "cr_shelter", "values": {"name": name}}, status=201)
    assert isinstance(added, dict)
    return str(added["uuid"])
