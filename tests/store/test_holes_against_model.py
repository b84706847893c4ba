"""What stands in every place of every log is what a model in plain lists says, whatever is purged, hidden or filled.

The model: for each place what became of its content. A record's versions are those of its name that are here.
"""

import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from edenmesh.core.ids import DeviceId
from edenmesh.core.reconcile import Hole, HoleKind
from edenmesh.core.session import Filling
from edenmesh.store import Store, holes
from tests.store.making import PASSPHRASE, Author, Team, make_store, require_logs_whole, undo

WORK: Counter[str] = Counter()
TABLE = "pr_person"
NAMES = [f"urn:uuid:{number}" for number in range(6)]
PEER = DeviceId(b"p" * 32)
HERE, PURGED, ABSENT, ERASED = "here", "purged", "absent", "erased"
KINDS = {PURGED: HoleKind.PURGED, ABSENT: HoleKind.ABSENT, ERASED: HoleKind.ERASED}

names = st.sampled_from(NAMES)
numbers = st.integers(1, 2)
seeds = st.integers(0, 2**32)


class Places:
    """One author's log: what became of each place, and of those that are hidden what it was before.

    `is_named` tells whether the store knows which record a place belongs to: not where the content never was here.
    """

    def __init__(self, author: Author) -> None:
        self.author = author
        self.states: list[str] = []
        self.before: dict[int, str] = {}
        self.is_named: list[bool] = []

    def of(self, name: str, *states: str) -> list[int]:
        """The places of a record in these states, as far as the store can know."""
        return [
            place
            for place, state in enumerate(self.states)
            if state in states and self.is_named[place] and self.author.versions[place].version.uuid == name
        ]


class HoleMachine(RuleBasedStateMachine):
    """Two authors whose versions come in pieces, and a person who purges, wants back, hides and erases."""

    def __init__(self) -> None:
        super().__init__()
        self.place = tempfile.TemporaryDirectory()
        self.home = Path(self.place.name) / "store"
        self.team = Team(3)
        self.store = make_store(self.home)
        with self.store.change() as change:
            change.add_charter(self.team.entries)
        self.logs = [Places(author) for author in self.team.authors]

    def teardown(self) -> None:
        before = self.store.records.tables()
        self.store.derive_states()
        assert self.store.records.tables() == before
        assert self.store.statistics().problems == []
        self.store.close()
        self.place.cleanup()

    @initialize()
    def something_is_here(self) -> None:
        for number in (1, 2):
            self.a_part_comes(number, 20, 7 * number, number)
        self.a_record_is_purged(NAMES[0])
        self.a_record_is_hidden(NAMES[1])

    @rule(number=numbers, count=st.integers(1, 30), seed=seeds, holed=st.integers(0, 3))
    def a_part_comes(self, number: int, count: int, seed: int, holed: int) -> None:
        log = self.logs[number]
        start = len(log.states)
        for step in range(count):
            name = NAMES[(seed + step * 7) % len(NAMES)]
            known = [place for place in range(start) if log.author.versions[place].version.uuid == name]
            parents = [log.author.versions[known[-1]].id] if known else []
            log.author.write(name, {"name": f"{number} {start + step}"}, parents=parents)
        part = log.author.part(start, start + count)
        items = [
            Hole(one.id, HoleKind.ABSENT) if (seed >> at % 30) % 4 < holed else one
            for at, one in enumerate(part.versions)
        ]
        with self.store.change() as change:
            change.add_part(part._replace(versions=items, giver=PEER))
        log.states += [ABSENT if isinstance(one, Hole) else HERE for one in items]
        log.is_named += [not isinstance(one, Hole) for one in items]
        WORK["came"] += count

    @rule(name=names)
    def a_record_is_purged(self, name: str) -> None:
        self.turn(name, "purge", (HERE, ABSENT), PURGED)

    @rule(seed=seeds)
    def a_record_is_wanted_again(self, seed: int) -> None:
        purged = [name for name in NAMES if any(log.of(name, PURGED) for log in self.logs)]
        name = (purged or NAMES)[seed % len(purged or NAMES)]
        self.turn(name, "restore", (PURGED,), ABSENT)

    @rule(name=names)
    def a_record_is_hidden(self, name: str) -> None:
        for log in self.logs:
            for place in log.of(name, HERE, PURGED, ABSENT):
                log.before[place] = log.states[place]
        self.turn(name, "hide", (HERE, PURGED, ABSENT), ERASED)

    @rule(seed=seeds)
    def a_hidden_record_comes_back(self, seed: int) -> None:
        hidden = sorted({log.author.versions[place].version.uuid for log in self.logs for place in log.before})
        name = (hidden or NAMES)[seed % len(hidden or NAMES)]
        with self.store.change() as change:
            change.unhide(TABLE, name)
        for log in self.logs:
            for place in [place for place in log.before if log.author.versions[place].version.uuid == name]:
                log.states[place] = log.before.pop(place)
                WORK["unhidden"] += 1

    @rule(name=names)
    def a_record_is_erased(self, name: str) -> None:
        with self.store.change() as change:
            count = change.erase_rows(TABLE, name)
        gone = 0
        for log in self.logs:
            for place in {*log.of(name, HERE, PURGED, ABSENT), *log.before}:
                if log.author.versions[place].version.uuid == name:
                    log.states[place] = ERASED
                    log.before.pop(place, None)
                    gone += 1
        assert count == gone
        WORK["erased"] += gone

    @rule(number=numbers, seed=seeds)
    def contents_come(self, number: int, seed: int) -> None:
        log = self.logs[number]
        places = [place for place in range(len(log.states)) if (seed >> place % 30) % 3 == 0]
        contents = [log.author.versions[place] for place in places]
        with self.store.change() as change:
            change.fill(Filling(log.author.id, 0, contents, [], PEER))
        for place in places:
            if log.states[place] == ABSENT:
                log.states[place] = HERE
                log.is_named[place] = True
                WORK["filled"] += 1

    @rule(name=names, number=numbers)
    def a_change_fails(self, name: str, number: int) -> None:
        for act in ("purge", "restore", "hide", "unhide", "erase_rows"):
            undo(self.store, lambda change, act=act: getattr(change, act)(TABLE, name))  # type: ignore[misc]
        log = self.logs[number]
        undo(self.store, lambda change: change.fill(Filling(log.author.id, 0, log.author.versions, [], PEER)))
        WORK["failed"] += 1

    @rule()
    def the_device_is_started_again(self) -> None:
        self.store.close()
        self.store = Store.open(self.home, PASSPHRASE)

    @invariant()
    def every_place_is_as_the_model_says(self) -> None:
        for log in self.logs[1:]:
            expected = [
                one.data if state == HERE else Hole(one.id, KINDS[state]).encode()
                for one, state in zip(log.author.versions, log.states, strict=True)
            ]
            assert self.store.snapshot.versions_between(log.author.id, 0, 0, len(expected)) == expected
            wanted = {
                place
                for run in self.store.snapshot.wanted_holes(PEER)
                if run.author == log.author.id
                for place in range(run.start, run.stop)
            }
            assert wanted == {place for place, state in enumerate(log.states) if state == ABSENT}
        require_logs_whole(self.store)
        WORK["looked"] += 1

    @invariant()
    def counts_and_records_are_as_the_model_says(self) -> None:
        counts = Counter(state for log in self.logs for state in log.states)
        told = self.store.snapshot.open_counts()
        assert (told.purged, told.absent) == (counts[PURGED], counts[ABSENT])
        for name in NAMES:
            held = self.store.records.versions(TABLE, name)
            ids = {log.author.versions[place].id for log in self.logs for place in log.of(name, HERE)}
            assert (set(held.versions) if held is not None else set()) == ids

    def turn(self, name: str, act: str, states: tuple[str, ...], after: str) -> None:
        """Do something to a record: as many places change as the model says."""
        with self.store.change() as change:
            count = getattr(change, act)(TABLE, name)
        changed = 0
        for log in self.logs:
            for place in log.of(name, *states):
                log.states[place] = after
                changed += 1
        assert count == changed
        WORK[act] += changed


def run(examples: int) -> None:
    run_state_machine_as_test(
        HoleMachine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate,),
            derandomize=True,
            database=None,
            deadline=None,
        ),
    )


def test_places_and_records_are_those_of_the_model() -> None:
    run(20)
    least = {"looked": 400, "came": 1000, "purge": 20, "restore": 5, "hide": 50, "unhidden": 5, "erased": 20}
    least |= {"filled": 50, "failed": 20}
    assert {name: WORK[name] for name, count in least.items() if WORK[name] < count} == {}


def test_a_store_that_restores_what_nobody_wants_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holes, "_PURGED", holes._ABSENT)
    with pytest.raises(AssertionError):
        run(5)
