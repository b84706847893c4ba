"""Being seen by multicast DNS on loopback: shown twice, hidden, found by call-sign, renewed after a revocation."""

import asyncio
from pathlib import Path

import pytest

from edenmesh.errors import ConfigError, InvalidInput
from edenmesh.store import Peer
from tests.net.loop import in_loop, until
from tests.node.devices import World, begin, part, running, sync, team


@in_loop
async def test_a_device_is_found_and_paired_by_its_call_sign(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina", "Bo", is_announcing=True) as (amina, bo):
        shown = await amina.show(5)
        assert len(shown.call_sign.split()) == 2
        seen = await bo.nearby(0.5)
        mine = [one for one in seen if one.call_sign == shown.call_sign]
        assert [(one.port, one.is_member, one.addresses) for one in mine] == [(shown.port, False, ("127.0.0.1",))]
        assert [one for one in await amina.nearby(0.2) if one.call_sign == shown.call_sign] == []
        ours, theirs = await begin(bo, amina, shown.call_sign.upper())
        ours.answer(True)
        theirs.answer(True)
        await ours.result()
        await theirs.result()
        # Now its tag says that it is a member.
        again = await amina.show(5)
        assert [one.is_member for one in await bo.nearby(0.5) if one.call_sign == again.call_sign] == [True]
        with pytest.raises(InvalidInput, match="No device called"):
            await bo.pair("no such")


@in_loop
async def test_to_be_shown_twice_at_once_leaves_one_announcement(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina", "Bo", is_announcing=True) as (amina, bo):
        shown = await asyncio.gather(*(amina.show(minutes) for minutes in (1, 2, 3)))
        assert len({one.call_sign for one in shown}) >= 2
        assert amina.status().call_sign == shown[-1].call_sign
        assert len(amina._meetings.door_secrets) == 1
        signs = {one.call_sign for one in shown}
        seen = [one.call_sign for one in await bo.nearby(0.5) if one.call_sign in signs]
        assert seen == [shown[-1].call_sign]
        await asyncio.gather(amina.hide(), amina.hide(), amina.show(1), amina.hide())
        assert not amina.status().visible_until
        assert amina._visibility._advertiser is None


@in_loop
@pytest.mark.parametrize("minutes", [0, -1, 100_000, float("nan"), float("inf")])
async def test_a_time_nobody_means_is_refused(tmp_path: Path, minutes: float) -> None:
    async with running(World(tmp_path), "Amina") as (amina,):
        with pytest.raises(InvalidInput, match="no time to be visible"):
            await amina.show(minutes)
        assert not amina.status().visible_until


@in_loop
async def test_a_device_that_does_not_listen_cannot_be_shown(tmp_path: Path) -> None:
    device = World(tmp_path).make("Amina")
    with pytest.raises(ConfigError, match="does not listen"):
        await device.show(5)
    device.close()


@in_loop
async def test_after_a_revocation_a_device_goes_on_under_a_new_name_and_secret(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo", "Cleo", is_announcing=True) as (amina, bo, cleo):
        assert (await sync(cleo, amina)).is_everything
        first = await amina.show(5)
        amina.revoke("Bo")
        await until(lambda: amina.status().call_sign not in ("", first.call_sign))
        assert amina._visibility._announced == amina._parts.team.secrets[-1].secret
        renewed = amina.status().call_sign
        seen = {one.call_sign: one.is_member for one in await bo.nearby(0.5)}
        assert seen.get(renewed) is False
        assert amina.status().visible_until == first.until
        # A member that was not given the new secret still finds it, where its address has changed.
        await part(amina, cleo)
        cleo._parts.team.note(Peer(device=amina.device_id, is_allowed=True))
        updates = [update async for update in cleo.sync("Amina")]
        assert updates[-1].is_everything
