"""Erase: hidden at once wherever it is heard of, destroyed after a day of running time, and no way back."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from edenmesh.core.ids import EntryId, FileHash, format_id, parse_id
from edenmesh.core.trust import take_roles
from edenmesh.errors import InvalidInput, NotPermitted
from edenmesh.node import Device, Json
from edenmesh.store import ERASE_AFTER_MS, Stage, deletions, erasures
from tests.net.loop import in_loop, until
from tests.node.deleting import (
    HOURS,
    SHELTER,
    acquainted,
    charter,
    copies,
    is_settled,
    meet,
    run_for,
    settle,
    shown,
)
from tests.node.devices import PASSPHRASE, World, pair, running, states, team, version_count

SECRET = "Mariam who asked to be forgotten"
PHOTO = b"a face " * 20_000


def erase(device: Device, uuid: str, table: str = SHELTER) -> str:
    (view,) = device.deletions.erasing.erase(table, uuid)
    return view.entry


def stages(device: Device) -> list[Stage]:
    return [one.stage for one in device._parts.store.deleted.erasures().values()]


def add_with_photo(device: Device) -> tuple[str, str, FileHash]:
    """A record with a component that names a file."""
    uuid = device.add(SHELTER, {"name": SECRET}).uuid
    file = device.add_file(PHOTO, label="face.jpg")
    described: dict[str, Json] = {"file": format_id("h", file.hash), "label": SECRET, "media": "", "size": file.size}
    image = device.add("doc_image", {"name": SECRET, "file": described}).uuid
    return uuid, image, FileHash(file.hash)


async def check_hidden_and_destroyed(folder: Path) -> int:
    """The life of an erasure on the device that wrote it and on one that hears. Returns how many looks it took."""
    world = World(folder)
    looks = 0
    async with acquainted(world, "Amina", "Bo", "Chidi") as (amina, bo, chidi):
        uuid = amina.add(SHELTER, {"name": SECRET}).uuid
        amina.edit(SHELTER, uuid, {"comments": SECRET * 50})
        kept = amina.add(SHELTER, {"name": "Arena"}).uuid
        await meet(bo, amina)
        held = version_count(bo)
        erase(amina, uuid)
        await meet(bo, amina)
        for device in (amina, bo):
            assert [key[1] for key in states(device)] == [kept]
            assert SECRET.encode() not in device.export()
            assert copies(device, SECRET) > 0  # hidden, so that it can come back
            with pytest.raises(InvalidInput):
                device.record(SHELTER, uuid)
            looks += 1
        # Not given: a device that had never heard of it gets its ids alone.
        ended = await meet(chidi, bo)
        assert ended.missing == ()
        assert version_count(chidi) == held
        assert copies(chidi, SECRET) == 0
        run_for(world, 23 * HOURS, amina, bo)
        assert [stages(device) for device in (amina, bo)] == [[Stage.HIDDEN]] * 2
        assert copies(bo, SECRET) > 0
        run_for(world, 1.1 * HOURS, amina, bo)
        for device in (amina, bo):
            assert copies(device, SECRET) == 0
            assert is_settled(device)
            assert shown(device, kept) == "Arena"
            looks += 1
        assert version_count(bo) == held  # ids, authors and seqs stay known
        assert (await meet(chidi, amina)).missing == ()
        assert (await meet(bo, amina)).missing == ()
    return looks


@in_loop
async def test_what_is_erased_is_hidden_and_not_given_at_once_and_destroyed_after_a_day(tmp_path: Path) -> None:
    assert await check_hidden_and_destroyed(tmp_path) == 4


def _destroy_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasures, "ERASE_AFTER_MS", ERASE_AFTER_MS // 2)


def _give_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deletions.Deletions, "hide", lambda self, table, uuid: 0)


def _leave_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasures, "note_settled", lambda link: None)


def _never_destroy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasures, "run_on", lambda link, elapsed_ms: [])


@pytest.mark.parametrize("sabotage", [_destroy_early, _give_hidden, _leave_in_the_log, _never_destroy])
@in_loop
async def test_a_device_that_erases_badly_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sabotage: Callable[[pytest.MonkeyPatch], None]
) -> None:
    sabotage(monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        await check_hidden_and_destroyed(tmp_path)


@in_loop
async def test_running_time_counts_and_not_the_wall_clock(tmp_path: Path) -> None:
    world = World(tmp_path)
    ahead = [0.0]
    async with running(world, "Amina", wall_clock=lambda: world.clock.wall() + ahead[0]) as (amina,):
        uuid = amina.add(SHELTER, {"name": SECRET}).uuid
        erase(amina, uuid)
        ahead[0] = 365 * 24 * HOURS
        run_for(world, HOURS, amina)
        assert stages(amina) == [Stage.HIDDEN]
        (view,) = amina.deletions.bin.look().erasures
        assert 22.9 * HOURS < view.left_seconds <= 23 * HOURS
        assert view.hidden == ((SHELTER, uuid),)
    # While it does not run, no time passes; what it ran is kept.
    world.clock.ahead += 100 * HOURS
    amina = world.reopen("Amina")
    try:
        (view,) = amina.deletions.bin.look().erasures
        assert 22.9 * HOURS < view.left_seconds <= 23 * HOURS
        run_for(world, 23.1 * HOURS, amina)
        assert copies(amina, SECRET) == 0
        assert amina.deletions.bin.look().erasures[0].left_seconds == 0
    finally:
        amina.close()


@in_loop
async def test_components_and_files_go_with_a_record(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with team(world, "Amina", "Bo") as (amina, bo):
        _, image, file = add_with_photo(amina)
        await settle(bo, amina)
        await until(lambda: bo.file(file) == PHOTO)
        erase(amina, image, "doc_image")
        await until(lambda: bo.file(file) is None)
        assert amina.file(file) is None
        run_for(world, 25 * HOURS, amina, bo)
        for device in (amina, bo):
            assert copies(device, "a face a face") == 0
            assert is_settled(device)


@in_loop
async def test_a_second_steward_has_it_destroyed_at_once_everywhere(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with team(world, "Amina", "Bo", "Chidi") as (amina, bo, chidi):
        uuid = amina.add(SHELTER, {"name": SECRET}).uuid
        amina.stewardship.give_role("Bo", "steward")
        for device in (bo, chidi):
            await settle(device, amina)
        entry = erase(amina, uuid)
        with pytest.raises(NotPermitted, match="A second steward"):
            amina.deletions.erasing.confirm(entry)
        await until(lambda: bool(charter(chidi).erasures))
        with pytest.raises(NotPermitted, match="Only a steward"):
            chidi.deletions.erasing.confirm(entry)
        with pytest.raises(InvalidInput, match="There is no erasure"):
            bo.deletions.erasing.confirm("e-nothing")
        await until(lambda: bool(charter(bo).erasures))
        assert copies(bo, SECRET) > 0
        view = bo.deletions.erasing.confirm(entry[:14])
        assert (view.is_confirmed, view.left_seconds) == (True, 0)
        await until(lambda: all(stages(device) == [Stage.WRITTEN_HOME] for device in (amina, bo, chidi)))
        assert [copies(device, SECRET) for device in (amina, bo, chidi)] == [0, 0, 0]
        assert all(map(is_settled, (amina, bo, chidi)))


@in_loop
async def test_only_a_steward_erases_and_only_what_is_decided_to_be_one_thing(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with team(world, "Amina", "Bo") as (amina, bo):
        uuid = bo.add(SHELTER, {"name": SECRET}).uuid
        await settle(bo, amina)
        with pytest.raises(NotPermitted, match="Only a steward"):
            erase(bo, uuid)
        assert shown(bo, uuid) == SECRET
        row = b'{"$_cr_shelter": [{"@uuid": "urn:uuid:1", "name": "%s"}]}'
        amina.import_document(row % b"One")
        amina.import_document(row % b"Another")
        with pytest.raises(InvalidInput, match="not decided whether") as caught:
            erase(amina, "urn:uuid:1")
        assert (caught.value.kept, "edenmesh resolve" in caught.value.do) == ("Nothing was erased.", True)
        keeps, leaves = amina.record(SHELTER, "urn:uuid:1").strands
        amina.decisions.part(SHELTER, "urn:uuid:1", keeps.id, [leaves.id])
        with pytest.raises(InvalidInput, match="until people parted them") as caught:
            erase(amina, "urn:uuid:1")
        assert "--with-parted" in caught.value.do
        before = len(states(amina))
        amina.deletions.erasing.erase(SHELTER, "urn:uuid:1", with_parted=True)
        assert len(states(amina)) == before - 2
        assert not charter(bo).erasures or shown(bo, uuid) == SECRET


KILLED = """
import os, signal, sys
from pathlib import Path
from edenmesh.node import Device, Settings
from edenmesh.store.database import Link
clock = [0.0]
device = Device.open(Path(sys.argv[1]), passphrase=sys.argv[2], settings=Settings(clock=lambda: clock[0]))
device.deletions.tick()
when = sys.argv[3]
def kill(*args, **options):
    os.kill(os.getpid(), signal.SIGKILL)
setattr(Link, when, kill)
clock[0] = 25 * 3600.0
device.deletions.tick()
print("not killed")
"""


@pytest.mark.parametrize(("when", "is_destroyed"), [("commit", False), ("write_home", True)])
@in_loop
async def test_a_device_killed_while_it_destroys_goes_on_when_it_starts_again(
    tmp_path: Path, when: str, is_destroyed: bool
) -> None:
    world = World(tmp_path)
    async with running(world, "Amina") as (amina,):
        uuid = amina.add(SHELTER, {"name": SECRET * 100}).uuid
        erase(amina, uuid)
    home = str(tmp_path / "amina")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    arguments = ("-c", KILLED, home, PASSPHRASE, when)
    killed = await asyncio.create_subprocess_exec(sys.executable, *arguments, env=environment)
    assert await killed.wait() == -signal.SIGKILL
    amina = world.reopen("Amina")
    try:
        assert stages(amina) == [Stage.WRITTEN_HOME if is_destroyed else Stage.HIDDEN]
        assert (copies(amina, SECRET) == 0) is is_destroyed
        run_for(world, 25 * HOURS, amina)
        assert copies(amina, SECRET) == 0
        assert is_settled(amina)
    finally:
        amina.close()


@in_loop
async def test_an_erasure_that_is_struck_before_its_time_is_undone(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with team(world, "Amina", "Bo") as (amina, bo):
        uuid = amina.add(SHELTER, {"name": "Arena"}).uuid
        point = charter(amina).heads
        amina.stewardship.give_role("Bo", "steward")
        given = charter(amina).heads
        await settle(bo, amina)
        erase(bo, uuid)
        await until(lambda: shown(amina, uuid) is None)
        assert point != given
        key = amina._parts.identity.device_key
        taking = take_roles(charter(amina), key, bo.device_id, ["steward"], point=[EntryId(one) for one in given])
        with amina._parts.desk.writing() as writing:
            writing.add_charter([taking])
        assert shown(amina, uuid) == "Arena"
        await until(lambda: shown(bo, uuid) == "Arena")
        assert amina.deletions.bin.look().erasures == ()
        amina.edit(SHELTER, uuid, {"name": "Arena South"})
        await until(lambda: shown(bo, uuid) == "Arena South")


@in_loop
async def test_who_joins_another_team_destroys_first_what_the_former_one_erased(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with running(world, "Amina", "Bo") as (amina, bo):
        uuid = amina.add(SHELTER, {"name": SECRET}).uuid
        erase(amina, uuid)
        assert copies(amina, SECRET) > 0
        await pair(amina, bo)
        assert charter(amina).erasures == ()
        await settle(amina, bo)
        for device in (amina, bo):
            assert states(device) == {}
            assert copies(device, SECRET) == 0


@in_loop
async def test_anyone_may_ask_for_an_erasure_and_stewards_see_what_is_meant(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with team(world, "Amina", "Bo") as (amina, bo):
        uuid = bo.add(SHELTER, {"name": "Arena"}).uuid
        await settle(bo, amina)
        (asked,) = bo.deletions.erasing.ask(SHELTER, uuid, "She asked us to.")
        assert (asked.by, asked.is_met) == ("Bo", False)
        await until(lambda: bool(charter(amina).asked))
        (seen,) = amina.deletions.bin.look().asked
        assert (seen.by, seen.why, seen.records) == ("Bo", "She asked us to.", ((SHELTER, uuid, "Arena"),))
        for device in (bo, amina):
            with pytest.raises(
                InvalidInput, match=r"Bo has asked for that already: e-.*, because She asked us to\."
            ) as told:
                device.deletions.erasing.ask(SHELTER, uuid, "Again.")
            assert told.value.kept == "The request stands; nothing was added to it."
        assert len(amina.deletions.bin.look().asked) == 1
        assert shown(amina, uuid) == "Arena"  # to ask has no effect
        erase(amina, uuid)
        assert amina.deletions.bin.look().asked[0].is_met
        other = bo.add(SHELTER, {"name": "School"}).uuid
        with pytest.raises(InvalidInput, match="too long"):
            bo.deletions.erasing.ask(SHELTER, other, "x" * 501)


@in_loop
async def test_the_bin_says_which_devices_are_known_to_have_heard(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with acquainted(world, "Amina", "Bo", "Chidi") as (amina, bo, chidi):
        uuid = amina.add(SHELTER, {"name": "Arena"}).uuid
        entry = erase(amina, uuid)
        (view,) = amina.deletions.bin.look().erasures
        assert (view.entry, view.by, view.heard, view.not_known) == (entry, "Amina", (), ("Bo", "Chidi"))
        await meet(bo, amina)
        (view,) = amina.deletions.bin.look().erasures
        assert (view.heard, view.not_known) == (("Bo",), ("Chidi",))
        (view,) = bo.deletions.bin.look().erasures
        assert (view.heard, view.not_known) == (("Amina",), ("Chidi",))
        # Chidi hears from Bo; Amina cannot know of it.
        await meet(chidi, bo)
        (view,) = amina.deletions.bin.look().erasures
        assert view.not_known == ("Chidi",)
        assert parse_id("e", entry)


@in_loop
async def test_a_retracted_record_is_in_the_bin_and_comes_back_for_all(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with team(world, "Amina", "Bo") as (amina, bo):
        uuid = amina.add(SHELTER, {"name": "Arena"}).uuid
        await settle(bo, amina)
        bo.retract(SHELTER, uuid)
        (view,) = bo.deletions.bin.look().retracted
        assert (view.uuid, view.label, view.by) == (uuid, "Arena", ("Bo",))
        await until(lambda: bool(amina.deletions.bin.look().retracted))
        amina.deletions.bin.restore(SHELTER, uuid, why="by mistake")
        await until(lambda: bo.deletions.bin.look().retracted == ())
        assert shown(bo, uuid) == "Arena"
        with pytest.raises(InvalidInput, match="is not deleted"):
            bo.deletions.bin.restore(SHELTER, uuid)
