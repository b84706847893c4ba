"""Delivering to a stand-in: what is sent, what is confirmed, and that nothing is sent twice."""

import json
from pathlib import Path

from edenmesh.core.ids import format_id
from edenmesh.demo.dataset import make_dataset
from edenmesh.node import Json
from edenmesh.standin import StandinServer
from tests.eden.relay import Relay
from tests.net.loop import in_loop
from tests.node.gateway import audit, deliver, device_at, import_all, pull, small_dataset, version_count


def reference(table: str, uuid: str) -> Json:
    return {"table": table, "uuid": uuid}


def pushes(server: StandinServer) -> int:
    return sum(seen.method == "POST" for seen in server.requests)


@in_loop
async def test_a_whole_data_set_is_delivered_and_every_receipt_is_true(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        records = import_all(device, small_dataset())
        result = await deliver(device)
        assert (result.delivered, result.sent, result.held, result.rejected) == (records, records, (), ())
        assert (result.delivered_total, result.owed_total) == (records, 0)
        found = audit(device, server)
        assert (found.receipts, found.false, found.owed) == (records, [], 0)
        assert records > 60


@in_loop
async def test_a_second_delivery_sends_nothing_and_writes_nothing(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        import_all(device, small_dataset())
        await deliver(device)
        before = pushes(server), version_count(device), server.snapshot()
        result = await deliver(device)
        assert (result.sent, result.already_there) == (0, 0)
        await pull(device)
        assert (pushes(server), server.snapshot()) == (before[0], before[2])
        pulled = await pull(device)
        assert pulled.written == 0
        assert pulled.seen > 60


@in_loop
async def test_what_another_gateway_delivered_is_found_and_not_sent(tmp_path: Path) -> None:
    with (
        StandinServer() as server,
        device_at(tmp_path / "a", server) as first,
        device_at(tmp_path / "b", server) as other,
    ):
        records = import_all(first, small_dataset())
        import_all(other, small_dataset())
        await deliver(first)
        sent = pushes(server)
        result = await deliver(other)
        assert (result.sent, result.already_there, result.owed_total) == (0, records, 0)
        assert pushes(server) == sent
        assert audit(other, server).false == []


@in_loop
async def test_an_edit_sends_the_field_it_touched_and_no_other(tmp_path: Path) -> None:
    with StandinServer() as server:
        async with Relay(server) as relay:
            with device_at(tmp_path, server, url=relay.url) as device:
                uuid = device.add(
                    "org_facility", {"name": "Camp", "comments": "20 places", "opening_times": "9-5"}
                ).uuid
                await deliver(device)
                del relay.sent[:]
                device.edit("org_facility", uuid, {"comments": "30 places"})
                planned = await device.exchanges.plan()
                assert [(one.name, one.ours, one.theirs) for one in planned[0].fields] == [
                    ("comments", "30 places", "20 places")
                ]
                result = await deliver(device)
                assert (result.delivered, result.sent) == (1, 1)
                bodies = [part for part in bytes(relay.sent).split(b"\r\n\r\n") if part.startswith(b"{")]
                sent = [json.JSONDecoder().raw_decode(body.decode())[0]["$_org_facility"] for body in bodies]
                assert sent == [[{"@uuid": uuid, "comments": "30 places"}]]
                assert audit(device, server).false == []


@in_loop
async def test_emptied_fields_are_emptied_there(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        organisation = device.add("org_organisation", {"name": "Aid", "acronym": "A", "comments": "old"}).uuid
        reference = {"table": "org_organisation", "uuid": organisation}
        facility = device.add(
            "org_facility", {"name": "Camp", "organisation_id": dict(reference), "contact": "Bo"}
        ).uuid
        await deliver(device)
        device.edit("org_organisation", organisation, {"acronym": None, "comments": ""})
        device.edit("org_facility", facility, {"organisation_id": None})
        result = await deliver(device)
        assert (result.delivered, result.owed_total) == (2, 0)
        record = server.record("org_facility", facility)
        assert record is not None
        assert "$k_organisation_id" not in record
        assert audit(device, server).false == []


@in_loop
async def test_the_reading_before_a_delivery_does_not_undo_an_emptying(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        uuid = device.add("org_organisation", {"name": "Aid", "acronym": "A"}).uuid
        await deliver(device)
        device.edit("org_organisation", uuid, {"acronym": None})
        await pull(device)
        assert "acronym" not in device.record("org_organisation", uuid).strands[0].fields


@in_loop
async def test_retracted_records_are_deleted_referrers_first(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        records = import_all(device, small_dataset())
        await deliver(device)
        facility = device.page("org_facility", limit=1)[0][0]
        belongs = facility.fields["organisation_id"]
        assert isinstance(belongs, dict)
        organisation = str(belongs["uuid"])
        for row in device.page("org_facility", limit=100)[0]:
            if row.fields["organisation_id"] == belongs:
                device.retract("org_facility", row.uuid)
        device.retract("org_organisation", organisation)
        image = device.page("doc_image", limit=1)[0][0]
        device.retract("doc_image", image.uuid)
        never = device.add("org_organisation", {"name": "Never sent"}).uuid
        device.retract("org_organisation", never)
        result = await deliver(device)
        assert (result.owed_total, result.rejected, result.held) == (0, (), ())
        assert result.already_there == 1
        assert server.record("org_organisation", organisation) is None
        found = audit(device, server)
        assert (found.receipts, found.false) == (records + 1, [])


@in_loop
async def test_components_of_a_deleted_master_go_with_it_and_raise_no_question(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        person = device.add("pr_person", {"first_name": "Ada", "last_name": "L"}).uuid
        master = reference("pr_person", person)
        values: dict[str, Json] = {"$master": master, "contact_method": "EMAIL", "value": "ada@example.org"}
        phone = device.add("pr_contact", values).uuid
        await deliver(device)
        device.retract("pr_person", person)
        assert (await deliver(device)).owed_total == 0
        assert server.record("pr_contact", phone) is None
        await pull(device)
        device.edit("pr_contact", phone, {"comments": "late"})
        result = await deliver(device)
        assert [one.reason for one in result.held] == ["its master was deleted here, and it goes with it at the server"]


@in_loop
async def test_a_change_of_a_component_goes_inside_its_master(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        person = device.add("pr_person", {"first_name": "Ada", "last_name": "L"}).uuid
        master = reference("pr_person", person)
        values: dict[str, Json] = {"$master": master, "contact_method": "SMS", "value": "+45 12-34 (56)"}
        phone = device.add("pr_contact", values).uuid
        assert (await deliver(device)).owed_total == 0
        device.edit("pr_contact", phone, {"comments": "office hours"})
        result = await deliver(device)
        assert (result.delivered, result.owed_total) == (1, 0)
        assert device.record("pr_contact", phone).strands[0].fields["value"].value == "+45 12-34 (56)"
        assert audit(device, server).false == []


@in_loop
async def test_values_that_a_server_rewrites_are_no_edits_of_it(tmp_path: Path) -> None:
    values: dict[str, Json] = {
        "name": "Aid",
        "website": "aid.example.org",
        "phone": " +45 12 34 ",
        "comments": "R &amp; D",
    }
    with StandinServer() as server, device_at(tmp_path, server) as device:
        uuid = device.add("org_organisation", values).uuid
        report = device.add("event_incident_report", {"name": "R &amp; D", "description": "a &lt; b"}).uuid
        result = await deliver(device)
        assert (result.delivered, result.owed_total) == (2, 0)
        for table, one in (("org_organisation", uuid), ("event_incident_report", report)):
            assert device.record(table, one).flags == ()
        assert device.record("org_organisation", uuid).strands[0].fields["website"].value == "aid.example.org"


@in_loop
async def test_records_that_refer_to_each_other_in_a_circle_arrive_whole(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        first = device.add("gis_location", {"name": "One"}).uuid
        second = device.add("gis_location", {"name": "Two", "parent": reference("gis_location", first)}).uuid
        device.edit("gis_location", first, {"parent": reference("gis_location", second)})
        assert (await deliver(device)).owed_total == 0
        assert audit(device, server).false == []


@in_loop
async def test_a_plan_says_what_would_happen_and_changes_nothing(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        records = import_all(device, small_dataset())
        await pull(device)
        before = version_count(device), server.snapshot()
        planned = [one for one in await device.exchanges.plan() if one.table in small_dataset().documents]
        assert {one.action for one in planned} == {"create"}
        assert sum(bool(one.fields) for one in planned) == len(planned) > 50
        assert len(planned) <= records
        offline = await device.exchanges.plan(is_offline=True)
        assert {(one.uuid, one.action) for one in planned} <= {(one.uuid, one.action) for one in offline}
        assert (version_count(device), server.snapshot()) == before


@in_loop
async def test_an_offline_plan_asks_no_server_and_knows_what_it_saw_last(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        uuid = device.add("org_organisation", {"name": "Aid", "acronym": "A"}).uuid
        await deliver(device)
        device.edit("org_organisation", uuid, {"acronym": "B"})
        asked = len(server.requests)
        planned = await device.exchanges.plan(is_offline=True)
        assert [(one.action, one.fields[0].ours, one.fields[0].theirs) for one in planned] == [("update", "B", "A")]
        assert not planned[0].is_read
        assert len(server.requests) == asked


@in_loop
async def test_a_file_goes_only_when_it_is_here(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        picture = b"\x89PNG\r\n\x1a\n" + bytes(1000)
        elsewhere: Json = {"file": format_id("h", bytes(32)), "label": "far.png", "media": "image/png", "size": 1008}
        uuid = device.add("doc_image", {"name": "Pier", "file": elsewhere}).uuid
        result = await deliver(device)
        assert [one.reason for one in result.held] == ["file: its file is not on this device"]
        assert server.file("doc_image", uuid, "file") is None
        file = device.add_file(picture, label="Zoë's pier.png")
        here: Json = {"file": format_id("h", file.hash), "label": file.label, "media": file.media, "size": file.size}
        device.edit("doc_image", uuid, {"file": here})
        result = await deliver(device)
        assert (result.held, result.owed_total) == ((), 0)
        assert server.file("doc_image", uuid, "file") == picture
        assert audit(device, server).false == []


@in_loop
async def test_many_records_take_few_requests(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        records = import_all(device, make_dataset(2, people=500, facilities=0, reports=0))
        asked = len(server.requests)
        result = await deliver(device)
        assert (result.delivered, result.owed_total) == (records, 0)
        assert records > 600
        # The forms once; then for each hundred of a table, and for those with components, a read, a push, a read back.
        assert len(server.requests) - asked < 11 + 3 * (1 + 5 + 5)
