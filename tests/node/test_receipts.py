"""Delivered, a receipt, still owed: who makes one the other, what is read back a day later, and who is told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from edenmesh.node import DeliveryResult, DeliveryView, Device
from edenmesh.standin import USERS, StandinServer
from edenmesh.store import READ_AGAIN_MS
from tests.net.loop import in_loop, until
from tests.node.devices import World, pair, running, sync
from tests.node.gateway import Ticking, deliver, import_all, pull, small_dataset, version_count

TABLE = "org_organisation"
DAY_SECONDS = READ_AGAIN_MS / 1000


def know(device: Device, server: StandinServer) -> None:
    user = USERS[0]
    device.set_destination("server", server.url, user=user.email, password=user.password, is_http_allowed=True)


@asynccontextmanager
async def two(world: World) -> AsyncIterator[tuple[StandinServer, Device, Device]]:
    """Amina, who founded the team, and Bo, who reaches the server."""
    with StandinServer(clock=Ticking()) as server:
        async with running(world, "Amina", "Bo") as (amina, bo):
            await pair(bo, amina)
            know(bo, server)
            yield server, amina, bo


def at(device: Device, uuid: str, server: str = "server") -> DeliveryView:
    """Where a record stands at the server."""
    return next(one for one in device.record(TABLE, uuid).deliveries if one.server == server)


def counts(result: DeliveryResult) -> tuple[int, int, int]:
    return result.delivered_total, result.receipts_total, result.owed_total


@in_loop
async def test_what_any_member_delivers_is_delivered_and_only_a_gateways_word_is_a_receipt(tmp_path: Path) -> None:
    async with two(World(tmp_path)) as (server, amina, bo):
        uuid = bo.add(TABLE, {"name": "Aid"}).uuid
        assert (await sync(bo, amina)).is_everything
        assert (at(bo, uuid).is_delivered, at(bo, uuid).owed) == (False, ("name",))
        result = await deliver(bo)
        assert (counts(result), result.is_pinned) == ((1, 0, 0), False)
        assert (at(bo, uuid).is_delivered, at(bo, uuid).is_receipt) == (True, False)
        # A steward pins the server: Bo's device is no gateway, so it is no receipt yet.
        know(amina, server)
        amina.exchanges.destinations.pin_for_team("server")
        await until(lambda: bo.status().destinations[0].is_pinned)
        assert not at(bo, uuid).is_receipt
        # The same observation is a receipt once a steward lets his deliveries count; on both devices.
        amina.stewardship.give_role("Bo", "gateway")
        await until(lambda: at(bo, uuid).is_receipt and at(amina, uuid).is_receipt)
        [seen] = amina.status().destinations
        assert (seen.delivered, seen.receipts, seen.owed) == (1, 1, 0)
        assert counts(await deliver(bo)) == (1, 1, 0)
        amina.stewardship.take_role("Bo", "gateway")
        await until(lambda: not at(bo, uuid).is_receipt)
        assert at(amina, uuid).is_delivered
        assert amina.status().destinations[0].receipts == 0


@in_loop
async def test_a_receipt_ends_with_the_state_it_is_about_and_says_which_values_are_owed(tmp_path: Path) -> None:
    async with two(World(tmp_path)) as (server, amina, bo):
        know(amina, server)
        amina.exchanges.destinations.pin_for_team("server")
        uuid = amina.add(TABLE, {"name": "Aid", "acronym": "A"}).uuid
        assert counts(await deliver(amina)) == (1, 1, 0)
        amina.edit(TABLE, uuid, {"acronym": "AID"})
        standing = at(amina, uuid)
        assert (standing.is_delivered, standing.is_receipt, standing.owed) == (False, False, ("acronym",))
        server.faults.drops_field = "acronym"
        result = await deliver(amina)
        assert counts(result) == (0, 0, 1)
        owed = [one.fields for one in result.held] + [one.fields for one in result.rejected]
        assert owed == [("acronym",)]
        server.faults.clear()
        assert counts(await deliver(amina, is_again=True)) == (1, 1, 0)
        assert (await sync(bo, amina)).is_everything
        assert at(bo, uuid).is_receipt


@in_loop
async def test_receipts_speak_of_pinned_servers_alone(tmp_path: Path) -> None:
    async with two(World(tmp_path)) as (_, amina, _), running(World(tmp_path / "c"), "Cleo") as (cleo,):
        with StandinServer() as other:
            know(cleo, other)
            know(amina, other)
            for device in (cleo, amina):
                uuid = device.add(TABLE, {"name": "Aid"}).uuid
                result = await deliver(device)
                assert (counts(result)[:2], result.is_pinned) == ((1, 0), False)
                assert at(device, uuid).is_delivered
            # Each team's stewards speak for their own.
            amina.exchanges.destinations.pin_for_team("server")
            assert (amina.status().destinations[0].receipts, cleo.status().destinations[0].receipts) == (1, 0)


@in_loop
async def test_what_was_delivered_is_read_back_a_second_time_a_day_later(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with two(world) as (server, _, bo):
        uuids = [bo.add(TABLE, {"name": name}).uuid for name in ("Aid", "Bread")]
        await deliver(bo)
        assert all(at(bo, uuid).read_back and not at(bo, uuid).read_again for uuid in uuids)
        assert bo.status().destinations[0].read_once == 2
        world.clock.ahead += DAY_SECONDS / 2
        before, versions = len(server.requests), version_count(bo)
        assert (await deliver(bo)).read_again == 0
        assert bo.status().destinations[0].read_once == 2
        asked = len(server.requests) - before
        world.clock.ahead += DAY_SECONDS / 2
        before = len(server.requests)
        result = await deliver(bo)
        assert (result.read_again, result.sent, result.owed_total) == (2, 0, 0)
        assert len(server.requests) - before == asked + 1
        assert all(at(bo, uuid).read_again > at(bo, uuid).read_back for uuid in uuids)
        # Nothing new was seen, so nothing was written, and nothing is read a third time.
        assert version_count(bo) == versions
        assert bo.status().destinations[0].read_once == 0
        world.clock.ahead += 3 * DAY_SECONDS
        before = len(server.requests)
        assert (await deliver(bo)).read_again == 0
        assert len(server.requests) - before == asked


@in_loop
async def test_a_second_reading_that_finds_less_is_a_question_or_an_edit_and_no_second_time(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with two(world) as (server, _, bo):
        lost, edited, kept = [bo.add(TABLE, {"name": name}).uuid for name in ("Aid", "Bread", "Care")]
        await deliver(bo)
        server.forget(TABLE, lost)
        server.edit(TABLE, edited, {"name": "Broth"})
        # Without a second reading nobody would know: deliveries look at what is owed.
        world.clock.ahead += DAY_SECONDS / 2
        assert (await deliver(bo)).owed_total == 0
        world.clock.ahead += DAY_SECONDS
        result = await deliver(bo)
        assert (result.owed_total, result.sent) == (1, 0)
        assert bo.record(TABLE, lost).flags == ("server gone back",)
        assert bo.record(TABLE, edited).strands[0].fields["name"].value == "Broth"
        assert [bool(at(bo, uuid).read_again) for uuid in (lost, edited, kept)] == [False, False, True]
        assert bo.status().destinations[0].questions == 1
        # What the server shows of the edited one was read for the first time now.
        assert bo.status().destinations[0].read_once == 1


@in_loop
async def test_a_delivery_by_another_device_is_read_back_by_this_one_for_itself(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with two(world) as (server, amina, bo):
        uuid = bo.add(TABLE, {"name": "Aid"}).uuid
        await deliver(bo)
        assert (await sync(bo, amina)).is_everything
        know(amina, server)
        assert (at(amina, uuid).is_delivered, at(amina, uuid).read_back) == (True, 0)
        world.clock.ahead += 2 * DAY_SECONDS
        assert (await deliver(amina)).read_again == 0
        assert at(amina, uuid).read_back == 0


@in_loop
async def test_a_pull_counts_as_the_second_reading_but_for_files_it_does_not_fetch_again(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with two(world) as (_, _, bo):
        records = import_all(bo, small_dataset())
        await deliver(bo)
        assert bo.status().destinations[0].read_once == records
        world.clock.ahead += DAY_SECONDS
        await pull(bo, "records")
        with_files = next(one.records for one in bo.tables() if one.table == "doc_image")
        waiting = [table for table, _ in due(bo, world)]
        assert waiting.count("doc_image") == with_files > 0
        assert len(waiting) < records / 2
        assert (await deliver(bo)).read_again == len(waiting)
        assert due(bo, world) == []


def due(device: Device, world: World) -> list[tuple[str, str]]:
    """The records that are to be read back a second time now."""
    store = device._parts.store
    [known] = store.notes.destinations()
    before = int(world.clock.wall() * 1000) - READ_AGAIN_MS
    return [(row.table, row.uuid) for row in store.records.due_again(known.id, before, limit=1000)]
