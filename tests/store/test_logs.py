"""Authors' logs: parts, duplicates, forks, seals."""

import pytest

from edenmesh.core.limits import LOG_BRANCHES_MAX
from edenmesh.core.reconcile import Held
from edenmesh.core.session import is_well_sealed
from edenmesh.errors import LimitExceeded, LocalProtocolError, NotPermitted, RemoteProtocolError
from edenmesh.store import Store
from tests.store.making import Author, Team, add_parts, require_logs_whole, undo


def test_a_log_received_is_the_log_written(store: Store, team: Team) -> None:
    author = team.authors[1]
    author.write_many(2500)
    add_parts(store, author.parts())
    assert store.snapshot.log_heads() == [Held(author.id, 0, 2500, author.frontier(2500).root())]
    assert store.snapshot.versions_between(author.id, 0, 0, 2500) == [one.data for one in author.versions]
    assert store.snapshot.ids_between(author.id, 0, 1000, 1100) == [one.id for one in author.versions[1000:1100]]
    for size in (0, 1, 1023, 1024, 1025, 2047, 2499, 2500):
        assert store.snapshot.frontier_at(author.id, 0, size) == author.frontier(size)
    assert require_logs_whole(store) == 3


def test_a_part_that_came_before_changes_nothing(store: Store, team: Team) -> None:
    author = team.authors[1]
    author.write_many(50)
    for start, stop in ((0, 20), (20, 50), (0, 20), (20, 50), (10, 30), (0, 50), (5, 50)):
        add_parts(store, [author.part(start, stop)])
    assert store.snapshot.counts() == {"pr_person": 50}
    assert store.statistics().rows["versions"] == 50
    assert [held.size for held in store.snapshot.log_heads()] == [50]


def test_a_part_that_overlaps_brings_only_what_is_new(store: Store, team: Team) -> None:
    author = team.authors[1]
    author.write_many(60)
    add_parts(store, [author.part(0, 30), author.part(10, 60)])
    assert [held.size for held in store.snapshot.log_heads()] == [60]
    assert store.snapshot.ids_between(author.id, 0, 0, 60) == [one.id for one in author.versions]
    assert store.statistics().rows["versions"] == 60
    require_logs_whole(store)


def test_a_cloned_store_gives_two_branches_and_both_are_kept(store: Store, team: Team) -> None:
    author = team.authors[1]
    author.write_many(700)
    clone = author.cloned(500, seed=7)
    clone.write_many(300)
    add_parts(store, [author.part(0, 700), clone.part(0, 800)])
    heads = {held.branch: held for held in store.snapshot.log_heads()}
    assert [(held.size, held.root) for held in heads.values()] == [
        (700, author.frontier(700).root()),
        (800, clone.frontier(800).root()),
    ]
    assert store.snapshot.ids_between(author.id, 1, 0, 800) == [one.id for one in clone.versions]
    assert store.snapshot.ids_between(author.id, 1, 450, 550) == [one.id for one in clone.versions[450:550]]
    assert store.statistics().rows["versions"] == 1000
    assert store.branches() == {author.id: 2}
    assert require_logs_whole(store) == 2


def test_each_branch_goes_on_by_itself(store: Store, team: Team) -> None:
    author = team.authors[1]
    author.write_many(30)
    clone, third = author.cloned(30, seed=7), author.cloned(10, seed=8)
    author.write_many(2)
    clone.write_many(30)
    third.write_many(40)
    add_parts(store, [author.part(0, 30), author.part(30, 32), clone.part(30, 60), third.part(0, 50)])
    author.write_many(5)
    add_parts(store, [author.part(32, 37)])
    third.write_many(5)
    add_parts(store, [third.part(20, 55), author.part(0, 37), clone.part(0, 60)])
    assert [held.size for held in store.snapshot.log_heads()] == [37, 60, 55]
    for branch, written in enumerate((author, clone, third)):
        ids = store.snapshot.ids_between(author.id, branch, 0, len(written.versions))
        assert ids == [one.id for one in written.versions]
    require_logs_whole(store)


def test_too_many_forks_are_refused_and_nothing_of_them_is_kept(store: Store, team: Team) -> None:
    author = team.authors[1]
    author.write_many(3)
    clones = [author.cloned(2, seed) for seed in range(LOG_BRANCHES_MAX)]
    for clone in clones:
        clone.write_many(1)
    add_parts(store, [author.part(0, 3), *(clone.part(0, 3) for clone in clones[:-1])])
    with pytest.raises(LimitExceeded, match="forked"):
        add_parts(store, [clones[-1].part(0, 3)])
    assert len(store.snapshot.log_heads()) == LOG_BRANCHES_MAX
    assert store.statistics().rows["versions"] == 2 + LOG_BRANCHES_MAX


def test_a_part_without_its_beginning_is_refused(store: Store, team: Team) -> None:
    author = team.authors[1]
    author.write_many(40)
    with pytest.raises(RemoteProtocolError, match="continues a log"):
        add_parts(store, [author.part(20, 40)])
    add_parts(store, [author.part(0, 20)])
    stranger = author.cloned(0, seed=9)
    stranger.write_many(40)
    with pytest.raises(RemoteProtocolError, match="continues a log"):
        add_parts(store, [stranger.part(20, 40)])
    assert [held.size for held in store.snapshot.log_heads()] == [20]


def test_a_part_whose_seal_covers_something_else_is_refused(store: Store, team: Team) -> None:
    author = team.authors[1]
    author.write_many(40)
    part = author.part(0, 20)
    for wrong in (
        part._replace(versions=part.versions[:-1]),
        part._replace(seal=author.part(0, 21).seal),
        part._replace(frontier=author.frontier(19)),
    ):
        with pytest.raises(RemoteProtocolError, match="does not fit"):
            add_parts(store, [wrong])
    assert store.snapshot.log_heads() == []


def test_versions_of_authors_nobody_named_are_refused(store: Store) -> None:
    stranger = Author(77)
    stranger.write_many(2)
    with pytest.raises(NotPermitted):
        add_parts(store, [stranger.part(0, 2)])
    with pytest.raises(NotPermitted), store.change() as change:
        change.append(stranger.versions[0])
    assert store.statistics().rows["versions"] == 0


def test_seals_between_are_dropped_where_their_neighbours_can_do_without(store: Store, team: Team) -> None:
    author = team.authors[1]
    author.write_many(2100)
    for stop in (*range(1, 41), *range(100, 1001, 100), 1024, 1030, 2048, 2099, 2100):
        held = store.snapshot.log_heads()
        add_parts(store, [author.part(held[0].size if held else 0, stop)])
        require_logs_whole(store)
    assert [seal.size for seal in store.snapshot.seals_between(author.id, 0, 0, 2100)] == [1024, 2048, 2100]
    assert [seal.size for seal in store.snapshot.seals_between(author.id, 0, 1024, 2048)] == [2048]


def test_seals_stay_where_the_versions_between_are_large(store: Store, team: Team) -> None:
    author = team.authors[1]
    author.write_many(12, size_bytes=200_000)
    for stop in range(1, 13):
        add_parts(store, [author.part(stop - 1, stop)])
    seals = store.snapshot.seals_between(author.id, 0, 0, 12)
    assert [seal.size for seal in seals] == [5, 10, 12]
    require_logs_whole(store)


def test_an_author_who_seals_too_seldom_is_refused(store: Store, team: Team) -> None:
    author = team.authors[1]
    author.write_many(1500)
    clone = author.cloned(550, seed=3)
    clone.write_many(1050)
    add_parts(store, [author.part(0, 600), author.part(600, 1500)])
    with pytest.raises(LimitExceeded, match="seals too seldom"):
        add_parts(store, [clone.part(540, 1560)])
    assert not is_well_sealed(540, 1560, 1)
    assert require_logs_whole(store) == 2


def test_own_versions_are_sealed_before_they_are_shown(store: Store, team: Team) -> None:
    author = team.authors[0]
    author.write_many(2100)
    with store.change() as change:
        for one in author.versions:
            change.append(one)
    assert store.snapshot.log_heads() == []
    assert store.own_log(author.id) == (2100, 0, True)
    with store.change() as change:
        seal = change.seal_own(author.key)
    assert seal is not None
    seal.require_valid()
    assert (seal.size, seal.root) == (2100, author.frontier(2100).root())
    assert [one.size for one in store.snapshot.seals_between(author.id, 0, 0, 2100)] == [1024, 2048, 2100]
    with store.change() as change:
        assert change.seal_own(author.key) is None
    assert store.own_log(author.id) == (2100, 2100, True)
    require_logs_whole(store)


def test_own_versions_that_are_large_are_sealed_early(store: Store, team: Team) -> None:
    author = team.authors[0]
    author.write_many(30, size_bytes=250_000)
    with store.change() as change:
        for one in author.versions:
            change.append(one)
        change.seal_own(author.key)
    sizes = [one.size for one in store.snapshot.seals_between(author.id, 0, 0, 30)]
    assert sizes == [5, 10, 15, 20, 25, 30]


def test_own_versions_come_in_order(store: Store, team: Team) -> None:
    author = team.authors[0]
    author.write_many(3)
    with store.change() as change:
        change.append(author.versions[0])
    for wrong in (0, 2):
        with pytest.raises(LocalProtocolError), store.change() as change:
            change.append(author.versions[wrong])
    assert store.own_log(author.id).size == 1


def test_a_key_somebody_else_wrote_with_writes_nothing_more(store: Store, team: Team) -> None:
    author = team.authors[0]
    author.write_many(5)
    with store.change() as change:
        for one in author.versions[:3]:
            change.append(one)
        change.seal_own(author.key)
    add_parts(store, [author.part(0, 3)])
    assert store.own_log(author.id).is_ours, "hearing our own versions again is no sign of a copy"
    add_parts(store, [author.part(3, 5)])
    assert not store.own_log(author.id).is_ours
    author.write_many(1)
    with pytest.raises(NotPermitted, match="copy"), store.change() as change:
        change.append(author.versions[5])
    with pytest.raises(NotPermitted, match="copy"), store.change() as change:
        change.seal_own(author.key)


def test_a_copy_that_went_its_own_way_is_noticed_before_the_next_edit(store: Store, team: Team) -> None:
    author = team.authors[0]
    author.write_many(4)
    clone = author.cloned(2, seed=5)
    clone.write_many(3)
    with store.change() as change:
        for one in author.versions:
            change.append(one)
    add_parts(store, [clone.part(0, 5)])
    assert not store.own_log(author.id).is_ours
    assert store.snapshot.ids_between(author.id, 1, 0, 5) == [one.id for one in clone.versions]


def test_a_seal_on_what_was_not_sealed_here_is_kept(store: Store, team: Team) -> None:
    """A restored backup: the log here has versions whose seal only others still hold."""
    author = team.authors[0]
    author.write_many(4)
    with store.change() as change:
        for one in author.versions:
            change.append(one)
    add_parts(store, [author.part(0, 3)])
    assert store.own_log(author.id) == (4, 3, True)
    add_parts(store, [author.part(0, 4)])
    assert [held.size for held in store.snapshot.log_heads()] == [4]
    require_logs_whole(store)


def test_what_a_change_did_is_told_when_it_is_durable(store: Store, team: Team) -> None:
    author = team.authors[1]
    author.write_many(3)
    with store.change() as change:
        change.add_part(author.part(0, 3))
        assert store.snapshot.log_heads() == []
    assert change.committed is not None
    assert change.committed.records == {("pr_person", one.version.uuid) for one in author.versions}
    assert change.committed.logs == (Held(author.id, 0, 3, author.frontier(3).root()),)
    assert not change.committed.has_charter


def test_a_change_that_fails_leaves_nothing(store: Store, team: Team) -> None:
    author = team.authors[1]
    author.write_many(3)
    before = store.statistics().rows
    undo(store, lambda change: change.add_part(author.part(0, 3)))
    assert store.statistics().rows == before
    assert store.snapshot.log_heads() == []
    with pytest.raises(LocalProtocolError, match="inside another"), store.change(), store.change():
        pass
    add_parts(store, [author.part(0, 3)])
    assert [held.size for held in store.snapshot.log_heads()] == [3]
