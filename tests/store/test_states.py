"""What is derived of records equals what the core says of their versions, however they came."""

from collections import Counter
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edenmesh.core.ids import DestinationId
from edenmesh.core.records import (
    OBSERVE,
    RETRACT,
    Carried,
    Flag,
    body_hash,
    record_state,
    write,
)
from edenmesh.core.trust import Charter
from edenmesh.store import Store, Transaction
from edenmesh.store.database import Link
from edenmesh.store.forms import Forms
from edenmesh.store.states import States
from edenmesh.store.versions import Versions
from tests.oracle.histories import Written, partial_histories
from tests.store.making import Author, Team, add_parts, undo

PLACE = DestinationId(b"D" * 32)


def states(link: Link) -> States:
    return States(link, Forms(link), Charter.of([]))


def derived(link: Link) -> list[tuple[int, ...]]:
    return [*link.rows("SELECT num, flags, waiting FROM records"), *link.rows("SELECT * FROM delivered")]


def test_flags_are_those_of_the_core_for_any_history_in_any_pieces(store: Store) -> None:
    work: Counter[Flag] = Counter()

    @settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
    @given(partial_histories(), st.randoms(use_true_random=False), st.integers(1, 5))
    def check(held: Written, chance: Random, piece: int) -> None:
        link = store._database.writer
        carried = [write(version) for version in held.versions.values()]
        chance.shuffle(carried)
        state = record_state(held.versions, held.uncounted & held.versions.keys())

        def look(_: Transaction) -> None:
            for start in range(0, len(carried), piece):
                _add(link, carried[start : start + piece], held)
            found = link.row("SELECT flags, waiting FROM records")
            assert found == (int(state.flags), len(state.waiting))
            before = derived(link)
            assert states(link).derive_all() == 1
            assert derived(link) == before

        undo(store, look)
        work.update(flag for flag in Flag if flag & state.flags)

    check()
    assert min(work[flag] for flag in (Flag.IDENTITY, Flag.WAITING, Flag.QUARANTINED, Flag.NEWER)) >= 10, work


def _add(link: Link, carried: list[Carried], held: Written) -> None:
    versions = Versions(link)
    versions.add(carried)
    link.run_many(
        "UPDATE versions SET standing = 1 WHERE id = ?",
        [(one.id,) for one in carried if one.id in held.uncounted],
    )
    if any(one.id in held.uncounted for one in carried):
        versions.touched.add(link.number("SELECT max(num) FROM records"))
    states(link).derive(versions.touched)


def test_deriving_all_states_anew_changes_nothing(store: Store, team: Team) -> None:
    one, two = team.authors[1:]
    one.write_many(300)
    for number in range(0, 300, 3):
        first = one.versions[number]
        two.write(first.version.uuid, {"name": f"two {number}"}, parents=[first.id])
        if number % 2:
            one.write(first.version.uuid, {"name": f"one {number}"}, parents=[first.id])
        elif number % 5 == 0:
            one.write(first.version.uuid, op=RETRACT, fields={}, parents=[two.versions[-1].id])
    add_parts(store, [*two.parts(), *one.parts()])
    reader = store._database.reader
    before = derived(reader)
    flags = Counter(row[1] for row in before)
    assert flags == {0: 240, int(Flag.CONFLICT): 50, int(Flag.DELETED): 10}
    assert store.derive_states() == 300
    assert derived(reader) == before


def test_a_record_waits_until_its_past_has_come(store: Store, team: Team) -> None:
    one, two = team.authors[1:]
    first = one.write("a")
    two.write("a", {"name": "later"}, parents=[first.id])
    add_parts(store, two.parts())
    assert store.snapshot.open_counts().waiting == 1
    assert [row.uuid for row in store.records.flagged(Flag.WAITING)] == ["a"]
    add_parts(store, one.parts())
    assert store.snapshot.open_counts().waiting == 0
    assert store.records.flagged(Flag.WAITING) == []


def _observe(author: Author, uuid: str, parent: Carried, *, name: str, body: bytes | None = None) -> Carried:
    hashed = body_hash({"name": name}) if body is None else body
    author.write(uuid, {}, op=OBSERVE, parents=[parent.id], about={"body": hashed, "destination": PLACE})
    return author.versions[-1]


def test_delivered_is_what_the_destination_was_last_seen_to_hold(store: Store, team: Team) -> None:
    writer, gateway = team.authors[1:]
    first, other = writer.write("a", {"name": "Ana"}), writer.write("b", {"name": "Bo"})
    add_parts(store, writer.parts())
    assert [row.uuid for row in store.records.owed(PLACE)] == ["a", "b"]
    seen = _observe(gateway, "a", first, name="Ana")
    _observe(gateway, "b", other, name="Other")
    add_parts(store, gateway.parts())
    assert [row.uuid for row in store.records.owed(PLACE)] == ["b"]
    assert store.records.count_owed(PLACE) == 1
    assert [row.uuid for row in store.records.owed(DestinationId(b"E" * 32))] == ["a", "b"]
    writer.write("a", {"name": "Anna"}, parents=[seen.id])
    add_parts(store, [writer.part(2, 3)])
    assert [row.uuid for row in store.records.owed(PLACE)] == ["a", "b"], "an edit is owed again"


def test_what_a_revoked_gateway_saw_delivers_nothing(store: Store, team: Team) -> None:
    writer, gateway = team.authors[1:]
    first = writer.write("a", {"name": "Ana"})
    _observe(gateway, "a", first, name="Ana")
    add_parts(store, [*writer.parts(), *gateway.parts()])
    assert store.records.owed(PLACE) == []
    with store.change() as change:
        change.add_charter([team.revoke(2, [])])
    assert [row.uuid for row in store.records.owed(PLACE)] == ["a"]
