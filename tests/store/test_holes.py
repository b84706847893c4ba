"""Holes: what a purge, an erasure and an absent content leave, and how it comes back."""

from pathlib import Path

import pytest

from edenmesh.core.ids import DeviceId, record_id
from edenmesh.core.reconcile import Gap, Hole, HoleKind, Run, Stretch
from edenmesh.core.records import Carried, File
from edenmesh.core.session import Filling, LogPart, OpenCounts
from edenmesh.core.trust import erase, erase_stub
from edenmesh.store import Store
from edenmesh.store.husks import Husk
from tests.store.making import PASSPHRASE, Author, Team, add_parts, require_logs_whole

TABLE = "pr_person"
PEER = DeviceId(b"p" * 32)
OTHER = DeviceId(b"o" * 32)


@pytest.fixture
def author(store: Store, team: Team) -> Author:
    """An author whose log is here: ten records, the third edited once."""
    author = team.authors[1]
    author.write_many(10)
    author.write(uuid(author, 2), {"name": "edited"}, parents=[author.versions[2].id])
    add_parts(store, author.parts())
    return author


def uuid(author: Author, place: int) -> str:
    return author.versions[place].version.uuid


def items(store: Store, author: Author) -> list[bytes]:
    return store.snapshot.versions_between(author.id, 0, 0, len(author.versions))


def with_holes(part: LogPart, kinds: dict[int, HoleKind], giver: DeviceId = PEER) -> LogPart:
    """The part as a peer gives it that does not have some of its contents."""
    versions = [Hole(one.id, kinds[seq]) if seq in kinds else one for seq, one in enumerate(part.versions, part.start)]
    return part._replace(versions=versions, giver=giver)


def contents(author: Author, *seqs: int) -> list[Carried]:
    return [author.versions[seq] for seq in seqs]


def test_a_purged_record_keeps_its_place_and_nothing_else(store: Store, author: Author) -> None:
    before = store.snapshot.log_heads()
    changes = store.snapshot.hole_changes()
    with store.change() as change:
        assert change.purge(TABLE, uuid(author, 2)) == 2
        assert change.purge(TABLE, uuid(author, 2)) == 0
        assert change.purge(TABLE, "urn:uuid:nobody") == 0
    assert change.committed is not None
    assert change.committed.has_holes
    assert change.committed.records == {(TABLE, uuid(author, 2))}
    assert store.snapshot.hole_changes() != changes
    expected = [one.data for one in author.versions]
    for place in (2, 10):
        expected[place] = Hole(author.versions[place].id, HoleKind.PURGED).encode()
    assert items(store, author) == expected
    assert store.snapshot.gaps_between(author.id, 0, 0, 11) == [
        Gap(2, 3, HoleKind.PURGED),
        Gap(10, 11, HoleKind.PURGED),
    ]
    assert store.snapshot.gaps_between(author.id, 0, 3, 10) == []
    assert store.snapshot.record_holes(TABLE, uuid(author, 2)) == {
        author.versions[place].id: HoleKind.PURGED for place in (2, 10)
    }
    assert store.snapshot.log_heads() == before
    assert require_logs_whole(store) == 1
    assert store.snapshot.open_counts() == OpenCounts(waiting=0, quarantined=0, purged=2, files_missing=0, absent=0)
    assert store.snapshot.wanted_holes(PEER) == []


def test_a_husk_tells_where_a_version_stood_and_no_value(store: Store, author: Author) -> None:
    with store.change() as change:
        change.purge(TABLE, uuid(author, 2))
    link = store._database.reader
    data = [row[0] for row in link.rows("SELECT data FROM versions WHERE standing = 2 ORDER BY num")]
    edit = author.versions[10]
    husk = Husk.decode(data[1])
    assert (husk.author, husk.seq, husk.parents, husk.op) == (author.id, 10, edit.version.parents, "put")
    assert husk.size == len(edit.data)
    assert all(b"edited" not in one and TABLE.encode() not in one for one in data)


def test_what_is_purged_does_not_come_back_by_itself(store: Store, author: Author) -> None:
    with store.change() as change:
        change.purge(TABLE, uuid(author, 2))
    add_parts(store, author.parts())
    with store.change() as change:
        change.fill(Filling(author.id, 0, contents(author, 2), [], PEER))
    assert store.snapshot.open_counts().purged == 2
    assert store.statistics().rows["versions"] == 11


def test_a_later_version_of_a_purged_record_is_taken_and_given(store: Store, author: Author) -> None:
    with store.change() as change:
        change.purge(TABLE, uuid(author, 2))
    late = author.write(uuid(author, 2), {"name": "late"}, parents=[author.versions[10].id])
    add_parts(store, [author.part(11, 12)])
    assert items(store, author)[11] == late.data
    assert store.snapshot.record_holes(TABLE, uuid(author, 2)).keys() == {
        author.versions[place].id for place in (2, 10)
    }


def test_a_purged_record_that_is_wanted_again_is_filled_by_id(store: Store, author: Author) -> None:
    name = uuid(author, 2)
    with store.change() as change:
        change.purge(TABLE, name)
    with store.change() as change:
        assert change.restore(TABLE, name) == 2
    assert store.snapshot.wanted_holes(PEER) == [Run(author.id, 0, 2, 3), Run(author.id, 0, 10, 11)]
    assert store.snapshot.open_counts().absent == 2
    assert set(store.snapshot.record_holes(TABLE, name).values()) == {HoleKind.ABSENT}
    with store.change() as change:
        # The right place with a wrong version, a place that is no hole: passed over.
        wrong = author.cloned(2, seed=9).write("urn:uuid:wrong")
        change.fill(Filling(author.id, 0, [wrong], [], PEER))
        change.fill(Filling(author.id, 0, contents(author, 1, 10), [], PEER))
    assert store.snapshot.wanted_holes(PEER) == [Run(author.id, 0, 2, 3)]
    with store.change() as change:
        change.fill(Filling(author.id, 0, contents(author, 2), [], PEER))
    assert change.committed is not None
    assert change.committed.has_holes
    assert (TABLE, name) in change.committed.records
    held = store.records.versions(TABLE, name)
    assert held is not None
    strand = held.state().strand
    assert strand is not None
    assert strand.values == {"name": "edited"}
    assert items(store, author) == [one.data for one in author.versions]
    assert store.snapshot.open_counts() == OpenCounts(0, 0, 0, 0, 0)


def test_a_wanted_record_can_be_purged_again(store: Store, author: Author) -> None:
    for act in ("purge", "restore", "purge"):
        with store.change() as change:
            assert getattr(change, act)(TABLE, uuid(author, 2)) == 2
    assert store.snapshot.open_counts().purged == 2
    assert store.snapshot.wanted_holes(PEER) == []


def test_holes_come_in_parts_and_are_filled(store: Store, team: Team) -> None:
    author = team.authors[1]
    author.write_many(2000)
    kinds = dict.fromkeys((*range(10, 600), 1030), HoleKind.PURGED) | {5: HoleKind.ABSENT}
    add_parts(store, [with_holes(part, kinds) for part in author.parts()])
    assert require_logs_whole(store) == 2
    wanted = [Run(author.id, 0, 5, 6), Run(author.id, 0, 10, 600), Run(author.id, 0, 1030, 1031)]
    assert store.snapshot.wanted_holes(PEER) == wanted
    assert store.snapshot.open_counts().absent == 592
    assert sum(store.snapshot.counts().values()) == 2000 - 592
    with store.change() as change:
        change.fill(Filling(author.id, 0, contents(author, 5, *range(20, 600)), [], OTHER))
        change.fill(Filling(author.id, 0, contents(author, *range(10, 20), 1030), [], OTHER))
    assert items(store, author) == [one.data for one in author.versions]
    assert sum(store.snapshot.counts().values()) == 2000
    assert store.records.tables()[0].shown == 2000
    assert store.snapshot.wanted_holes(PEER) == []


def test_a_part_that_brings_what_was_absent_fills_it(store: Store, team: Team) -> None:
    author = team.authors[1]
    author.write_many(20)
    add_parts(store, [with_holes(author.part(0, 20), dict.fromkeys(range(20), HoleKind.ABSENT))])
    assert store.snapshot.counts() == {}
    add_parts(store, [author.part(0, 12)])
    assert store.snapshot.wanted_holes(PEER) == [Run(author.id, 0, 12, 20)]
    assert items(store, author)[:12] == [one.data for one in author.versions[:12]]


def test_a_log_of_holes_can_be_passed_on_when_it_is_filled(store: Store, team: Team) -> None:
    """Seals between parts full of holes stay: nobody knows yet how long the parts are."""
    author = team.authors[1]
    author.write_many(40, size_bytes=240_000)
    parts = [author.part(start, start + 4) for start in range(0, 40, 4)]
    add_parts(store, [with_holes(part, dict.fromkeys(range(40), HoleKind.ABSENT)) for part in parts])
    assert len(store.snapshot.seals_between(author.id, 0, 0, 40)) == 10
    require_logs_whole(store)


def test_versions_that_follow_an_absent_one_wait_for_it(store: Store, team: Team) -> None:
    author = team.authors[1]
    first = author.write("urn:uuid:1", {"name": "first"})
    author.write("urn:uuid:1", {"name": "second"}, parents=[first.id])
    add_parts(store, [with_holes(author.part(0, 2), {0: HoleKind.ABSENT})])
    assert store.snapshot.open_counts().waiting == 1
    with store.change() as change:
        change.fill(Filling(author.id, 0, [first], [], OTHER))
    assert store.snapshot.open_counts() == OpenCounts(0, 0, 0, 0, 0)


def test_who_is_cut_off_fills_holes_without_effect(store: Store, team: Team) -> None:
    author = team.authors[1]
    author.write_many(10)
    add_parts(store, [with_holes(author.part(0, 10), {8: HoleKind.ABSENT, 2: HoleKind.ABSENT})])
    with store.change() as change:
        change.add_charter([team.revoke(1, [author.part(0, 6).seal])])
    assert store.snapshot.open_counts()[:2] == (0, 3)
    assert store.snapshot.open_counts().absent == 2
    with store.change() as change:
        change.fill(Filling(author.id, 0, contents(author, 2, 8), [], OTHER))
    assert store.snapshot.open_counts()[:2] == (0, 4)


def test_a_file_goes_with_the_last_record_that_names_it(store: Store, team: Team) -> None:
    author = team.authors[1]
    with store.change() as change:
        ours, _ = change.add_file([b"both have it"])
        sole, _ = change.add_file([b"only one"])
    both = File(ours, "a.jpg", "image/jpeg", 12)
    one = File(sole, "b.jpg", "image/jpeg", 8)
    author.write("urn:uuid:1", {"photo": both, "other": one})
    author.write("urn:uuid:2", {"photo": both})
    add_parts(store, author.parts())
    with store.change() as change:
        change.purge(TABLE, "urn:uuid:1")
    assert store.snapshot.file_size(ours) == 12
    assert store.snapshot.file_size(sole) is None
    assert store.snapshot.wanted_files() == []
    with store.change() as change:
        change.restore(TABLE, "urn:uuid:1")
        change.fill(Filling(author.id, 0, contents(author, 0), [], PEER))
    assert [need.hash for need in store.snapshot.wanted_files()] == [sole]


@pytest.mark.parametrize("is_hidden_first", [True, False])
def test_an_erased_record_leaves_ids_authors_and_seqs(store: Store, author: Author, is_hidden_first: bool) -> None:
    name = uuid(author, 2)
    with store.change() as change:
        if is_hidden_first:
            assert change.hide(TABLE, name) == 2
        assert change.erase_rows(TABLE, name) == 2
        assert change.erase_rows(TABLE, name) == 0
        assert change.unhide(TABLE, name) == 0
    assert store.snapshot.gaps_between(author.id, 0, 0, 11) == [
        Gap(2, 3, HoleKind.ERASED),
        Gap(10, 11, HoleKind.ERASED),
    ]
    link = store._database.reader
    husks = [Husk.decode(row[0]) for row in link.rows("SELECT data FROM versions WHERE standing = 3 ORDER BY num")]
    assert [(one.author, one.seq, one.parents, one.op) for one in husks] == [
        (author.id, 2, [], ""),
        (author.id, 10, [], ""),
    ]
    assert store.records.row(TABLE, name) is None
    assert store.snapshot.counts() == {TABLE: 9}
    assert store.snapshot.open_counts() == OpenCounts(0, 0, 0, 0, 0)
    for table in ("hidden_records", "hidden_versions", "hidden_refs"):
        assert link.number(f"SELECT count(*) FROM {table}") == 0
    require_logs_whole(store)


def test_a_hidden_record_comes_back_as_it_was(store: Store, author: Author, tmp_path: Path) -> None:
    name = uuid(author, 2)
    with store.change() as change:
        file, size = change.add_file([b"a photo"])
    author.write(name, {"photo": File(file, "a.jpg", "image/jpeg", size)}, parents=[author.versions[10].id])
    add_parts(store, [author.part(11, 12)])
    held = store.records.versions(TABLE, name)
    assert held is not None
    before = held.state()
    with store.change() as change:
        assert change.hide(TABLE, name) == 3
    assert store.records.row(TABLE, name) is None
    assert store.snapshot.file_size(file) is None
    assert store.snapshot.file_chunk(file, 0, 10) is None
    assert store.snapshot.wanted_files() == []
    assert {gap.kind for gap in store.snapshot.gaps_between(author.id, 0, 0, 12)} == {HoleKind.ERASED}
    store.close()
    with Store.open(tmp_path / "store", PASSPHRASE) as again:
        with again.change() as change:
            assert change.unhide(TABLE, name) == 3
        held = again.records.versions(TABLE, name)
        assert held is not None
        assert held.state() == before
        assert again.snapshot.file_size(file) == size
        assert items(again, author) == [one.data for one in author.versions]
        assert again.statistics().problems == []


def test_what_comes_later_under_a_hidden_name_is_hidden_with_it(store: Store, author: Author) -> None:
    name = uuid(author, 2)
    with store.change() as change:
        change.hide(TABLE, name)
    author.write(name, {"name": "late"}, parents=[author.versions[10].id])
    add_parts(store, [author.part(11, 12)])
    with store.change() as change:
        assert change.hide(TABLE, name) == 1
    assert len(store.snapshot.gaps_between(author.id, 0, 0, 12)) == 2
    with store.change() as change:
        assert change.unhide(TABLE, name) == 3
        change.purge(TABLE, uuid(author, 3))
        author.write("urn:uuid:new", {"name": "new"})
        change.add_part(author.part(12, 13))
    assert store.records.row(TABLE, "urn:uuid:new") is not None


def test_quarantine_survives_hiding(store: Store, author: Author, team: Team) -> None:
    with store.change() as change:
        change.hide(TABLE, uuid(author, 2))
    with store.change() as change:
        change.add_charter([team.revoke(1, [author.part(0, 6).seal])])
    with store.change() as change:
        change.unhide(TABLE, uuid(author, 2))
    held = store.records.versions(TABLE, uuid(author, 2))
    assert held is not None
    assert held.uncounted == {author.versions[10].id}


def test_a_peer_that_says_erased_is_believed_only_while_a_steward_has_erased(store: Store, team: Team) -> None:
    author = team.authors[1]
    author.write_many(4)
    add_parts(store, [with_holes(author.part(0, 4), {1: HoleKind.ERASED, 2: HoleKind.ABSENT})])
    assert store.snapshot.wanted_holes(PEER) == [Run(author.id, 0, 1, 3)]
    assert store.snapshot.open_counts().absent == 2
    stub = erase_stub(team.charter.salt, "name", record_id(TABLE, "urn:uuid:another"))
    with store.change() as change:
        change.add_charter([erase(team.charter, team.devices[0], names=[stub])])
    assert store.snapshot.wanted_holes(PEER) == [Run(author.id, 0, 2, 3)]
    assert store.snapshot.wanted_holes(OTHER) == [Run(author.id, 0, 1, 3)]
    assert store.snapshot.open_counts().absent == 1
    with store.change() as change:
        change.fill(Filling(author.id, 0, [], [Stretch(1, 3)], OTHER))
    assert store.snapshot.wanted_holes(OTHER) == []
    assert store.snapshot.open_counts().absent == 0
    with store.change() as change:
        change.fill(Filling(author.id, 0, contents(author, 1, 2), [], OTHER))
    assert items(store, author) == [one.data for one in author.versions]


@pytest.mark.parametrize("act", ["purge", "erase_rows"])
def test_what_is_freed_is_overwritten(store: Store, team: Team, act: str) -> None:
    author = team.authors[1]
    secret = "the name of somebody who asked to be forgotten "
    for number in range(40):
        author.write(f"urn:uuid:{number}", {"name": secret * (1 + 20 * number)})
    add_parts(store, author.parts())

    def copies() -> int:
        """How often the text stands anywhere in the database's pages, decrypted."""
        return store._database.reader._connection.serialize("main").count(secret.encode())

    before = copies()
    with store.change() as change:
        for number in range(40):
            getattr(change, act)(TABLE, f"urn:uuid:{number}")
    store.settle()
    assert store.statistics().wal_bytes == 0
    assert before > 1000
    assert copies() == 0


def test_a_log_with_holes_of_its_own_is_sealed_and_given(store: Store, team: Team) -> None:
    author = team.authors[0]
    author.write_many(40, size_bytes=200_000)
    with store.change() as change:
        for one in author.versions:
            change.append(one)
    with store.change() as change:
        for place in range(0, 40, 2):
            change.purge(TABLE, uuid(author, place))
        change.seal_own(author.key)
    assert len(store.snapshot.seals_between(author.id, 0, 0, 40)) >= 7, "as many as the contents would need"
    require_logs_whole(store)
    assert len(store.snapshot.gaps_between(author.id, 0, 0, 40)) == 20
    assert store.own_log(author.id).is_ours


def test_holes_of_forks_are_told_apart(store: Store, team: Team) -> None:
    author = team.authors[1]
    author.write_many(10)
    clone = author.cloned(5, seed=3)
    clone.write_many(6)
    add_parts(store, [author.part(0, 10)])
    add_parts(store, [with_holes(clone.part(5, 11), {7: HoleKind.ABSENT})])
    assert store.snapshot.wanted_holes(PEER) == [Run(author.id, 1, 7, 8)]
    with store.change() as change:
        change.purge(TABLE, uuid(author, 2))
        change.restore(TABLE, uuid(author, 2))
    assert store.snapshot.wanted_holes(PEER) == [
        Run(author.id, 0, 2, 3),
        Run(author.id, 1, 2, 3),
        Run(author.id, 1, 7, 8),
    ]
    with store.change() as change:
        change.fill(Filling(author.id, 1, [author.versions[2], clone.versions[7]], [], PEER))
    assert store.snapshot.wanted_holes(PEER) == []
