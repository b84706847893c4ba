"""Who is out: strangers, and devices that were revoked; and that the others still reach each other afterwards."""

from pathlib import Path

import pytest

from edenmesh.core.ids import DeviceId
from edenmesh.errors import InvalidInput, NotPaired, NotPermitted, PeerUnreachable, RemoteProtocolError
from edenmesh.net import Address
from edenmesh.node.parts.identity import Key
from edenmesh.store import Peer
from tests.net.loop import in_loop, until
from tests.node.devices import World, address, ends, is_connected, part, running, states, sync, team

TABLE = "org_facility"


@in_loop
async def test_revoking_ends_the_session_at_once_and_bars_for_good(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo", "Cleo") as (amina, bo, cleo):
        for device in (bo, cleo):
            assert (await sync(device, amina)).is_everything
        told, heard = ends(amina), ends(bo)
        amina.revoke("Bo")
        await until(lambda: bool(told) and bool(heard))
        assert "The other device does not belong to the team any more" in told[0].text
        assert "This device does not belong to the team any more" in heard[0].text
        assert amina.status().connected == ("Cleo",)
        bo.add(TABLE, {"name": "after"})
        with pytest.raises((NotPaired, PeerUnreachable, RemoteProtocolError)):
            await sync(bo, amina)
        with pytest.raises(NotPaired):
            await sync(amina, bo)
        # The news travels, and nobody lets it in.
        await until(lambda: any(member.is_revoked for member in cleo.members()))
        bo._parts.team.note(Peer(device=cleo.device_id, is_allowed=True))
        with pytest.raises((NotPaired, PeerUnreachable, RemoteProtocolError)):
            await bo._meetings.connect(cleo.device_id, [Address.parse(address(cleo))])
        assert states(amina) == states(cleo) == {}
        assert [peer.is_revoked for peer in amina.peers()] == [True, False]


@in_loop
async def test_after_a_revocation_members_still_reach_each_other_both_ways(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo", "Cleo") as (amina, bo, cleo):
        assert (await sync(cleo, amina)).is_everything
        await part(amina, cleo)
        amina.revoke("Bo")
        assert len(amina._parts.team.secrets) == 2
        assert len(cleo._parts.team.secrets) == 1
        assert (await sync(amina, cleo)).is_everything
        await part(amina, cleo)
        assert (await sync(cleo, amina)).is_everything
        assert [member.is_revoked for member in cleo.members()] == [False, True, False]
        assert not is_connected(amina, bo)


@in_loop
async def test_after_many_revocations_who_has_heard_of_none_is_still_reached_and_told(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        for number in range(6):
            amina._parts.team.revoke(DeviceId(Key(bytes([number]) * 32).public_key))
        assert len(amina._parts.team.secrets) == 7
        assert (await sync(amina, bo)).is_everything
        assert bo._parts.team.charter.hash == amina._parts.team.charter.hash


@in_loop
async def test_a_stranger_gets_nothing(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina", "Eve") as (amina, eve):
        amina.add(TABLE, {"name": "secret"})
        with pytest.raises((NotPaired, PeerUnreachable, RemoteProtocolError)):
            await eve._meetings.connect(amina.device_id, [Address.parse(address(amina))])
        # Even where the door stands open: it is no member.
        await amina.show(5)
        await eve._meetings.connect(amina.device_id, [Address.parse(address(amina))])
        told = ends(eve)
        await until(lambda: bool(told) or not is_connected(eve, amina))
        assert states(eve) == {}
        assert len(eve.members()) == 1


@in_loop
async def test_a_revoked_device_cannot_pair(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        amina.revoke("Bo")
        await amina.show(5)
        with pytest.raises(RemoteProtocolError, match="refused this one") as refused:
            await bo.pair(address(amina))
        assert "A revoked device never returns" in refused.value.do
        # Nor where it has not heard of it and is called.
        await bo.show(5)
        with pytest.raises(NotPaired):
            await amina.pair(address(bo))


@in_loop
async def test_what_may_not_be_revoked_or_chosen_is_refused(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        with pytest.raises(NotPermitted):
            bo.revoke("Amina")
        with pytest.raises(InvalidInput, match="No device here is called Nobody"):
            amina.revoke("Nobody")
        amina.revoke("Bo")
        with pytest.raises(NotPermitted):
            amina.allow("Bo")
        assert [member.is_revoked for member in amina.members()] == [False, True]
