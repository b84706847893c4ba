"""Deciding on exactly what was seen: heads, both kept in a note, servers that have gone back, and taking it back."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from edenmesh.core.ids import format_id
from edenmesh.core.records import RESOLVE, RETRACT, Version
from edenmesh.errors import InvalidInput
from edenmesh.node import Decision, Device, Json, RecordView
from edenmesh.standin import StandinServer
from tests.forms import units_form
from tests.net.loop import in_loop
from tests.node.devices import World, part, sync, team, version_count
from tests.node.gateway import Ticking, audit, deliver, device_at, pull
from tests.node.test_conflicts import TABLE, apart


def shown(view: RecordView) -> dict[str, Json]:
    [strand] = view.strands
    return {name: field.value for name, field in strand.fields.items() if field.value is not None}


def undecided(view: RecordView) -> list[str]:
    return [name for strand in view.strands for name, field in strand.fields.items() if field.is_undecided]


def versions_of(device: Device, uuid: str) -> Mapping[str, Version]:
    held = device._parts.store.records.versions(TABLE, uuid)
    assert held is not None
    return {format_id("v", one): version for one, version in held.versions.items()}


def last(device: Device, uuid: str) -> Version:
    """The version this device wrote last."""
    return max(
        (one for one in versions_of(device, uuid).values() if one.author == device._parts.identity.author),
        key=lambda one: one.seq,
    )


@in_loop
async def test_a_resolution_names_the_heads_that_were_shown_and_a_late_edit_reopens_what_it_touched(
    tmp_path: Path,
) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        uuid = amina.add(TABLE, {"name": "School", "beds": 5, "phone": "1"}).uuid
        await sync(bo, amina)
        await apart(amina, bo, uuid, {"name": "A", "beds": 1}, {"name": "B", "beds": 2})
        seen = amina.record(TABLE, uuid)
        await part(amina, bo)
        bo.edit(TABLE, uuid, {"beds": 3})
        await sync(amina, bo)
        late = amina.record(TABLE, uuid)
        assert set(late.heads) != set(seen.heads)
        decided = amina.decisions.resolve(
            TABLE, uuid, Decision(values={"name": "B", "beds": 1, "phone": "2"}, heads=seen.heads)
        )
        written = last(amina, uuid)
        assert (written.op, {format_id("v", one) for one in written.parents}) == (RESOLVE, set(seen.heads))
        assert undecided(decided) == ["beds"]
        assert {choice.value for choice in decided.strands[0].fields["beds"].choices} == {1, 3}
        assert (shown(decided)["name"], shown(decided)["phone"]) == ("B", "2")


@in_loop
async def test_heads_that_are_not_here_are_refused_and_write_nothing(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        uuid = amina.add(TABLE, {"name": "School"}).uuid
        await sync(bo, amina)
        await apart(amina, bo, uuid, {"name": "A"}, {"name": "B"})
        before = version_count(amina)
        unknown = format_id("v", bytes(range(32)))
        for heads, words in (
            ([unknown], "is not here, or not whole yet"),
            ([*amina.record(TABLE, uuid).heads, unknown], "is not here"),
            (["v-nonsense"], "is not a valid identifier"),
            ([amina.record(TABLE, uuid).strands[0].id], "Nothing was open in what was seen"),
        ):
            with pytest.raises(InvalidInput, match=words):
                amina.decisions.resolve(TABLE, uuid, Decision(values={"name": "B"}, heads=heads))
        assert version_count(amina) == before
        assert undecided(amina.record(TABLE, uuid)) == ["name"]


@in_loop
async def test_one_value_stays_and_the_other_goes_into_the_note_in_the_same_version(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        uuid = amina.add(TABLE, {"name": "School", "comments": "by the river"}).uuid
        await sync(bo, amina)
        await apart(amina, bo, uuid, {"name": "A", "beds": 1}, {"name": "B", "beds": 2})
        before = version_count(amina)
        for decision, words in (
            (Decision(both=["name"]), "not which of them the field shows"),
            (Decision(values={"name": "A"}, both=["comments"]), "is not in conflict"),
        ):
            with pytest.raises(InvalidInput, match=words):
                amina.decisions.resolve(TABLE, uuid, decision)
        decided = amina.decisions.resolve(TABLE, uuid, Decision(values={"name": "A", "beds": 2}, both=["name", "beds"]))
        assert version_count(amina) == before + 1
        note = str(shown(decided)["comments"])
        first, second, third = note.splitlines()
        assert first == "by the river"
        assert second.startswith("name: B (Bo, 20")
        assert third.startswith("beds: 1 (Amina, 20")
        assert (shown(decided)["name"], shown(decided)["beds"], decided.flags) == ("A", 2, ())


@in_loop
async def test_a_note_in_conflict_is_decided_before_or_with_what_goes_into_it(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        uuid = amina.add(TABLE, {"name": "School"}).uuid
        await sync(bo, amina)
        await apart(amina, bo, uuid, {"name": "A", "comments": "two gates"}, {"name": "B", "comments": "no gate"})
        with pytest.raises(InvalidInput, match="is in conflict itself"):
            amina.decisions.resolve(TABLE, uuid, Decision(values={"name": "A"}, both=["name"]))
        decision = Decision(values={"name": "A", "comments": "two gates"}, both=["name", "comments"])
        decided = amina.decisions.resolve(TABLE, uuid, decision)
        lines = str(shown(decided)["comments"]).splitlines()
        assert [line.partition(" (")[0] for line in lines] == ["two gates", "name: B", "comments: no gate"]
        assert decided.flags == ()


@in_loop
async def test_a_unit_is_decided_as_one_and_a_protective_field_shows_its_restrictive_value(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        amina.add_form(units_form(TABLE))
        uuid = amina.add(TABLE, {"name": "School", "lat": 1, "lon": 1, "consent": "yes"}).uuid
        await sync(bo, amina)
        await apart(amina, bo, uuid, {"lat": 2, "consent": "maybe"}, {"lon": 3, "consent": "no"})
        seen = amina.record(TABLE, uuid)
        fields = seen.strands[0].fields
        assert set(undecided(seen)) == {"lat", "lon", "consent"}
        assert fields["lat"].unit == fields["lon"].unit == ("lat", "lon")
        rows = [(lat.text, lon.text) for lat, lon in zip(fields["lat"].choices, fields["lon"].choices, strict=True)]
        assert set(rows) == {("2", "1"), ("1", "3")}
        assert (fields["consent"].value, fields["consent"].is_restrictive) == ("no", True)
        assert not fields["lat"].is_restrictive
        with pytest.raises(InvalidInput, match="lat and lon are decided as one, and lon was not given"):
            amina.decisions.resolve(TABLE, uuid, Decision(values={"lat": 2}))
        place = rows.index(("1", "3"))
        pick = (fields["lat"].choices[place].version, place)
        decision = Decision(picks={"lat": pick}, values={"consent": "no"}, both=["lat"])
        decided = amina.decisions.resolve(TABLE, uuid, decision)
        assert (shown(decided)["lat"], shown(decided)["lon"], decided.flags) == ("1", "3", ())
        assert str(shown(decided)["comments"]).startswith("lat: 2, lon: 1 (Amina, 20")


@in_loop
async def test_an_undo_brings_back_a_conflict_a_record_and_what_it_undid(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        uuid = amina.add(TABLE, {"name": "School"}).uuid
        await sync(bo, amina)
        await apart(amina, bo, uuid, {"name": "A"}, {"name": "B"})
        amina.resolve(TABLE, uuid, {"name": "B"}, why="heard so")
        chosen = amina.records.history(TABLE, uuid).events[-1]
        assert chosen.text == "Amina chose name B over A by Amina, because heard so"
        assert undecided(amina.decisions.undo(TABLE, uuid, chosen.version)) == ["name"]
        with pytest.raises(InvalidInput, match="undone already by Amina"):
            amina.decisions.undo(TABLE, uuid, chosen.version)
        undone = amina.records.history(TABLE, uuid).events[-1]
        assert shown(amina.decisions.undo(TABLE, uuid, undone.version[:20]))["name"] == "B"
        amina.retract(TABLE, uuid)
        deletion = amina.records.history(TABLE, uuid).events[-1]
        assert amina.decisions.undo(TABLE, uuid, deletion.version).flags == ()
        await sync(bo, amina)
        assert bo.record(TABLE, uuid) == amina.record(TABLE, uuid)
        before = version_count(amina)
        first = amina.records.history(TABLE, uuid).events[0]
        for version, words in (
            (first.version, "began"),
            ("v-", "Several changes"),
            ("", "has no change"),
            (format_id("v", bytes(32)), "has no change"),
        ):
            with pytest.raises(InvalidInput, match=words):
                amina.decisions.undo(TABLE, uuid, version)
        assert version_count(amina) == before


async def gone_back(device: Device, server: StandinServer) -> str:
    """A record the server was set back about: it was 'First' there, and 'Second' later."""
    uuid = device.add("org_organisation", {"name": "First", "acronym": "F"}).uuid
    await deliver(device)
    backup = server.snapshot()
    device.edit("org_organisation", uuid, {"name": "Second", "phone": "12"})
    await deliver(device)
    server.restore(backup)
    await pull(device)
    return uuid


@in_loop
@pytest.mark.parametrize("answer", ["ours", "older"])
async def test_a_server_set_back_is_asked_about_and_either_answer_settles_it(tmp_path: Path, answer: str) -> None:
    with StandinServer(clock=Ticking()) as server, device_at(tmp_path, server) as device:
        uuid = await gone_back(device, server)
        [record] = device.conflicts()
        assert "server gone back" in record.flags
        [question] = record.questions
        assert (question.server, question.is_gone, question.seen.by) == ("server", False, "Amina")
        differs = {name: (one.theirs, one.ours) for name, one in question.differs.items()}
        assert differs == {"name": ("First", "Second"), "phone": ("(empty)", "12")}
        decision = Decision(server=answer, heads=record.heads)
        decided = device.decisions.resolve("org_organisation", uuid, decision)
        assert (decided.flags, decided.questions, device.conflicts()) == ((), (), [])
        wanted = ("First", None) if answer == "older" else ("Second", "12")
        assert (shown(decided)["name"], shown(decided).get("phone")) == wanted
        assert (await deliver(device)).owed_total == 0
        there = server.record("org_organisation", uuid)
        assert there is not None
        assert there["name"] == wanted[0]
        assert audit(device, server).false == []


@in_loop
@pytest.mark.parametrize("answer", ["ours", "keep", "delete"])
async def test_a_record_a_server_lost_is_sent_again_or_deleted_here_too(tmp_path: Path, answer: str) -> None:
    with StandinServer(clock=Ticking()) as server, device_at(tmp_path, server) as device:
        uuid = device.add("org_organisation", {"name": "Aid"}).uuid
        await deliver(device)
        server.forget("org_organisation", uuid)
        await pull(device)
        [record] = device.conflicts()
        assert [one.is_gone for one in record.questions] == [True]
        assert record.flags == ("server gone back",)
        with pytest.raises(InvalidInput, match="does not have the record any more"):
            device.decisions.resolve("org_organisation", uuid, Decision(server="older"))
        with pytest.raises(InvalidInput, match="No choice was given"):
            device.decisions.resolve("org_organisation", uuid, Decision())
        decisions = {"ours": Decision(server="ours"), "keep": Decision(keep=True), "delete": Decision(keep=False)}
        device.decisions.resolve("org_organisation", uuid, decisions[answer])
        assert device.conflicts() == []
        assert (await deliver(device)).owed_total == 0
        assert (server.record("org_organisation", uuid) is None) is (answer == "delete")
        op = RETRACT if answer == "delete" else RESOLVE
        held = device._parts.store.records.versions("org_organisation", uuid)
        assert held is not None
        assert op in {version.op for version in held.versions.values()}
        assert audit(device, server).false == []
