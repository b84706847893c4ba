"""The walk to the components of an erased record: by what the forms say, to any depth, and to nothing else's."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from edenmesh.core.records import FORM_FORMAT, MASTER, Component, Field, Form, Table
from edenmesh.errors import InvalidInput
from edenmesh.node import Device
from edenmesh.node.deletion import erasing
from edenmesh.node.deletion.erasing import Erasing
from tests.node.devices import World, states

SHELTER, SERVICE, IMAGE = "cr_shelter", "cr_service", "doc_image"
NAME = [Field(kind="string", name="name")]


def master(table: str, part: str, *, pkey: str = "") -> bytes:
    """The form of a table with one component, joined directly, or by a key of a super-entity."""
    component = Component(alias=part, joinby=f"{table}_id", pkey=pkey, table=Table(name=part, fields=NAME))
    return Form(format=FORM_FORMAT, table=Table(name=table, fields=NAME), components=[component]).encode()


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    """Two shelters, each with two services, each of those with an image; and an image that hangs on nothing."""
    device = World(tmp_path).make("Amina")
    with device._parts.desk.writing() as writing:
        writing.add_form(master(SHELTER, SERVICE))
        writing.add_form(master(SERVICE, IMAGE, pkey="doc_id"))
    rows = [
        {
            "@uuid": f"urn:uuid:{shelter}",
            "name": shelter,
            f"$_{SERVICE}": [{"@uuid": f"urn:uuid:{shelter}{number}", "name": "Water"} for number in (1, 2)],
        }
        for shelter in ("a", "b")
    ]
    assert device.import_document(json.dumps({f"$_{SHELTER}": rows}).encode()).written == 6
    services = [f"urn:uuid:{shelter}{number}" for shelter in ("a", "b") for number in (1, 2)]
    nested = [{"@uuid": one, f"$_{IMAGE}": [{"@uuid": f"{one}i", "name": "Tap"}]} for one in services]
    assert device.import_document(json.dumps({f"$_{SERVICE}": nested}).encode()).written == 4
    device.add(IMAGE, {"name": "Of nothing"})
    yield device
    device.close()


def check_walk(device: Device) -> None:
    """What hangs on the one shelter goes with it, images of its services as well; all else stays."""
    device.retract(SERVICE, "urn:uuid:a2")  # what was deleted for all is here, too
    covered = device.deletions.erasing.covered(SHELTER, "urn:uuid:a")
    assert covered[0] == (SHELTER, "urn:uuid:a")
    services = {(SERVICE, "urn:uuid:a1"), (SERVICE, "urn:uuid:a2")}
    images = {(IMAGE, "urn:uuid:a1i"), (IMAGE, "urn:uuid:a2i")}
    assert len(covered) == 5
    assert set(covered[1:]) == services | images
    before = set(states(device))
    device.deletions.erasing.erase(SHELTER, "urn:uuid:a")
    assert set(states(device)) == before - set(covered)
    assert len(states(device)) == 6
    with pytest.raises(InvalidInput):
        device.record(IMAGE, "urn:uuid:a1i")


def test_components_go_with_their_master_where_no_form_is_here(tmp_path: Path) -> None:
    device = World(tmp_path).make("Amina")
    amina, bo = (device.add("pr_person", {"first_name": name}).uuid for name in ("Amina", "Bo"))
    phones = [
        device.add("pr_contact", {MASTER: {"table": "pr_person", "uuid": one}, "value": "+47 555 01"}).uuid
        for one in (amina, bo)
    ]
    assert device.forms() == []
    device.deletions.erasing.erase("pr_person", amina)
    assert set(states(device)) == {("pr_person", bo), ("pr_contact", phones[1])}
    device.close()


def test_components_go_with_their_master_to_any_depth_and_no_others(device: Device) -> None:
    check_walk(device)


def _walk_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    components = Erasing._components
    monkeypatch.setattr(Erasing, "_components", lambda self, name: components(self, name) if name[0] == SHELTER else [])


def _take_every_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "_hangs_on", lambda state, name, fields: True)


def _take_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "_hangs_on", lambda state, name, fields: False)


def _forget_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    hangs_on = erasing._hangs_on
    monkeypatch.setattr(erasing, "_hangs_on", lambda state, name, fields: hangs_on(state, name, [MASTER]))


@pytest.mark.parametrize("sabotage", [_walk_one_step, _take_every_row, _take_no_row, _forget_fields])
def test_a_walk_that_goes_astray_is_caught(device: Device, monkeypatch: pytest.MonkeyPatch, sabotage: object) -> None:
    assert callable(sabotage)
    sabotage(monkeypatch)
    with pytest.raises(AssertionError):
        check_walk(device)
