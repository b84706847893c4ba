"""The same sessions with the real store at one end: what the store in plain lists and the one in SQLite hold agrees."""

from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from edenmesh.core.limits import LOG_BRANCHES_MAX
from edenmesh.core.reconcile import Mark
from edenmesh.core.session import (
    CharterReceived,
    ChunkReceived,
    FormReceived,
    HolesReceived,
    Parties,
    PartReceived,
    Session,
    Tallied,
)
from edenmesh.store import Store
from tests.duets.duet import STORED, End, meet, seeded
from tests.duets.team import TABLE, Device, join, team
from tests.duets.test_first_sync import form
from tests.duets.test_holes import purge
from tests.store.making import make_store


@dataclass
class Kept:
    """A device whose store is in SQLite, and its end of one session."""

    device: Device
    store: Store
    missing: tuple[str, ...] | None = None
    versions_given: int = 0

    def meet(self, peer: Device, *, budget: int | None = None, seed: int = 0) -> End:
        """A whole session with a device whose store is in lists, or one cut after so many bytes."""
        random = Random(seed)
        session = Session(Parties(self.device.id, peer.id, is_chosen=True), self.store.snapshot, seeded("kept"), 0.0)
        other = End(peer, self.device)
        other._require_everything = lambda: None  # type: ignore[method-assign]
        inbox, delivered, is_moving = bytearray(), 0, True
        self.missing = None
        while is_moving and (budget is None or delivered < budget):
            inbox += other.speak(0.0)
            other.inbox += session.bytes_to_send(0.0)
            size = random.randrange(1, 60_000)
            is_moving = bool(inbox or other.inbox)
            delivered += len(inbox[:size]) + len(other.inbox[:size])
            session.receive_bytes(bytes(inbox[:size]), 0.0)
            other.hear(bytes(other.inbox[:size]), 0.0)
            del inbox[:size], other.inbox[:size]
            is_moving |= self._take(session) | other.store(0.0)
        self.versions_given = session.progress.versions_given
        return other

    def _take(self, session: Session) -> bool:
        batches = []
        with self.store.change() as change:
            while (event := session.next_event()) is not None:
                if isinstance(event, Tallied):
                    self.missing = event.missing
                if isinstance(event, CharterReceived):
                    change.add_charter(event.entries)
                elif isinstance(event, FormReceived):
                    change.add_form(event.form)
                elif isinstance(event, ChunkReceived):
                    change.add_chunk(event.file, event.size, event.offset, event.data)
                elif isinstance(event, PartReceived):
                    change.add_part(event.part)
                elif isinstance(event, HolesReceived):
                    change.fill(event.filling)
                if isinstance(event, STORED):
                    batches.append(event.batch)
        for batch in batches:
            session.handle_committed(batch, 0.0)
        return bool(batches)

    @property
    def marks(self) -> set[Mark]:
        return {held.mark for held in self.store.snapshot.log_heads()}


def marks(device: Device) -> set[Mark]:
    return {held.mark for held in device.store.log_heads()}


def kept(folder: Path, device: Device, member: Device) -> Kept:
    store = make_store(folder)
    with store.change() as change:
        change.add_charter(member.store.charter().entries.values())
    return Kept(device, store)


def laden() -> tuple[Device, Device]:
    ana, ben = team("Ana", "Ben")
    ana.write(1500)
    ana.admit(Device("Cem"))
    ana.store.add_form(form("org_facility"))
    ana.attach(b"photo" * 100_000)
    return ana, ben


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    ana, ben = laden()
    cem = Device("Cem")
    with (keeper := kept(tmp_path / "ben", ben, ana)).store:
        end = keeper.meet(ana)
        assert end.missing == keeper.missing == ()
        assert keeper.marks == marks(ana)
        assert keeper.store.snapshot.charter().hash == ana.store.charter().hash
        join(cem, ana)
        end = keeper.meet(cem)
        assert end.missing == keeper.missing == ()
        assert cem.ids() == ana.ids()
        assert cem.store.files == ana.store.files
        assert cem.store.form_bytes == ana.store.form_bytes
        assert keeper.versions_given == 1501


@pytest.mark.parametrize("seed", range(3))
def test_cuts_on_the_way_in_lose_nothing_durable(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    ana, ben = laden()
    cuts = 0
    with (keeper := kept(tmp_path / "ben", ben, ana)).store:
        while keeper.missing is None and cuts < 20:
            before = keeper.store.snapshot.log_heads()
            keeper.meet(ana, budget=random.randrange(400_000), seed=cuts + 100 * seed)
            after = keeper.store.snapshot.log_heads()
            assert sum(held.size for held in before) <= sum(held.size for held in after)
            cuts += 1
        assert keeper.meet(ana).missing == keeper.missing == ()
        assert keeper.marks == marks(ana)
    assert cuts >= 2


def test_holes_are_given_kept_and_filled_by_both_kinds_of_store(tmp_path: Path) -> None:
    ana, ben, cem, dan = team("Ana", "Ben", "Cem", "Dan")
    ana.write(1100)
    meet(ana, cem)
    purge(cem, ana, 3, *range(500, 600), 1050)
    with (keeper := kept(tmp_path / "ben", ben, ana)).store:
        store = keeper.store
        keeper.meet(cem)
        assert keeper.missing is not None
        assert "102 changes are known and not held by either device" in keeper.missing
        end = keeper.meet(dan)
        assert len(dan.store.holes()) == 102
        assert end.session.progress.versions_taken == 1100
        end = keeper.meet(ana)
        assert end.session.progress.versions_given == 102, "nothing durable is given again"
        assert end.missing == keeper.missing == ()
        assert keeper.meet(dan).missing == keeper.missing == ()
        assert not dan.store.holes()
        uuid = dan.store.versions()[dan.store.ids_between(ana.author, 0, 7, 8)[0]].uuid
        with store.change() as change:
            assert change.purge(TABLE, uuid) == 1
        assert keeper.meet(dan).missing == ("1 change is purged on the other device",)
        with store.change() as change:
            assert change.restore(TABLE, uuid) == 1
        assert keeper.meet(dan).missing == keeper.missing == ()
        with store.change() as change:
            assert change.hide(TABLE, uuid) == 1
        eve = Device("Eve")
        ana.admit(eve)
        join(eve, ana)
        keeper.meet(eve)
        assert len(eve.store.holes()) == 1
        assert uuid not in {version.uuid for version in eve.store.versions().values()}


def test_forks_live_on_in_both_kinds_of_store(tmp_path: Path) -> None:
    ana, ben = team("Ana", "Ben")
    ana.write(20)
    twin = ana.clone()
    ana.write(3)
    twin.write(5, twin="yes")
    with (keeper := kept(tmp_path / "ben", ben, ana)).store:
        assert keeper.meet(ana).missing == ()
        assert keeper.meet(twin).missing == ()
        assert keeper.versions_given == 3
        assert keeper.meet(ana).missing == ()
        assert keeper.versions_given == 5
        assert keeper.marks == marks(ana) == marks(twin)
        assert sorted(mark.size for mark in keeper.marks) == [23, 25]


def test_one_who_forks_without_end_keeps_no_two_others_from_syncing(tmp_path: Path) -> None:
    ana, ben, mole = team("Ana", "Ben", "Mole")
    mole.write(2)
    clones = [mole.clone() for _ in range(LOG_BRANCHES_MAX + 2)]
    for number, clone in enumerate(clones):
        clone.write(2, number=number)
    with (keeper := kept(tmp_path / "ben", ben, ana)).store:
        for clone in clones[:LOG_BRANCHES_MAX]:
            keeper.meet(clone)
        meet(ana, clones[-1])
        meet(ana, clones[-2])
        ana.write(1500)
        end = keeper.meet(ana)
        assert end.missing
        assert keeper.missing
        assert any("forked too often" in reason for reason in keeper.missing)
        held = {mark.author: mark.size for mark in keeper.marks if mark.author != mole.author}
        assert held == {ana.author: 1500}
        assert len(keeper.marks) == 1 + LOG_BRANCHES_MAX
        assert clones[0].last_seal().root in {mark.root for mark in marks(ana)}
