"""Importing S3JSON: what is here already writes nothing; a broken row is listed and costs no other."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edenmesh.core.ids import AuthorId
from edenmesh.demo.dataset import make_dataset
from edenmesh.errors import DiskFull, InvalidInput, UsageError
from edenmesh.node import Device, ImportResult
from edenmesh.standin import StandinServer
from tests.net.loop import in_loop, until
from tests.node.devices import World, is_connected, states, sync, team, value, version_count
from tests.node.gateway import Ticking, deliver, device_at

TABLE = "org_facility"
PLACE = "org_organisation"
FIRST, SECOND = "urn:uuid:1", "urn:uuid:2"


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    device = World(tmp_path).make("Amina")
    yield device
    device.close()


def document(*rows: dict[str, object], table: str = TABLE) -> bytes:
    return json.dumps({f"$_{table}": rows}).encode()


def row(uuid: str, **values: object) -> dict[str, object]:
    return {"@uuid": uuid, **values}


SOME = document(row(FIRST, name="Clinic", beds=5), row(SECOND, name="School"))


def told(result: ImportResult) -> tuple[int, int, int, int, int]:
    return result.rows, result.written, result.unchanged, result.conflicts, result.problem_count


def test_the_same_file_twice_writes_nothing(device: Device) -> None:
    assert told(device.import_document(SOME)) == (2, 2, 0, 0, 0)
    assert told(device.import_document(SOME)) == (2, 0, 2, 0, 0)
    assert told(device.import_document(SOME, is_update=True)) == (2, 0, 2, 0, 0)
    assert version_count(device) == 2


def test_what_was_edited_or_deleted_since_stays_so(device: Device) -> None:
    device.import_document(SOME)
    device.edit(TABLE, FIRST, {"name": "Clinic 2"})
    device.retract(TABLE, SECOND)
    before = states(device)
    assert told(device.import_document(SOME)) == (2, 0, 2, 0, 0)
    assert states(device) == before
    assert version_count(device) == 4


def test_with_update_a_file_edits_what_is_here(device: Device) -> None:
    device.import_document(SOME)
    device.edit(TABLE, FIRST, {"phone": "12"})
    changed = document(row(FIRST, name="Clinic 2"), row(SECOND, **{"@deleted": True}), row("urn:uuid:3", name="New"))
    assert told(device.import_document(changed, is_update=True)) == (3, 3, 0, 0, 0)
    [strand] = states(device)[TABLE, FIRST].strands
    assert strand.values == {"name": "Clinic 2", "beds": 5, "phone": "12"}
    assert device.record(TABLE, SECOND).flags == ("deleted",)
    assert value(device, TABLE, "urn:uuid:3", "name") == "New"
    assert told(device.import_document(changed, is_update=True)) == (3, 0, 3, 0, 0)
    assert version_count(device) == 2 + 1 + 3


def test_other_content_under_a_uuid_that_is_here_is_a_question_for_people(device: Device) -> None:
    device.import_document(SOME)
    other = document(row(FIRST, name="Bakery"))
    assert told(device.import_document(other)) == (1, 1, 0, 1, 0)
    assert told(device.import_document(other)) == (1, 0, 1, 0, 0)
    assert told(device.import_document(SOME)) == (2, 0, 2, 0, 0)
    assert device.record(TABLE, FIRST).flags == ("identity conflict",)
    refused = device.import_document(other, is_update=True)
    assert told(refused) == (1, 0, 0, 0, 1)
    assert "that has to be decided first" in refused.problems[0]
    assert version_count(device) == 3


def test_a_uuid_named_twice_in_one_file_is_seen(device: Device) -> None:
    twice = document(row(FIRST, name="Clinic"), row(SECOND, name="School"), row(FIRST, name="Bakery"))
    assert told(device.import_document(twice)) == (3, 3, 0, 1, 0)
    assert device.record(TABLE, FIRST).flags == ("identity conflict",)
    assert told(device.import_document(twice)) == (3, 0, 3, 0, 0)
    same = document(row("urn:uuid:9", name="Well"), row("urn:uuid:9", name="Well"))
    assert told(device.import_document(same)) == (2, 1, 1, 0, 0)
    edited = document(row("urn:uuid:8", name="Well"), row("urn:uuid:8", name="Deep well"))
    assert told(device.import_document(edited, is_update=True)) == (2, 2, 0, 0, 0)
    assert value(device, TABLE, "urn:uuid:8", "name") == "Deep well"


def test_a_broken_row_is_listed_and_costs_no_other(device: Device) -> None:
    rows = [row(f"urn:uuid:{number}", name=f"Place {number}") for number in range(40)]
    rows[7] = {"@uuid": 7, "name": ["a", ["b"]]}
    rows[11] = row("urn:uuid:11", name="x" * 300_000)
    rows[12] = row("urn:uuid:12", **{f"field{number}": "y" * 50 for number in range(3000)})
    rows[13] = "no row at all"  # type: ignore[call-overload]
    result = device.import_document(document(*rows))
    shown = {uuid for _, uuid in states(device)}
    kept = {f"urn:uuid:{number}" for number in range(40) if number not in (7, 11, 12, 13)}
    assert kept <= shown
    assert result.problem_count >= 3
    assert len(result.problems) == result.problem_count
    assert version_count(device) == result.written == log_size(device)


def log_size(device: Device) -> int:
    return device._parts.store.own_log(AuthorId(device._parts.identity.author)).size


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"<html>", b"\xff\xfe", b"null", b"[" * 100_000, b'{"$_org_facility": [' + b'{"a":' * 5000],
    ids=["empty", "half", "list", "html", "bytes", "null", "deep", "cut"],
)
def test_a_file_that_is_no_s3json_is_refused_whole(device: Device, data: bytes) -> None:
    with pytest.raises(InvalidInput) as refused:
        device.import_document(data, files={"photo.png": b"never named"})
    assert refused.value.do
    assert version_count(device) == 0
    assert device._parts.store.statistics().rows["files"] == 0


def test_files_are_kept_where_a_row_names_them_and_listed_where_they_are_missing(device: Device) -> None:
    photos = document(
        row("urn:uuid:1", name="one", file={"@filename": "one.png"}),
        row("urn:uuid:2", name="two", file={"@filename": "two.png"}),
        row("urn:uuid:3", name="three", file={"@filename": "one.png"}),
        table="doc_image",
    )
    result = device.import_document(photos, files={"one.png": b"\x89PNG one", "other.png": b"never named"})
    assert (result.written, result.files, result.problem_count) == (3, 1, 1)
    assert "two.png" in result.problems[0]
    assert "was not given" in result.problems[0]
    rows = device._parts.store.statistics().rows
    assert (rows["files"], device.status().files_missing) == (1, 0)
    kept = value(device, "doc_image", "urn:uuid:1", "file")
    assert device.file(kept.hash) == b"\x89PNG one"  # type: ignore[attr-defined]
    assert value(device, "doc_image", "urn:uuid:2", "file") is None


@in_loop
async def test_the_same_file_on_two_devices_is_one_set_of_records(tmp_path: Path) -> None:
    dataset = make_dataset(7, people=20, facilities=10, reports=6)
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        for device in (amina, bo):
            for data in dataset.documents.values():
                assert device.import_document(data, files=dataset.photos).problem_count == 0
        assert amina.status().records == bo.status().records == dataset.records >= 70
        assert (await sync(bo, amina)).is_everything
        assert states(amina) == states(bo)
        assert amina.conflicts() == []
        assert amina.status().records == dataset.records
        # An edit of one copy is an edit of the record.
        uuid = amina.page(TABLE, limit=1)[0][0].uuid
        bo.edit(TABLE, uuid, {"name": "Edited"})
        await until(lambda: value(amina, TABLE, uuid, "name") == "Edited")
        assert amina.conflicts() == []


@in_loop
async def test_a_long_import_leaves_others_their_turns(tmp_path: Path) -> None:
    rows = [row(f"urn:uuid:{number}", name=f"Place {number}") for number in range(10_000)]
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        assert (await sync(bo, amina)).is_everything
        importing = asyncio.create_task(amina.import_in_turns(document(*rows)))
        longest = arrived = 0.0
        while not importing.done():
            began = time.monotonic()
            await asyncio.sleep(0.001)
            longest = max(longest, time.monotonic() - began)
            arrived = max(arrived, bo.status().records)
        assert importing.result().written == 10_000
        assert arrived > 1000
        assert longest < 1
        await until(lambda: bo.status().records == 10_000)
        assert is_connected(amina, bo)


def test_a_full_disk_ends_an_import_with_words_and_keeps_what_was_whole(device: Device) -> None:
    rows = [row(f"urn:uuid:{number}", name=f"Place {number}", comments="x" * 300) for number in range(6000)]
    store = device._parts.store
    pages = store._database.writer.number("PRAGMA page_count")
    store._database.writer.run(f"PRAGMA max_page_count = {pages + 250}")
    with pytest.raises(DiskFull) as full:
        device.import_document(document(*rows))
    assert "full" in full.value.what
    kept = device.status().records
    assert kept == version_count(device) == log_size(device)
    assert 0 < kept < 6000
    assert kept % 2000 == 0
    store._database.writer.run("PRAGMA max_page_count = 1000000")
    assert told(device.import_document(document(*rows))) == (6000, 6000 - kept, kept, 0, 0)
    assert log_size(device) == device.status().records == 6000


# --- what a server gave out -------------------------------------------------------------------------------------------


def given_out(server: StandinServer, table: str, *uuids: str, **changes: object) -> bytes:
    """An export of these records, as the server makes it."""
    rows = [server.record(table, uuid) for uuid in uuids]
    return json.dumps(
        {f"$_{table}": [{"@uuid": uuid, **(one or {}), **changes} for uuid, one in zip(uuids, rows, strict=True)]}
    ).encode()


@in_loop
async def test_a_servers_export_is_a_reading_of_it(tmp_path: Path) -> None:
    with StandinServer(clock=Ticking()) as server, device_at(tmp_path, server) as device:
        kept = device.add(PLACE, {"name": "Aid", "acronym": "A"}).uuid
        await deliver(device)
        export = given_out(server, PLACE, kept)
        assert told(device.import_document(export, source="server")) == (1, 0, 1, 0, 0)
        edited = given_out(server, PLACE, kept, name="Aid and more", **{"@modified_on": "2027-01-01T00:00:00"})
        assert told(device.import_document(edited, source="server")) == (1, 1, 0, 0, 0)
        assert device.record(PLACE, kept).label == "Aid and more"
        assert device.record(PLACE, kept).flags == ()
        event = device.records.history(PLACE, kept).events[-1]
        assert event.text == "Seen at server by Amina, in a file it gave out: with name=Aid and more"
        assert (event.op, event.way) == ("observe", "server server, from a file")
        assert told(device.import_document(edited, source="server")) == (1, 0, 1, 0, 0)


@in_loop
async def test_an_older_export_is_a_question_and_no_edit(tmp_path: Path) -> None:
    with StandinServer(clock=Ticking()) as server, device_at(tmp_path, server) as device:
        kept = device.add(PLACE, {"name": "First"}).uuid
        await deliver(device)
        older = given_out(server, PLACE, kept)
        device.edit(PLACE, kept, {"name": "Second"})
        await deliver(device)
        assert told(device.import_document(older, source="server")) == (1, 1, 0, 0, 0)
        [record] = device.conflicts()
        assert "server gone back" in record.flags
        assert [(one.server, one.differs["name"].theirs) for one in record.questions] == [("server", "First")]


@in_loop
async def test_what_does_not_say_what_the_server_held_is_listed_and_not_taken(tmp_path: Path) -> None:
    with StandinServer(clock=Ticking()) as server, device_at(tmp_path, server) as device:
        unstamped = json.dumps({f"$_{PLACE}": [{"@uuid": "urn:uuid:7", "name": "Aid"}]}).encode()
        result = device.import_document(unstamped, source="server")
        assert told(result) == (1, 0, 0, 0, 1)
        assert "has no stamp of the server" in result.problems[0]
        fresh = json.dumps(
            {f"$_{PLACE}": [{"@uuid": "urn:uuid:8", "@modified_on": "2026-01-01T00:00:00", "name": "New"}]}
        ).encode()
        assert told(device.import_document(fresh, source="server")) == (1, 1, 0, 0, 0)
        assert device.record(PLACE, "urn:uuid:8").label == "New"
        with pytest.raises(UsageError, match="no destination called 'office'"):
            device.import_document(fresh, source="office")
        with pytest.raises(InvalidInput, match="no edit of yours"):
            device.import_document(fresh, source="server", is_update=True)


def test_what_was_erased_does_not_come_back_by_a_file(device: Device) -> None:
    device.import_document(SOME)
    device.deletions.erasing.erase(TABLE, FIRST)
    result = device.import_document(SOME)
    assert told(result) == (2, 0, 1, 0, 1)
    assert "erased" in result.problems[0]
    assert list(states(device)) == [(TABLE, SECOND)]


def test_a_row_without_a_uuid_is_the_same_record_wherever_the_file_is_imported(tmp_path: Path) -> None:
    world = World(tmp_path)
    unnamed = document({"name": "Clinic"}, {"name": "School"})
    uuids: list[set[str]] = []
    for name in ("Amina", "Bo"):
        device = world.make(name)
        assert told(device.import_document(unnamed)) == (2, 2, 0, 0, 0)
        assert told(device.import_document(unnamed)) == (2, 0, 2, 0, 0)
        uuids.append({uuid for _, uuid in states(device)})
        device.close()
    assert uuids[0] == uuids[1]
    assert len(uuids[0]) == 2
