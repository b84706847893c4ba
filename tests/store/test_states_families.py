"""Records that a decision makes: a strand that left is listed under its own uuid, whatever came first."""

from collections.abc import Iterable, Mapping, Set
from itertools import permutations
from pathlib import Path

import pytest

from edenmesh.core.encoding import Plain
from edenmesh.core.ids import AuthorId, DestinationId, VersionId
from edenmesh.core.records import (
    ABSENT,
    OBSERVE,
    RESOLVE,
    RETRACT,
    Carried,
    Flag,
    RecordState,
    Version,
    body_hash,
    delivered_at,
    left_uuid,
)
from edenmesh.store import Store, TableRow
from tests.core.records.calls import calls_of
from tests.store.making import Author, Team, add_parts, make_store

TABLE = "pr_person"
PLACE = DestinationId(b"D" * 32)


class Settled:
    """Two strands under one uuid, told apart by a third person."""

    def __init__(self, team: Team) -> None:
        self.one, self.two, self.judge = team.authors
        self.kept = self.one.write("a", {"name": "Ana"})
        self.left = self.two.write("a", {"name": "Bo"})
        about: dict[str, Plain] = {"keeps": self.kept.id, "leaves": [self.left.id]}
        parents = [self.kept.id, self.left.id]
        self.decision = self.judge.write("a", {}, op=RESOLVE, parents=parents, about=about)
        self.uuid = left_uuid(self.left.id)

    def undo(self) -> Carried:
        about: dict[str, Plain] = {"undoes": [self.decision.id]}
        return self.judge.write("a", {}, op=RESOLVE, parents=[self.decision.id], about=about)


def listed(store: Store) -> dict[str, Flag]:
    return {row.uuid: row.flags for row in store.records.page(TABLE, with_deleted=True)}


def state(store: Store, uuid: str) -> RecordState:
    held = store.records.versions(TABLE, uuid)
    assert held is not None
    return held.state()


def values(store: Store, uuid: str) -> dict[str, object]:
    strand = state(store, uuid).strand
    assert strand is not None
    return dict(strand.values)


def test_a_strand_that_left_is_a_record_like_any_other(store: Store, team: Team) -> None:
    settled = Settled(team)
    add_parts(store, [*settled.one.parts(), *settled.two.parts()])
    assert listed(store) == {"a": Flag.IDENTITY}
    add_parts(store, settled.judge.parts())
    assert listed(store) == {"a": Flag(0), settled.uuid: Flag(0)}
    assert values(store, "a") == {"name": "Ana"}
    assert values(store, settled.uuid) == {"name": "Bo"}
    assert store.records.tables() == [TableRow(TABLE, 2, 0, 0)]
    assert store.snapshot.counts() == {TABLE: 2}
    assert [row.uuid for row in store.records.find(settled.uuid)] == [settled.uuid]
    assert {row.uuid for row in store.records.owed(PLACE)} == {"a", settled.uuid}
    assert store.records.count_owed(PLACE) == 2
    row = store.records.row(TABLE, settled.uuid)
    assert row is not None
    assert store.records.versions_of(row.num) == store.records.versions(TABLE, settled.uuid)
    both = [store.records.versions(TABLE, uuid) for uuid in ("a", settled.uuid)]
    assert both[0] is not None
    assert both[1] is not None
    assert both[0].versions == both[1].versions, "a family is read whole"


def test_a_change_tells_of_the_records_a_decision_made(store: Store, team: Team) -> None:
    settled = Settled(team)
    add_parts(store, [*settled.one.parts(), *settled.two.parts()])
    with store.change() as change:
        change.add_part(settled.judge.part(0, 1))
    assert change.committed is not None
    assert change.committed.records == {(TABLE, "a"), (TABLE, settled.uuid)}


def test_a_record_goes_when_the_decision_that_made_it_is_undone(store: Store, team: Team) -> None:
    settled = Settled(team)
    add_parts(store, [*settled.one.parts(), *settled.two.parts(), *settled.judge.parts()])
    undo = settled.undo()
    add_parts(store, settled.judge.parts(1))
    assert listed(store) == {"a": Flag.IDENTITY}
    assert store.records.row(TABLE, settled.uuid) is None
    assert store.records.versions(TABLE, settled.uuid) is None
    assert store.records.tables() == [TableRow(TABLE, 1, 1, 0)]
    assert store.snapshot.counts() == {TABLE: 1}
    assert store.records.find(settled.uuid) == []
    assert store.records.count_owed(PLACE) == len(store.records.owed(PLACE)) == 1
    settled.judge.write("a", {}, op=RESOLVE, parents=[undo.id], about={"undoes": [undo.id]})
    add_parts(store, settled.judge.parts(2))
    assert listed(store) == {"a": Flag(0), settled.uuid: Flag(0)}


def test_what_was_written_for_a_leaver_is_there_in_any_order(tmp_path: Path, team: Team) -> None:
    settled = Settled(team)
    edit = settled.two.write(settled.uuid, {"name": "Bob"}, parents=[settled.decision.id])
    other = Team(3)
    assert other.entries == team.entries
    parts = [settled.one.part(0, 1), settled.two.part(0, 2), settled.judge.part(0, 1)]
    seen = set[str]()
    for number, order in enumerate(permutations(parts)):
        with make_store(tmp_path / str(number)) as store:
            with store.change() as change:
                change.add_charter(team.entries)
            for part in order:
                add_parts(store, [part])
            assert listed(store) == {"a": Flag(0), settled.uuid: Flag(0)}
            assert values(store, settled.uuid) == {"name": "Bob"}
            assert state(store, "a").waiting == frozenset()
            store.derive_states()
            assert listed(store) == {"a": Flag(0), settled.uuid: Flag(0)}
            seen.add(edit.version.uuid)
    assert seen == {settled.uuid}


def test_each_record_of_a_family_is_delivered_for_itself(store: Store, team: Team) -> None:
    settled = Settled(team)
    gateway: Author = settled.one
    about: dict[str, Plain] = {"body": body_hash({"name": "Bo"}), "destination": PLACE}
    gateway.write(settled.uuid, {}, op=OBSERVE, parents=[settled.decision.id], about=about)
    add_parts(store, [part for author in team.authors for part in author.parts()])
    assert [row.uuid for row in store.records.owed(PLACE)] == ["a"]
    row = store.records.row(TABLE, settled.uuid)
    assert row is not None
    assert [one.destination for one in store.records.deliveries(row.num)] == [PLACE]
    retract = settled.two.write(settled.uuid, {}, op=RETRACT, parents=[gateway.versions[-1].id])
    add_parts(store, settled.two.parts(1))
    assert {row.uuid for row in store.records.owed(PLACE)} == {"a", settled.uuid}
    absent: dict[str, Plain] = {"body": ABSENT, "destination": PLACE}
    parents = [retract.id, gateway.versions[-1].id]
    gateway.write(settled.uuid, {}, op=OBSERVE, parents=parents, about=absent)
    add_parts(store, gateway.parts(2))
    assert listed(store) == {"a": Flag(0), settled.uuid: Flag.DELETED}
    assert [row.uuid for row in store.records.owed(PLACE)] == ["a"]
    assert store.records.tables() == [TableRow(TABLE, 1, 0, 1)]


def test_a_leaver_that_is_contested_in_its_turn_leaves_further(store: Store, team: Team) -> None:
    settled = Settled(team)
    third = settled.one.write(settled.uuid, {"name": "Cy"})
    about: dict[str, Plain] = {"keeps": settled.left.id, "leaves": [third.id]}
    parents = [third.id, settled.decision.id]
    settled.judge.write(settled.uuid, {}, op=RESOLVE, parents=parents, about=about)
    further = left_uuid(third.id)
    add_parts(store, [*settled.judge.parts(), *settled.one.parts(), *settled.two.parts()])
    assert listed(store).keys() == {"a", settled.uuid, further}
    assert values(store, further) == {"name": "Cy"}
    assert values(store, settled.uuid) == {"name": "Bo"}


def test_ordinary_records_have_no_family(store: Store, team: Team) -> None:
    """Nothing is noted of records that two devices imported, nor of those that were observed."""
    one, two = team.authors[1:]
    for number in range(20):
        first = one.write(f"{number}", {"name": "same"})
        two.write(f"{number}", {"name": "same"})
        about: dict[str, Plain] = {"body": body_hash({"name": "same"}), "destination": PLACE}
        two.write(f"{number}", {}, op=OBSERVE, parents=[first.id], about=about)
    add_parts(store, [*one.parts(), *two.parts()])
    assert store._database.reader.number("SELECT count(*) FROM families") == 0
    assert store._database.reader.number("SELECT count(*) FROM records") == 20
    assert store.records.owed(PLACE) == []


def test_a_purged_record_is_not_listed_and_comes_back(store: Store, team: Team) -> None:
    author = team.authors[1]
    first = author.write("a", {"name": "Ana"})
    author.write("b")
    add_parts(store, author.parts())
    with store.change() as change:
        assert change.purge(TABLE, "a") == 1
    assert listed(store) == {"b": Flag(0)}
    assert store.records.tables() == [TableRow(TABLE, 1, 0, 0)]
    author.write("a", {"name": "new"}, parents=[first.id])
    add_parts(store, author.parts(2))
    assert listed(store) == {"a": Flag.WAITING, "b": Flag(0)}, "purged here, newer edit"


def test_a_record_can_be_asked_for_without_its_family(store: Store, team: Team) -> None:
    settled = Settled(team)
    settled.one.write("b")
    add_parts(store, [part for author in team.authors for part in author.parts()])
    left, other = store.records.versions(TABLE, settled.uuid), store.records.versions(TABLE, "b")
    assert left is not None
    assert other is not None
    assert settled.kept.id not in left.alone().versions
    assert settled.left.id in left.alone().versions
    assert values(store, settled.uuid) == {"name": "Bo"} == dict(left.alone().state().strands[0].values)
    assert other.alone() is other


def test_a_leaver_whose_beginning_is_hidden_is_not_shown_and_comes_back(store: Store, team: Team) -> None:
    settled = Settled(team)
    settled.two.write(settled.uuid, {"name": "Bob"}, parents=[settled.decision.id])
    add_parts(store, [part for author in team.authors for part in author.parts()])
    before = {uuid: values(store, uuid) for uuid in listed(store)}
    assert before == {"a": {"name": "Ana"}, settled.uuid: {"name": "Bob"}}
    with store.change() as change:
        assert change.hide(TABLE, "a") == 3
    assert listed(store) == {settled.uuid: Flag.WAITING}
    with store.change() as change:
        change.unhide(TABLE, "a")
    assert listed(store) == {"a": Flag(0), settled.uuid: Flag(0)}
    assert {uuid: values(store, uuid) for uuid in listed(store)} == before
    with store.change() as change:
        change.hide(TABLE, settled.uuid)
    assert values(store, settled.uuid) == {"name": "Bo"}, "what stands under the other uuid is there still"


def test_four_times_the_leavers_are_four_times_the_work(tmp_path: Path) -> None:
    small, large = (_work_of_leavers(tmp_path / str(count), count) for count in (15, 60))
    assert large < 5 * small, (small, large)


def test_a_program_that_looks_at_the_family_for_each_member_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def one_by_one(
        states: Iterable[RecordState], versions: Mapping[VersionId, Version], uncounted: Set[VersionId]
    ) -> Mapping[str, Mapping[DestinationId, Set[AuthorId]]]:
        return {state.uuid: delivered_at(state, versions, uncounted) for state in states}

    monkeypatch.setattr("edenmesh.store.states.deliveries_of", one_by_one)
    small, large = (_work_of_leavers(tmp_path / str(count), count) for count in (15, 60))
    assert large > 8 * small, (small, large)


def _work_of_leavers(folder: Path, count: int) -> int:
    """How many calls it takes to derive a family from which many left, each seen at a server where it is now."""
    team = Team(1)
    author = team.authors[0]
    firsts = sorted(author.write(f"urn:{count}", {"name": str(number)}).id for number in range(count + 1))
    about: dict[str, Plain] = {"keeps": firsts[0], "leaves": list[Plain](firsts[1:])}
    decision = author.write(f"urn:{count}", {}, op=RESOLVE, parents=firsts, about=about)
    for one in firsts[1:]:
        body: dict[str, Plain] = {"body": ABSENT, "destination": PLACE, "strand": one}
        author.write(left_uuid(one), {}, op=OBSERVE, parents=[decision.id], about=body)
    with make_store(folder) as store:
        with store.change() as change:
            change.add_charter(team.entries)
        add_parts(store, author.parts())
        assert len(listed(store)) == count + 1
        return calls_of(store.derive_states)
