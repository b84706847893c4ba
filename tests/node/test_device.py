"""The life of a device: made, opened, started, stopped, and closed; what it says of itself."""

import asyncio
import gc
from pathlib import Path

import pytest

from edenmesh.core.ids import DeviceId
from edenmesh.errors import (
    ConfigError,
    InvalidInput,
    PairingFailed,
    StoreDamaged,
    StoreLocked,
    StoreMissing,
    UsageError,
    WrongPassphrase,
)
from edenmesh.net import Address, Ending, TcpTransport
from edenmesh.node import Device, PeerEvent
from edenmesh.store import Committed, Store
from tests.net.loop import in_loop, until
from tests.node.devices import PASSPHRASE, QUICK, World, address, is_connected, pair, part, running, sync, team

TABLE = "org_facility"


@pytest.mark.parametrize("name", ["", " ", "a\nb", "\0", "x" * 1000, " Amina", "a\u202eb", "\u2028"])
def test_a_name_nobody_could_read_is_refused_before_anything_is_made(tmp_path: Path, name: str) -> None:
    world = World(tmp_path)
    with pytest.raises(InvalidInput, match="name"):
        Device.create(tmp_path / "home", name=name, passphrase=PASSPHRASE, settings=world.settings())
    assert not (tmp_path / "home").exists()
    Device.create(tmp_path / "home", name="Amina", passphrase=PASSPHRASE, settings=world.settings()).close()


def test_a_name_is_kept_in_normal_form(tmp_path: Path) -> None:
    device = Device.create(tmp_path, name="Zoe\u0308", passphrase="x", settings=World(tmp_path).settings())
    assert device.name == device.members()[0].name == "Zo\u00eb"
    device.close()


def test_a_new_device_is_alone_and_holds_every_role(tmp_path: Path) -> None:
    device = World(tmp_path).make("Amina")
    status = device.status()
    assert (status.name, status.members, status.records, status.is_listening, status.port) == ("Amina", 1, 0, False, 0)
    [member] = device.members()
    assert (member.is_self, member.admitted_by) == (True, "")
    assert set(member.roles) == {"founder", "steward", "introducer", "gateway"}
    assert (device.peers(), device.sync_peers()) == ([], [])
    device.close()


def test_a_device_comes_back_as_it_was(tmp_path: Path) -> None:
    world = World(tmp_path)
    device = world.make("Amina")
    key, mesh = device.device_id, device.status().mesh
    uuid = device.add(TABLE, {"name": "School"}).uuid
    device.close()
    again = world.reopen("Amina")
    assert (again.device_id, again.name, again.status().mesh) == (key, "Amina", mesh)
    assert again.edit(TABLE, uuid, {"name": "School 2"}).versions == 2
    again.close()


def test_what_cannot_be_opened_says_why(tmp_path: Path) -> None:
    world = World(tmp_path)
    with pytest.raises(StoreMissing):
        world.reopen("Amina")
    device = world.make("Amina")
    with pytest.raises(StoreLocked):
        world.reopen("Amina")
    with pytest.raises((UsageError, StoreLocked)):
        world.make("Amina")
    device.close()
    with pytest.raises(UsageError, match="a store in"):
        world.make("Amina")
    with pytest.raises(WrongPassphrase):
        Device.open(tmp_path / "amina", passphrase="wrong")
    world.reopen("Amina").close()


def test_a_store_that_was_never_finished_says_how_to_begin_anew(tmp_path: Path) -> None:
    Store.create(tmp_path / "amina", PASSPHRASE, entropy=lambda size: b"x" * size, cost=QUICK).close()
    with pytest.raises(StoreDamaged, match="never finished") as refused:
        World(tmp_path).reopen("Amina")
    assert "Remove that folder" in refused.value.do


def test_the_folder_is_private(tmp_path: Path) -> None:
    folder = tmp_path / "amina"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    device = World(tmp_path).make("Amina")
    device.add(TABLE, {"name": "nobody else reads this"})
    assert folder.stat().st_mode & 0o777 == 0o700
    files = list(folder.iterdir())
    assert len(files) >= 4
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert not any(b"nobody else" in file.read_bytes() for file in files)
    device.close()


@in_loop
async def test_stopping_leaves_nothing_under_way(tmp_path: Path) -> None:
    world = World(tmp_path)
    before = asyncio.all_tasks()
    devices = [world.make(name) for name in ("Amina", "Bo", "Cleo")]
    amina, bo, cleo = devices
    for device in devices:
        await device.start()
        await device.start()
    await pair(bo, amina)
    assert (await sync(bo, amina)).is_everything
    # Somebody at the door, a pairing that waits for a person, a session, a listener, and a device that is visible.
    _, at_the_door = await asyncio.open_connection("127.0.0.1", amina.status().port)
    await amina.show(5)
    pairing = await cleo.pair(address(amina))
    await pairing.code()
    for device in devices:
        async with asyncio.timeout(5):
            await device.stop()
        assert (device.status().is_listening, device.status().connected) == (False, ())
    with pytest.raises(PairingFailed):
        await pairing.result()
    at_the_door.close()
    await at_the_door.wait_closed()
    assert asyncio.all_tasks() == before
    for device in devices:
        device.close()
        device.close()


@in_loop
async def test_a_device_starts_again_after_it_stopped(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        for number in range(3):
            uuid = amina.add(TABLE, {"name": f"School {number}"}).uuid
            assert (await sync(bo, amina)).is_everything
            assert bo.record(TABLE, uuid).label == f"School {number}"
            await amina.stop()
            await until(lambda: not bo.status().connected)
            await amina.start()


@in_loop
async def test_a_device_that_stops_hangs_up_on_who_has_not_said_what_it_wants(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        secret = bo._parts.team.secrets[-1].secret
        channel = await bo._meetings._dial(Address.parse(address(amina)), amina.device_id, [secret])
        reading = asyncio.create_task(channel.read())
        # Once its own side of the channel is open, Amina waits for the first word.
        await until(lambda: bool(amina._meetings._tasks))
        await asyncio.sleep(0.05)
        await amina.stop()
        assert await reading == b""
        assert channel.ending is Ending.CLOSED
        await channel.close()
    gc.collect()  # a socket that was lost is a ResourceWarning, and that an error


@in_loop
async def test_in_whichever_turn_a_device_stops_a_dial_of_its_own_leaves_nothing(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        assert (await sync(bo, amina)).is_everything
        for number in range(0, 60, 4):
            await amina.stop()
            await until(lambda: not bo.status().connected)
            await amina.start()  # and redials Bo at once
            for _ in range(number):
                await asyncio.sleep(0)
        await until(lambda: is_connected(amina, bo) and is_connected(bo, amina))
    gc.collect()


@in_loop
async def test_a_port_in_use_is_said_and_the_store_is_free_again(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with running(world, "Amina") as (amina,):
        port = amina.status().port
        bo = world.make("Bo", port=port)
        with pytest.raises(ConfigError, match="in use"):
            async with bo:
                raise AssertionError("it has started")
        world.reopen("Bo").close()


@in_loop
async def test_subscribers_hear_of_commits_sessions_and_pairings(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        heard: list[object] = []
        commits: list[Committed] = []
        stop = amina.on_commit(commits.append)

        async def listen() -> None:
            async for event in amina.subscribe():
                heard.append(event)  # noqa: PERF401 - what was heard must be there while it goes on

        listening = asyncio.create_task(listen())
        await asyncio.sleep(0)
        assert (await sync(bo, amina)).is_everything
        bo.add(TABLE, {"name": "School"})
        await until(lambda: any(isinstance(one, Committed) and one.records for one in heard))
        await until(lambda: any(isinstance(one, PeerEvent) and one.peer == bo.device_id for one in heard))
        assert any(one.records for one in commits)
        stop()
        count = len(commits)
        amina.add(TABLE, {"name": "School 2"})
        await until(lambda: bo.status().records == 2)
        assert len(commits) == count
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        assert len(amina._parts.desk._listeners) == len(bo._parts.desk._listeners)


@in_loop
async def test_the_doctor_names_what_is_wrong(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with team(world, "Amina", "Bo") as (amina, bo):
        await sync(bo, amina)
        found = {check.name: check for check in amina.examine()}
        assert {name for name, check in found.items() if not check.is_well} <= {"stewards", "network"}
        assert all(check.text for check in found.values())
        assert all(check.do for check in found.values() if not check.is_well)
        world.clock.ahead -= 20 * 365 * 86400
        assert not {check.name: check for check in amina.examine()}["clock"].is_well
        world.clock.ahead = 0
        await part(amina, bo)


@in_loop
async def test_members_are_found_by_name_or_id(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        [peer] = amina.peers()
        for text in ("Bo", "bo", peer.device, peer.device[:12]):
            assert amina._parts.team.find(text) == DeviceId(bo.device_id)
        for text in ("", "d-", "Amina", "nobody", amina.status().device):
            with pytest.raises(InvalidInput, match="No device here"):
                amina._parts.team.find(text)
        assert isinstance(amina._parts.settings.transport, TcpTransport)


@in_loop
async def test_nobody_hears_of_a_commit_once_the_device_is_closed(tmp_path: Path) -> None:
    device = World(tmp_path).make("Amina")
    await asyncio.sleep(0)
    heard: list[object] = []
    stop = device.on_commit(heard.append)
    device.add(TABLE, {"name": "one"})
    await asyncio.sleep(0)
    assert len(heard) == 1
    device.add(TABLE, {"name": "two"})
    device.close()
    stop()
    await asyncio.sleep(0)
    assert len(heard) == 1
