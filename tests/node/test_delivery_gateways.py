"""Several devices, one server: receipts travel, replays and gateways at once give no duplicates, revoked ones stop."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from edenmesh.errors import Revoked
from edenmesh.node import Device, PairingTask
from edenmesh.standin import StandinServer
from tests.net.loop import in_loop, until
from tests.node.gateway import audit, deliver, device_at, import_all, pull, small_dataset, version_count


@asynccontextmanager
async def team(home: Path, server: StandinServer) -> AsyncIterator[tuple[Device, Device]]:
    """Two paired devices that both run and know the server."""
    async with AsyncExitStack() as stack:
        first = stack.enter_context(device_at(home / "a", server, "Amina"))
        second = stack.enter_context(device_at(home / "b", server, "Bo"))
        for device in (first, second):
            await device.start()
            stack.push_async_callback(device.stop)
        shown = await first.show(5)
        incoming: list[PairingTask] = []
        first.on_pairing(incoming.append)
        task = await second.pair(f"127.0.0.1:{shown.port}")
        await task.code()
        await incoming[0].code()
        task.answer(is_same=True)
        incoming[0].answer(is_same=True)
        await asyncio.gather(task.result(), incoming[0].result())
        yield first, second


async def sync(first: Device, second: Device) -> None:
    async for update in second.sync(first.name, address=f"127.0.0.1:{first.status().port}"):
        if update.is_done:
            assert update.is_everything


@in_loop
async def test_a_device_that_never_sees_the_server_learns_that_its_data_landed(tmp_path: Path) -> None:
    with StandinServer() as server:
        async with team(tmp_path, server) as (gateway, carrier):
            records = import_all(carrier, small_dataset())
            await sync(gateway, carrier)
            result = await deliver(gateway)
            assert (result.delivered, result.owed_total) == (records, 0)
            await sync(gateway, carrier)
            await until(lambda: carrier.status().destinations[0].owed == 0)
            assert carrier.status().destinations[0].delivered == records > 60
            assert audit(carrier, server).false == []
            view = carrier.record("org_organisation", carrier.page("org_organisation", limit=1)[0][0].uuid)
            assert view.delivered_to == ("server",)
            before = version_count(carrier), len(server.requests)
            assert (await deliver(carrier)).sent == 0
            assert (version_count(carrier), len(server.requests)) == (before[0], before[1] + 1)


@in_loop
async def test_two_members_that_deliver_at_once_store_everything_once(tmp_path: Path) -> None:
    with StandinServer() as server:
        async with team(tmp_path, server) as (first, second):
            records = import_all(first, small_dataset())
            own = [one.add("org_organisation", {"name": f"Of {one.name}"}).uuid for one in (first, second)]
            await sync(first, second)
            results = await asyncio.gather(deliver(first), deliver(second))
            assert [result.rejected for result in results] == [(), ()]
            await sync(first, second)
            for device in (first, second):
                assert (await deliver(device)).owed_total == 0
                found = audit(device, server)
                assert (found.receipts, found.false) == (records + 2, [])
                assert device.conflicts() == []
            for table in small_dataset().documents:
                uuids = server.uuids(table)
                assert len(uuids) == len(set(uuids)) > 2
            assert set(own) <= set(server.uuids("org_organisation"))
            counts = [version_count(device) for device in (first, second)]
            await sync(first, second)
            assert [(await pull(device)).written for device in (first, second)][1:] == [0]
            assert counts[0] == counts[1]


@in_loop
async def test_strangers_that_deliver_the_same_records_at_once_make_no_duplicates(tmp_path: Path) -> None:
    with (
        StandinServer() as server,
        device_at(tmp_path / "a", server) as first,
        device_at(tmp_path / "b", server) as second,
    ):
        records = import_all(first, small_dataset())
        import_all(second, small_dataset())
        server.faults.unique_constraint_times = 2
        await asyncio.gather(deliver(first), deliver(second))
        for device in (first, second):
            assert (await deliver(device)).owed_total == 0
            found = audit(device, server)
            assert (found.receipts, found.false) == (records, [])


@in_loop
async def test_one_device_delivers_to_one_server_once_at_a_time(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        records = import_all(device, small_dataset())
        results = await asyncio.gather(deliver(device), deliver(device), pull(device))
        assert [results[0].sent, results[1].sent] == [records, 0]
        assert audit(device, server).false == []


@in_loop
async def test_a_revoked_device_delivers_nothing_any_more(tmp_path: Path) -> None:
    with StandinServer() as server:
        async with team(tmp_path, server) as (first, second):
            await sync(first, second)
            import_all(second, small_dataset())
            with pytest.raises(Revoked):
                await deliver_until_told(second, lambda: first.revoke(second.name), of=first)
            assert len(server.uuids("org_organisation")) < 41
            assert server.uuids("event_incident_report") == []
            with pytest.raises(Revoked, match="has revoked this device"):
                await deliver(second)


async def deliver_until_told(device: Device, revoke: Callable[[], None], *, of: Device) -> None:
    """The news comes while the delivery is under way, as a third member would bring it."""
    async for update in device.deliver():
        if update.step == "send":
            revoke()
            with device._parts.desk.writing() as writing:
                writing.add_charter(of._parts.team.charter.entries.values())
