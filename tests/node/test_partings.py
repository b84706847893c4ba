"""Parting from a device: blocked it is refused at the door, stopped for now it goes on when somebody says so."""

from pathlib import Path

import pytest

from edenmesh.errors import EdenmeshError, InvalidInput, NotPaired
from edenmesh.node import Device, PeerView
from tests.net.loop import in_loop, until
from tests.node.devices import World, address, begin, ends, is_connected, pair, running, sync, team

TABLE = "org_facility"


def seen_by(device: Device, name: str) -> PeerView:
    (found,) = [peer for peer in device.peers() if peer.name == name]
    return found


@in_loop
async def test_a_blocked_member_is_refused_also_after_a_restart_until_the_block_is_lifted(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with team(world, "Bo", "Amina") as (bo, amina):
        assert (await sync(bo, amina)).is_everything
        told = ends(bo)
        amina.block("Bo")
        await until(lambda: not (is_connected(amina, bo) or is_connected(bo, amina)))
        assert [end.text for end in told] == ["The other person has stopped the exchange."]
        assert seen_by(amina, "Bo").is_blocked
        assert not seen_by(amina, "Bo").is_allowed
        with pytest.raises(NotPaired, match="is blocked on this device"):
            await sync(amina, bo)
        amina.allow("Bo", is_allowed=False)
        assert seen_by(amina, "Bo").is_blocked, "to choose it no more lifted the block"
        amina.unblock("Bo")
        amina.allow("Bo")
        amina.block("Bo")
        await amina.stop()
        amina.close()
        async with world.reopen("Amina") as anew:
            bo.add(TABLE, {"name": "School"})
            with pytest.raises(EdenmeshError):
                await sync(bo, anew)
            assert not is_connected(anew, bo)
            assert not anew.tables()
            anew.unblock("Bo")
            assert (await sync(bo, anew)).is_everything
            assert len(anew.page(TABLE)[0]) == 1


@in_loop
async def test_a_blocked_guest_and_a_stranger_who_tried_to_pair_are_refused(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina", "Bo", "Cleo", "Dan") as (amina, bo, cleo, dan):
        await pair(bo, amina)
        await pair(dan, cleo)
        await pair(cleo, amina)
        assert (await sync(cleo, amina)).is_guest
        amina.block("Cleo")
        await until(lambda: not is_connected(cleo, amina))
        with pytest.raises(EdenmeshError):
            await sync(cleo, amina)
        amina.revoke("Cleo")
        assert seen_by(amina, "Cleo").is_blocked, "to let a guest go lifted the block"
        ours, theirs = await begin(dan, amina)
        amina.block("Dan")
        await ours.ended()
        await theirs.ended()
        assert not seen_by(amina, "Dan").is_member
        assert seen_by(amina, "Dan").is_blocked
        with pytest.raises(EdenmeshError):
            await (await dan.pair(address(amina))).code()
        with pytest.raises(InvalidInput):
            amina.block("Nobody")


@in_loop
async def test_a_stopped_exchange_is_told_stays_stopped_and_goes_on_from_here(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo", redial_seconds=0.1) as (amina, bo):
        assert (await sync(bo, amina)).is_everything
        told = ends(bo)
        assert await amina.end_session("Bo")
        await until(lambda: bool(told))
        assert told[0].text == "The other person stopped the exchange for now."
        assert seen_by(amina, "Bo").is_paused
        assert seen_by(amina, "Bo").is_allowed
        assert seen_by(bo, "Amina").is_paused
        assert not await amina.end_session("Bo")
        amina.add(TABLE, {"name": "School"})
        assert (await sync(bo, amina)).ended == "The other person stopped the exchange for now."
        assert not bo.tables()
        assert (await sync(amina, bo)).is_everything
        assert len(bo.page(TABLE)[0]) == 1
        assert not seen_by(amina, "Bo").is_paused
        assert not seen_by(bo, "Amina").is_paused
