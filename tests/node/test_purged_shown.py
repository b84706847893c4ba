"""What is shown of a record that was purged here and edited elsewhere since: in no view does it wait for anything."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edenmesh.node import Device
from edenmesh.store import Deleted
from tests.net.loop import in_loop
from tests.node.deleting import SHELTER, acquainted, meet
from tests.node.devices import World

WORDS = "purged here, newer edit"


@asynccontextmanager
async def edited_since(folder: Path) -> AsyncIterator[tuple[Device, Device, str]]:
    """Bo purged what Amina edited since."""
    async with acquainted(World(folder), "Amina", "Bo") as (amina, bo):
        uuid = amina.add(SHELTER, {"name": "Arena"}).uuid
        await meet(bo, amina)
        bo.deletions.purging.purge([(SHELTER, uuid)], is_unreceived_accepted=True)
        amina.edit(SHELTER, uuid, {"name": "Arena South"})
        await meet(bo, amina)
        yield amina, bo, uuid


async def check_views(folder: Path) -> None:
    """The record, the list, its history, the status and the quarantine say that it was purged, as the bin does."""
    async with edited_since(folder) as (amina, bo, uuid):
        assert bo.deletions.bin.look().purged[0].has_newer
        assert bo.record(SHELTER, uuid).flags == (WORDS,)
        assert [row.flags for row in bo.records.page(SHELTER)[0]] == [(WORDS,)]
        [event] = bo.records.history(SHELTER, uuid).events
        assert event.notes == ("follows a change that was purged here: `edenmesh bin fetch` asks others for it",)
        assert not event.can_undo
        assert bo.status().waiting == 0
        assert bo._parts.store.records.quarantined() == []
        # Once it is wanted again it does wait, and then it is whole.
        bo.deletions.purging.fetch(SHELTER, uuid)
        assert bo.record(SHELTER, uuid).flags == ("waiting",)
        assert bo.records.history(SHELTER, uuid).events[0].notes == (
            "waits for a change it follows, which has not come",
        )
        assert bo.status().waiting == 1
        await meet(bo, amina)
        assert bo.record(SHELTER, uuid).flags == ()
        assert bo.record(SHELTER, uuid).label == "Arena South"


@in_loop
async def test_what_was_purged_and_edited_since_says_so_in_every_view(tmp_path: Path) -> None:
    await check_views(tmp_path)


@pytest.mark.parametrize(
    ("name", "answer"), [("lacks_purged", False), ("lacks_purged", True), ("count_waiting_for_purged", 0)]
)
@in_loop
async def test_a_view_that_says_otherwise_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, answer: int
) -> None:
    monkeypatch.setattr(Deleted, name, lambda *_: answer)
    with pytest.raises(AssertionError):
        await check_views(tmp_path)
