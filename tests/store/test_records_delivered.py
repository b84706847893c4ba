"""What is delivered, what of it is a receipt, and when this device itself read it back."""

import pytest

from edenmesh.core.encoding import Plain
from edenmesh.core.ids import DestinationId, DeviceId
from edenmesh.core.records import OBSERVE, Carried, Value, body_hash
from edenmesh.core.trust import GATEWAY, destination_id, give_roles, pin_destination, take_roles
from edenmesh.store import READ_AGAIN_MS, Delivery, Store
from tests.store.making import Author, Team, add_parts, undo

ADDRESS = "https://eden.example.org"
PLACE = DestinationId(destination_id(ADDRESS))
ELSEWHERE = DestinationId(b"E" * 32)
MORNING = 1_790_000_000_000
TABLE = "pr_person"


def see(
    author: Author, parent: Carried, fields: dict[str, Value], destination: DestinationId = PLACE, *last: Carried
) -> Carried:
    """An observation of what a version shows, after the last ones."""
    about: dict[str, Plain] = {"body": body_hash(fields), "destination": destination}
    parents = [parent.id, *(one.id for one in last)]
    return author.write(parent.version.uuid, {}, op=OBSERVE, parents=parents, about=about)


@pytest.fixture
def writer(store: Store, team: Team) -> Author:
    """Somebody whose three people a gateway has seen at the server; no steward has said anything yet."""
    writer, gateway = team.authors[1:]
    for uuid in "abc":
        see(gateway, writer.write(uuid, {"name": uuid}), {"name": uuid})
    add_parts(store, [*writer.parts(), *gateway.parts()])
    return writer


def deliveries(store: Store, uuid: str) -> list[Delivery]:
    row = store.records.row(TABLE, uuid)
    assert row is not None
    return store.records.deliveries(row.num)


def receipts(store: Store) -> list[str]:
    return [uuid for uuid in "abc" if any(one.is_receipt for one in deliveries(store, uuid))]


def decide(store: Store, team: Team, *, gateway: bool = False, pin: bool = False) -> None:
    """What a steward decides reaches the device."""
    with store.change() as change:
        if gateway:
            device = DeviceId(team.devices[2].public_key)
            change.add_charter([team.add(give_roles(team.charter, team.devices[0], device, [GATEWAY]))])
        if pin:
            entry = pin_destination(team.charter, team.devices[0], address=ADDRESS, name="Eden", pin=b"p" * 32)
            change.add_charter([team.add(entry)])


@pytest.mark.usefixtures("writer")
def test_a_delivery_becomes_a_receipt_when_a_steward_says_so_of_both(store: Store, team: Team) -> None:
    assert deliveries(store, "a") == [Delivery(PLACE, is_receipt=False, first_ms=0, again_ms=0)]
    decide(store, team, gateway=True)
    assert receipts(store) == []
    decide(store, team, pin=True)
    assert receipts(store) == ["a", "b", "c"]
    assert store.records.owed(PLACE) == []


@pytest.mark.usefixtures("writer")
def test_receipts_end_where_the_role_never_was(store: Store, team: Team) -> None:
    decide(store, team, pin=True, gateway=True)
    cut = team.authors[2].part(0, 1).seal
    with store.change() as change:
        change.add_charter([team.revoke(2, [cut])])
    assert receipts(store) == ["a"], "what the gateway saw before it was cut off stays a receipt"
    assert [row.uuid for row in store.records.owed(PLACE)] == ["b", "c"]


def test_what_is_no_gateway_gives_no_receipt(store: Store, team: Team, writer: Author) -> None:
    """The writer, too, sees what is there; only the gateway's word counts, and only at the pinned server."""
    decide(store, team, pin=True)
    see(writer, writer.versions[0], {"name": "a"}, ELSEWHERE)
    add_parts(store, writer.parts(3))
    assert {(one.destination, one.is_receipt) for one in deliveries(store, "a")} == {(PLACE, False), (ELSEWHERE, False)}
    decide(store, team, gateway=True)
    assert [(one.destination, one.is_receipt) for one in deliveries(store, "a") if one.is_receipt] == [(PLACE, True)]


@pytest.mark.usefixtures("writer")
def test_only_records_an_entry_speaks_of_are_derived_again(store: Store, team: Team) -> None:
    team.authors[1].write_many(20)
    add_parts(store, team.authors[1].parts(3))
    device = DeviceId(team.devices[2].public_key)
    given = team.add(give_roles(team.charter, team.devices[0], device, [GATEWAY]))
    with store.change() as change:
        change.add_charter([given])
    assert change.committed is not None
    assert change.committed.records == {(TABLE, uuid) for uuid in "abc"}
    with store.change() as change:
        change.add_charter([team.add(take_roles(team.charter, team.devices[0], device, [GATEWAY]))])


@pytest.mark.usefixtures("writer")
def test_a_second_reading_counts_a_day_later(store: Store) -> None:
    note(store, "ab", MORNING)
    assert [(one.first_ms, one.again_ms) for one in deliveries(store, "a")] == [(MORNING, 0)]
    assert store.records.due_again(PLACE, MORNING - 1) == []
    assert [row.uuid for row in store.records.due_again(PLACE, MORNING)] == ["a", "b"]
    assert [row.uuid for row in store.records.due_again(PLACE, MORNING, limit=1)] == ["a"]
    assert store.records.due_again(ELSEWHERE, MORNING) == []
    note(store, "a", MORNING + READ_AGAIN_MS - 1)
    assert [(one.first_ms, one.again_ms) for one in deliveries(store, "a")] == [(MORNING, 0)]
    note(store, "a", MORNING + READ_AGAIN_MS)
    assert [(one.first_ms, one.again_ms) for one in deliveries(store, "a")] == [(MORNING, MORNING + READ_AGAIN_MS)]
    assert [row.uuid for row in store.records.due_again(PLACE, MORNING + READ_AGAIN_MS)] == ["b"]


def test_what_is_written_since_begins_both_readings_anew(store: Store, team: Team, writer: Author) -> None:
    gateway = team.authors[2]
    note(store, "ab", MORNING)
    note(store, "ab", MORNING + READ_AGAIN_MS)
    edit = writer.write("a", {"name": "new"}, parents=[gateway.versions[0].id])
    add_parts(store, writer.parts(3))
    assert deliveries(store, "a") == []
    see(gateway, edit, {"name": "new"}, PLACE, gateway.versions[0])
    add_parts(store, gateway.parts(3))
    assert deliveries(store, "a") == [Delivery(PLACE, is_receipt=False, first_ms=0, again_ms=0)]
    assert [one.again_ms for one in deliveries(store, "b")] == [MORNING + READ_AGAIN_MS]


def test_an_edit_and_its_reading_that_come_together_begin_anew(store: Store, team: Team, writer: Author) -> None:
    gateway = team.authors[2]
    note(store, "a", MORNING)
    edit = writer.write("a", {"name": "new"}, parents=[gateway.versions[0].id])
    see(gateway, edit, {"name": "new"}, PLACE, gateway.versions[0])
    add_parts(store, [*writer.parts(3), *gateway.parts(3)])
    assert [one.first_ms for one in deliveries(store, "a")] == [0]


def test_another_gateway_that_sees_the_same_begins_nothing_anew(store: Store, team: Team, writer: Author) -> None:
    note(store, "a", MORNING)
    see(writer, team.authors[2].versions[0], {"name": "a"})
    add_parts(store, writer.parts(3))
    assert [one.first_ms for one in deliveries(store, "a")] == [MORNING]


def test_a_reading_counts_with_the_observation_it_wrote(store: Store, team: Team, writer: Author) -> None:
    gateway = team.authors[2]
    see(gateway, writer.write("d", {"name": "d"}), {"name": "d"})
    with store.change() as change:
        change.note_read(PLACE, [(TABLE, "d"), (TABLE, "not here")], MORNING)
        for part in [*writer.parts(3), *gateway.parts(3)]:
            change.add_part(part)
    assert [one.first_ms for one in deliveries(store, "d")] == [MORNING]
    see(gateway, gateway.versions[-1], {"name": "other"})
    with store.change() as change:
        change.note_read(PLACE, [(TABLE, "d")], MORNING)
        for part in gateway.parts(4):
            change.add_part(part)
    assert deliveries(store, "d") == [], "what was read is not what is shown"


@pytest.mark.usefixtures("writer")
def test_a_clock_that_was_set_back_begins_anew(store: Store) -> None:
    note(store, "a", MORNING + 10 * READ_AGAIN_MS)
    note(store, "a", MORNING)
    assert [(one.first_ms, one.again_ms) for one in deliveries(store, "a")] == [(MORNING, 0)]
    undo(store, lambda change: change.note_read(PLACE, [(TABLE, "a")], MORNING + READ_AGAIN_MS))
    assert [one.again_ms for one in deliveries(store, "a")] == [0]


def note(store: Store, uuids: str, now_ms: int) -> None:
    with store.change() as change:
        change.note_read(PLACE, [(TABLE, uuid) for uuid in uuids], now_ms)
