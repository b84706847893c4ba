"""Devices that have paired meet: how a sync ends, what is live, and what happens when things go wrong in the middle."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from edenmesh.core.ids import FileHash, format_id
from edenmesh.core.records import File
from edenmesh.core.session import PeerHolds
from edenmesh.errors import DiskFull, PeerUnreachable
from edenmesh.node import Device, Json, PeerEvent
from tests.forms import NAMES
from tests.net.loop import in_loop, until
from tests.node.cable import Cable
from tests.node.devices import (
    World,
    address,
    ends,
    is_connected,
    pair,
    part,
    running,
    states,
    sync,
    team,
    value,
    version_count,
)

TABLE = "org_facility"


def add(device: Device, count: int, size: int = 10) -> None:
    """Write many records in one go."""
    rows = ",".join(f'{{"@uuid": "{device.name}{number}", "name": "{"n" * size}{number}"}}' for number in range(count))
    assert device.import_document(f'{{"$_{TABLE}": [{rows}]}}'.encode()).written == count


def fill(device: Device, pages: int) -> None:
    """Leave the device's disk room for so many pages more: SQLite itself then says that it is full."""
    link = device._parts.store._database.writer
    link.run(f"PRAGMA max_page_count = {link.number('PRAGMA page_count') + pages}")


def free(device: Device) -> None:
    device._parts.store._database.writer.run("PRAGMA max_page_count = 1000000")


@dataclass
class Acks:
    """Acks as they are heard, and those that named what was not stored at that moment."""

    heard: int = 0
    lies: int = 0

    def are_true(self) -> bool:
        return self.heard > 0 and self.lies == 0


def watch_acks(giver: Device, taker: Device) -> Acks:
    """Hold every ack against the taker's store at the moment it is heard."""
    acks = Acks()

    def hear(told: PeerEvent) -> None:
        if isinstance(told.event, PeerHolds) and told.peer == taker.device_id:
            mark = told.event.log
            snapshot = taker._parts.store.snapshot
            logs = [log for log in snapshot.log_heads() if log.author == mark.author and log.size >= mark.size]
            roots = [snapshot.root_at(log.author, log.branch, mark.size) for log in logs]
            acks.heard += 1
            acks.lies += mark.root not in roots

    giver._meetings.listen(hear)
    return acks


def named(file: File) -> dict[str, Json]:
    return {"file": format_id("h", file.hash), "label": file.label, "size": file.size}


@in_loop
async def test_a_sync_ends_with_everything_on_both(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        add(amina, 3000)
        add(bo, 500)
        acks = watch_acks(amina, bo)
        photo = amina.add_file(bytes(range(256)) * 4000, label="a.png")
        amina.add("doc_image", {"file": named(photo)})
        end = await sync(bo, amina)
        assert (end.is_everything, end.missing, end.ended, end.peer) == (True, (), "", "Amina")
        assert (end.taken, end.to_take, end.given, end.to_give) == (3001, 3001, 500, 500)
        assert end.bytes_received > 3001 * 50 + photo.size
        assert end.file_bytes_taken == photo.size
        assert bo.file(FileHash(photo.hash)) == amina.file(FileHash(photo.hash)) is not None
        assert acks.are_true()
        assert states(amina) == states(bo)
        assert len(states(bo)) == 3501
        # The other side has heard the last word a moment later.
        await until(lambda: amina.peers()[0].missing is not None)
        for device, other in ((amina, bo), (bo, amina)):
            [peer] = device.peers()
            assert (peer.is_connected, peer.missing) == (True, ())
            assert peer.last_seen > 0
            assert peer.addresses == (address(other),)


@in_loop
async def test_a_sync_says_what_is_missing(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        file = amina.add_file(b"never leaves", label="a.png")
        amina.add("doc_image", {"file": named(file)})
        store = amina._parts.store
        store._database.writer.run("DELETE FROM file_chunks")
        store._database.writer.run("UPDATE files SET is_whole = 0, have = 0")
        end = await sync(bo, amina)
        assert not end.is_everything
        assert end.missing is not None
        assert any("file" in reason for reason in end.missing)
        assert bo.status().files_missing == 1
        assert bo.peers()[0].missing == end.missing


@in_loop
async def test_an_edit_arrives_while_the_session_is_open(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        uuid = amina.add(TABLE, {"name": "School"}).uuid
        await sync(bo, amina)
        for number in range(20):
            editor, reader = (amina, bo) if number % 2 else (bo, amina)
            editor.edit(TABLE, uuid, {"name": f"Edit {number}"})
            await until(lambda: value(reader, TABLE, uuid, "name") == f"Edit {number}")  # noqa: B023
        assert amina.record(TABLE, uuid).versions == 21
        file = bo.add_file(b"\x89PNG" * 1000, label="p.png")
        bo.edit(TABLE, uuid, {"photo": named(file)})
        await until(lambda: amina.file(FileHash(file.hash)) is not None)
        bo.add_form(NAMES)
        await until(lambda: [form.table.name for form in amina.forms()] == ["cr_shelter"])


@in_loop
async def test_three_devices_pass_on_what_they_hear(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo", "Cleo") as (amina, bo, cleo):
        add(bo, 200)
        for device in (bo, cleo):
            await sync(device, amina)
        await until(lambda: len(states(cleo)) == 200)
        uuid = cleo.add(TABLE, {"name": "from Cleo"}).uuid
        await until(lambda: value(bo, TABLE, uuid, "name") == "from Cleo")
        bo.edit(TABLE, uuid, {"name": "back again"})
        await until(lambda: value(cleo, TABLE, uuid, "name") == "back again")
        assert states(amina) == states(bo) == states(cleo)
        assert amina.status().connected == ("Bo", "Cleo")
        # Each hears everything once: relays do not echo.
        assert version_count(amina) == version_count(bo) == version_count(cleo) == 202


@in_loop
async def test_two_that_dial_each_other_at_once_keep_one_session(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        for _ in range(8):
            uuid = amina.add(TABLE, {"name": "x"}).uuid
            ours, theirs = await asyncio.gather(sync(amina, bo), sync(bo, amina))
            assert ours.is_everything
            assert theirs.is_everything
            assert (is_connected(amina, bo), is_connected(bo, amina)) == (True, True)
            amina.edit(TABLE, uuid, {"name": "live"})
            await until(lambda: value(bo, TABLE, uuid, "name") == "live")  # noqa: B023
            await part(amina, bo)
        assert states(amina) == states(bo)
        assert len(states(bo)) == 8


@in_loop
async def test_who_lost_its_session_comes_back_though_the_other_has_not_noticed(tmp_path: Path) -> None:
    world = World(tmp_path, Cable())
    cable = world.transport
    assert isinstance(cable, Cable)
    async with team(world, "Amina", "Bo") as devices:
        # The one whose dial would lose against the other's if both were new.
        small, large = sorted(devices, key=lambda device: device.device_id)
        assert (await sync(small, large)).is_everything
        cable.pinch()
        del large._meetings._meetings[small.device_id]  # it went to another network, say
        cable.mend()
        world.clock.ahead += 10
        large.add(TABLE, {"name": "School"})
        assert is_connected(small, large)
        assert (await sync(large, small)).is_everything
        assert len(states(small)) == 1


@in_loop
async def test_a_line_cut_after_any_number_of_bytes_resumes(tmp_path: Path) -> None:
    world = World(tmp_path, Cable())
    cable = world.transport
    assert isinstance(cable, Cable)
    async with team(world, "Amina", "Bo") as (amina, bo):
        add(amina, 5000, size=100)
        add(bo, 1000, size=100)
        acks, cuts = watch_acks(amina, bo), 0
        while True:
            cable.cut_after(150_000 + cuts * 20_011)
            try:
                end = await sync(bo, amina)
            except PeerUnreachable:
                end = None
            cuts += 1
            cable.mend()
            if end is not None and end.is_everything:
                break
            if end is not None:
                assert end.ended
            for device in (amina, bo):
                assert device._parts.store._database.reader.check() == []
            await part(amina, bo)
        assert cuts >= 4
        assert acks.are_true()
        assert states(amina) == states(bo)
        assert len(states(bo)) == 6000


@in_loop
async def test_a_device_that_goes_away_in_the_middle_comes_back_to_the_rest(tmp_path: Path) -> None:
    world = World(tmp_path, Cable())
    cable = world.transport
    assert isinstance(cable, Cable)
    async with team(world, "Amina", "Bo") as (amina, bo):
        add(amina, 4000, size=200)
        told = ends(amina)
        syncing = asyncio.create_task(sync(bo, amina))
        await until(lambda: len(bo._parts.store.snapshot.log_heads()) > 0)
        await bo.stop()
        await syncing
        await until(lambda: not is_connected(amina, bo))
        assert told
        had = len(states(bo))
        await bo.start()
        end = await sync(bo, amina)
        assert end.is_everything
        assert end.taken == 4000 - had
        assert states(bo) == states(amina)


@in_loop
async def test_a_full_disk_ends_the_session_with_words_and_nothing_is_acknowledged_in_vain(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo", "Cleo") as (amina, bo, cleo):
        assert (await sync(cleo, amina)).is_everything
        assert (await sync(bo, amina)).is_everything
        told, heard, acks = ends(bo), ends(amina), watch_acks(amina, bo)
        fill(bo, 20)
        add(amina, 3000, size=200)
        await until(lambda: bool(told) and bool(heard))
        assert (told[0].code, told[0].is_by_peer) == ("store", False)
        assert "is full" in told[0].text
        assert DiskFull.do in told[0].text
        assert (heard[0].code, heard[0].is_by_peer) == ("store", True)
        assert "could not store" in heard[0].text
        assert str(tmp_path) not in heard[0].text
        # The others go on, and what this one holds is what its logs say.
        await until(lambda: len(states(cleo)) == 3000)
        assert is_connected(amina, cleo)
        assert bo._parts.store._database.reader.check() == []
        assert len(states(bo)) == version_count(bo) < 3000
        rows = [{"@uuid": f"more {number}", "name": "x" * 5000} for number in range(200)]
        with pytest.raises(DiskFull):
            bo.import_document(json.dumps({f"$_{TABLE}": rows}).encode())
        free(bo)
        assert (await sync(bo, amina)).is_everything
        assert states(amina).keys() <= states(bo).keys()
        await until(lambda: states(bo) == states(amina) == states(cleo))
        assert acks.are_true()


@in_loop
async def test_a_defect_ends_one_session_and_not_the_device(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo", "Cleo") as (amina, bo, cleo):
        for device in (bo, cleo):
            assert (await sync(device, amina)).is_everything
        seen: list[str] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: seen.append(str(context["message"])))
        told = ends(amina)
        broken = amina._meetings._meetings[bo.device_id].session
        broken.receive_bytes = None  # type: ignore[method-assign, assignment]
        bo.add(TABLE, {"name": "School"})
        await until(lambda: bool(told))
        assert told[0].code == "defect"
        assert seen == ["a session ended by a defect"]
        assert amina.status().connected == ("Cleo",)
        assert (await sync(bo, amina)).is_everything
        await until(lambda: len(states(cleo)) == 1)
        asyncio.get_running_loop().set_exception_handler(None)


@in_loop
async def test_a_sync_whose_session_vanishes_says_so(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with team(world, "Amina", "Bo") as (amina, bo):
        assert (await sync(bo, amina)).is_everything
        updates = []
        syncing = bo.sync("Amina")
        encounter = bo._meetings.encounter(amina.device_id)
        assert encounter is not None
        encounter.ask_tally = lambda: None  # type: ignore[method-assign]
        updates.append(await anext(syncing))
        del bo._meetings._meetings[amina.device_id]
        world.clock.ahead += 6
        updates += [update async for update in syncing]
        assert "connection was lost" in updates[-1].ended
        assert updates[-1].is_done
        encounter.close("parted", "The test ends.", text_here="The test ends.")
        await until(lambda: not is_connected(amina, bo))


@in_loop
async def test_known_peers_are_dialled_again_by_themselves(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with running(world, "Amina", redial_seconds=0.05) as (amina,):
        async with running(world, "Bo", redial_seconds=0.05) as (bo,):
            await pair(bo, amina)
            await until(lambda: is_connected(amina, bo))
            port = bo.status().port
        await until(lambda: not amina.status().connected)
        again = world.reopen("Bo", port=port)
        async with again:
            uuid = again.add(TABLE, {"name": "back"}).uuid
            await until(lambda: value(amina, TABLE, uuid, "name") == "back")


@in_loop
async def test_a_sync_with_nobody_there_says_what_to_do(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        where = address(bo)
        await bo.stop()
        with pytest.raises(PeerUnreachable):
            await sync(amina, bo, at=where)
        with pytest.raises(PeerUnreachable) as nobody:
            async for _ in amina.sync("Bo"):
                pass
        assert "--address" in nobody.value.do
