"""Pulling from a stand-in: forms, records, components, files, what they refer to; and nothing new the second time."""

import asyncio
from pathlib import Path

import pytest

from edenmesh.errors import UsageError
from edenmesh.standin import StandinServer
from tests.net.loop import in_loop
from tests.node.gateway import audit, deliver, device_at, import_all, pull, small_dataset, version_count


@in_loop
async def test_a_whole_server_comes_over_with_forms_components_and_photos(tmp_path: Path) -> None:
    with (
        StandinServer() as server,
        device_at(tmp_path / "a", server) as sender,
        device_at(tmp_path / "b", server) as device,
    ):
        records = import_all(sender, small_dataset())
        await deliver(sender)
        result = await pull(device)
        assert (result.forms, result.problems, len(device.forms())) == (9, (), 9)
        assert result.seen == result.written >= records
        found = audit(device, server)
        assert (found.receipts, found.false, found.owed) == (result.seen, [], 0)
        photos = [row.fields["file"] for row in device.page("doc_image", limit=10)[0]]
        assert len(photos) == 2
        assert device.status().files_missing == 0
        asked = sum("/download/" in seen.path for seen in server.requests)
        again = await pull(device)
        assert (again.written, sum("/download/" in seen.path for seen in server.requests)) == (0, asked)
        for name, document in small_dataset().documents.items():
            imported = device.import_document(document, files=small_dataset().photos, is_update=True)
            assert (name, imported.conflicts) == (name, 0)


@in_loop
async def test_forms_can_be_pulled_alone(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        steps = [update async for update in device.pull(what="forms")]
        assert steps[-1].result is not None
        assert (steps[-1].result.forms, device.tables()) == (9, [])
        with pytest.raises(UsageError, match="nothing to pull"):
            async for _ in device.pull(what="everything"):  # type: ignore[arg-type]
                pass


@in_loop
async def test_what_records_refer_to_comes_along_though_no_form_lists_it(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        country = server.create("gis_location", {"name": "Country"})
        place = server.create("gis_location", {"name": "Place", "parent": country})
        server.create("gis_location", {"name": "Elsewhere"})
        server.create("org_facility", {"name": "Camp", "location_id": place})
        await pull(device)
        assert {row.label for row in device.page("gis_location", limit=10)[0]} == {"Country", "Place"}


@in_loop
async def test_many_pages_are_read_whole(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        for number in range(450):
            server.create("org_organisation", {"name": f"Organisation {number}"})
        await pull(device)
        assert device.tables()[[one.table for one in device.tables()].index("org_organisation")].records == 450
        assert audit(device, server).false == []


@in_loop
async def test_an_edit_made_here_during_a_pull_is_no_part_of_what_the_pull_saw(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        uuid = device.add("org_organisation", {"name": "Aid"}).uuid
        await deliver(device)
        server.edit("org_organisation", uuid, {"acronym": "A"})
        server.faults.delay_seconds = 0.05
        running = asyncio.create_task(pull(device))
        while not running.done():
            await asyncio.sleep(0.01)
            device.edit("org_organisation", uuid, {"comments": f"{len(server.requests)}"})
        result = await running
        assert result.problems == ()
        server.faults.clear()
        assert (await deliver(device)).owed_total == 0
        fields = device.record("org_organisation", uuid).strands[0].fields
        assert (fields["acronym"].value, fields["comments"].is_undecided) == ("A", False)
        assert audit(device, server).false == []


@in_loop
async def test_a_broken_row_costs_no_other_and_is_told(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        server.create("org_organisation", {"name": "Fine"})
        server.create("org_organisation", {"name": "Nameless uuid"}, "u" * 300)
        result = await pull(device)
        assert [row.label for row in device.page("org_organisation", limit=10)[0]] == ["Fine"]
        assert any("300 characters" in problem for problem in result.problems)
        count = version_count(device)
        await pull(device)
        assert version_count(device) == count
