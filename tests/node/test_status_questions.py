"""Of how many records a server has gone back is counted by the store: nobody looks at the records for it."""

from pathlib import Path

import pytest

from edenmesh.node import Device
from edenmesh.standin import StandinServer
from edenmesh.store import Records
from edenmesh.store.states import States
from tests.net.loop import in_loop
from tests.node.gateway import Ticking, deliver, device_at, pull

TABLE = "org_organisation"


def asked(device: Device) -> int:
    """What the status says, without a look at any record."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Records, "versions_of", lambda *_: pytest.fail("the status looked at a record"))
        [standing] = device.status().destinations
    return standing.questions


async def check_count(folder: Path) -> None:
    """Questions are counted as they come and go, and anew where the store was derived by an older program."""
    with StandinServer(clock=Ticking()) as server, device_at(folder, server) as device:
        uuids = [device.add(TABLE, {"name": f"Aid {number}"}).uuid for number in range(4)]
        await deliver(device)
        assert asked(device) == 0
        for uuid in uuids[1:]:
            server.forget(TABLE, uuid)
        await pull(device)
        assert asked(device) == 3
        device.retract(TABLE, uuids[1])
        assert asked(device) == 2
        link = device._parts.store._database.writer
        link.begin()
        link.run("DELETE FROM questions")
        link.commit()
        assert asked(device) == 0
        device._parts.store.derive_states()
        assert asked(device) == 2
        # Erasing takes the question along.
        device.deletions.erasing.erase(TABLE, uuids[2])
        assert asked(device) == 1
        assert device.exchanges.answer("server", "ours").answered == 1
        assert asked(device) == 0


@in_loop
async def test_the_status_counts_questions_without_looking_at_records(tmp_path: Path) -> None:
    await check_count(tmp_path)


def _note_none(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(States, "_save_questions", lambda *_: None)


def _count_all(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Records, "count_questions", lambda self, _: 3)


def _look_at_records(patch: pytest.MonkeyPatch) -> None:
    count = Records.count_questions

    def look(self: Records, destination: object) -> int:
        for row in self.page(TABLE):
            self.versions_of(row.num)
        return count(self, destination)  # type: ignore[arg-type]

    patch.setattr(Records, "count_questions", look)


@pytest.mark.parametrize("sabotage", [_note_none, _count_all, _look_at_records])
@in_loop
async def test_a_status_that_counts_badly_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sabotage: object
) -> None:
    assert callable(sabotage)
    sabotage(monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        await check_count(tmp_path)
