"""Quarantine: which versions count after a revocation, whatever came first."""

from pathlib import Path

import pytest

from edenmesh.core.ids import DeviceId
from edenmesh.core.records import Flag
from edenmesh.core.trust import Charter, SigningKey, draft_admit, found
from edenmesh.errors import NotPermitted
from edenmesh.store import Store
from tests.store.making import Author, Team, add_parts, make_store, require_logs_whole


def uncounted(store: Store, author: Author) -> list[int]:
    """Seqs of an author's versions that do not count."""
    found: list[int] = []
    for one in author.versions:
        held = store.records.versions(one.version.table, one.version.uuid)
        if held is not None and one.id in held.uncounted:
            found.append(one.version.seq)
    return found


def test_what_a_revoked_author_wrote_after_the_last_seal_does_not_count(store: Store, team: Team) -> None:
    author = team.authors[1]
    author.write_many(10)
    add_parts(store, [author.part(0, 10)])
    entry = team.revoke(1, [author.part(0, 6).seal])
    with store.change() as change:
        change.add_charter([entry])
    assert change.committed is not None
    assert change.committed.has_charter
    assert change.committed.records == {("pr_person", one.version.uuid) for one in author.versions[6:]}
    assert uncounted(store, author) == [6, 7, 8, 9]
    assert store.snapshot.open_counts().quarantined == 4
    flagged = store.records.flagged(Flag.QUARANTINED)
    assert [row.uuid for row in flagged] == [one.version.uuid for one in author.versions[6:]]
    assert require_logs_whole(store) == 1, "quarantined versions are passed on"


def test_order_of_arrival_does_not_matter(tmp_path: Path) -> None:
    team = Team(3)
    author = team.authors[1]
    author.write_many(9)
    edited = author.versions[1].version.uuid
    author.write(edited, {"name": "late"}, parents=[author.versions[1].id])
    before = team.entries
    news = team.revoke(1, [author.part(0, 7).seal])
    parts = [author.part(0, 4), author.part(4, 7), author.part(7, 10)]
    for place in range(4):
        with make_store(tmp_path / str(place)) as store:
            with store.change() as change:
                change.add_charter(before)
            for part in parts[:place]:
                add_parts(store, [part])
            with store.change() as change:
                change.add_charter([news])
            for part in parts[place:]:
                add_parts(store, [part])
            assert uncounted(store, author) == [7, 8, 9]
            held, row = store.records.versions("pr_person", edited), store.records.row("pr_person", edited)
            assert held is not None
            assert row is not None
            assert row.flags == held.state().flags == Flag.QUARANTINED
            strand = held.state().strand
            assert strand is not None
            assert strand.values == {"name": author.versions[1].version.set["name"]}


def test_a_revocation_without_seals_quarantines_everything(store: Store, team: Team) -> None:
    author = team.authors[1]
    author.write_many(5)
    add_parts(store, [author.part(0, 5)])
    with store.change() as change:
        change.add_charter([team.revoke(1, [])])
    assert uncounted(store, author) == [0, 1, 2, 3, 4]


def test_a_seal_of_another_branch_covers_nothing_here(store: Store, team: Team) -> None:
    author = team.authors[1]
    author.write_many(10)
    clone = author.cloned(4, seed=3)
    clone.write_many(6)
    add_parts(store, [author.part(0, 10), clone.part(0, 10)])
    with store.change() as change:
        change.add_charter([team.revoke(1, [clone.part(0, 8).seal])])
    assert uncounted(store, author) == [4, 5, 6, 7, 8, 9], "the common beginning lies under the seal"
    assert uncounted(store, clone) == [8, 9]


def test_others_are_not_touched_by_a_revocation(store: Store, team: Team) -> None:
    for author in team.authors[1:]:
        author.write_many(5)
        add_parts(store, author.parts())
    with store.change() as change:
        change.add_charter([team.revoke(1, [])])
    assert uncounted(store, team.authors[2]) == []
    assert len(uncounted(store, team.authors[1])) == 5


def test_quarantine_is_undone_when_the_charter_means_something_else(store: Store, team: Team) -> None:
    author = team.authors[1]
    author.write_many(5)
    add_parts(store, [author.part(0, 5)])
    before = team.entries
    with store.change() as change:
        change.add_charter([team.revoke(1, [])])
    assert len(uncounted(store, author)) == 5
    with store.change() as change:
        change.replace_charter(before)
    assert uncounted(store, author) == []
    assert store.snapshot.open_counts().quarantined == 0
    assert store.records.flagged(Flag.QUARANTINED) == []


def test_a_cut_author_writes_nothing_that_counts_here_or_later(store: Store, team: Team) -> None:
    author = team.authors[1]
    author.write_many(8)
    add_parts(store, [author.part(0, 3)])
    with store.change() as change:
        change.add_charter([team.revoke(1, [author.part(0, 5).seal])])
    assert uncounted(store, author) == [0, 1, 2], "the seal named is not reached yet"
    add_parts(store, [author.part(3, 5)])
    assert uncounted(store, author) == []
    add_parts(store, [author.part(5, 8)])
    assert uncounted(store, author) == [5, 6, 7]


def test_what_a_device_writes_that_was_revoked_does_not_count(store: Store, team: Team) -> None:
    """It may be edited on until its person reads the news; nothing of it is lost, nothing of it counts."""
    own = team.authors[1]
    own.write_many(2)
    with store.change() as change:
        change.append(own.versions[0])
        change.add_charter([team.revoke(1, [own.part(0, 1).seal])])
    assert uncounted(store, own) == []
    with store.change() as change:
        change.append(own.versions[1])
    assert uncounted(store, own) == [1]


def test_joining_another_mesh_replaces_the_charter_in_one_change(store: Store, team: Team) -> None:
    ours, device = team.authors[0], SigningKey(b"d" * 32)
    ours.write_many(2)
    with store.change() as change:
        for one in ours.versions:
            change.append(one)
    founder, theirs = SigningKey(b"f" * 32), Author(555)
    charter = Charter.of([found("theirs", founder, theirs.key, b"t" * 16)])
    draft = draft_admit(
        charter,
        DeviceId(founder.public_key),
        DeviceId(device.public_key),
        name="us",
        authors=[ours.id],
        introducer=False,
    )
    admitted = draft.signed_by(founder, device, ours.key).completed()
    with store.change() as change:
        change.replace_charter([*charter.entries.values(), admitted])
    assert store.snapshot.charter().mesh == charter.mesh
    assert store.snapshot.charter().is_member(DeviceId(device.public_key))
    assert uncounted(store, ours) == []
    ours.write_many(1)
    with store.change() as change:
        change.append(ours.versions[2])
    team.authors[1].write_many(1)
    with pytest.raises(NotPermitted):
        add_parts(store, team.authors[1].parts())


def test_entries_that_wait_for_their_past_are_kept(store: Store, team: Team) -> None:
    first = team.certify(1, Author(91))
    second = team.certify(1, Author(92))
    with store.change() as change:
        change.add_charter([second])
    assert store.snapshot.charter().hash != team.charter.hash
    with store.change() as change:
        change.add_charter([first])
    assert store.snapshot.charter().hash == team.charter.hash
    assert second.id in store.snapshot.charter().entries
