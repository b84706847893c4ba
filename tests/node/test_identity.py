"""Different records under one uuid: people say whether they are one, and who keeps it; references follow."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edenmesh.core.ids import format_id
from edenmesh.errors import InvalidInput
from edenmesh.node import Decision, Device, Json, RecordView
from tests.net.loop import in_loop, until
from tests.node.devices import World, part, states, sync, team, version_count

TABLE = "org_facility"
UUID = "urn:uuid:1"


def document(name: str, **values: str) -> bytes:
    return json.dumps({f"$_{TABLE}": [{"@uuid": UUID, "name": name, **values}]}).encode()


@asynccontextmanager
async def contested(folder: Path) -> AsyncIterator[tuple[Device, Device]]:
    """Amina and Bo, who imported different things under one uuid and have met."""
    async with team(World(folder), "Amina", "Bo") as (amina, bo):
        amina.import_document(document("Clinic", phone="1"))
        bo.import_document(document("Bakery", email="b@example.org"))
        assert (await sync(bo, amina)).is_everything
        yield amina, bo


def strand(view: RecordView, name: str) -> str:
    [found] = [one.id for one in view.strands if one.fields["name"].value == name]
    return found


def names(device: Device) -> dict[str, list[str]]:
    """By uuid, the names of the strands there."""
    return {
        uuid: sorted(str(one.values["name"]) for one in state.strands) for (_, uuid), state in states(device).items()
    }


@in_loop
async def test_who_is_different_gets_a_uuid_of_its_own_and_keeps_all_that_was_written_of_it(tmp_path: Path) -> None:
    async with contested(tmp_path) as (amina, bo):
        seen = amina.record(TABLE, UUID)
        assert (seen.flags, seen.is_undecided, seen.keeper) == (("identity conflict",), True, "")
        decided = amina.decisions.part(TABLE, UUID, strand(seen, "Clinic"), heads=seen.heads, why="I was there")
        assert (decided.flags, decided.label) == ((), "Clinic")
        [other] = set(names(amina)) - {UUID}
        assert names(amina) == {UUID: ["Clinic"], other: ["Bakery"]}
        assert amina.record(TABLE, other).flags == ()
        assert amina.edit(TABLE, other, {"name": "Bakery 2"}).label == "Bakery 2"
        assert amina.edit(TABLE, UUID, {"name": "Clinic 2"}).label == "Clinic 2"
        await until(lambda: names(bo) == {UUID: ["Clinic 2"], other: ["Bakery 2"]})
        assert amina.conflicts() == bo.conflicts() == []
        told = [one.text for one in bo.records.history(TABLE, UUID).events]
        decision = (
            "Amina decided that these are different records: Clinic keeps the uuid, Bakery gets another, "
            "because I was there"
        )
        assert decision in told
        assert "Bo set name to Bakery 2 (was Bakery)" not in told
        assert "Amina set name to Bakery 2 (was Bakery)" in [
            one.text for one in bo.records.history(TABLE, other).events
        ]


@in_loop
async def test_who_is_the_same_becomes_one_record_whose_fields_are_decided_then(tmp_path: Path) -> None:
    async with contested(tmp_path) as (amina, bo):
        joined = amina.decisions.join(TABLE, UUID, heads=amina.record(TABLE, UUID).heads)
        assert joined.flags == ("conflict",)
        [one] = joined.strands
        assert {choice.value for choice in one.fields["name"].choices} == {"Clinic", "Bakery"}
        assert (one.fields["phone"].value, one.fields["email"].value) == ("1", "b@example.org")
        decided = amina.decisions.resolve(TABLE, UUID, Decision(values={"name": "Clinic"}, both=["name"]))
        assert decided.flags == ()
        await until(lambda: not bo.conflicts())
        assert bo.record(TABLE, UUID) == decided


@in_loop
async def test_an_undone_decision_asks_again_and_loses_nothing(tmp_path: Path) -> None:
    async with contested(tmp_path) as (amina, bo):
        amina.decisions.part(TABLE, UUID, strand(amina.record(TABLE, UUID), "Bakery"))
        [other] = set(names(amina)) - {UUID}
        amina.edit(TABLE, other, {"name": "Clinic 2"})
        decision = next(one for one in amina.records.history(TABLE, UUID).events if "different" in one.text)
        assert decision.can_undo
        view = amina.decisions.undo(TABLE, UUID, decision.version)
        assert view.flags == ("identity conflict",)
        assert names(amina) == {UUID: ["Bakery", "Clinic 2"]}
        await until(lambda: states(bo) == states(amina))


@in_loop
async def test_what_is_refused_writes_nothing(tmp_path: Path) -> None:
    async with contested(tmp_path) as (amina, _):
        seen = amina.record(TABLE, UUID)
        clinic, bakery = strand(seen, "Clinic"), strand(seen, "Bakery")
        before = version_count(amina)
        nobody = format_id("v", bytes(32))
        acts: list[tuple[Callable[[], RecordView], str]] = [
            (lambda: amina.decisions.part(TABLE, UUID, ""), "not said which strand keeps"),
            (lambda: amina.decisions.part(TABLE, UUID, nobody), "has no strand"),
            (lambda: amina.decisions.part(TABLE, UUID, clinic, [nobody]), "no strand"),
            (lambda: amina.decisions.part(TABLE, UUID, clinic, [clinic]), "are one"),
            (lambda: amina.decisions.join(TABLE, UUID, [bakery]), "one strand already"),
            (lambda: amina.decisions.join(TABLE, UUID, heads=[nobody]), "is not here"),
            (lambda: amina.decisions.resolve(TABLE, UUID, Decision(values={"name": "x"})), "share this uuid"),
            (lambda: amina.edit(TABLE, UUID, {"name": "x"}), "share this uuid"),
        ]
        for act, words in acts:
            with pytest.raises(InvalidInput, match=words):
                act()
        assert version_count(amina) == before


@in_loop
async def test_a_reference_by_one_who_knew_both_names_one_and_follows_it(tmp_path: Path) -> None:
    async with contested(tmp_path) as (amina, bo):
        seen = amina.record(TABLE, UUID)
        target: dict[str, Json] = {"table": TABLE, "uuid": UUID}
        with pytest.raises(InvalidInput, match=r"which two different records share: .*Bakery \(v-"):
            amina.add("org_office", {"name": "Office", "facility_id": target})
        with pytest.raises(InvalidInput, match="does not have here"):
            amina.add("org_office", {"name": "Office", "facility_id": {**target, "strand": format_id("v", bytes(32))}})
        bakery = strand(seen, "Bakery")
        office = amina.add("org_office", {"name": "Office", "facility_id": {**target, "strand": bakery}}).uuid
        plain = amina.add(
            "org_office", {"name": "Other", "facility_id": {**target, "strand": strand(seen, "Clinic")}}
        ).uuid
        amina.decisions.part(TABLE, UUID, strand(seen, "Clinic"))
        [other] = {uuid for table, uuid in states(amina) if table == TABLE} - {UUID}
        shown = {one: amina.record("org_office", one).strands[0].fields["facility_id"].value for one in (office, plain)}
        assert [one["uuid"] for one in shown.values() if isinstance(one, dict)] == [other, UUID]
        exported = {
            one["@uuid"]: one["$k_facility_id"]["@uuid"]
            for one in json.loads(amina.export(["org_office"]))["$_org_office"]
        }
        assert exported == {office: other, plain: UUID}
        await until(lambda: ("org_office", office) in states(bo))
        assert bo.record("org_office", office).strands[0].fields["facility_id"].value == shown[office]


@in_loop
async def test_decisions_that_contradict_each_other_are_shown_and_a_later_one_settles_them(tmp_path: Path) -> None:
    async with contested(tmp_path) as (amina, bo):
        seen = amina.record(TABLE, UUID)
        await part(amina, bo)
        amina.decisions.part(TABLE, UUID, strand(seen, "Clinic"), why="the clinic was first")
        bo.decisions.part(TABLE, UUID, strand(seen, "Bakery"))
        assert (await sync(bo, amina)).is_everything
        for device in (amina, bo):
            [record] = device.conflicts()
            assert {"identity conflict", "contradicting decisions"} <= set(record.flags)
            assert {(one.by, one.text) for one in record.contradictions} == {
                ("Amina", "they are different, Clinic keeps the uuid, because the clinic was first"),
                ("Bo", "they are different, Bakery keeps the uuid"),
            }
        amina.decisions.part(TABLE, UUID, strand(seen, "Clinic"))
        assert amina.conflicts() == []
        await until(lambda: not bo.conflicts())
        assert names(bo) == names(amina)
