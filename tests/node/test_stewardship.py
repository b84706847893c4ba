"""Roles, current forms and pinned servers: who may decide, what is refused, and that everybody hears of it."""

from pathlib import Path

import pytest

from edenmesh.core.ids import format_id
from edenmesh.core.records import FORM_FORMAT, Field, Form, Table, carry
from edenmesh.core.trust import SigningKey
from edenmesh.errors import InvalidInput, NotPermitted
from edenmesh.node import Device
from tests.net.loop import in_loop, until
from tests.node.devices import World, sync, team
from tests.store.making import Author

TABLE = "cr_shelter"
PIN = "ab" * 32


def roles(device: Device, name: str) -> tuple[str, ...]:
    return next(one.roles for one in device.members() if one.name == name)


def add_form(device: Device, *names: str) -> str:
    form = Form(format=FORM_FORMAT, table=Table(name=TABLE, fields=[Field(kind="string", name=one) for one in names]))
    with device._parts.desk.writing() as writing:
        return format_id("f", writing.add_form(form.encode()))


@in_loop
async def test_the_founder_is_told_to_make_a_second_steward_until_there_is_one(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        await sync(bo, amina)
        [advice] = amina.status().advice
        assert advice.startswith("This device is the founder and the only steward")
        assert "edenmesh role give" in advice
        [advice] = bo.status().advice
        assert advice.startswith("Amina is the founder and the only steward")
        check = next(one for one in amina.examine() if one.name == "stewards")
        assert (check.is_well, "only steward" in check.do) == (True, True)
        assert amina.stewardship.give_role("Bo", "steward").roles == ("steward",)
        await until(lambda: "steward" in roles(bo, "Bo"))
        assert (amina.status().advice, bo.status().advice) == ((), ())
        assert next(one for one in bo.examine() if one.name == "stewards").do == ""
        # A device that is alone has nobody to make a steward.
    async with team(World(tmp_path / "alone"), "Cleo") as (cleo,):
        assert cleo.status().advice == ()


@in_loop
async def test_roles_are_given_and_taken_by_who_may_and_refused_to_others(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo", "Cleo") as (amina, bo, cleo):
        for device in (bo, cleo):
            await sync(device, amina)
        with pytest.raises(NotPermitted, match="Only a steward"):
            bo.stewardship.give_role("Cleo", "gateway")
        with pytest.raises(NotPermitted, match="Only a founder"):
            bo.stewardship.give_role("Cleo", "steward")
        amina.stewardship.give_role("Bo", "steward")
        await until(lambda: "steward" in roles(bo, "Bo"))
        # A steward gives what stewards may, also to itself, and makes no steward.
        assert bo.stewardship.give_role("Cleo", "gateway").roles == ("gateway",)
        assert bo.stewardship.give_role("Bo", "introducer").roles == ("steward", "introducer")
        with pytest.raises(NotPermitted, match="Only a founder"):
            bo.stewardship.give_role("Cleo", "steward")
        await until(lambda: "gateway" in roles(amina, "Cleo") and "introducer" in roles(amina, "Bo"))
        with pytest.raises(InvalidInput, match="Cleo is a gateway already"):
            amina.stewardship.give_role("Cleo", "gateway")
        assert amina.stewardship.take_role("Cleo", "gateway").roles == ()
        with pytest.raises(InvalidInput, match="Cleo is not a gateway"):
            amina.stewardship.take_role("Cleo", "gateway")
        await until(lambda: roles(cleo, "Cleo") == ())
        assert amina.stewardship.take_role("Bo", "steward").roles == ("introducer",)
        await until(lambda: roles(bo, "Bo") == ("introducer",))
        with pytest.raises(NotPermitted):
            bo.stewardship.take_role("Bo", "introducer")


@in_loop
async def test_roles_that_would_have_no_effect_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        await sync(bo, amina)
        entries = len(amina._parts.team.charter.entries)
        with pytest.raises(NotPermitted, match="founded the team"):
            amina.stewardship.take_role("Amina", "steward")
        with pytest.raises(InvalidInput, match="no role"):
            amina.stewardship.give_role("Bo", "admin")
        with pytest.raises(InvalidInput, match="No device here is called Nobody"):
            amina.stewardship.give_role("Nobody", "gateway")
        assert len(amina._parts.team.charter.entries) == entries
        amina.revoke("Bo")
        with pytest.raises(NotPermitted, match="not a member"):
            amina.stewardship.give_role("Bo", "gateway")


@in_loop
async def test_a_steward_chooses_the_form_that_a_table_is_filled_in_by(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        await sync(bo, amina)
        old, new = add_form(amina, "name"), add_form(amina, "name", "beds")
        assert {one.id: one.is_current for one in amina.stewardship.forms(TABLE)} == {old: False, new: False}
        assert amina.stewardship.choose_form(TABLE, new[:12]).is_current
        await until(lambda: any(one.is_current and one.is_here for one in bo.stewardship.forms(TABLE)))
        assert [one.id for one in bo.stewardship.forms() if one.is_current] == [new]
        entries = len(amina._parts.team.charter.entries)
        amina.stewardship.choose_form(TABLE, new)
        assert len(amina._parts.team.charter.entries) == entries
        with pytest.raises(NotPermitted, match="Only a steward"):
            bo.stewardship.choose_form(TABLE, old)
        for named, words in (("f-", "Several forms"), ("", "No form"), ("f-zzzz", "No form")):
            with pytest.raises(InvalidInput, match=words):
                amina.stewardship.choose_form(TABLE, named)
        with pytest.raises(InvalidInput, match="No form of org_office"):
            amina.stewardship.choose_form("org_office", new)


@in_loop
async def test_a_steward_pins_a_server_and_plain_http_says_that_it_has_no_key(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        await sync(bo, amina)
        amina.set_destination("office", "https://eden.example.org/eden", user="a", password="b")
        servers = amina.exchanges.destinations
        with pytest.raises(InvalidInput, match="No TLS key is pinned"):
            servers.pin_for_team("office")
        amina.set_destination("office", "https://eden.example.org/eden", user="a", password="b", pin=PIN)
        pinned = servers.pin_for_team("office")
        assert (pinned.is_pinned, pinned.team_pin, pinned.is_disputed) == (True, pinned.pin, False)
        amina.set_destination("lab", "http://10.0.0.5/eden", user="a", password="b", is_http_allowed=True)
        assert servers.pin_for_team("lab").team_pin == ""
        await until(lambda: len(bo.destinations()) == 2)
        seen = {one.name: (one.url, one.is_pinned, one.is_set_up, one.team_pin) for one in bo.destinations()}
        assert seen == {
            "lab": ("http://10.0.0.5/eden", True, False, ""),
            "office": ("https://eden.example.org/eden", True, False, pinned.pin),
        }
        assert {one.destination for one in bo.status().destinations} == {"lab", "office"}
        bo.set_destination("mine", "https://eden.example.org/eden", user="b", password="c", pin="cd" * 32)
        with pytest.raises(NotPermitted, match="Only a steward"):
            bo.exchanges.destinations.pin_for_team("mine")
        # The key that a steward pinned counts, whatever is set here.
        noted = bo.exchanges.destinations.find("mine")
        assert bo.exchanges.destinations._pin_of(noted) == bytes.fromhex(PIN) != noted.pin
        entries = len(amina._parts.team.charter.entries)
        servers.pin_for_team("office")
        assert len(amina._parts.team.charter.entries) == entries


@in_loop
async def test_a_member_whose_author_key_was_copied_is_shown_so_on_every_device(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        bo.add(TABLE, {"name": "before"})
        assert (await sync(amina, bo)).is_everything
        [author] = amina._parts.team.charter.members[bo.device_id].authors
        held = Author(0)
        held.key, held.id = SigningKey(bo._parts.identity._seeds[1]), author
        snapshot = bo._parts.store.snapshot
        held.versions = [carry(one) for one in snapshot.versions_between(author, 0, 0, 1)]
        held.write("urn:1", {"name": "by the copy"})
        bo.add(TABLE, {"name": "by the first"})
        assert (await sync(amina, bo)).is_everything
        with amina._parts.desk.writing() as writing:
            writing.add_part(held.part(0, 2))
        await until(lambda: next(one for one in bo.members() if one.name == "Bo").is_copied)
        shown = {one.name: (one.authors, one.is_copied) for one in amina.members()}
        assert shown == {"Amina": (1, False), "Bo": (1, True)}
        # Who hears that somebody else writes with its key takes a new one before it writes.
        bo.add(TABLE, {"name": "after"})
        assert next(one for one in bo.members() if one.name == "Bo").authors == 2
