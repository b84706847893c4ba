"""Exporting: what is undecided is marked, nothing a spreadsheet runs, and an import elsewhere gives the same."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from edenmesh.demo.dataset import make_dataset
from edenmesh.errors import InvalidInput
from edenmesh.node import Device
from tests.net.loop import in_loop
from tests.node.devices import World, part, states, sync, team

TABLE = "org_facility"


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    device = World(tmp_path).make("Amina")
    yield device
    device.close()


def cells(device: Device, table: str = TABLE) -> list[dict[str, str]]:
    data = device.export([table], "csv")
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def test_an_export_imported_on_a_fresh_device_gives_equal_states(tmp_path: Path) -> None:
    world = World(tmp_path)
    first, second = world.make("Amina"), world.make("Bo")
    dataset = make_dataset(3, people=30, facilities=20, reports=11)
    for data in dataset.documents.values():
        first.import_document(data, files=dataset.photos)
    for uuid in [one.uuid for one in first.page(TABLE)[0]][:5]:
        first.edit(TABLE, uuid, {"name": f"Edited {uuid}", "comments": 'two\nlines, "quoted" & <b>'})
    gone = first.page(TABLE)[0][9].uuid
    first.retract(TABLE, gone)
    exported = first.export()
    result = second.import_document(exported, files=dataset.photos)
    assert (result.problem_count, result.conflicts) == (0, 0)
    assert result.written == len(states(second)) == dataset.records - 1 >= 100
    assert second.status().files_missing == 0

    def shown(device: Device) -> dict[tuple[str, str], object]:
        live = {key: state.strands[0] for key, state in states(device).items() if not state.strands[0].is_deleted}
        return {key: strand.values for key, strand in live.items()}

    assert shown(first) == shown(second)
    assert second.export() == exported
    assert second.import_document(exported, files=dataset.photos).written == 0
    first.close()
    second.close()


@in_loop
async def test_values_nobody_has_decided_between_are_marked_in_every_format(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        uuid = amina.add(TABLE, {"name": "School", "lat": 48.2, "lon": 16.37}).uuid
        clean = amina.add(TABLE, {"name": "Well"}).uuid
        contested = amina.add(TABLE, {"name": "Camp"}).uuid
        twice = "urn:uuid:1"
        await sync(bo, amina)
        await part(amina, bo)
        for device, name in ((amina, "A"), (bo, "B")):
            device.edit(TABLE, uuid, {"name": name})
            device.import_document(json.dumps({f"$_{TABLE}": [{"@uuid": twice, "name": name}]}).encode())
        amina.retract(TABLE, contested)
        bo.edit(TABLE, contested, {"name": "Camp 2"})
        assert (await sync(bo, amina)).is_everything
        wanted = {uuid: "name", clean: "", contested: "record", twice: "record"}
        for device in (amina, bo):
            rows = json.loads(device.export([TABLE]))[f"$_{TABLE}"]
            assert {one["@uuid"]: one.get("@undecided", "") for one in rows} == wanted
            assert {one["uuid"]: one["undecided"] for one in cells(device)} == wanted
            features = json.loads(device.export([TABLE], "geojson"))["features"]
            assert {one["id"]: one["properties"].get("undecided", "") for one in features} == wanted
            assert len(rows) == len(cells(device)) == len(features) == 5
        assert amina.export() == bo.export()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "=cmd|' /C calc'!A0"])
def test_no_cell_of_a_spreadsheet_is_a_formula(device: Device, text: str) -> None:
    rows = [{"@uuid": f"{text}{number}", "name": text} for number in range(2)]
    device.import_document(json.dumps({f"$_{TABLE}": rows}).encode())
    assert [(one["uuid"], one["name"]) for one in cells(device)] == [(f"'{text}{n}", f"'{text}") for n in range(2)]


def test_numbers_and_texts_stay_what_they_are_in_a_table(device: Device) -> None:
    device.add(TABLE, {"name": 'ü, "x"\nnext line', "beds": -5, "rent": -1.5, "open": True, "tags": ["b", "a"]})
    [one] = cells(device)
    assert (one["name"], one["beds"], one["rent"]) == ('ü, "x"\nnext line', "-5", "-1.5")
    assert one["open"] in ("True", "true", "1")
    assert "a" in one["tags"]


def test_what_was_deleted_is_not_exported(device: Device) -> None:
    uuid = device.add(TABLE, {"name": "School"}).uuid
    device.retract(TABLE, uuid)
    assert json.loads(device.export()) == {}
    assert cells(device) == []
    assert json.loads(device.export(form="geojson"))["features"] == []


def test_places_are_points_with_longitude_first(device: Device) -> None:
    location = device.add("gis_location", {"name": "Vienna", "lat": "48.2", "lon": "16.37"}).uuid
    device.add(TABLE, {"name": "direct", "latitude": 1, "longitude": -2})
    device.add(TABLE, {"name": "by reference", "location_id": {"table": "gis_location", "uuid": location}})
    for wrong in ("nan", "inf", "91", "north"):
        device.add(TABLE, {"name": f"wrong {wrong}", "lat": wrong, "lon": "5"})
    features = json.loads(device.export([TABLE], "geojson"), parse_constant=pytest.fail)["features"]
    places = {one["properties"]["name"]: one["geometry"] for one in features}
    assert places["direct"] == {"type": "Point", "coordinates": [-2, 1]}
    assert places["by reference"] == {"type": "Point", "coordinates": [16.37, 48.2]}
    assert [place for name, place in places.items() if name.startswith("wrong")] == [None] * 4


def test_what_cannot_be_exported_is_refused(device: Device) -> None:
    device.add(TABLE, {"name": "School"})
    device.add("cr_shelter", {"name": "Tent"})
    with pytest.raises(InvalidInput, match="no export format 'xls'"):
        device.export(form="xls")
    with pytest.raises(InvalidInput, match="holds one table"):
        device.export(form="csv")
    assert json.loads(device.export(["no_table"])) == {}
