"""A server that was restored or lost a record: a question for people, and nothing is overwritten until they answer."""

from pathlib import Path

from edenmesh.standin import StandinServer
from tests.net.loop import in_loop
from tests.node.gateway import Ticking, audit, deliver, device_at, import_all, pull, small_dataset

TABLE = "org_organisation"
ASKS = "the server has gone back: it does not hold any more what it was seen to hold"


@in_loop
async def test_a_record_the_server_forgot_is_asked_about_once_and_not_sent_by_itself(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        await pull(device)
        pulled = audit(device, server).receipts
        uuid = device.add(TABLE, {"name": "Aid"}).uuid
        await deliver(device)
        server.forget(TABLE, uuid)
        assert (await pull(device)).written == 1
        found = audit(device, server)
        assert (found.receipts, found.false, found.owed) == (pulled, [], 1)
        result = await deliver(device)
        assert [one.reason.partition(";")[0] for one in result.held] == [ASKS]
        assert (result.sent, server.record(TABLE, uuid)) == (0, None)
        assert (await pull(device)).written == 0
        assert device.record(TABLE, uuid).strands[0].fields["name"].value == "Aid"
        assert device.exchanges.send_again() == 1
        assert (await deliver(device)).owed_total == 0
        assert audit(device, server).false == []
        assert device.exchanges.send_again() == 0


@in_loop
async def test_a_record_deleted_there_may_be_deleted_here_too(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        uuid = device.add(TABLE, {"name": "Aid"}).uuid
        await deliver(device)
        server.delete(TABLE, uuid)
        await pull(device)
        device.retract(TABLE, uuid)
        assert (await deliver(device)).owed_total == 0
        assert audit(device, server).false == []


@in_loop
async def test_a_server_set_back_overwrites_nothing_here_and_nothing_there(tmp_path: Path) -> None:
    with StandinServer(clock=Ticking()) as server, device_at(tmp_path, server) as device:
        import_all(device, small_dataset())
        kept = device.add(TABLE, {"name": "First", "acronym": "F"}).uuid
        await deliver(device)
        backup = server.snapshot()
        device.edit(TABLE, kept, {"name": "Second"})
        later = device.add(TABLE, {"name": "Later"}).uuid
        await deliver(device)
        server.restore(backup)
        await pull(device)
        result = await deliver(device)
        assert {one.label for one in result.held} == {"Second", "Later"}
        assert {one.reason.partition(";")[0] for one in result.held} == {ASKS}
        record = server.record(TABLE, kept)
        assert record is not None
        assert (record["name"], server.record(TABLE, later)) == ("First", None)
        assert audit(device, server).false == []
        assert device.exchanges.send_again() == 2
        assert (await deliver(device)).owed_total == 0
        record = server.record(TABLE, kept)
        assert record is not None
        assert record["name"] == "Second"
        assert audit(device, server).false == []
        assert (await pull(device)).written == 0


@in_loop
async def test_a_server_that_comes_forward_again_by_itself_answers_its_own_question(tmp_path: Path) -> None:
    with StandinServer(clock=Ticking()) as server, device_at(tmp_path, server) as device:
        uuid = device.add(TABLE, {"name": "Aid"}).uuid
        await deliver(device)
        whole = server.snapshot()
        server.forget(TABLE, uuid)
        await pull(device)
        server.restore(whole)
        result = await deliver(device)
        assert (result.already_there, result.owed_total) == (1, 0)
        assert audit(device, server).false == []
