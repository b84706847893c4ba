"""Which fields a form lets people write, and with which form whatever is written is written."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from edenmesh.core.ids import FormHash
from edenmesh.core.records import Catalogue, Form
from edenmesh.core.trust import choose_form
from edenmesh.errors import InvalidInput
from edenmesh.node import Device
from edenmesh.node.records import reading
from tests.forms import CAPACITY, form_file
from tests.node.devices import World

TABLE = "cr_shelter"


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    device = World(tmp_path).make("Amina")
    device.add_form(CAPACITY)
    yield device
    device.close()


def row(**values: object) -> bytes:
    return json.dumps({f"$_{TABLE}": [{"@uuid": "urn:uuid:1", **values}]}).encode()


def check_mistyped(device: Device) -> None:
    """A field no form has is refused, whoever writes it, and the near one is named."""
    with pytest.raises(InvalidInput, match="no field capcity in the form of cr_shelter") as caught:
        device.add(TABLE, {"name": "Arena", "capcity": 12})
    assert (caught.value.do, caught.value.kept) == ("Did you mean 'capacity'?", "Nothing was changed.")
    uuid = device.add(TABLE, {"name": "Arena", "capacity": 12}).uuid
    with pytest.raises(InvalidInput, match="no field zebra") as caught:
        device.edit(TABLE, uuid, {"zebra": 1})
    assert caught.value.do == "Use one of its fields: name, capacity."
    assert device.edit(TABLE, uuid, {"capacity": 13}).label == "Arena"


def test_a_field_no_form_has_is_refused_and_the_near_one_is_named(device: Device) -> None:
    check_mistyped(device)


def test_a_device_that_takes_any_field_is_caught(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Catalogue, "is_described", lambda self, table: False)
    with pytest.raises(pytest.fail.Exception):
        check_mistyped(device)


def test_a_device_that_names_no_near_field_is_caught(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "get_close_matches", lambda name, fields, n: [])
    with pytest.raises(AssertionError):
        check_mistyped(device)


def test_what_an_import_says_is_kept_and_may_be_changed_then(device: Device) -> None:
    device.import_document(row(name="Arena", roof="tin"))
    assert device.record(TABLE, "urn:uuid:1").strands[0].fields["roof"].value == "tin"
    assert device.edit(TABLE, "urn:uuid:1", {"roof": "tiles"}).strands[0].fields["roof"].value == "tiles"


def test_where_no_form_says_which_fields_there_are_any_may_be_written(device: Device) -> None:
    assert device.add("hms_hospital", {"name": "Here", "beds": 3}).label == "Here"


def test_a_field_of_any_form_of_the_table_may_be_written(device: Device) -> None:
    device.add_form(form_file("roof string"))
    assert device.add(TABLE, {"name": "Arena", "roof": "tin", "capacity": 3}).label == "Arena"


def make_current(device: Device, form: FormHash) -> None:
    key = device._parts.identity.device_key
    with device._parts.desk.writing() as writing:
        writing.add_charter([choose_form(device._parts.team.charter, key, TABLE, form)])


def test_while_the_current_form_has_not_come_any_field_may_be_written(device: Device) -> None:
    make_current(device, FormHash(b"f" * 32))
    assert device.add(TABLE, {"name": "Arena", "capcity": 12}).label == "Arena"


def schemas(device: Device, table: str = TABLE) -> set[str]:
    """The titles of the forms that the versions here were written with."""
    snapshot = device._parts.store.snapshot
    titles: set[str] = set()
    for record in device._parts.store.records.page(table, limit=100):
        for version in device._parts.store.records.versions_of(record.num).versions.values():
            data = snapshot.form(FormHash(version.schema))
            titles.add(Form.decode(data).title if data is not None else "")
    return titles


def add_form(device: Device, title: str) -> FormHash:
    before = set(device._parts.store.snapshot.forms())
    device.add_form(form_file("capacity integer", head=f'title = "{title}"'))
    (added,) = set(device._parts.store.snapshot.forms()) - before
    return added


@pytest.mark.parametrize("current", ["Old", "New"])
def test_people_and_files_write_with_the_choose_form(device: Device, current: str) -> None:
    hashes = {title: add_form(device, title) for title in ("Old", "New")}
    make_current(device, hashes[current])
    uuid = device.add(TABLE, {"name": "Arena"}).uuid
    device.edit(TABLE, uuid, {"capacity": 3})
    device.import_document(row(name="School"))
    device.import_document(row(name="School", capacity=4), is_update=True)
    assert device._parts.store.statistics().rows["versions"] == 4
    assert schemas(device) == {current}


@pytest.mark.parametrize("current", ["Old", "New"])
def test_what_a_server_was_seen_to_hold_is_written_with_the_current_form(device: Device, current: str) -> None:
    device.set_destination("lab", "http://127.0.0.1:9", user="a@b.c", password="x", is_http_allowed=True)
    hashes = {title: add_form(device, title) for title in ("Old", "New")}
    make_current(device, hashes[current])
    done = device.import_document(row(name="Seen", **{"@modified_on": "2026-01-01T10:00:00"}), source="lab")
    assert (done.written, done.problems) == (1, ())
    assert schemas(device) == {current}
