"""A store that was copied or restored writes on under a new author key, and nothing written before is lost."""

import shutil
from pathlib import Path

import pytest

from edenmesh.node import Device
from tests.net.loop import in_loop
from tests.node.devices import World, pair, sync, team

TABLE = "org_facility"


def add(device: Device, name: str) -> None:
    device.add(TABLE, {"name": name})


def names(device: Device) -> list[str]:
    rows, _ = device.page(TABLE)
    return sorted(row.label for row in rows)


def authors(device: Device) -> int:
    """How many author keys this device's charter knows of it."""
    return len(device._parts.team.charter.members[device.device_id].authors)


def copied(world: World, name: str) -> Path:
    """A copy of a closed device's folder, as a backup makes it."""
    target = world.folder / f"{name.lower()}-copy"
    shutil.copytree(world.folder / name.lower(), target)
    return target


@in_loop
async def test_a_restored_backup_takes_a_new_author_before_it_writes(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with team(world, "Amina", "Bo") as (amina, bo):
        add(bo, "before the backup")
        assert (await sync(amina, bo)).is_everything
    backup = copied(world, "Bo")
    async with world.reopen("Bo") as bo, world.reopen("Amina") as amina:
        add(bo, "after the backup")
        assert (await sync(amina, bo)).is_everything
        assert authors(bo) == 1
    shutil.rmtree(tmp_path / "bo")
    shutil.copytree(backup, tmp_path / "bo")
    async with world.reopen("Bo") as bo, world.reopen("Amina") as amina:
        add(bo, "after the loss")
        assert authors(bo) == 2
        assert (await sync(amina, bo)).is_everything
        assert names(amina) == names(bo) == ["after the backup", "after the loss", "before the backup"]
        assert amina.status().forked_authors == bo.status().forked_authors == 0
        assert authors(amina) == 1


@pytest.mark.parametrize("written_unheard", [0, 3])
@in_loop
async def test_one_that_hears_its_own_seq_ahead_of_its_disk_takes_a_new_author(
    tmp_path: Path, written_unheard: int
) -> None:
    """The database was put back into its very file, so that nothing but the others tells of it."""
    world = World(tmp_path)
    async with team(world, "Amina", "Bo") as (amina, bo):
        add(bo, "before the backup")
        assert (await sync(amina, bo)).is_everything
    backup = copied(world, "Bo")
    async with world.reopen("Bo") as bo, world.reopen("Amina") as amina:
        add(bo, "after the backup")
        assert (await sync(amina, bo)).is_everything
    (tmp_path / "bo" / "store.db").write_bytes((backup / "store.db").read_bytes())
    expected = ["after the backup", "before the backup"]
    async with world.reopen("Bo") as bo, world.reopen("Amina") as amina:
        for number in range(written_unheard):
            add(bo, f"unheard {number}")
        assert authors(bo) == 1
        await sync(amina, bo)
        add(bo, "heard")
        assert authors(bo) == 2
        expected = sorted([*expected, "heard", *(f"unheard {number}" for number in range(written_unheard))])
        assert (await sync(amina, bo)).is_everything
        assert names(amina) == names(bo) == expected
        for device in (amina, bo):
            assert device.status().forked_authors == (1 if written_unheard else 0)


@in_loop
async def test_a_copied_device_and_its_copy_write_apart_and_lose_nothing(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with team(world, "Amina", "Bo") as (amina, bo):
        add(bo, "together")
        assert (await sync(amina, bo)).is_everything
    copied(world, "Bo")
    async with world.reopen("Bo") as bo, world.reopen("Bo-copy") as copy, world.reopen("Amina") as amina:
        add(bo, "the first")
        add(copy, "the copy")
        assert (authors(bo), authors(copy)) == (1, 2)
        assert (await sync(amina, bo)).is_everything
        await bo.stop()
        assert (await sync(amina, copy)).is_everything
        assert names(amina) == names(copy) == ["the copy", "the first", "together"]


@in_loop
async def test_a_lone_copy_joins_a_team_with_all_its_authors(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.make("Bo") as bo:
        add(bo, "as the first author")
    shutil.move(tmp_path / "bo", tmp_path / "bo-kept")
    shutil.copytree(tmp_path / "bo-kept", tmp_path / "bo")
    async with world.reopen("Bo") as bo, world.make("Amina") as amina:
        add(bo, "as the second")
        await pair(bo, amina)
        assert authors(amina) == 1
        assert authors(bo) == 2
        assert (await sync(bo, amina)).is_everything
        assert names(amina) == ["as the first author", "as the second"]
