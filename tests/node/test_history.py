"""The life of a record in words: every version once, in an order that can have been, and what each did."""

from collections.abc import Mapping
from pathlib import Path

from hypothesis import given, settings

from edenmesh.core.encoding import Plain
from edenmesh.core.ids import AuthorId, DestinationId, VersionId, format_id
from edenmesh.core.records import (
    ABSENT,
    OBSERVE,
    PUT,
    RESOLVE,
    RETRACT,
    Change,
    Decimal,
    Pen,
    Value,
    Version,
    compose,
    undoable,
)
from edenmesh.node.records import EventView, Names, tell_history
from tests.net.loop import in_loop
from tests.node.devices import World, sync, team
from tests.node.test_conflicts import apart
from tests.oracle.histories import DESTINATIONS, Written, partial_histories

TABLE = "cr_shelter"
PEOPLE = {AuthorId(bytes([0xA0 + number]) * 32): name for number, name in enumerate(("Amina", "Bo", "Caro"))}
NAMES = Names(lambda author: PEOPLE.get(author, "?"), {DestinationId(DESTINATIONS[0]): "office"})
MADE = 1_790_000_000_000


class Life:
    """A record being written by several people, version by version."""

    def __init__(self) -> None:
        self.versions: dict[VersionId, Version] = {}

    def write(
        self,
        by: str,
        *parents: VersionId,
        op: str = PUT,
        values: Mapping[str, Value] | None = None,
        unset: list[str] | None = None,
        about: Mapping[str, Plain] | None = None,
    ) -> VersionId:
        author = next(one for one, name in PEOPLE.items() if name == by)
        number = len(self.versions)
        pen = Pen(author, number, MADE + number * 60_000, bytes([number]) * 16)
        change = Change(set=dict(values or {}), unset=unset or [])
        carried = compose(pen, TABLE, "urn:uuid:1", change, parents=parents, op=op, about=about)
        self.versions[carried.id] = carried.version
        return carried.id

    def tell(self) -> list[str]:
        return [one.text for one in tell_history(self.versions, NAMES)]


def seen(by: Mapping[str, Plain] | None = None) -> dict[str, Plain]:
    return {"body": bytes(32), "destination": DESTINATIONS[0], **(by or {})}


def test_a_life_is_told_in_words_oldest_first() -> None:
    life = Life()
    first = life.write("Amina", values={"name": "School", "capacity": 80}, about={"via": "import"})
    amina = life.write("Amina", first, values={"capacity": 120})
    # The name is the same: fields of a unit are written together.
    bo = life.write("Bo", first, values={"capacity": 95, "rent": Decimal("1.5"), "name": "School"})
    chosen = life.write("Amina", amina, bo, op=RESOLVE, values={"capacity": 120}, about={"why": "counted today"})
    deleted = life.write("Bo", chosen, op=RETRACT)
    life.write("Caro", deleted, unset=["rent"])
    assert life.tell() == [
        "Amina added it by import",
        "Amina set capacity to 120 (was 80)",
        "Bo set capacity to 95 (was 80) and set rent to 1.5",
        "Amina chose capacity 120 over 95 by Bo, because counted today",
        "Bo deleted it",
        "Caro brought it back and emptied rent (was 1.5)",
    ]


def test_what_a_server_was_seen_to_hold_is_told() -> None:
    life = Life()
    first = life.write("Amina", values={"status": "open"})
    same = life.write("Bo", first, op=OBSERVE, about=seen())
    edited = life.write("Bo", same, op=OBSERVE, values={"status": "closed"}, about=seen())
    back = life.write("Caro", op=OBSERVE, values={"status": "open"}, about=seen({"after": [edited]}))
    gone = life.write("Caro", op=OBSERVE, about=seen({"after": [back], "body": ABSENT}))
    life.write("Amina", edited, gone, op=RESOLVE)
    other = seen({"destination": DESTINATIONS[1], "via": "import"})
    life.write("Bo", op=OBSERVE, values={"status": "x"}, about=other)
    assert life.tell() == [
        "Amina added it",
        "Seen at office by Bo: as here",
        "Seen at office by Bo: with status=closed",
        "Seen at office by Caro: set back to an older state, status=open",
        "Gone from office by Caro, where it was",
        "Amina decided that office is to have it as it is here",
        "First seen at a server not set up here (d2d2d2d2d2) by Bo, in a file it gave out: status=x",
    ]


def test_an_undo_is_told_at_both_ends_and_gives_back_what_was_replaced() -> None:
    life = Life()
    first = life.write("Amina", values={"capacity": 80})
    edit = life.write("Bo", first, values={"capacity": 95})
    undo = life.write("Amina", edit, op=RESOLVE, about={"undoes": list[Plain]([edit])})
    life.write("Caro", undo, values={"capacity": 100})
    told = tell_history(life.versions, NAMES, undoable=undoable(life.versions))
    assert [one.text for one in told] == [
        "Amina added it",
        "Bo set capacity to 95 (was 80)",
        "Amina undid this: Bo set capacity to 95 (was 80)",
        "Caro set capacity to 100 (was 80)",
    ]
    assert [one.notes for one in told] == [(), ("undone by Amina",), (), ()]
    assert [one.can_undo for one in told] == [
        False,
        False,
        False,
        True,
    ]  # of the undo nothing would be seen: Caro's value replaced it
    again = life.write("Bo", undo, op=RESOLVE, about={"undoes": [undo]})
    notes = {one.version: one.notes for one in tell_history(life.versions, NAMES)}
    assert notes[format_id("v", edit)] == ()
    assert notes[format_id("v", undo)] == ("undone by Bo",)
    assert notes[format_id("v", again)] == ()


def test_a_deletion_undone_and_done_again_is_told() -> None:
    life = Life()
    first = life.write("Amina", values={"capacity": 80})
    deleted = life.write("Bo", first, op=RETRACT)
    undo = life.write("Amina", deleted, op=RESOLVE, about={"undoes": list[Plain]([deleted])})
    life.write("Caro", undo, values={"capacity": 1})
    redo = life.write("Bo", undo, op=RESOLVE, about={"undoes": list[Plain]([undo])})
    life.write("Caro", redo, values={"capacity": 2})
    assert life.tell() == [
        "Amina added it",
        "Bo deleted it",
        "Amina undid this: Bo deleted it",
        "Caro set capacity to 1 (was 80)",
        "Bo undid this: Amina undid this: Bo deleted it",
        "Caro brought it back and set capacity to 2 (was 80)",
    ]


def test_decisions_on_identity_name_the_strands() -> None:
    life = Life()
    clinic = life.write("Amina", values={"name": "Clinic"})
    bakery = life.write("Bo", values={"name": "Bakery"})
    life.write("Bo", values={"name": "Clinic"})
    parted = life.write(
        "Caro",
        *sorted((clinic, bakery)),
        op=RESOLVE,
        about={"keeps": clinic, "leaves": list[Plain]([bakery]), "why": "I was there"},
    )
    life.write("Amina", parted, op=RESOLVE, about={"same": list[Plain](sorted((clinic, bakery)))})
    told = life.tell()
    assert told[:3] == [
        "Amina added it",
        "Bo added the same",
        "Bo added another record under this uuid (Bakery)",
    ]
    assert told[3] == (
        "Caro decided that these are different records: Clinic keeps the uuid, Bakery gets another, because I was there"
    )
    assert told[4].startswith("Amina decided that these are one record: ")
    assert {"Clinic", "Bakery"} <= set(told[4].replace(" and", "").split())


def test_a_rule_a_copied_key_and_a_quarantine_are_told() -> None:
    life = Life()
    first = life.write("Amina", values={"capacity": 1})
    left = life.write("Amina", first, values={"capacity": 2})
    right = life.write("Bo", first, values={"capacity": 3})
    life.write("Caro", left, right, op=RESOLVE, values={"capacity": 3}, about={"rule": "highest"})
    told = tell_history(life.versions, NAMES, frozenset([right]), frozenset([left]))
    assert [one.notes for one in told] == [
        (),
        ("written with a copied key: the same number was given twice",),
        ("quarantined: kept, and without effect",),
        (),
    ]
    ruled = tell_history(life.versions, NAMES)[-1]
    assert (ruled.way, ruled.text) == (
        "rule highest",
        "Caro let its device apply the rule highest and chose capacity 3 over 2 by Amina",
    )


@in_loop
async def test_a_revoked_device_is_named_so_wherever_its_name_stands(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        uuid = amina.add("org_facility", {"name": "School"}).uuid
        await sync(bo, amina)
        await apart(amina, bo, uuid, {"name": "A"}, {"name": "B"})
        amina.resolve("org_facility", uuid, {"name": "A"}, why="counted")
        amina.revoke("Bo")
        told = amina.records.history("org_facility", uuid).events
        assert "Bo (revoked) set name to B (was School)" in [one.text for one in told]
        assert told[-1].text == "Amina chose name A over B by Bo (revoked), because counted"


@settings(max_examples=300, deadline=None)
@given(partial_histories())
def test_every_version_is_told_once_after_those_it_follows(written: Written) -> None:
    told = tell_history(written.versions, NAMES, written.uncounted)
    place = {one.version: number for number, one in enumerate(told)}
    assert len(told) == len(place) == len(written.versions)
    for one, version in written.versions.items():
        event: EventView = told[place[format_id("v", one)]]
        assert event.text
        assert event.made == version.made
        if any("waits" in note for note in event.notes):
            continue
        assert all(place[format_id("v", parent)] < place[event.version] for parent in version.parents)
        assert ("quarantined: kept, and without effect" in event.notes) is (one in written.uncounted)
    assert tell_history(dict(reversed(written.versions.items())), NAMES, written.uncounted) == told


def test_a_history_of_thousands_of_versions_is_told_in_time() -> None:
    life = Life()
    last = life.write("Amina", values={"capacity": 0})
    for number in range(3000):
        pen = Pen(next(iter(PEOPLE)), number + 1, MADE, number.to_bytes(16, "big"))
        carried = compose(pen, TABLE, "urn:uuid:1", Change(set={"capacity": number + 1}), parents=(last,))
        life.versions[carried.id] = carried.version
        last = carried.id
    told = tell_history(life.versions, NAMES)
    assert len(told) == 3001
    assert told[-1].text == "Amina set capacity to 3000 (was 2999)"
