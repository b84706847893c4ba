"""Two people change the same records apart: what is shown when they meet, and how it is decided."""

from pathlib import Path

import pytest

from edenmesh.errors import InvalidInput
from edenmesh.node import Device
from tests.net.loop import in_loop, until
from tests.node.devices import World, part, states, sync, team, value, version_count

TABLE = "org_facility"


async def apart(ours: Device, theirs: Device, uuid: str, mine: dict[str, object], yours: dict[str, object]) -> None:
    """Both edit the same record without having heard of each other, then meet."""
    await part(ours, theirs)
    for device, values in ((ours, mine), (theirs, yours)):
        if values:
            device.edit(TABLE, uuid, values)  # type: ignore[arg-type]
        else:
            device.retract(TABLE, uuid)
    assert (await sync(ours, theirs)).is_everything


@in_loop
async def test_edits_of_different_fields_merge_and_of_one_field_are_asked_about(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        uuid = amina.add(TABLE, {"name": "School", "beds": 5}).uuid
        assert (await sync(bo, amina)).is_everything
        await apart(amina, bo, uuid, {"name": "School A", "beds": 7}, {"name": "School B", "phone": "12"})
        for device in (amina, bo):
            [record] = device.conflicts()
            fields = record.strands[0].fields
            assert record.flags == ("conflict",)
            assert (fields["beds"].value, fields["phone"].value) == (7, "12")
            assert not fields["beds"].is_undecided
            assert fields["name"].is_undecided
            assert {(one.value, one.by) for one in fields["name"].choices} == {
                ("School A", "Amina"),
                ("School B", "Bo"),
            }
            assert (device.status().open, device.tables()[0].open) == (1, 1)
        assert states(amina) == states(bo)
        decided = amina.resolve(TABLE, uuid, {"name": "School B"}, why="Bo was there")
        assert (decided.flags, decided.label) == ((), "School B")
        await until(lambda: not bo.conflicts())
        assert bo.record(TABLE, uuid) == decided
        assert amina.status().open == bo.status().open == 0


@in_loop
async def test_a_conflict_is_decided_by_the_version_whose_value_is_taken(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        uuid = amina.add(TABLE, {"name": "School", "beds": 5}).uuid
        await sync(bo, amina)
        await apart(amina, bo, uuid, {"name": "A", "beds": 1}, {"name": "B", "beds": 2})
        fields = amina.record(TABLE, uuid).strands[0].fields
        of_bo = {choice.version for field in fields.values() for choice in field.choices if choice.by == "Bo"}
        assert len(of_bo) == 1
        with pytest.raises(InvalidInput, match="No choice was given"):
            amina.resolve(TABLE, uuid, {})
        with pytest.raises(InvalidInput, match="gives no value that is open"):
            amina.resolve(TABLE, uuid, {}, versions=[amina.record(TABLE, uuid).strands[0].id])
        half = amina.resolve(TABLE, uuid, {"beds": 2})
        assert half.flags == ("conflict",)
        assert [name for name, field in half.strands[0].fields.items() if field.is_undecided] == ["name"]
        done = amina.resolve(TABLE, uuid, {}, versions=list(of_bo))
        assert done.flags == ()
        assert {name: field.value for name, field in done.strands[0].fields.items()} == {"name": "B", "beds": 2}
        await until(lambda: not bo.conflicts())
        assert states(amina) == states(bo)


@in_loop
@pytest.mark.parametrize("keep", [True, False])
async def test_a_deletion_and_an_edit_that_had_not_seen_it_are_asked_about(tmp_path: Path, *, keep: bool) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        uuid = amina.add(TABLE, {"name": "School"}).uuid
        await sync(bo, amina)
        await apart(amina, bo, uuid, {}, {"name": "School, rebuilt"})
        for device in (amina, bo):
            [record] = device.conflicts()
            [strand] = record.strands
            assert record.flags == ("deleted and edited",)
            assert (strand.deleted_by, strand.edited_by, strand.is_deleted) == (("Amina",), ("Bo",), False)
            assert record.label == "School, rebuilt"
            assert [row.uuid for row in device.page(TABLE)[0]] == [uuid]
        decided = bo.resolve(TABLE, uuid, {}, keep=keep)
        assert decided.flags == (() if keep else ("deleted",))
        await until(lambda: not amina.conflicts())
        assert amina.record(TABLE, uuid) == decided
        assert len(amina.page(TABLE)[0]) == keep


@in_loop
async def test_both_deleting_is_no_conflict(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        uuid = amina.add(TABLE, {"name": "School"}).uuid
        await sync(bo, amina)
        await apart(amina, bo, uuid, {}, {})
        assert amina.record(TABLE, uuid).flags == bo.record(TABLE, uuid).flags == ("deleted",)
        assert amina.conflicts() == []


@in_loop
async def test_different_records_under_one_uuid_are_shown_whole_and_never_merged(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        document = '{"$_org_facility": [{"@uuid": "urn:uuid:1", "name": "%s", "%s": "x"}]}'
        amina.import_document((document % ("Clinic", "phone")).encode())
        bo.import_document((document % ("Bakery", "email")).encode())
        other = bo.add(TABLE, {"name": "beside it"}).uuid
        assert (await sync(bo, amina)).is_everything
        for device in (amina, bo):
            [record] = device.conflicts()
            assert record.flags == ("identity conflict",)
            shown = [{name: one.value for name, one in strand.fields.items()} for strand in record.strands]
            assert sorted(shown, key=str) == [{"name": "Bakery", "email": "x"}, {"name": "Clinic", "phone": "x"}]
            assert device.record(TABLE, other).flags == ()
            with pytest.raises(InvalidInput, match="two different records share this uuid"):
                device.edit(TABLE, "urn:uuid:1", {"name": "Which?"})
        # Either may still be edited by name; the other stays as it is.
        strands = bo.record(TABLE, "urn:uuid:1").strands
        bakery = next(one for one in strands if one.fields["name"].value == "Bakery")
        bo.records.edit(TABLE, "urn:uuid:1", {"name": "Bakery 2"}, strand=bakery.id)
        await until(lambda: states(amina) == states(bo))
        names = [strand.fields["name"].value for strand in amina.record(TABLE, "urn:uuid:1").strands]
        assert sorted(map(str, names)) == ["Bakery 2", "Clinic"]


@in_loop
async def test_the_same_edit_on_both_sides_is_no_conflict(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        uuid = amina.add(TABLE, {"name": "School"}).uuid
        await sync(bo, amina)
        await apart(amina, bo, uuid, {"name": "Same", "beds": 1999}, {"name": "Same", "beds": "1999"})
        assert amina.conflicts() == bo.conflicts() == []
        assert value(bo, TABLE, uuid, "name") == "Same"
        before = version_count(amina)
        amina.edit(TABLE, uuid, {"name": "Same"})
        assert version_count(amina) == before == 3
