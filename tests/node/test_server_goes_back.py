"""A server that was restored or lost a record: a question for people, and nothing is overwritten until they answer."""

from dataclasses import replace
from pathlib import Path

import pytest

from edenmesh.eden import EdenClient, Row
from edenmesh.errors import UsageError
from edenmesh.node.delivery.observer import Observer, Seen
from edenmesh.standin import USERS, StandinServer
from edenmesh.store import RecordVersions
from tests.net.loop import in_loop
from tests.node.gateway import Ticking, audit, deliver, device_at, import_all, pull, small_dataset, version_count

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


@in_loop
async def test_all_that_one_server_asks_is_answered_at_once_and_what_does_not_fit_is_left(tmp_path: Path) -> None:
    for answer in ("ours", "older", "deleted"):
        home = tmp_path / answer
        with StandinServer(clock=Ticking()) as server, device_at(home, server) as device:
            changed = device.add(TABLE, {"name": "First"}).uuid
            lost = [device.add(TABLE, {"name": f"Lost {number}"}).uuid for number in range(5)]
            await deliver(device)
            backup = server.snapshot()
            device.edit(TABLE, changed, {"name": "Second"})
            await deliver(device)
            server.restore(backup)
            for uuid in lost:
                server.forget(TABLE, uuid)
            await pull(device)
            [standing] = device.status().destinations
            assert standing.questions == 6
            versions = version_count(device)
            said = device.exchanges.answer("server", answer)
            assert said.answered + said.left == 6
            assert version_count(device) == versions + said.answered
            assert said.answered == {"ours": 6, "older": 1, "deleted": 5}[answer]
            assert device.status().destinations[0].questions == said.left
            again = device.exchanges.answer("server", answer)
            assert (again.answered, again.left) == (0, said.left)
            await deliver(device)
            there = server.record(TABLE, changed)
            assert there is not None
            assert there["name"] == ("Second" if answer == "ours" else "First")
            assert (server.record(TABLE, lost[0]) is not None) is (answer == "ours")
            assert device.record(TABLE, lost[0]).strands[0].is_deleted is (answer == "deleted")
            assert audit(device, server).false == []
            assert device.status().destinations[0].owed == said.left


@in_loop
async def test_one_answer_about_a_server_is_no_answer_for_another(tmp_path: Path) -> None:
    with StandinServer() as server, StandinServer() as other, device_at(tmp_path, server) as device:
        user = USERS[0]
        device.set_destination("other", other.url, user=user.email, password=user.password, is_http_allowed=True)
        uuid = device.add(TABLE, {"name": "Aid"}).uuid
        for name in ("server", "other"):
            async for _ in device.deliver(name):
                pass
        server.forget(TABLE, uuid)
        async for _ in device.pull("server"):
            pass
        assert device.exchanges.answer("other", "ours").answered == 0
        assert {one.destination: one.questions for one in device.status().destinations} == {"server": 1, "other": 0}
        with pytest.raises(UsageError, match="answers no question"):
            device.exchanges.answer("server", "yes")
        assert device.exchanges.answer("server", "ours").answered == 1
        assert device.record(TABLE, uuid).flags == ()


def loses_before_push(
    monkeypatch: pytest.MonkeyPatch, server: StandinServer, uuid: str, *, has_stamps: bool
) -> list[str]:
    """The server loses a record once, just before a push; without stamps nothing but its answer tells."""
    lost: list[str] = []
    push, see = EdenClient.push, Observer.see

    async def push_late(client: EdenClient, *given: object) -> object:
        if not lost:
            server.forget(TABLE, uuid)
            lost.append(uuid)
        return await push(client, *given)  # type: ignore[arg-type]

    async def see_no_stamps(observer: Observer, row: Row, held: RecordVersions) -> Seen:
        return await see(observer, replace(row, created_on="", modified_on=""), held)

    monkeypatch.setattr(EdenClient, "push", push_late)
    if not has_stamps:
        monkeypatch.setattr(Observer, "see", see_no_stamps)
    return lost


@pytest.mark.parametrize("has_stamps", [True, False])
@in_loop
async def test_an_update_that_is_answered_created_is_a_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_stamps: bool
) -> None:
    """The server loses the record between the read and the push, and makes a new one of the few fields we sent."""
    with StandinServer(clock=Ticking()) as server, device_at(tmp_path, server) as device:
        uuid = device.add(TABLE, {"name": "Aid", "acronym": "A", "comments": "by the river"}).uuid
        await deliver(device)
        device.edit(TABLE, uuid, {"name": "Aid 2"})
        lost = loses_before_push(monkeypatch, server, uuid, has_stamps=has_stamps)
        result = await deliver(device)
        assert lost == [uuid]
        assert (result.sent, result.owed_total) == (1, 1)
        assert "server gone back" in device.record(TABLE, uuid).flags
        there = server.record(TABLE, uuid)
        assert there is not None
        assert "comments" not in there
        assert device.exchanges.send_again() == 1
        assert (await deliver(device)).owed_total == 0
        there = server.record(TABLE, uuid)
        assert there is not None
        assert there["name"] == "Aid 2"
        assert "by the river" in str(there["comments"])
        assert audit(device, server).false == []
