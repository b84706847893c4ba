"""Automatic purge: off by default, and only what came from others and is known to be at a server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edenmesh.errors import InvalidInput
from edenmesh.node import Device, PurgeResult
from edenmesh.node.deletion import automatic
from edenmesh.standin import StandinServer
from edenmesh.store import Delivery, Records
from tests.net.loop import in_loop, until
from tests.node.deleting import DAYS, pin, run_for, settle
from tests.node.devices import World, part, states, team
from tests.node.gateway import deliver

TABLE = "org_organisation"
NOTHING = PurgeResult(0, 0, 0)


@asynccontextmanager
async def received(world: World, count: int = 4) -> AsyncIterator[tuple[Device, Device, Device, list[str]]]:
    """A gateway that delivered, a writer, and a device that only receives; and the records with receipts everywhere."""
    with StandinServer() as server:
        async with team(world, "Amina", "Bo", "Chidi") as (amina, bo, chidi):
            pin(amina, server)
            uuids = [bo.add(TABLE, {"name": f"Unit {number}"}).uuid for number in range(count)]
            await settle(bo, amina)
            assert (await deliver(amina)).owed_total == 0
            for device in (bo, chidi):
                await settle(device, amina)
            await until(lambda: all(here(device) >= set(uuids) for device in (bo, chidi)))
            yield amina, bo, chidi, uuids


def here(device: Device) -> set[str]:
    return {uuid for table, uuid in states(device) if table == TABLE}


def turn(device: Device) -> PurgeResult:
    return device.deletions.automatic.take_turn()


async def check_rules(folder: Path) -> int:
    """What a rule by age removes on each of three devices, and what not. Returns how many records it looked at."""
    world = World(folder)
    async with received(world) as (amina, bo, chidi, uuids):
        devices = (amina, bo, chidi)
        await _add_undelivered(amina, bo, chidi)
        every = here(chidi)
        assert len(every) == len(uuids) + 1
        run_for(world, 1, *devices)
        world.clock.ahead += 100 * DAYS
        assert [turn(device) for device in devices] == [NOTHING] * 3  # no rule
        for device in devices:
            device.deletions.automatic.set_rule(TABLE, after_days=200)
            assert turn(device) == NOTHING  # too young
            device.deletions.automatic.set_rule(TABLE, after_days=90, receipts=2)
            assert turn(device) == NOTHING  # one receipt is not two
            device.deletions.automatic.set_rule(TABLE, after_days=90)
        assert turn(bo) == NOTHING  # Bo wrote them
        assert turn(amina) == NOTHING  # the gateway has not read them back a second time
        assert turn(chidi).records == len(uuids)
        assert here(chidi) == every - set(uuids)  # what has no receipt stays
        assert all(one.is_automatic for one in chidi.deletions.bin.look().purged)
        assert here(amina) == here(bo) == every
    return len(every) * 3


async def _add_undelivered(amina: Device, bo: Device, chidi: Device) -> str:
    uuid = bo.add(TABLE, {"name": "Not delivered"}).uuid
    await until(lambda: uuid in here(amina))
    await until(lambda: uuid in here(chidi))
    return uuid


@in_loop
async def test_only_what_came_from_others_and_has_its_receipts_goes_by_age(tmp_path: Path) -> None:
    assert await check_rules(tmp_path) == 15


def _forget_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automatic.Automatic, "_own_authors", lambda self: set())


def _forget_second_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    deliveries = Records.deliveries
    monkeypatch.setattr(
        Records,
        "deliveries",
        lambda self, num: [Delivery(one.destination, one.is_receipt, 0, 0) for one in deliveries(self, num)],
    )
    _forget_own(monkeypatch)  # a gateway's own observation is a version of its own, too


def _count_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automatic.Automatic, "_count_receipts", lambda self, row, held: 2)


def _forget_age(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automatic, "_DAY_MS", 1)


@pytest.mark.parametrize("sabotage", [_forget_own, _forget_second_reading, _count_twice, _forget_age])
@in_loop
async def test_a_rule_that_goes_too_far_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sabotage: object
) -> None:
    assert callable(sabotage)
    sabotage(monkeypatch)
    with pytest.raises(AssertionError):
        await check_rules(tmp_path)


@in_loop
async def test_beyond_its_space_a_table_loses_the_oldest_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path)
    async with received(world, 6) as (_, _, chidi, uuids):
        size = chidi._parts.store.deleted.size_of(TABLE)
        chidi.deletions.automatic.set_rule(TABLE, space_mb=1)
        assert turn(chidi) == NOTHING
        monkeypatch.setattr(automatic, "_MEGABYTE", size // 2)
        done = turn(chidi)
        assert 2 <= done.records <= 4
        assert here(chidi) == set(uuids[done.records :])
        assert chidi._parts.store.deleted.size_of(TABLE) <= size * 3 // 4
        for _ in range(3):
            turn(chidi)
        left = here(chidi)
        assert left <= set(uuids[done.records :])
        assert turn(chidi) == NOTHING


@in_loop
async def test_what_was_fetched_again_counts_as_having_come_then(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with received(world, 2) as (amina, _, chidi, uuids):
        run_for(world, 1, chidi)
        world.clock.ahead += 100 * DAYS
        chidi.deletions.automatic.set_rule(TABLE, after_days=90)
        assert turn(chidi).records == 2
        chidi.deletions.purging.fetch(TABLE, uuids[0])
        await part(chidi, amina)
        await settle(chidi, amina)
        await until(lambda: uuids[0] in here(chidi))
        run_for(world, 1, chidi)
        assert turn(chidi) == NOTHING
        world.clock.ahead += 91 * DAYS
        assert turn(chidi).records == 1


@in_loop
async def test_a_turn_looks_at_a_bounded_number_and_the_next_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(automatic, "_LOOKED_AT", 2)
    world = World(tmp_path)
    async with received(world, 5) as (_, _, chidi, _):
        run_for(world, 1, chidi)
        world.clock.ahead += 100 * DAYS
        chidi.deletions.automatic.set_rule(TABLE, after_days=90)
        assert [turn(chidi).records for _ in range(4)] == [2, 2, 1, 0]


@in_loop
async def test_a_rule_says_something_and_can_be_taken_away(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with team(world, "Amina") as (amina,):
        rules = amina.deletions.automatic
        assert rules.rules() == []
        for wrong in ({}, {"after_days": -1}, {"space_mb": 1, "receipts": 3}, {"after_days": 10**9}):
            with pytest.raises(InvalidInput):
                rules.set_rule(TABLE, **wrong)
        rules.set_rule(TABLE, after_days=3)
        rules.set_rule("cr_shelter", space_mb=5, receipts=2)
        rules.set_rule(TABLE, after_days=4)
        assert [(one.table, one.after_days, one.space_mb, one.receipts) for one in rules.rules()] == [
            ("cr_shelter", 0, 5, 2),
            (TABLE, 4, 0, 1),
        ]
        rules.drop_rule(TABLE)
        assert [one.table for one in rules.rules()] == ["cr_shelter"]
        with pytest.raises(InvalidInput, match="no rule"):
            rules.drop_rule(TABLE)
