"""Guests, from pairing to what counts: real devices of two teams, over loopback."""

from pathlib import Path

import pytest

from edenmesh.core.ids import FileHash, format_id
from edenmesh.core.records import File
from edenmesh.errors import EdenmeshError, InvalidInput, NotPermitted
from edenmesh.node import Device, PeerView
from edenmesh.node.records import Json
from tests.net.loop import in_loop, until
from tests.node.devices import World, address, is_connected, pair, part, running, sync

SHELTER = "cr_shelter"
PERSON = "pr_person"


async def two_teams(*devices: Device) -> None:
    """Amina and Bo, Cleo and Dan; Amina and Cleo are guests, and Amina has three shelters and two persons."""
    amina, bo, cleo, dan = devices
    await pair(bo, amina)
    await pair(dan, cleo)
    await pair(cleo, amina)
    for number in range(3):
        amina.add(SHELTER, {"name": f"School {number}"})
    for number in range(2):
        amina.add(PERSON, {"first_name": f"Nobody's business {number}"})


def guest_of(device: Device, name: str) -> PeerView:
    (found,) = [peer for peer in device.peers() if peer.name == name]
    return found


def labels(device: Device, table: str) -> list[str]:
    return sorted(row.label for row in device.page(table)[0]) if table in {one.table for one in device.tables()} else []


@in_loop
async def test_what_is_shared_waits_in_the_pen_and_counts_when_accepted(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina", "Bo", "Cleo", "Dan") as (amina, bo, cleo, dan):
        await two_teams(amina, bo, cleo, dan)
        nothing = await sync(cleo, amina)
        assert nothing.is_guest
        assert not nothing.is_everything
        assert nothing.missing == ("nothing is shared with Amina",)
        assert nothing.is_met
        assert cleo.quarantine.view().pen == ()
        file = amina.add_file(b"a plan", label="plan.txt")
        amina.add(SHELTER, {"name": "School 3", "plan": _plain(file)})
        assert amina.guests.share("Cleo", [SHELTER]) == (SHELTER,)
        await until(lambda: guest_of(cleo, "Amina").penned == 4)
        assert labels(cleo, SHELTER) == []
        assert cleo.status().penned == 4
        (penned,) = cleo.quarantine.view().pen
        assert (penned.device_name, penned.versions, penned.withheld) == ("Amina", 4, 2)
        assert {record.table for record in penned.records} == {SHELTER}
        told = await sync(cleo, amina)
        lying = "4 changes are of Amina in the pen here, without effect until a steward accepts"
        assert lying in (told.missing or ())
        with pytest.raises(NotPermitted):
            dan.guests.share("Cleo", [SHELTER])
        assert cleo.quarantine.accept("Amina") == 6
        assert labels(cleo, SHELTER) == [f"School {number}" for number in range(4)]
        assert labels(cleo, PERSON) == []
        assert (await sync(dan, cleo)).is_everything
        assert labels(dan, SHELTER) == [f"School {number}" for number in range(4)]
        await until(lambda: cleo.file(FileHash(file.hash)) == b"a plan")
        # What comes later lies in the pen again, and is accepted on top of what was.
        amina.add(SHELTER, {"name": "School 4"})
        await until(lambda: guest_of(cleo, "Amina").penned == 1)
        (penned,) = cleo.quarantine.view().pen
        assert (penned.after, penned.versions) == (6, 1)
        assert cleo.quarantine.accept("Amina") == 7
        assert len(labels(cleo, SHELTER)) == 5
        assert amina.status().quarantined == cleo.status().quarantined == 0


@in_loop
async def test_a_table_shared_later_fills_its_place_everywhere(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina", "Bo", "Cleo", "Dan") as (amina, bo, cleo, dan):
        await two_teams(amina, bo, cleo, dan)
        amina.guests.share("Cleo", [PERSON])
        await sync(cleo, amina)
        await until(lambda: guest_of(cleo, "Amina").penned == 2)
        cleo.quarantine.accept("Amina")
        assert (await sync(dan, cleo)).is_everything
        amina.guests.share("Cleo", is_all=True)
        assert guest_of(amina, "Cleo").shares_all
        await until(lambda: len(labels(cleo, SHELTER)) == 3)
        await until(lambda: len(labels(dan, SHELTER)) == 3)
        assert len(labels(dan, PERSON)) == 2


@in_loop
async def test_what_is_thrown_away_is_not_taken_again(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina", "Bo", "Cleo", "Dan") as (amina, bo, cleo, dan):
        await two_teams(amina, bo, cleo, dan)
        amina.guests.share("Cleo", is_all=True)
        await sync(cleo, amina)
        await until(lambda: guest_of(cleo, "Amina").penned == 5)
        assert cleo.quarantine.discard("Amina") == 5
        await part(cleo, amina)
        assert (await sync(cleo, amina)).taken == 0
        assert cleo.quarantine.view().pen == ()


@in_loop
async def test_a_guest_that_is_let_go_gets_in_no_more(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina", "Bo", "Cleo", "Dan") as (amina, bo, cleo, dan):
        await two_teams(amina, bo, cleo, dan)
        amina.guests.share("Cleo", is_all=True)
        await sync(cleo, amina)
        amina.revoke("Cleo")
        await until(lambda: not is_connected(cleo, amina))
        assert [peer.name for peer in amina.peers()] == ["Bo"]
        with pytest.raises(EdenmeshError):
            await sync(cleo, amina)
        with pytest.raises(InvalidInput):
            amina.guests.share("Cleo", [SHELTER])
        await pair(cleo, amina)
        assert (guest_of(amina, "Cleo").shares, guest_of(amina, "Cleo").shares_all) == ((), False)
        assert (await sync(cleo, amina)).is_guest


@in_loop
async def test_a_guest_is_paused_and_heard_again(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with running(world, "Amina", "Bo", "Cleo", "Dan") as (amina, bo, cleo, dan):
        await two_teams(amina, bo, cleo, dan)
        amina.allow("Cleo", is_allowed=False)
        with pytest.raises(EdenmeshError):
            await sync(cleo, amina, at=address(amina))
        amina.allow("Cleo")
        assert (await sync(cleo, amina)).is_guest
        assert "Amina" in cleo.sync_peers()
        amina.guests.share("Cleo", [SHELTER])
    reopened = world.reopen("Amina")
    assert guest_of(reopened, "Cleo").shares == (SHELTER,), "what was chosen is durable"
    reopened.close()


def _plain(file: File) -> dict[str, Json]:
    return {"file": format_id("h", file.hash), "label": file.label, "size": file.size}
