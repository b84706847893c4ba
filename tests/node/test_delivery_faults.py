"""Every way in which a server or a network fails: clear words, no false receipt, nothing lost, and all is well after.

Each test switches one fault of the stand-in on, delivers, audits the receipts against what the stand-in really holds,
switches it off and delivers again: then everything must be there, once.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edenmesh.errors import AnswerNotUnderstood, DeliveryError, DestinationUnreachable, LoginRefused
from edenmesh.node import Device
from edenmesh.node.delivery.exchanges import Exchanges
from edenmesh.standin import StandinServer
from tests.net.loop import in_loop
from tests.node.gateway import audit, deliver, device_at, import_all, pull, small_dataset

IMPATIENT_SECONDS = 0.3


@asynccontextmanager
async def loaded(home: Path) -> AsyncIterator[tuple[Device, StandinServer, int]]:
    """A device with a data set and forms, a server without them; in the end all of it must have got there, once."""
    with StandinServer() as server, device_at(home, server) as device:
        device._exchanges = Exchanges(device._parts, timeout_seconds=IMPATIENT_SECONDS)
        await pull(device)
        pulled = audit(device, server).receipts
        records = import_all(device, small_dataset()) + pulled
        before = contents(device)
        yield device, server, records
        server.faults.clear()
        device._exchanges = Exchanges(device._parts)
        result = await deliver(device, is_again=True)
        found = audit(device, server)
        assert (result.owed_total, result.held, result.rejected) == (0, (), ())
        assert (found.receipts, found.false, found.owed) == (records, [], 0)
        assert contents(device).items() >= before.items()
        assert device.conflicts() == []
        for table in small_dataset().documents:
            uuids = server.uuids(table)
            assert len(uuids) == len(set(uuids))


def contents(device: Device) -> dict[tuple[str, str], object]:
    """What a person here sees of every record; what a server adds by itself is left out."""
    added = {"obsolete", "main_facility", "closed", "type", "priority", "access", "poll"}
    return {
        (table.table, row.uuid): {name: value for name, value in row.fields.items() if name not in added}
        for table in device.tables()
        for row in device.page(table.table, limit=10_000)[0]
    }


@pytest.mark.parametrize(
    ("switches", "error", "words"),
    [
        ({"answers_html": True}, AnswerNotUnderstood, "not a list|not understood"),
        ({"cuts_answer": True}, AnswerNotUnderstood, "in the middle"),
        ({"hangs": True}, DestinationUnreachable, "does not answer"),
        ({"status": 401, "skip": 1}, LoginRefused, "does not accept the login"),
        ({"status": 503}, DestinationUnreachable, "not running"),
        ({"status": 500, "concerns": "pushes"}, AnswerNotUnderstood, "answers 500"),
        ({"answers_html": True, "concerns": "pushes"}, AnswerNotUnderstood, "not understood"),
        ({"hangs": True, "concerns": "pushes"}, DestinationUnreachable, "does not answer"),
    ],
)
def test_a_failure_stops_the_delivery_with_clear_words_and_loses_nothing(
    tmp_path: Path, switches: dict[str, object], error: type[DeliveryError], words: str
) -> None:
    @in_loop
    async def run() -> None:
        async with loaded(tmp_path) as (device, server, records):
            for name, value in switches.items():
                setattr(server.faults, name, value)
            with pytest.raises(error, match=words) as raised:
                await deliver(device)
            assert raised.value.kept == "Every record is still here and still owed to the destination."
            assert raised.value.do
            found = audit(device, server)
            assert found.false == []
            assert found.owed > records // 4

    run()


@pytest.mark.parametrize("fault", ["cuts_answer", "loses_answer"])
def test_a_push_whose_answer_is_lost_is_found_by_reading_back_and_not_sent_again(tmp_path: Path, fault: str) -> None:
    @in_loop
    async def run() -> None:
        async with loaded(tmp_path) as (device, server, records):
            setattr(server.faults, fault, True)
            server.faults.set({"concerns": "pushes", "times": 1})
            result = await deliver(device)
            found = audit(device, server)
            assert (result.owed_total, found.false) == (0, [])
            assert found.receipts == records
            assert sum(seen.method == "POST" for seen in server.requests) == 4

    run()


@in_loop
async def test_a_server_that_answers_well_and_stores_nothing_gets_no_receipt(tmp_path: Path) -> None:
    async with loaded(tmp_path) as (device, server, records):
        server.faults.stores_nothing = True
        result = await deliver(device)
        assert (result.delivered, result.rejected and result.rejected[0].times) == (0, 2)
        assert {one.what for one in result.rejected} == {"the server answered that all is well, and does not have it"}
        assert {one.reason.partition(" urn:")[0] for one in result.held} == {
            "it belongs to event_incident_report",
            "it belongs to pr_person",
        }
        assert len(result.rejected) + len(result.held) == result.sent == result.owed_total
        found = audit(device, server)
        assert (found.false, found.owed) == ([], result.owed_total)
        asked = sum(seen.method == "POST" for seen in server.requests)
        again = await deliver(device)
        assert again.rejected == result.rejected
        assert sum(seen.method == "POST" for seen in server.requests) == asked
        assert records > found.owed > 60


@in_loop
async def test_a_dropped_field_is_shown_as_rejected_and_the_rest_stays(tmp_path: Path) -> None:
    async with loaded(tmp_path) as (device, server, _records):
        server.faults.drops_field = "comments"
        result = await deliver(device)
        assert {(one.table, one.what) for one in result.rejected} == {
            ("org_facility", "the server answered that all is well, and does not show as sent: comments")
        }
        assert len(result.rejected) == result.owed_total == 6
        assert device.conflicts() == []
        found = audit(device, server)
        assert (found.false, found.owed) == ([], 6)
        restarted = await deliver(device)
        assert (restarted.sent, restarted.rejected) == (0, result.rejected)


@in_loop
async def test_two_gateways_meeting_in_the_server_get_through_at_the_second_try(tmp_path: Path) -> None:
    async with loaded(tmp_path) as (device, server, _records):
        server.faults.unique_constraint_times = 3
        result = await deliver(device)
        assert (result.owed_total, result.rejected) == (0, ())
        assert audit(device, server).false == []


@in_loop
async def test_a_passing_refusal_is_tried_again_at_every_delivery(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        device.add("org_organisation", {"name": "Aid"})
        server.faults.unique_constraint_times = 2
        result = await deliver(device)
        assert [(one.what, one.times) for one in result.rejected] == [
            ("UNIQUE constraint failed: org_organisation.uuid", 2)
        ]
        assert (await deliver(device)).owed_total == 0


@in_loop
async def test_what_a_server_refuses_is_kept_with_its_words_until_the_record_changes(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        wrong = device.add("org_organisation", {"name": "Aid", "year": 1}).uuid
        device.add("org_organisation", {"name": "Relief"})
        result = await deliver(device)
        assert (result.delivered, result.owed_total) == (1, 1)
        assert [(one.uuid, one.what, one.times) for one in result.rejected] == [
            (wrong, "Validation error; year: Enter an integer between 1850 and 2099", 2)
        ]
        again = await deliver(device)
        assert (again.sent, again.rejected) == (0, result.rejected)
        tried = await deliver(device, is_again=True)
        assert [one.times for one in tried.rejected] == [4]
        device.edit("org_organisation", wrong, {"year": 1990})
        assert (await deliver(device)).owed_total == 0
        assert audit(device, server).false == []


@in_loop
async def test_one_bad_component_keeps_neither_its_master_nor_its_neighbours(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        person = device.add("pr_person", {"first_name": "Ada", "last_name": "L"}).uuid
        for value in ("nonsense", "ada@example.org"):
            master = {"table": "pr_person", "uuid": person}
            device.add("pr_contact", {"$master": {**master}, "contact_method": "EMAIL", "value": value})
        result = await deliver(device)
        assert (result.delivered, result.owed_total) == (2, 1)
        assert [one.label for one in result.rejected] == ["nonsense"]
        assert audit(device, server).false == []


@in_loop
async def test_a_record_that_breaks_the_server_does_not_keep_the_others(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        for number in range(20):
            device.add("org_organisation", {"name": f"Aid {number}"})
        server.faults.set({"status": 500, "concerns": "pushes", "times": 1})
        result = await deliver(device)
        assert (result.delivered, result.owed_total) == (20, 0)
        assert sum(seen.method == "POST" for seen in server.requests) == 3
        assert audit(device, server).false == []


@in_loop
async def test_text_that_a_server_trims_is_rejected_with_the_value_kept_here(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        server.faults.strips_text = True
        uuid = device.add("org_organisation", {"name": "Aid", "comments": " by the river "}).uuid
        result = await deliver(device)
        assert result.owed_total == 1
        choices = device.record("org_organisation", uuid).strands[0].fields["comments"].choices
        assert {choice.text for choice in choices} == {" by the river ", "by the river"}
        device.resolve("org_organisation", uuid, {"comments": "by the river"})
        assert (await deliver(device)).owed_total == 0
        assert audit(device, server).false == []


@in_loop
async def test_an_account_without_the_right_to_a_table_is_told_so_and_the_process_goes_on(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        device.set_destination(
            "server", server.url, user="normaluser@example.com", password="normal-password", is_http_allowed=True
        )
        device.add("event_incident_report", {"name": "Ford"})
        device.add("org_organisation", {"name": "Aid"})
        result = await deliver(device)
        told = "The login 'normaluser@example.com' has no right to the table"
        assert {one.table: one.reason for one in result.held} == {
            table: f"{told} {table}." for table in ("event_incident_report", "org_organisation")
        }
        assert (result.owed_total, result.rejected) == (2, ())


@in_loop
async def test_a_photo_that_the_server_lost_is_sent_again_and_lost_nowhere_else(tmp_path: Path) -> None:
    async with loaded(tmp_path) as (device, server, _records):
        await deliver(device)
        image = device.page("doc_image", limit=1)[0][0]
        photo = server.file("doc_image", image.uuid, "file")
        row = server.eden.state.find("doc_image", image.uuid)
        assert row is not None
        del server.eden.state.files[str(row.values["file"])]
        pulled = await pull(device)
        assert (pulled.written, device.record("doc_image", image.uuid).flags) == (0, ())
        device.edit("doc_image", image.uuid, {"name": "Renamed"})
        result = await deliver(device)
        assert (result.delivered, result.owed_total) == (1, 0)
        assert server.file("doc_image", image.uuid, "file") == photo
        device.edit("doc_image", image.uuid, {"name": str(image.fields["name"])})
