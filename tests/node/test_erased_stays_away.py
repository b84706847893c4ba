"""What was erased stays away: concurrent edits, careless devices, imports and servers do not bring it back."""

from pathlib import Path

import pytest

from edenmesh.errors import NotPermitted
from edenmesh.node import Device
from edenmesh.node.records import imports
from edenmesh.standin import StandinServer
from edenmesh.store import deletions
from tests.net.loop import in_loop
from tests.node.deleting import (
    HOURS,
    SHELTER,
    acquainted,
    charter,
    copies,
    meet,
    pin,
    run_for,
    shown,
)
from tests.node.devices import World, running, states, sync, team, version_count
from tests.node.gateway import deliver, pull

SECRET = "Mariam who asked to be forgotten"
PHOTO = b"a face " * 20_000


def erase(device: Device, uuid: str, table: str = SHELTER) -> str:
    (view,) = device.deletions.erasing.erase(table, uuid)
    return view.entry


@in_loop
async def test_an_erasure_beats_the_concurrent_edits_of_a_device_that_was_away(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with acquainted(world, "Amina", "Bo", "Chidi") as (amina, bo, chidi):
        uuid = amina.add(SHELTER, {"name": "Arena"}).uuid
        for device in (bo, chidi):
            await meet(device, amina)
        erase(amina, uuid)
        run_for(world, 25 * HOURS, amina)
        await meet(bo, amina)
        chidi.edit(SHELTER, uuid, {"name": SECRET})
        other = chidi.add(SHELTER, {"name": "School"}).uuid
        await meet(chidi, bo)
        assert [key[1] for key in states(chidi)] == [other]
        await meet(chidi, amina)
        await meet(bo, amina)
        for device in (amina, bo):
            assert [key[1] for key in states(device)] == [other]
            assert copies(device, SECRET) == 0
        run_for(world, 25 * HOURS, chidi)
        assert copies(chidi, SECRET) == 0
        assert len({version_count(device) for device in (amina, bo, chidi)}) == 1


@in_loop
async def test_what_a_device_gives_that_does_not_heed_an_erasure_is_refused_by_the_change_that_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)
    async with acquainted(world, "Amina", "Bo", "Chidi") as (amina, bo, chidi):
        uuid = chidi.add(SHELTER, {"name": SECRET}).uuid
        await meet(chidi, amina)
        erase(amina, uuid)
        await meet(bo, amina)
        assert copies(bo, SECRET) == 0
        obey = deletions.Deletions._carry_out_erasures
        careless = chidi._parts.store._database.writer

        def carry_out(self: deletions.Deletions, before: tuple[()]) -> None:
            if self._link is not careless:
                obey(self, before)

        monkeypatch.setattr(deletions.Deletions, "_carry_out_erasures", carry_out)
        chidi.edit(SHELTER, uuid, {"capacity": 7})
        for other in (amina, bo):
            await meet(chidi, other)
        assert shown(chidi, uuid) == SECRET
        assert charter(chidi).erasures
        for device in (amina, bo):
            assert (SHELTER, uuid) not in states(device)
        run_for(world, 25 * HOURS, amina, bo)
        assert [copies(device, SECRET) for device in (amina, bo)] == [0, 0]
        chidi.add(SHELTER, {"name": "School"})
        chidi._parts.desk.seal()
        await meet(chidi, bo)
        assert copies(bo, SECRET) == 0


@in_loop
async def test_an_import_does_not_bring_back_what_was_erased_nor_its_files(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with running(world, "Amina") as (amina,):
        row = b'{"$_doc_image": [{"@uuid": "urn:uuid:1", "name": "%s", "$k_file": "x"}]}'
        amina.import_document(row % SECRET.encode())
        document = amina.export()
        erase(amina, "urn:uuid:1", "doc_image")
        run_for(world, 25 * HOURS, amina)
        before = version_count(amina)
        for is_update in (False, True):
            result = amina.import_document(document, is_update=is_update)
            assert (result.written, result.problem_count) == (0, 1)
            assert "erased for good" in result.problems[0]
        file = amina.add_file(PHOTO, label="face.jpg")
        named = b'{"$_doc_image": [{"@uuid": "urn:uuid:1", "file": {"@filename": "face.jpg"}}]}'
        amina.import_document(named, files={"face.jpg": file})
        assert version_count(amina) == before
        assert copies(amina, SECRET) == 0


@in_loop
async def test_the_store_itself_refuses_where_an_import_forgets_to_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)
    async with running(world, "Amina") as (amina,):
        uuid = amina.add(SHELTER, {"name": SECRET}).uuid
        document = amina.export()
        erase(amina, uuid)
        run_for(world, 25 * HOURS, amina)
        before = version_count(amina)
        monkeypatch.setattr(imports, "why_absent", lambda store, table, uuid: "")
        with pytest.raises(NotPermitted, match="erased for good"):
            amina.import_document(document)
        assert version_count(amina) == before
        assert copies(amina, SECRET) == 0


@in_loop
async def test_a_pull_does_not_bring_back_what_was_erased_and_delivery_leaves_it_alone(tmp_path: Path) -> None:
    world = World(tmp_path)
    table = "org_organisation"
    with StandinServer() as server:
        async with running(world, "Amina") as (amina,):
            pin(amina, server)
            uuid = amina.add(table, {"name": SECRET}).uuid
            await deliver(amina)
            erase(amina, uuid, table)
            run_for(world, 25 * HOURS, amina)
            await pull(amina, "records")
            result = await deliver(amina)
            assert result.sent == 0
            assert (table, uuid) not in states(amina)
            assert copies(amina, SECRET) == 0
            # It does not reach the server: there it still is.
            assert SECRET in await _listing(amina, table)


async def _listing(device: Device, table: str) -> str:
    destination = device._exchanges.destinations.find("server")
    async with device._exchanges.destinations.open(destination) as client:
        document = await client.page(table, 0, device.records.catalogue(), [])
        return str(document)


@in_loop
async def test_a_record_that_is_parted_elsewhere_meanwhile_goes_whole(tmp_path: Path) -> None:
    world = World(tmp_path)
    row = b'{"$_cr_shelter": [{"@uuid": "urn:uuid:1", "name": "%s"}]}'
    async with acquainted(world, "Amina", "Bo", "Chidi") as (amina, bo, chidi):
        amina.import_document(row % SECRET.encode())
        for device in (bo, chidi):
            await meet(device, amina)
        bo.import_document(row % b"Another")
        keeps, leaves = sorted(bo.record(SHELTER, "urn:uuid:1").strands, key=lambda one: "name" in one.fields)
        (mine,) = amina.record(SHELTER, "urn:uuid:1").strands
        keeps, leaves = (leaves, keeps) if keeps.id == mine.id else (keeps, leaves)
        assert leaves.id == mine.id
        bo.decisions.part(SHELTER, "urn:uuid:1", keeps.id, [leaves.id])
        (left,) = [uuid for _, uuid in states(bo) if uuid != "urn:uuid:1"]
        bo.edit(SHELTER, left, {"comments": SECRET})
        await meet(chidi, bo)
        erase(amina, "urn:uuid:1")
        for device in (bo, chidi, bo):
            await meet(device, amina)
        run_for(world, 25 * HOURS, amina, bo, chidi)
        for device in (amina, bo, chidi):
            assert states(device) == {}
            assert copies(device, SECRET) == 0
        assert len({version_count(device) for device in (amina, bo, chidi)}) == 1


@in_loop
async def test_what_a_late_device_had_written_keeps_nobody_from_everything(tmp_path: Path) -> None:
    """Its versions come as holes, which it says were erased; who passes them on says so, too."""
    async with team(World(tmp_path), "Amina", "Bo", "Cem") as (amina, bo, cem):
        uuid = amina.add(SHELTER, {"name": "Gone"}).uuid
        for other in (bo, cem):
            assert (await sync(other, amina)).is_everything
        await cem.stop()
        cem.edit(SHELTER, uuid, {"name": "Late"})
        amina.deletions.erasing.erase(SHELTER, uuid)
        assert (await sync(bo, amina)).is_everything
        await cem.start()
        assert (await sync(cem, amina)).is_everything
        for _ in range(2):
            assert (await sync(bo, amina)).is_everything
