"""What people do with records on one device: add, edit, delete, take back, typed by forms; each act one version."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edenmesh.core.ids import AuthorId, FileHash, format_id
from edenmesh.core.records import Date, Decimal, File, Reference, Version, form_hash
from edenmesh.errors import InvalidInput
from edenmesh.node import Device, FieldView, Json, RecordView
from tests.node.devices import World, states, value, version_count

SHELTER = "cr_shelter"
FORM = b"""
format = 1
table = "cr_shelter"
title = "Shelters"
[[field]]
name = "name"
type = "string"
label = "Name"
required = true
[[field]]
name = "capacity"
type = "integer"
[[field]]
name = "rent"
type = "decimal"
[[field]]
name = "status"
type = "integer"
options = [["1", "Open"], ["2", "Closed"]]
[[field]]
name = "services"
type = "list:string"
options = ["water", "food", "first aid"]
[[field]]
name = "organisation_id"
type = "reference org_organisation"
[[field]]
name = "opened"
type = "date"
[[field]]
name = "has_power"
type = "boolean"
[[field]]
name = "plan"
type = "upload"
"""


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    device = World(tmp_path).make("Amina")
    yield device
    device.close()


@pytest.fixture
def typed(device: Device) -> Device:
    device.add_form(FORM)
    return device


def shown(view: RecordView) -> dict[str, Json]:
    [strand] = view.strands
    return {name: field.value for name, field in strand.fields.items()}


def log_size(device: Device) -> int:
    return device._parts.store.own_log(AuthorId(device._parts.identity.author)).size


def test_a_record_is_added_edited_and_shown(device: Device) -> None:
    added = device.add(SHELTER, {"name": "School 3", "capacity": 120, "open": True, "rent": 12.50})
    assert added.uuid.startswith("urn:uuid:")
    assert (added.table, added.label, added.flags, added.versions) == (SHELTER, "School 3", (), 1)
    assert shown(added) == {"name": "School 3", "capacity": 120, "open": True, "rent": "12.5"}
    edited = device.edit(SHELTER, added.uuid, {"name": "School 4", "capacity": None})
    assert (edited.label, edited.versions) == ("School 4", 2)
    assert {name: one for name, one in shown(edited).items() if one is not None} == {
        "name": "School 4",
        "open": True,
        "rent": "12.5",
    }
    assert device.record(SHELTER, added.uuid) == edited
    assert [(row.table, row.records, row.open) for row in device.tables()] == [(SHELTER, 1, 0)]


def test_every_act_takes_the_next_seq_and_names_what_it_saw(device: Device) -> None:
    uuids = [device.add(SHELTER, {"name": f"School {number}"}).uuid for number in range(5)]
    for uuid in uuids:
        device.edit(SHELTER, uuid, {"name": "again"})
        device.retract(SHELTER, uuid)
    store = device._parts.store
    versions = {
        one: version
        for uuid in uuids
        for one, version in store.records.versions_of(store.records.row(SHELTER, uuid).num).versions.items()  # type: ignore[union-attr]
    }
    assert sorted(version.seq for version in versions.values()) == list(range(15)) == list(range(log_size(device)))
    assert len({version.salt for version in versions.values()}) == 15
    chains = [version for version in versions.values() if version.parents]
    assert len(chains) == 10
    for version in chains:
        [parent] = version.parents
        assert versions[parent].seq < version.seq  # type: ignore[index]
        assert versions[parent].uuid == version.uuid  # type: ignore[index]


def test_nothing_is_written_where_nothing_changes(typed: Device) -> None:
    uuid = typed.add(SHELTER, {"name": "School", "services": ["food", "water"], "capacity": "40"}).uuid
    before = version_count(typed)
    same: list[dict[str, Json]] = [
        {},
        {"name": "School"},
        {"services": ["water", "food", "food"]},
        {"capacity": 40},
        {"rent": ""},
    ]
    for values in same:
        assert typed.edit(SHELTER, uuid, values).versions == 1
    assert version_count(typed) == before == 1
    assert log_size(typed) == 1


def test_values_take_the_type_of_their_field(typed: Device) -> None:
    mother = typed.add("org_organisation", {"name": "Relief"}).uuid
    uuid = typed.add(
        SHELTER,
        {
            "name": 17,
            "capacity": "120",
            "rent": 12.50,
            "status": "1",
            "services": ["water", "first aid"],
            "organisation_id": mother,
            "opened": "2026-03-01",
            "has_power": "yes",
        },
    ).uuid
    [strand] = states(typed)[SHELTER, uuid].strands
    assert strand.values == {
        "name": "17",
        "capacity": 120,
        "rent": Decimal("12.5"),
        "status": 1,
        "services": ("first aid", "water"),
        "organisation_id": Reference("org_organisation", mother),
        "opened": Date("2026-03-01"),
        "has_power": True,
    }


def test_a_record_names_the_form_it_was_written_with(typed: Device) -> None:
    [form] = typed.forms()
    uuid = typed.add(SHELTER, {"name": "School"}).uuid
    other = typed.add("org_organisation", {"name": "Relief"}).uuid
    written = {version.uuid: version.schema for version in all_versions(typed)}
    assert written == {uuid: form_hash(form.encode()), other: b""}


def all_versions(device: Device) -> list[Version]:
    return [
        version
        for table in device._parts.store.records.tables()
        for row in device._parts.store.records.page(table.name, with_deleted=True)
        for version in device._parts.store.records.versions_of(row.num).versions.values()
    ]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"capacity": 5}, "The field name (Name) is required"),
        ({"name": ""}, "The field name (Name) is required"),
        ({"name": "x", "capacity": "many"}, "The field capacity cannot take this"),
        ({"name": "x", "rent": "1,5"}, "The field rent cannot take this"),
        ({"name": "x", "rent": float("nan")}, "The field rent cannot take this"),
        ({"name": "x", "capacity": 10**30}, "The field capacity cannot take this"),
        ({"name": "x", "opened": "yesterday"}, "The field opened cannot take this"),
        ({"name": "x", "status": 3}, "has no option 3"),
        ({"name": "x", "services": ["water", "cinema"]}, "has no option 'cinema'"),
        ({"name": "x", "organisation_id": {"table": "org_organisation"}}, "must name a record"),
        ({"name": "x", "plan": "plan.pdf"}, "attached by its content"),
        ({"name": "\ud800"}, "lone surrogate"),
        ({"name": "x", "": "y"}, "no name of a field"),
        ({"name": "x", "two words": "y"}, "no name of a field"),
        ({"name": "x", "long" * 40: "y"}, "no name of a field"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_the_name_of_its_field(
    typed: Device, values: dict[str, Json], words: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        typed.add(SHELTER, values)
    assert words in refused.value.what
    assert refused.value.do
    assert version_count(typed) == 0


@pytest.mark.parametrize("table", ["", "two words", "ä", "t" * 200, "\0", "../up"])
def test_a_table_nobody_could_mean_is_refused(device: Device, table: str) -> None:
    with pytest.raises(InvalidInput, match="no name of a table"):
        device.add(table, {"name": "x"})
    assert version_count(device) == 0


def test_a_record_with_no_values_is_refused(device: Device) -> None:
    nothing: list[dict[str, Json]] = [{}, {"name": None}, {"name": "", "services": []}]
    for values in nothing:
        with pytest.raises(InvalidInput, match="at least one value"):
            device.add(SHELTER, values)
    assert version_count(device) == 0


def test_lists_change_item_by_item(typed: Device) -> None:
    uuid = typed.add(SHELTER, {"name": "School", "services": ["water"]}).uuid
    typed.edit(SHELTER, uuid, {"services": ["water", "food"]})
    assert value(typed, SHELTER, uuid, "services") == ("food", "water")
    typed.edit(SHELTER, uuid, {"services": ["food"]})
    assert value(typed, SHELTER, uuid, "services") == ("food",)
    assert typed.edit(SHELTER, uuid, {"services": []}).versions == 4
    assert value(typed, SHELTER, uuid, "services") is None
    with pytest.raises(InvalidInput, match="has no option"):
        typed.edit(SHELTER, uuid, {"services": ["cinema"]})


def test_a_file_is_kept_by_its_content_and_named_in_a_record(typed: Device) -> None:
    content = bytes(range(256)) * 5000
    file = typed.add_file(content, label="plan.pdf")
    assert (file.size, file.media, file.label) == (len(content), "application/pdf", "plan.pdf")
    assert typed.file(FileHash(file.hash)) == content
    assert typed.add_file(content, label="again.pdf").hash == file.hash
    named: dict[str, Json] = {"file": format_id("h", file.hash), "label": "plan.pdf", "size": file.size}
    uuid = typed.add(SHELTER, {"name": "School", "plan": named}).uuid
    kept = value(typed, SHELTER, uuid, "plan")
    assert isinstance(kept, File)
    assert (kept.hash, kept.size) == (file.hash, len(content))
    assert typed.status().files_missing == 0


def test_a_record_is_found_by_the_beginning_of_its_uuid(device: Device) -> None:
    uuids = [device.add(SHELTER, {"name": f"School {number}"}).uuid for number in range(20)]
    for uuid in uuids:
        assert device.record(SHELTER, uuid.removeprefix("urn:uuid:")[:13]).uuid == uuid
    for wrong in ("urn:uuid:zz", "%", "_", "", "zz"):
        with pytest.raises(InvalidInput, match="There is no record"):
            device.record(SHELTER, wrong)
    with pytest.raises(InvalidInput, match="Several records"):
        device.record(SHELTER, "urn:uuid:")
    with pytest.raises(InvalidInput, match="There is no record"):
        device.record("org_facility", uuids[0])


def test_pages_give_every_record_once(device: Device) -> None:
    uuids = [device.add(SHELTER, {"name": f"School {number}"}).uuid for number in range(25)]
    device.retract(SHELTER, uuids[3])
    seen: list[str] = []
    after = pages = 0
    while True:
        rows, after = device.page(SHELTER, limit=6, after=after)
        seen += [row.uuid for row in rows]
        pages += 1
        if not after:
            break
    assert sorted(seen) == sorted(uuids[:3] + uuids[4:])
    assert pages == 5
    assert device.page(SHELTER, limit=0) == ([], 0)
    assert device.page("org_facility") == ([], 0)
    assert len(device.records.page(SHELTER, with_deleted=True)[0]) == 25


def test_what_was_deleted_is_out_of_sight_and_comes_back_with_an_edit(device: Device) -> None:
    uuid = device.add(SHELTER, {"name": "School", "capacity": 5}).uuid
    gone = device.retract(SHELTER, uuid)
    assert gone.flags == ("deleted",)
    assert gone.strands[0].is_deleted
    assert gone.strands[0].deleted_by == ("Amina",)
    assert device.page(SHELTER)[0] == []
    assert device.retract(SHELTER, uuid).versions == 2
    back = device.edit(SHELTER, uuid, {})
    assert (back.flags, back.versions, shown(back)) == ((), 3, {"name": "School", "capacity": 5})
    device.retract(SHELTER, uuid)
    assert shown(device.edit(SHELTER, uuid, {"capacity": 6})) == {"name": "School", "capacity": 6}
    assert [row.uuid for row in device.page(SHELTER)[0]] == [uuid]


def test_what_is_not_open_cannot_be_decided(device: Device) -> None:
    uuid = device.add(SHELTER, {"name": "School"}).uuid
    with pytest.raises(InvalidInput, match="Nothing is open"):
        device.resolve(SHELTER, uuid, {"name": "School"})
    assert device.conflicts() == []
    assert version_count(device) == 1


def test_a_field_says_who_gave_its_value_and_when(device: Device) -> None:
    before = int(device._parts.settings.wall_clock() * 1000)
    uuid = device.add(SHELTER, {"name": "School"}).uuid
    field = device.record(SHELTER, uuid).strands[0].fields["name"]
    assert isinstance(field, FieldView)
    [choice] = field.choices
    assert (choice.by, choice.op, choice.value, choice.text) == ("Amina", "put", "School", "School")
    assert before <= choice.made <= before + 60_000
