"""The guest pen: what strangers hand in lies apart, bounded, until the charter names them."""

from pathlib import Path

import pytest

from edenmesh.core import limits
from edenmesh.core.ids import DeviceId
from edenmesh.core.reconcile import Hole, HoleKind
from edenmesh.core.records import Form, Table, form_hash
from edenmesh.core.session import LogPart
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


def test_a_fork_and_a_part_that_is_sealed_too_seldom_are_not_kept(store: Store) -> None:
    author = stranger(1100)
    assert put(store, author, 0, 1000)
    clone = author.cloned(900, seed=5)
    clone.write_many(100)
    assert not put(store, clone, 900, 1000)
    assert not put(store, author, 1000, 1100)
    assert put(store, author, 1000, 1024)


def holed(author: Author, start: int, stop: int, *places: int) -> LogPart:
    """A part in which some contents are not given."""
    part = author.part(start, stop)
    versions = [Hole(one.id, HoleKind.PURGED) if seq in places else one for seq, one in enumerate(part.versions, start)]
    return part._replace(versions=versions)


def test_holes_lie_in_the_pen_until_their_contents_come_by_the_same_device(store: Store, team: Team) -> None:
    author = stranger(20)
    with store.change() as change:
        assert change.pen_part(holed(author, 0, 10, 2, 3), GUEST)
        assert change.pen_part(holed(author, 10, 20, 15), GUEST)
        assert change.pen_part(holed(author, 0, 10, *range(10)), OTHER), "what is there already is there"
        assert not change.pen_part(author.part(0, 9), OTHER), "and nobody else throws it out"
    one = store.snapshot.penned()[0]
    assert (one.versions, one.contents) == (20, 17)
    assert (store.snapshot.penned_by(GUEST), store.snapshot.penned_by(OTHER)) == (17, 0)
    here = store.snapshot.handed_in(author.id, GUEST)
    assert (here.frontier, here.contents, here.known, here.may_renew) == (author.frontier(20), 17, 20, True)
    assert not store.snapshot.handed_in(author.id, OTHER).may_renew
    assert [each.id for each in store.records.penned(author.id, 5)] == [
        author.versions[seq].id for seq in (0, 1, 4, 5, 6)
    ]
    assert put(store, author, 0, 10)
    assert store.snapshot.penned()[0].contents == 19
    assert store.snapshot.penned_root(author.id, 17) == author.frontier(17).root()
    with store.change() as change:
        change.add_charter([accept(team.charter, team.devices[0], author.id, size=20, root=author.frontier(20).root())])
    assert store.snapshot.counts() == {"pr_person": 19}
    assert store.snapshot.open_counts().absent == 0, "what a guest does not share is not this team's to lack"
    assert put(store, author, 10, 20), "what is accepted goes into the log"
    assert store.snapshot.counts() == {"pr_person": 20}
    assert store.snapshot.penned() == []
    assert require_logs_whole(store) >= 1


def test_parts_that_are_cut_in_another_way_take_the_place_of_the_old_ones(store: Store) -> None:
    author = stranger(30)
    with store.change() as change:
        assert change.pen_part(holed(author, 0, 20, 3), GUEST)
        assert change.pen_part(holed(author, 20, 30, 25), GUEST)
    assert put(store, author, 0, 10)
    assert store.snapshot.penned()[0].versions == 10
    assert put(store, author, 10, 30)
    one = store.snapshot.penned()[0]
    assert (one.versions, one.contents, one.seal) == (30, 30, author.part(10, 30).seal)


def test_a_guests_form_comes_into_force_with_the_first_version_that_names_it(store: Store, team: Team) -> None:
    author = Author(77)
    form = Form(format=1, name="pr_person", table=Table(name="pr_person")).encode()
    other = Form(format=1, name="other", table=Table(name="other")).encode()
    author.write("urn:ann", schema=form_hash(form))
    put(store, author, 0, 1)
    with store.change() as change:
        assert change.pen_form(form, GUEST)
        assert change.pen_form(other, GUEST)
    assert store.snapshot.forms() == []
    assert store.snapshot.is_form_known(form_hash(form))
    with store.change() as change:
        change.add_charter([accept(team.charter, team.devices[0], author.id, size=1, root=author.frontier(1).root())])
    assert store.snapshot.forms() == [form_hash(form)]


def test_the_pen_is_bounded_for_each_device_and_in_all(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pen, "PEN_GUEST_BYTES_MAX", 50_000)
    monkeypatch.setattr(pen, "PEN_BYTES_MAX", 120_000)
    kept = 0
    for seed in range(200, 206):
        author = Author(seed)
        author.write_many(60, size_bytes=1000)
        device = DeviceId(bytes([seed // 2]) * 32)
        kept += sum(put(store, author, start, start + 1, device) for start in range(60))
    assert 40 < kept < 60
    penned = store.snapshot.penned()
    held: dict[DeviceId, int] = {}
    for one in penned:
        held[one.device] = held.get(one.device, 0) + one.size_bytes
    assert 40_000 < max(held.values()) <= 50_000
    assert 100_000 < sum(held.values()) <= 120_000
    with store.change() as change:
        assert not change.pen_form(b"f" * 50_000, DeviceId(bytes([100]) * 32)), "forms have their share of it"


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


def test_what_a_steward_accepts_of_a_guest_counts_and_the_rest_stays_in_the_pen(store: Store, team: Team) -> None:
    author = stranger(12)
    put(store, author, 0, 8)
    put(store, author, 8, 12)
    with store.change() as change:
        root = author.frontier(8).root()
        change.add_charter([accept(team.charter, team.devices[0], author.id, size=8, root=root)])
    assert [(one.start, one.versions) for one in store.snapshot.penned()] == [(8, 4)]
    assert store.snapshot.counts() == {"pr_person": 8}
    assert store.snapshot.handed_in(author.id, GUEST).frontier == author.frontier(12)
    with store.change() as change:
        root = author.frontier(10).root()
        change.add_charter([accept(change.charter, team.devices[0], author.id, size=10, root=root)])
    assert store.snapshot.counts() == {"pr_person": 12}
    assert store.snapshot.open_counts().quarantined == 2, "a part is not taken asunder"
    assert require_logs_whole(store) >= 1


def test_an_author_whose_entry_has_no_effect_is_quarantined_not_penned(store: Store, team: Team) -> None:
    author = stranger(5)
    put(store, author, 0, 5)
    late = team.certify(1, author)
    with store.change() as change:
        change.add_charter([team.revoke(1, []), late])
    assert store.snapshot.penned() == []
    assert store.snapshot.open_counts().quarantined == 5
