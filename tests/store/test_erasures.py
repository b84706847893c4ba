"""Erasures in the store: whatever comes first, nothing that an erasure in force names is ever read or given."""

import random
import time
from pathlib import Path

import pytest

from edenmesh.core.ids import DeviceId, EntryId, record_id
from edenmesh.core.reconcile import is_hole
from edenmesh.core.trust import CharterEntry, Erasure, confirm, erase, erase_stub, give_roles, take_roles
from edenmesh.errors import NotPermitted
from edenmesh.store import ERASE_AFTER_MS, Store, deletions
from tests.store.making import Author, Team, add_parts, make_store, require_logs_whole

TABLE = "pr_person"


def stub(team: Team, uuid: str) -> bytes:
    return erase_stub(team.charter.salt, "name", record_id(TABLE, uuid))


def take(store: Store, entry: CharterEntry) -> None:
    with store.change() as change:
        change.add_charter([entry])


def read_uuids(store: Store) -> set[str]:
    return {row.uuid for row in store.records.page(TABLE, limit=1000, with_deleted=True)}


def given(store: Store, author: Author) -> set[str]:
    """The records of which contents would be given to a peer."""
    held = {one.author: one for one in store.snapshot.log_heads()}
    if author.id not in held:
        return set()
    items = store.snapshot.versions_between(author.id, 0, 0, held[author.id].size)
    ids = store.snapshot.ids_between(author.id, 0, 0, held[author.id].size)
    assert ids == [one.id for one in author.versions[: len(ids)]]
    return {one.version.uuid for one, item in zip(author.versions, items, strict=False) if not is_hole(item)}


class World:
    """One store, two authors whose logs come in pieces, and a steward who erases and is struck now and then."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.dice = random.Random(seed)
        self.team = Team(3)
        self.team.add(give_roles(self.team.charter, self.team.devices[0], _device(self.team, 1), ["steward"]))
        self.given_role = self.team.charter.heads
        self.store = make_store(folder)
        with self.store.change() as change:
            change.add_charter(self.team.entries)
        self.authors = self.team.authors[1:]
        self.come = dict.fromkeys((author.id for author in self.authors), 0)
        self.erased: set[str] = set()
        self.destroyed: set[str] = set()
        self.arrived: set[str] = set()
        self.checks = 0

    def uuid(self) -> str:
        return f"urn:uuid:{self.dice.randrange(8)}"

    def write(self) -> None:
        author = self.dice.choice(self.authors)
        author.write(self.uuid(), {"name": "x" * self.dice.randrange(400)})

    def receive(self) -> None:
        author = self.dice.choice(self.authors)
        start, stop = self.come[author.id], len(author.versions)
        if start == stop:
            return
        add_parts(self.store, [author.part(start, stop)])
        self.come[author.id] = stop
        self.arrived |= {one.version.uuid for one in author.versions[start:stop]}

    def erase(self) -> None:
        uuid = self.uuid()
        self.erased.add(uuid)
        entry = erase(self.team.charter, self.team.devices[1], names=[stub(self.team, uuid)])
        take(self.store, self.team.add(entry))

    def confirm_or_wait(self) -> None:
        """All that is hidden is destroyed, by time or by a second steward."""
        if self.dice.random() < 0.5:
            with self.store.change() as change:
                change.run_on(ERASE_AFTER_MS)
        else:
            for one in self.team.charter.erasures:
                if not one.is_confirmed:
                    take(self.store, self.team.add(confirm(self.team.charter, self.team.devices[0], one.entry)))
        self.destroyed |= self.erased

    def strike(self) -> None:
        """Everything the eraser did is undone, and the role is gone."""
        point = [EntryId(one) for one in self.given_role]
        entry = take_roles(self.team.charter, self.team.devices[0], _device(self.team, 1), ["steward"], point=point)
        take(self.store, self.team.add(entry))
        self.erased = set()

    def check(self) -> None:
        shown = read_uuids(self.store)
        assert not shown & self.erased
        assert shown >= self.arrived - self.erased - self.destroyed
        for author in self.authors:
            assert not given(self.store, author) & self.erased
        assert require_logs_whole(self.store) <= len(self.authors)
        assert {uuid for _, uuid in self.store.deleted.hidden()} <= self.erased
        self.checks += 1


def _device(team: Team, number: int) -> DeviceId:
    return DeviceId(team.devices[number].public_key)


def run_worlds(folder: Path, seeds: range) -> int:
    checks = 0
    for seed in seeds:
        world = World(folder / str(seed), seed)
        with world.store:
            acts = [world.write, world.write, world.receive, world.receive, world.erase, world.confirm_or_wait]
            for _ in range(24):
                world.dice.choice(acts)()
                world.check()
            if seed % 2:
                world.strike()
                world.check()
                world.receive()
                world.check()
            checks += world.checks
    return checks


def test_whatever_comes_first_nothing_erased_is_read_or_given_and_nothing_else_is_lost(tmp_path: Path) -> None:
    assert run_worlds(tmp_path, range(12)) == 12 * 24 + 12


def _forget_arrivals(monkeypatch: pytest.MonkeyPatch) -> None:
    heed = deletions.Deletions._carry_out_erasures

    def only_new(self: deletions.Deletions, before: tuple[()]) -> None:
        if self._charter.erasures != before:
            heed(self, before)

    monkeypatch.setattr(deletions.Deletions, "_carry_out_erasures", only_new)


def _forget_striking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deletions.Deletions, "unhide", lambda self, table, uuid: 0)


def _hide_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deletions, "stubs_of", _All)


class _All:
    """Names every record once anything is erased."""

    def __init__(self, erasures: tuple[Erasure, ...]) -> None:
        self._entries = [one.entry for one in erasures]

    def naming(self, table: str, uuid: str) -> list[EntryId]:
        return self._entries


@pytest.mark.parametrize("sabotage", [_forget_arrivals, _forget_striking, _hide_all])
def test_a_store_that_carries_erasures_out_badly_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sabotage: object
) -> None:
    assert callable(sabotage)
    sabotage(monkeypatch)
    with pytest.raises(AssertionError):
        run_worlds(tmp_path, range(12))


def test_a_device_itself_cannot_write_what_was_erased(store: Store, team: Team) -> None:
    author = team.authors[0]
    take(store, team.add(erase(team.charter, team.devices[0], names=[stub(team, "urn:uuid:1")])))
    version = author.write("urn:uuid:1", {"name": "again"})
    with pytest.raises(NotPermitted, match="erased for good") as caught, store.change() as change:
        change.append(version)
    assert caught.value.do
    assert store.statistics().rows["versions"] == 0


def test_erasing_costs_only_where_something_is_erased(store: Store, team: Team) -> None:
    author = team.authors[1]
    author.write_many(5000)
    add_parts(store, author.parts())
    begun = time.perf_counter()
    take(store, team.add(erase(team.charter, team.devices[0], names=[stub(team, author.versions[7].version.uuid)])))
    first = time.perf_counter() - begun
    assert len(read_uuids(store)) <= 1000
    assert store.deleted.hidden() == [(TABLE, author.versions[7].version.uuid)]
    assert first < 1.0  # 5,000 records are looked at once: some 30 ms
