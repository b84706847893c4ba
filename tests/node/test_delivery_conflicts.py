"""What people do at the server meanwhile, and what is not sent because people here have something to decide."""

from pathlib import Path

from edenmesh.core.ids import AuthorId, DestinationId, VersionId
from edenmesh.core.records import OBSERVE, Catalogue, Content, Pen, Reference, Version, compose, difference
from edenmesh.eden import Row
from edenmesh.node.delivery.intent import Intent, World, intend, prune
from edenmesh.standin import StandinServer
from edenmesh.store import RecordVersions
from tests.net.loop import in_loop
from tests.node.gateway import Ticking, audit, deliver, device_at, pull

TABLE = "org_organisation"
OUTSIDE = "urn:uuid:5b1d1a7e-0000-4000-8000-000000000001"


@in_loop
async def test_an_edit_at_the_server_that_nobody_contests_is_taken_over(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        await pull(device)
        uuid = device.add(TABLE, {"name": "Aid", "acronym": "A"}).uuid
        await deliver(device)
        server.edit(TABLE, uuid, {"name": "Aid International"})
        assert (await pull(device)).written == 1
        record = device.record(TABLE, uuid)
        assert (record.flags, record.strands[0].fields["name"].value) == ((), "Aid International")
        assert audit(device, server).false == []
        device.edit(TABLE, uuid, {"name": "Aid Worldwide"})
        assert (await deliver(device)).owed_total == 0
        shown = server.record(TABLE, uuid)
        assert shown is not None
        assert shown["name"] == "Aid Worldwide"


@in_loop
async def test_edits_of_different_fields_at_both_ends_both_stay(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        uuid = device.add(TABLE, {"name": "Aid", "acronym": "A"}).uuid
        await deliver(device)
        server.edit(TABLE, uuid, {"name": "Aid International"})
        device.edit(TABLE, uuid, {"acronym": "AI"})
        assert (await deliver(device)).owed_total == 0
        record = device.record(TABLE, uuid)
        assert record.flags == ()
        assert record.strands[0].fields["name"].value == "Aid International"
        assert audit(device, server).false == []


@in_loop
async def test_edits_of_one_field_at_both_ends_are_a_conflict_that_stays_here_while_other_fields_go(
    tmp_path: Path,
) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        uuid = device.add(TABLE, {"name": "Aid", "acronym": "A"}).uuid
        await deliver(device)
        server.edit(TABLE, uuid, {"name": "Theirs"})
        device.edit(TABLE, uuid, {"name": "Ours", "acronym": "O"})
        planned = await device.exchanges.plan()
        assert [one.name for one in planned[0].fields] == ["acronym"]
        result = await deliver(device)
        assert [one.reason for one in result.held] == ["name: it has several values and nobody has chosen yet"]
        assert (result.sent, result.owed_total) == (1, 1)
        record = server.record(TABLE, uuid)
        assert record is not None
        assert (record["name"], record["acronym"]) == ("Theirs", {"@value": "O", "$": "O"})
        choices = device.record(TABLE, uuid).strands[0].fields["name"].choices
        assert {choice.text for choice in choices} == {"Theirs", "Ours"}
        device.resolve(TABLE, uuid, {"name": "Ours"}, why="it is ours")
        assert (await deliver(device)).owed_total == 0
        assert audit(device, server).false == []


@in_loop
async def test_an_emptying_against_an_edit_at_the_server_is_a_conflict_too(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        uuid = device.add(TABLE, {"name": "Aid", "acronym": "A"}).uuid
        await deliver(device)
        server.edit(TABLE, uuid, {"acronym": "AA"})
        device.edit(TABLE, uuid, {"acronym": None})
        result = await deliver(device)
        assert [one.reason for one in result.held] == ["acronym: it has several values and nobody has chosen yet"]
        record = server.record(TABLE, uuid)
        assert record is not None
        assert record["acronym"] == {"@value": "AA", "$": "AA"}


@in_loop
async def test_a_record_deleted_here_and_edited_there_is_not_deleted_there(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        uuid = device.add(TABLE, {"name": "Aid"}).uuid
        await deliver(device)
        server.edit(TABLE, uuid, {"name": "Alive"})
        device.retract(TABLE, uuid)
        result = await deliver(device)
        assert [one.reason for one in result.held] == ["it was deleted by one and edited by another; decide that first"]
        assert server.record(TABLE, uuid) is not None


@in_loop
async def test_two_records_under_one_uuid_are_not_merged_into_the_server(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        server.create(TABLE, {"name": "Theirs"}, OUTSIDE)
        document = f'{{"$_{TABLE}": [{{"@uuid": "{OUTSIDE}", "name": "Ours", "acronym": "O"}}]}}'
        device.import_document(document.encode())
        result = await deliver(device)
        assert [one.reason for one in result.held] == ["two different records share this uuid; decide that first"]
        assert (result.sent, result.owed_total) == (0, 1)
        record = server.record(TABLE, OUTSIDE)
        assert record is not None
        assert record["name"] == "Theirs"


@in_loop
async def test_what_a_web_user_does_between_reading_and_sending_is_seen_when_it_is_read_back(tmp_path: Path) -> None:
    with StandinServer(clock=Ticking()) as server, device_at(tmp_path, server) as device:
        uuid = device.add(TABLE, {"name": "Aid"}).uuid
        await deliver(device)
        device.edit(TABLE, uuid, {"acronym": "A"})
        async for update in device.deliver():
            if update.step == "read":
                server.edit(TABLE, uuid, {"comments": "typed meanwhile"})
        record = device.record(TABLE, uuid)
        assert (record.flags, record.strands[0].fields["comments"].value) == ((), "typed meanwhile")
        assert audit(device, server).false == []


@in_loop
async def test_an_edit_here_while_its_record_is_under_way_stays_owed(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        uuid = device.add(TABLE, {"name": "Aid"}).uuid
        async for update in device.deliver():
            if update.step == "read":
                device.edit(TABLE, uuid, {"name": "Aid II"})
        assert audit(device, server).false == []
        assert (await deliver(device)).owed_total == 0
        record = server.record(TABLE, uuid)
        assert record is not None
        assert record["name"] == "Aid II"
        assert device.record(TABLE, uuid).flags == ()


# --- what only other devices can bring about, by the pure rule --------------------------------------------------------

HERE = DestinationId(bytes(32))
WORLD = World(HERE, Catalogue(), lambda _: True, lambda reference: reference)


def pen(seq: int) -> Pen:
    return Pen(AuthorId(b"\1" * 32), seq, 0, seq.to_bytes(16, "big"))


def written(seq: int, values: dict[str, str], *parents: VersionId, op: str = "put") -> tuple[VersionId, Version]:
    about = {"body": bytes(32), "destination": bytes(32)} if op == OBSERVE else {}
    carried = compose(pen(seq), TABLE, OUTSIDE, difference(None, values), parents=parents, op=op, about=about)
    return carried.id, carried.version


def intent_of(versions: dict[VersionId, Version], uncounted: frozenset[VersionId] = frozenset()) -> Intent:
    return intend((TABLE, OUTSIDE), RecordVersions(versions, uncounted), None, WORLD)


def test_a_change_that_waits_for_an_earlier_one_keeps_the_record_here() -> None:
    first, second = written(0, {"name": "Aid"}), written(1, {"name": "B"}, VersionId(b"\7" * 32))
    intent = intent_of(dict([first, second]))
    assert (intent.row, intent.held) == (None, ["a change of it waits for an earlier one that has not come yet"])


def test_what_is_quarantined_altogether_stays_here() -> None:
    first = written(0, {"name": "Aid"})
    intent = intent_of(dict([first]), frozenset([first[0]]))
    assert (intent.row, intent.held) == (None, ["all that is here of it is quarantined"])


def test_what_a_newer_program_did_stays_here() -> None:
    first = written(0, {"name": "Aid"})
    intent = intent_of(dict([first, written(1, {}, first[0], op="weigh")]))
    assert intent.row is None
    assert "newer version of edenmesh" in intent.held[0]


def test_a_record_without_an_obstacle_goes_whole() -> None:
    intent = intent_of(dict([written(0, {"name": "Aid", "acronym": "A"})]))
    assert (intent.action, intent.wanted, intent.held) == ("create", {"name": "Aid", "acronym": "A"}, [])


def test_what_hangs_on_a_record_that_stays_stays_too_however_long_the_chain() -> None:
    keys = [(TABLE, f"urn:uuid:{number}") for number in range(5)]
    intents: dict[tuple[str, str], Intent] = {}
    for key, below in zip(keys, [None, *keys], strict=False):
        fields: dict[str, Content] = {"$master": Reference(*below)} if below else {"name": "top"}
        intents[key] = Intent(key, row=Row(table=key[0], uuid=key[1], fields=fields), wanted={"name": ""})
    prune(intents, lambda _: None, Catalogue())
    assert all(intent.row is not None for intent in intents.values())
    intents[keys[0]].hold("undecided")
    prune(intents, lambda _: False, Catalogue())
    assert [intent.row is None for intent in intents.values()] == [True] * 5
