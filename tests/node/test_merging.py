"""Merge rules: the device that a steward named decides, says by which rule, and never takes turns with a person."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace

from edenmesh.core.ids import format_id
from edenmesh.core.records import FORM_FORMAT, Field, Form, Rule, Table
from edenmesh.node import Device
from edenmesh.node.records import merging
from tests.net.loop import in_loop, until
from tests.node.devices import World, part, states, sync, team, version_count

TABLE = "cr_shelter"


def form_for(device: Device, *rules: str) -> Form:
    """A form in which this device decides about beds by these rules."""
    fields = [Field(kind="string", name="name"), Field(kind="integer", name="beds")]
    table = Table(name=TABLE, fields=fields, rules=[Rule("beds", rule, device.device_id) for rule in rules])
    return Form(format=FORM_FORMAT, table=table)


def keep(device: Device, form: Form) -> str:
    with device._parts.desk.writing() as writing:
        return format_id("f", writing.add_form(form.encode()))


@asynccontextmanager
async def ruled(folder: Path, *, is_chosen: bool = True) -> AsyncIterator[tuple[Device, Device, str]]:
    """Amina, a steward, and Bo, whose device takes the highest number of beds; and a shelter both know."""
    async with team(World(folder), "Amina", "Bo") as (amina, bo):
        form = keep(amina, form_for(bo, "highest"))
        if is_chosen:
            amina.stewardship.choose_form(TABLE, form)
        uuid = amina.add(TABLE, {"name": "School", "beds": 1}).uuid
        assert (await sync(bo, amina)).is_everything
        yield amina, bo, uuid


async def disagree(amina: Device, bo: Device, uuid: str, hers: int, his: int) -> None:
    """Both change the beds without having heard of each other, then meet."""
    await part(amina, bo)
    amina.edit(TABLE, uuid, {"beds": hers})
    bo.edit(TABLE, uuid, {"beds": his})
    assert (await sync(bo, amina)).is_everything


async def rest(amina: Device, bo: Device) -> None:
    """Until both hold the same and nothing more is written."""
    before = -1
    while before != version_count(bo):
        before = version_count(bo)
        await until(lambda: states(amina) == states(bo))
        assert (await sync(bo, amina)).is_everything


def beds(device: Device, uuid: str) -> list[object]:
    """The values that beds may have now."""
    field = device.record(TABLE, uuid).strands[0].fields["beds"]
    return [one.value for one in field.choices]


@in_loop
async def test_the_named_device_decides_and_its_history_says_by_which_rule(tmp_path: Path) -> None:
    async with ruled(tmp_path) as (amina, bo, uuid):
        await disagree(amina, bo, uuid, 12, 7)
        await until(lambda: beds(amina, uuid) == beds(bo, uuid) == [12])
        for device in (amina, bo):
            [choice] = device.record(TABLE, uuid).strands[0].fields["beds"].choices
            assert (choice.by, choice.op, choice.way) == ("Bo", "resolve", "rule highest")
            told = [one.text for one in device.records.history(TABLE, uuid).events]
            assert any("highest" in one and "Bo" in one for one in told), told
        await rest(amina, bo)
        assert version_count(amina) == 4


@in_loop
async def test_nobody_else_decides_and_no_form_applies_that_no_steward_chose(tmp_path: Path) -> None:
    async with ruled(tmp_path, is_chosen=False) as (amina, bo, uuid):
        await disagree(amina, bo, uuid, 12, 7)
        await rest(amina, bo)
        assert sorted(map(str, beds(bo, uuid))) == ["12", "7"]
        # Bo is no steward: choosing is refused, and the conflict stays. Amina's choice lets Bo's device decide it.
        [form] = amina.stewardship.forms(TABLE)
        amina.stewardship.choose_form(TABLE, form.id)
        await until(lambda: beds(amina, uuid) == beds(bo, uuid) == [12])


@in_loop
async def test_while_the_named_device_is_away_the_conflict_waits_for_it_or_for_a_person(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo", "Cleo") as (amina, bo, cleo):
        amina.stewardship.choose_form(TABLE, keep(amina, form_for(bo, "highest")))
        uuid = amina.add(TABLE, {"name": "School", "beds": 1}).uuid
        for device in (bo, cleo):
            assert (await sync(device, amina)).is_everything
        await part(amina, bo)
        await disagree(amina, cleo, uuid, 12, 7)
        await rest(amina, cleo)
        assert sorted(map(str, beds(amina, uuid))) == ["12", "7"]
        assert version_count(amina) == 3
        assert (await sync(bo, amina)).is_everything
        await until(lambda: beds(amina, uuid) == beds(cleo, uuid) == [12])


@in_loop
async def test_what_a_person_undid_is_not_decided_by_the_rule_again(tmp_path: Path) -> None:
    async with ruled(tmp_path) as (amina, bo, uuid):
        await disagree(amina, bo, uuid, 12, 7)
        await until(lambda: beds(amina, uuid) == [12])
        [choice] = amina.record(TABLE, uuid).strands[0].fields["beds"].choices
        amina.decisions.undo(TABLE, uuid, choice.version)
        await until(lambda: len(beds(bo, uuid)) == 2)
        await rest(amina, bo)
        count = version_count(bo)
        assert sorted(map(str, beds(amina, uuid))) == ["12", "7"]
        # Nor when something else of the record changes, nor when the device looks at everything anew.
        amina.edit(TABLE, uuid, {"name": "School A"})
        await until(lambda: version_count(bo) == count + 1)
        await rest(amina, bo)
        keep(bo, form_for(amina, "lowest"))
        await rest(amina, bo)
        assert version_count(bo) == count + 1
        assert sorted(map(str, beds(bo, uuid))) == ["12", "7"]


@in_loop
async def test_without_that_care_the_rule_would_take_turns_with_the_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging, "_undone_rulings", lambda held: [])
    async with ruled(tmp_path) as (amina, bo, uuid):
        await disagree(amina, bo, uuid, 12, 7)
        for _ in range(3):
            await until(lambda: beds(amina, uuid) == [12])
            [choice] = amina.record(TABLE, uuid).strands[0].fields["beds"].choices
            count = version_count(amina)
            amina.decisions.undo(TABLE, uuid, choice.version)
            await until(partial(has_versions, amina, count + 2))


@in_loop
async def test_a_new_value_is_decided_once_more_and_an_undo_ends_that_too(tmp_path: Path) -> None:
    async with ruled(tmp_path) as (amina, bo, uuid):
        for hers, his in ((12, 7), (20, 30), (8, 9)):
            await disagree(amina, bo, uuid, hers, his)
            await until(lambda: len(beds(amina, uuid)) == 1)
            await rest(amina, bo)
            assert beds(bo, uuid) == [max(hers, his)]
            [choice] = bo.record(TABLE, uuid).strands[0].fields["beds"].choices
            assert choice.way == "rule highest"
            count = version_count(bo)
            bo.decisions.undo(TABLE, uuid, choice.version)
            await rest(amina, bo)
            assert version_count(bo) == count + 1
            assert len(beds(bo, uuid)) == 2


@in_loop
async def test_a_person_may_decide_what_a_rule_could_and_the_rule_is_silent(tmp_path: Path) -> None:
    async with ruled(tmp_path) as (amina, bo, uuid):
        await disagree(amina, bo, uuid, 12, 7)
        await until(lambda: beds(amina, uuid) == [12])
        [choice] = amina.record(TABLE, uuid).strands[0].fields["beds"].choices
        amina.decisions.undo(TABLE, uuid, choice.version)
        amina.resolve(TABLE, uuid, {"beds": 7}, why="counted")
        await rest(amina, bo)
        assert beds(bo, uuid) == beds(amina, uuid) == [7]


@in_loop
async def test_two_rules_for_one_field_answer_each_other_not_at_all(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        rules = [Rule("beds", "highest", bo.device_id), Rule("beds", "lowest", amina.device_id)]
        form = form_for(bo)
        amina.stewardship.choose_form(TABLE, keep(amina, replace(form, table=replace(form.table, rules=rules))))
        uuid = amina.add(TABLE, {"name": "School", "beds": 1}).uuid
        assert (await sync(bo, amina)).is_everything
        await disagree(amina, bo, uuid, 12, 7)
        await rest(amina, bo)
        assert version_count(amina) == 3
        assert sorted(map(str, beds(bo, uuid))) == ["12", "7"]


@in_loop
async def test_a_device_that_was_revoked_applies_no_rule_and_goes_on(tmp_path: Path) -> None:
    async with ruled(tmp_path) as (amina, bo, uuid):
        await disagree(amina, bo, uuid, 12, 7)
        await until(lambda: beds(amina, uuid) == [12])
        heard: list[object] = []
        bo.on_commit(heard.append)
        amina.revoke("Bo")
        await until(lambda: any(one.is_revoked for one in bo.members()) or not bo.status().connected)
        keep(bo, form_for(bo, "lowest", "highest"))
        await until(lambda: bool(heard))
        assert beds(bo, uuid) == [12]


def has_versions(device: Device, count: int) -> bool:
    return version_count(device) == count
