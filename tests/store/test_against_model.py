"""The logs of the store are those of a model in plain lists, whatever comes in which order.

The model: an author's logs are the longest id sequences that were handed in; one that is the beginning of another is
no log of its own.
"""

import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from edenmesh.core.ids import VersionId
from edenmesh.core.limits import LOG_BRANCHES_MAX
from edenmesh.core.reconcile import common_prefix
from edenmesh.errors import NotPermitted, RemoteProtocolError
from edenmesh.store import Store
from tests.store.making import PASSPHRASE, Author, Team, add_parts, make_store, require_logs_whole, undo

WORK: Counter[str] = Counter()
OWN = 0


class ModelLog:
    """One log: its ids, how many are sealed, and whether this device alone wrote it."""

    def __init__(self, ids: list[VersionId], *, sealed: int, is_ours: bool) -> None:
        self.ids, self.sealed, self.is_ours = ids, sealed, is_ours


class Logs(RuleBasedStateMachine):
    """Authors 1 and 2 are others', author 0 is this device's own; any of them may have been cloned."""

    def __init__(self) -> None:
        super().__init__()
        self.place = tempfile.TemporaryDirectory()
        self.home = Path(self.place.name) / "store"
        self.team = Team(3)
        self.store = make_store(self.home)
        with self.store.change() as change:
            change.add_charter(self.team.entries)
        self.copies: list[list[Author]] = [[author] for author in self.team.authors]
        self.logs: list[list[ModelLog]] = [[], [], []]
        self.seed = 0

    def teardown(self) -> None:
        self.store.close()
        self.place.cleanup()

    @initialize(number=st.sampled_from((None, OWN, 1)))
    def something_is_here_from_the_beginning(self, number: int | None) -> None:
        """Whatever is drawn then, there are logs in pieces, forks, and clones of this device."""
        if number is None:
            self.copies[2][0].write_many(60)
            for _ in range(3):
                self.a_part_comes(2, 0, 0, 20)
        elif number == OWN:
            self.a_person_here_writes(20)
            self.a_store_is_cloned(OWN, 0, 5)
            self.a_part_comes(OWN, 1, 0, 1024)
        else:
            self.copies[number][0].write_many(20)
            for copy in (1, 2):
                self.a_store_is_cloned(number, 0, 5 * copy)
                self.a_part_comes(number, copy, 0, 1024)
            self.a_part_comes(number, 0, 0, 1024)

    @rule(number=st.integers(1, 2), count=st.integers(1, 700))
    def somebody_writes(self, number: int, count: int) -> None:
        self.copies[number][0].write_many(count)

    @rule(number=st.integers(0, 2), copy=st.integers(0, 3), back=st.integers(0, 500))
    def a_store_is_cloned(self, number: int, copy: int, back: int) -> None:
        copies = self.copies[number]
        if len(copies) < LOG_BRANCHES_MAX - 1:
            source = self.copy_of(number, copy)
            self.seed += 1
            clone = source.cloned(max(0, len(source.versions) - back), self.seed)
            clone.write_many(3)
            copies.append(clone)

    @rule(number=st.integers(0, 2), copy=st.integers(0, 3), back=st.integers(0, 40), count=st.integers(1, 1024))
    def a_part_comes(self, number: int, copy: int, back: int, count: int) -> None:
        author = self.copy_of(number, copy)
        ids = [one.id for one in author.versions]
        known = self.known(number, ids)
        if known == len(ids) and author is not self.copies[OWN][0]:
            author.write_many(count)
            ids = [one.id for one in author.versions]
        start = max(0, known - back)
        stop = min(start + count, len(ids), (start // 1024 + 1) * 1024)
        if start < stop:
            add_parts(self.store, [author.part(start, stop)])
            self.hand_in(number, ids[:stop])

    @rule(number=st.integers(1, 2), copy=st.integers(0, 3))
    def a_part_without_its_beginning_comes(self, number: int, copy: int) -> None:
        author = self.copy_of(number, copy)
        ids = [one.id for one in author.versions]
        known = self.known(number, ids)
        if known + 2 < len(ids):
            with pytest.raises(RemoteProtocolError):
                add_parts(self.store, [author.part(known + 1, min(len(ids), known + 500))])
            WORK["without beginning"] += 1

    @rule(count=st.integers(1, 300))
    def a_person_here_writes(self, count: int) -> None:
        author, logs = self.copies[OWN][0], self.logs[OWN]
        author.write_many(count)
        fresh = author.versions[-count:]
        if logs and not (len(logs) == 1 and logs[0].is_ours):
            with pytest.raises(NotPermitted), self.store.change() as change:
                change.append(fresh[0])
            WORK["not ours"] += 1
            return
        with self.store.change() as change:
            for one in fresh:
                change.append(one)
        if not logs:
            logs.append(ModelLog([], sealed=0, is_ours=True))
        logs[0].ids = [one.id for one in author.versions]
        WORK["own"] += count

    @precondition(lambda self: len(self.logs[OWN]) == 1 and self.logs[OWN][0].is_ours)
    @rule()
    def own_versions_are_sealed(self) -> None:
        log = self.logs[OWN][0]
        with self.store.change() as change:
            assert (change.seal_own(self.copies[OWN][0].key) is None) == (log.sealed == len(log.ids))
        log.sealed = len(log.ids)

    @rule(number=st.integers(1, 2), count=st.integers(1, 100))
    def a_change_fails(self, number: int, count: int) -> None:
        author = self.copies[number][0]
        author.write_many(count)
        part = author.part(0, min(len(author.versions), 1024))
        undo(self.store, lambda change: change.add_part(part))
        WORK["failed"] += 1

    @rule()
    def the_device_is_started_again(self) -> None:
        self.store.close()
        self.store = Store.open(self.home, PASSPHRASE)

    @invariant()
    def logs_are_those_of_the_model(self) -> None:
        held = {author.id: [] for author in self.team.authors}  # type: dict[bytes, list[list[VersionId]]]
        for head in self.store.snapshot.log_heads():
            held[head.author].append(self.store.snapshot.ids_between(head.author, head.branch, 0, head.size))
        for number, author in enumerate(self.team.authors):
            expected = [log.ids[: log.sealed] for log in self.logs[number] if log.sealed]
            assert sorted(held[author.id]) == sorted(expected)
            if number == OWN and self.logs[OWN]:
                ours = self.logs[OWN][0]
                assert self.store.own_log(author.id)[:2] == (len(ours.ids), ours.sealed)
        require_logs_whole(self.store)
        WORK["branches"] = max(WORK["branches"], *map(len, held.values()))
        WORK["looked"] += 1

    @invariant()
    def every_version_is_kept_once(self) -> None:
        ids = {one for logs in self.logs for log in logs for one in log.ids}
        assert self.store.statistics().rows["versions"] == len(ids)

    def copy_of(self, number: int, copy: int) -> Author:
        return self.copies[number][copy % len(self.copies[number])]

    def known(self, number: int, ids: list[VersionId]) -> int:
        """How much of a log the device is seen to hold, from its beginning; what is not sealed is not seen."""
        return max((common_prefix(ids, log.ids[: log.sealed]) for log in self.logs[number]), default=0)

    def hand_in(self, number: int, ids: list[VersionId]) -> None:
        """The author's id sequence up to a seal has come."""
        logs = self.logs[number]
        fits = [(common_prefix(ids, log.ids), log) for log in logs]
        common, log = max(fits, key=lambda fit: (fit[0], fit[0] == len(fit[1].ids)), default=(0, None))
        if log is not None and common == len(ids):
            log.sealed = max(log.sealed, common)
            return
        for one in logs:
            one.is_ours = False
        if log is not None and common == len(log.ids):
            log.ids, log.sealed = ids, len(ids)
            WORK["extended"] += 1
        else:
            logs.append(ModelLog(ids, sealed=len(ids), is_ours=False))
            WORK["forked"] += len(logs) > 1


def test_logs_are_those_of_the_model() -> None:
    run_state_machine_as_test(
        Logs,
        settings=settings(
            max_examples=60,
            stateful_step_count=30,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate,),
            derandomize=True,
            database=None,
            deadline=None,
        ),
    )
    least = {"looked": 1000, "extended": 40, "forked": 15, "own": 1000, "not ours": 1, "failed": 50, "branches": 3}
    assert {name: WORK[name] for name, count in least.items() if WORK[name] < count} == {}
