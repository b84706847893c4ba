"""The guest pen: what strangers hand in lies apart, bounded, until the charter names them."""

from pathlib import Path

import pytest

from edenmesh.core import limits
from edenmesh.core.ids import DeviceId
from edenmesh.core.reconcile import Hole, HoleKind
from edenmesh.core.trust import accept
from edenmesh.errors import LocalProtocolError
from edenmesh.store import Store, pen
from tests.store.making import PASSPHRASE, Author, Team, require_logs_whole

GUEST = DeviceId(b"g" * 32)
OTHER = DeviceId(b"o" * 32)


def stranger(count: int, seed: int = 77) -> Author:
    author = Author(seed)
    author.write_many(count)
    return author


def put(store: Store, author: Author, start: int, stop: int, device: DeviceId = GUEST) -> bool:
    with store.change() as change:
        return change.pen_part(author.part(start, stop), device)


def test_parts_lie_in_the_pen_as_they_came(store: Store) -> None:
    author, another = stranger(30), stranger(3, seed=78)
    assert put(store, author, 0, 10)
    assert put(store, author, 10, 30, OTHER)
    assert put(store, another, 0, 3, OTHER)
    assert put(store, author, 10, 30), "what is there already is there"
    assert not put(store, stranger(50, seed=79), 20, 50), "a beginning is missing"
    assert put(store, author.cloned(10, seed=4), 5, 10), "so is what was cut in another way"
    assert not put(store, author.cloned(10, seed=4), 5, 9), "but for what no seal there says"
    penned = {one.author: one for one in store.snapshot.penned()}
    assert set(penned) == {author.id, another.id}
    one = penned[author.id]
    assert (one.device, one.versions, one.seal) == (GUEST, 30, author.part(10, 30).seal)
    assert one.size_bytes == sum(len(each.data) for each in author.versions) + 2 * limits.PEN_PART_BYTES
    assert store.snapshot.counts() == {}
    assert store.snapshot.log_heads() == []


def test_what_was_thrown_out_is_not_taken_again_before_it_has_grown(store: Store) -> None:
    author = stranger(30)
    assert store.snapshot.penned_size(author.id) == 0
    put(store, author, 0, 20)
    assert store.snapshot.penned_size(author.id) == 20
    with store.change() as change:
        assert change.discard(author.id) == 20
    assert store.snapshot.penned() == []
    assert store.snapshot.penned_size(author.id) == 20, "a session asks this before it keeps anything"
    put(store, author, 0, 30)
    assert store.snapshot.penned_size(author.id) == 30


def test_a_fork_a_hole_and_a_part_that_is_sealed_too_seldom_are_not_kept(store: Store) -> None:
    author = stranger(1100)
    assert put(store, author, 0, 1000)
    clone = author.cloned(900, seed=5)
    clone.write_many(100)
    assert not put(store, clone, 900, 1000)
    assert not put(store, author, 1000, 1100)
    part = author.part(1000, 1024)
    holed = part._replace(versions=[Hole(part.versions[0].id, HoleKind.ABSENT), *part.versions[1:]])
    with store.change() as change:
        assert not change.pen_part(holed, GUEST)
    assert put(store, author, 1000, 1024)


def test_the_pen_is_bounded_for_each_author_and_in_all(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pen, "PEN_AUTHOR_BYTES_MAX", 50_000)
    monkeypatch.setattr(pen, "PEN_BYTES_MAX", 120_000)
    kept = 0
    for seed in range(200, 205):
        author = Author(seed)
        author.write_many(60, size_bytes=1000)
        kept += sum(put(store, author, start, start + 1) for start in range(60))
    assert 40 < kept < 60
    penned = store.snapshot.penned()
    assert max(one.size_bytes for one in penned) <= 50_000
    assert 100_000 < sum(one.size_bytes for one in penned) <= 120_000


def test_what_is_discarded_is_gone(store: Store) -> None:
    author = stranger(12)
    put(store, author, 0, 12)
    with store.change() as change:
        assert change.discard(author.id) == 12
        assert change.discard(author.id) == 0
    assert store.snapshot.penned() == []
    assert put(store, author, 0, 12)


def test_when_the_charter_names_the_author_its_parts_become_its_log(tmp_path: Path, store: Store, team: Team) -> None:
    author, another = stranger(1500), stranger(3, seed=78)
    for part in author.parts():
        with store.change() as change:
            assert change.pen_part(part, GUEST)
    put(store, another, 0, 3)
    with store.change() as change:
        change.add_charter([team.certify(1, author)])
    assert change.committed is not None
    assert len(change.committed.records) == 1500
    assert [held.mark for held in change.committed.logs] == [
        (author.id, 1500, author.frontier(1500).root()),
    ]
    assert store.snapshot.counts() == {"pr_person": 1500}
    assert [one.author for one in store.snapshot.penned()] == [another.id]
    assert require_logs_whole(store) == 2
    with pytest.raises(LocalProtocolError, match="not for the pen"):
        put(store, author, 0, 10)
    store.close()
    with Store.open(tmp_path / "store", PASSPHRASE) as again:
        assert again.snapshot.counts() == {"pr_person": 1500}


def test_what_a_steward_accepts_of_a_guest_counts_and_the_rest_is_quarantined(store: Store, team: Team) -> None:
    author = stranger(12)
    put(store, author, 0, 8)
    put(store, author, 8, 12)
    with store.change() as change:
        root = author.frontier(8).root()
        change.add_charter([accept(team.charter, team.devices[0], author.id, size=8, root=root)])
    assert store.snapshot.penned() == []
    assert store.snapshot.counts() == {"pr_person": 12}
    assert store.snapshot.open_counts().quarantined == 4
    assert require_logs_whole(store) >= 1


def test_an_author_whose_entry_has_no_effect_is_quarantined_not_penned(store: Store, team: Team) -> None:
    author = stranger(5)
    put(store, author, 0, 5)
    late = team.certify(1, author)
    with store.change() as change:
        change.add_charter([team.revoke(1, []), late])
    assert store.snapshot.penned() == []
    assert store.snapshot.open_counts().quarantined == 5
