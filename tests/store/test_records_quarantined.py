"""What is here without effect, and why; what two stores wrote under one author's name."""

from pathlib import Path

from edenmesh.core.ids import AuthorId
from edenmesh.core.records import Flag
from edenmesh.store import QuarantineCount, Quarantined, Store, Why
from tests.store.making import Author, Team, add_parts, make_store

TABLE = "pr_person"


def found(store: Store, author: AuthorId | None = None) -> dict[str, tuple[Quarantined, ...]]:
    return {row.record.uuid: row.versions for row in store.records.quarantined(author)}


def test_each_version_without_effect_says_why(store: Store, team: Team) -> None:
    one, two = team.authors[1:]
    lost = one.write("a")
    early = two.write("b")
    late = one.write("b", {"name": "late"}, parents=[early.id])
    waits = two.write("a", {"name": "waits"}, parents=[b"\x05" * 32])
    add_parts(store, [*one.parts(), *two.parts()])
    assert found(store) == {"a": (Quarantined(waits.id, two.id, Why.WAITING),)}
    assert store.records.count_quarantined() == []
    with store.change() as change:
        change.add_charter([team.revoke(1, [])])
    assert found(store) == {
        "a": (Quarantined(lost.id, one.id, Why.CUT), Quarantined(waits.id, two.id, Why.WAITING)),
        "b": (Quarantined(late.id, one.id, Why.CUT),),
    }
    assert found(store, two.id).keys() == {"a"}
    assert found(store, one.id).keys() == {"a", "b"}
    assert found(store, team.authors[0].id) == {}
    assert store.records.count_quarantined() == [QuarantineCount(one.id, Why.CUT, 2)]


def test_what_nobody_certified_is_told_from_what_was_cut(store: Store, team: Team) -> None:
    """A revoked device certifies nobody any more: its further author is named, and no more."""
    stranger = Author(91)
    certified = team.certify(1, stranger)
    with store.change() as change:
        change.add_charter([certified])
    one = stranger.write("a")
    add_parts(store, stranger.parts())
    assert found(store) == {}
    entry = team.revoke(1, [])
    with store.change() as change:
        change.add_charter([entry])
    word = team.charter.standing(stranger.id)
    why = Why.CUT if word.is_certified else Why.UNCERTIFIED
    assert found(store) == {"a": (Quarantined(one.id, stranger.id, why),)}
    assert store.records.count_quarantined() == [QuarantineCount(stranger.id, why, 1)]


def test_pages_of_one_author_together_are_all(store: Store, team: Team) -> None:
    one, two = team.authors[1:]
    for author in (one, two):
        author.write_many(30)
    add_parts(store, [*one.parts(), *two.parts()])
    with store.change() as change:
        change.add_charter([team.revoke(1, []), team.revoke(2, [])])
    for author in (one, two):
        seen: list[str] = []
        after = 0
        while page := store.records.quarantined(author.id, after=after, limit=7):
            assert len(page) <= 7
            seen += [row.record.uuid for row in page]
            after = page[-1].record.num
        assert seen == [version.version.uuid for version in author.versions]
    counts = store.records.count_quarantined()
    assert sorted(counts) == sorted(QuarantineCount(author.id, Why.CUT, 30) for author in (one, two))


def test_a_version_on_two_branches_is_counted_once(store: Store, team: Team) -> None:
    author = team.authors[1]
    author.write_many(6)
    clone = author.cloned(4, seed=9)
    clone.write_many(2)
    add_parts(store, [author.part(0, 6), clone.part(0, 6)])
    with store.change() as change:
        change.add_charter([team.revoke(1, [])])
    assert store.records.count_quarantined() == [QuarantineCount(author.id, Why.CUT, 8)]


def test_twins_are_listed_on_every_device(tmp_path: Path, store: Store, team: Team) -> None:
    author, other = team.authors[1:]
    author.write_many(10)
    other.write_many(3)
    clone = author.cloned(6, seed=5)
    clone.write("cloned")
    clone.write(author.versions[0].version.uuid, {"name": "x"}, parents=[author.versions[0].id])
    twins = {one.version.uuid for one in (*author.versions[6:], *clone.versions[6:])}
    parts = [author.part(0, 3), author.part(3, 8), author.part(8, 10), clone.part(0, 7), clone.part(7, 8)]
    orders = [parts, [parts[3], parts[4], *parts[:3]], [parts[0], parts[3], parts[1], parts[4], parts[2]]]
    for number, order in enumerate(orders):
        with make_store(tmp_path / str(number)) as device:
            with device.change() as change:
                change.add_charter(team.entries)
            add_parts(device, other.parts())
            for part in order:
                add_parts(device, [part])
            assert {row.uuid for row in device.records.twins()} == twins
            first = device.records.twins(limit=2)
            rest = device.records.twins(after=first[-1].num)
            assert len(first) == 2
            assert {row.uuid for row in (*first, *rest)} == twins
            assert all(device.records.twin_authors(row.num) == [author.id] for row in rest)
            assert device.branches() == {author.id: 2}
    assert store.records.twins() == []


def test_a_third_log_that_parted_earlier_adds_to_the_twins(store: Store, team: Team) -> None:
    author = team.authors[1]
    author.write_many(9)
    late, early = author.cloned(7, seed=5), author.cloned(2, seed=6)
    late.write("late")
    early.write("early")
    add_parts(store, [author.part(0, 9), late.part(0, 8)])
    assert {row.uuid for row in store.records.twins()} == {
        *(one.version.uuid for one in author.versions[7:]),
        "late",
    }
    add_parts(store, [early.part(0, 3)])
    assert {row.uuid for row in store.records.twins()} == {
        *(one.version.uuid for one in author.versions[2:]),
        "late",
        "early",
    }
    assert store.records.flagged(Flag.QUARANTINED) == [], "twins count"
