"""Strands that left, references that follow them, decisions that were undone: what a server gets of them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edenmesh.node import Device
from edenmesh.standin import StandinServer
from tests.net.loop import in_loop
from tests.node.gateway import Ticking, audit, deliver, device_at, pull, version_count

TABLE = "org_organisation"
OFFICE = "org_facility"
UUID = "urn:uuid:11111111-1111-4111-8111-111111111111"


def document(name: str, **values: str) -> bytes:
    return json.dumps({f"$_{TABLE}": [{"@uuid": UUID, "name": name, **values}]}).encode()


@contextmanager
def contested(folder: Path) -> Iterator[tuple[StandinServer, Device]]:
    """A server, and a device on which two organisations share a uuid."""
    with StandinServer(clock=Ticking()) as server, device_at(folder, server) as device:
        device.import_document(document("Clinic"))
        device.import_document(document("Bakery", acronym="B"))
        yield server, device


def strand(device: Device, name: str) -> str:
    [found] = [one.id for one in device.record(TABLE, UUID).strands if one.fields["name"].value == name]
    return found


def part(device: Device, keeper: str) -> str:
    """Decide that they are different; the uuid of who leaves."""
    device.decisions.part(TABLE, UUID, strand(device, keeper))
    [left] = {row.uuid for row in device.page(TABLE)[0]} - {UUID}
    return left


def name_there(server: StandinServer, uuid: str) -> object:
    record = server.record(TABLE, uuid)
    return record["name"] if record is not None else None


@in_loop
async def test_two_strands_are_not_delivered_until_people_have_decided(tmp_path: Path) -> None:
    with contested(tmp_path) as (server, device):
        result = await deliver(device)
        assert (result.sent, result.owed_total) == (0, 1)
        assert "two different records share this uuid" in result.held[0].reason
        assert server.uuids(TABLE) == []
        device.decisions.join(TABLE, UUID)
        assert "nobody has chosen yet" in (await deliver(device)).held[0].reason
        device.resolve(TABLE, UUID, {"name": "Clinic"})
        assert (await deliver(device)).owed_total == 0
        assert name_there(server, UUID) == "Clinic"
        assert audit(device, server).false == []


@in_loop
async def test_who_left_is_delivered_under_its_own_uuid_and_observed_there(tmp_path: Path) -> None:
    with contested(tmp_path) as (server, device):
        left = part(device, "Clinic")
        result = await deliver(device)
        assert (result.delivered, result.owed_total) == (2, 0), result
        assert (name_there(server, UUID), name_there(server, left)) == ("Clinic", "Bakery")
        found = audit(device, server)
        assert (found.receipts, found.false) == (2, [])
        for uuid, name in ((UUID, "Clinic 2"), (left, "Bakery 2")):
            device.edit(TABLE, uuid, {"name": name})
        assert (await deliver(device)).owed_total == 0
        assert (name_there(server, UUID), name_there(server, left)) == ("Clinic 2", "Bakery 2")
        # Edits made there reach the record they were made to, and no other.
        server.edit(TABLE, left, {"name": "Bakery 3"})
        await pull(device)
        assert [device.record(TABLE, uuid).label for uuid in (UUID, left)] == ["Clinic 2", "Bakery 3"]
        assert device.conflicts() == []
        versions = version_count(device)
        assert (await pull(device)).written == 0
        assert (await deliver(device)).owed_total == 0
        assert version_count(device) == versions


@in_loop
async def test_who_keeps_the_uuid_after_the_other_was_delivered_there_asks_no_twice(tmp_path: Path) -> None:
    """The server had been given one of the two before the other came: it keeps it, whoever leaves."""
    with StandinServer(clock=Ticking()) as server, device_at(tmp_path, server) as device:
        device.import_document(document("Clinic"))
        assert (await deliver(device)).owed_total == 0
        device.import_document(document("Bakery", acronym="B"))
        left = part(device, "Clinic")
        result = await deliver(device)
        assert (result.owed_total, result.sent) == (0, 1), result
        assert (name_there(server, UUID), name_there(server, left)) == ("Clinic", "Bakery")
        assert audit(device, server).false == []


@in_loop
async def test_a_reference_follows_its_strand_to_the_server_and_back(tmp_path: Path) -> None:
    with contested(tmp_path) as (server, device):
        bakery = strand(device, "Bakery")
        office = device.add(
            OFFICE, {"name": "Office", "organisation_id": {"table": TABLE, "uuid": UUID, "strand": bakery}}
        ).uuid
        left = part(device, "Clinic")
        result = await deliver(device)
        assert result.owed_total == 0, result
        there = server.record(OFFICE, office)
        assert there is not None
        assert left in json.dumps(there["$k_organisation_id"])
        # Read back, it is what we hold: no edit of anybody's, no conflict, nothing owed.
        assert device.conflicts() == []
        await pull(device)
        versions = version_count(device)
        result = await deliver(device)
        assert (result.sent, result.owed_total) == (0, 0)
        assert (await pull(device)).written == 0
        assert (device.conflicts(), version_count(device)) == ([], versions)
        shown = device.record(OFFICE, office).strands[0].fields["organisation_id"].value
        assert shown == {"table": TABLE, "uuid": left, "strand": bakery}


@in_loop
async def test_a_reference_whose_strand_stays_waits_for_nothing(tmp_path: Path) -> None:
    with contested(tmp_path) as (server, device):
        clinic = strand(device, "Clinic")
        office = device.add(
            OFFICE, {"name": "Office", "organisation_id": {"table": TABLE, "uuid": UUID, "strand": clinic}}
        ).uuid
        part(device, "Clinic")
        assert (await deliver(device)).owed_total == 0
        there = server.record(OFFICE, office)
        assert there is not None
        assert UUID in json.dumps(there["$k_organisation_id"])


@in_loop
async def test_what_was_undone_is_taken_back_at_the_server_too(tmp_path: Path) -> None:
    with StandinServer(clock=Ticking()) as server, device_at(tmp_path, server) as device:
        uuid = device.add(TABLE, {"name": "Aid"}).uuid
        await deliver(device)
        device.edit(TABLE, uuid, {"name": "Wrong"})
        await deliver(device)
        assert name_there(server, uuid) == "Wrong"
        events = device.records.history(TABLE, uuid).events
        [edit] = [one for one in events if one.can_undo]
        device.decisions.undo(TABLE, uuid, edit.version)
        assert device.record(TABLE, uuid).strands[0].fields["name"].value == "Aid"
        result = await deliver(device)
        assert (result.owed_total, name_there(server, uuid)) == (0, "Aid"), result
        assert audit(device, server).false == []


@in_loop
async def test_after_an_undone_decision_the_row_left_behind_is_asked_about_and_readings_come_to_rest(
    tmp_path: Path,
) -> None:
    with contested(tmp_path) as (server, device):
        left = part(device, "Clinic")
        assert (await deliver(device)).owed_total == 0
        decision = next(one for one in device.records.history(TABLE, UUID).events if "different" in one.text)
        device.decisions.undo(TABLE, UUID, decision.version)
        assert device.record(TABLE, UUID).flags == ("identity conflict",)
        counts: list[tuple[int, int]] = []
        for _ in range(3):
            pulled = await pull(device)
            # Nobody's record has that row of the server now: nothing is written of it, and that is said.
            assert [one for one in pulled.problems if left in one and "does not hold here now" in one]
            result = await deliver(device)
            counts.append((version_count(device), result.sent))
        assert counts[0] == counts[1] == counts[2]
        assert counts[0][1] == 0
        assert audit(device, server).false == []
        # Decided again, all is as it was, and nothing is sent twice.
        device.decisions.part(TABLE, UUID, strand(device, "Clinic"))
        assert not [one for one in (await pull(device)).problems if left in one]
        await deliver(device)
        result = await deliver(device)
        assert result.sent == 0
        assert (name_there(server, UUID), name_there(server, left)) == ("Clinic", "Bakery")
        assert result.owed_total == 0
        assert audit(device, server).false == []
