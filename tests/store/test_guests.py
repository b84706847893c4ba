"""What a session with a guest asks of the store: shared places, shared files, and which files guests are asked for."""

from hashlib import sha256

from edenmesh.core.ids import DeviceId, FileHash
from edenmesh.core.reconcile import Stretch
from edenmesh.core.records import File
from edenmesh.core.session import Sharing
from edenmesh.core.trust import accept
from edenmesh.store import Store
from tests.store.making import Author, Team, add_parts

GUEST = DeviceId(b"g" * 32)
SHELTER = frozenset({"cr_shelter"})


def photo(content: bytes) -> File:
    return File(sha256(content).digest(), "a.jpg", "image/jpeg", len(content))


def written(author: Author) -> Author:
    """Shelters 0, 1 and 4, persons 2, 3 and 5; the last shelter and the last person have a photo each."""
    for seq, table in enumerate(["cr_shelter"] * 2 + ["pr_person"] * 2 + ["cr_shelter", "pr_person"]):
        author.write(f"urn:{seq}", {"photo": photo(table.encode())} if seq > 3 else None, table=table)
    return author


def test_places_are_of_the_tables_asked_for(store: Store, team: Team) -> None:
    author = written(team.authors[1])
    add_parts(store, author.parts())
    snapshot = store.snapshot

    def places(tables: frozenset[str] | None, start: int = 0, stop: int = 6) -> list[Stretch]:
        return snapshot.places_of(author.id, 0, start, stop, tables=tables)

    assert places(SHELTER) == [Stretch(0, 2), Stretch(4, 5)]
    assert places(SHELTER, 1, 4) == [Stretch(1, 2)]
    assert places(None) == [Stretch(0, 6)]
    assert places(frozenset()) == places(frozenset({"no_such"})) == []
    with store.change() as change:
        change.purge("cr_shelter", "urn:1")
    assert places(SHELTER) == [Stretch(0, 1), Stretch(4, 5)]
    assert [log.contents for log in Sharing(snapshot, lambda: SHELTER).logs()] == [2]


def test_what_is_quarantined_is_not_shared_and_is_when_it_counts_again(store: Store, team: Team) -> None:
    author = written(team.authors[1])
    add_parts(store, author.parts())
    sharing = Sharing(store.snapshot, lambda: None)
    assert [log.contents for log in sharing.logs()] == [6]
    with store.change() as change:
        change.add_charter([team.revoke(1, [])])
    assert sharing.logs() == []
    with store.change() as change:
        root = author.frontier(4).root()
        change.add_charter([accept(change.charter, team.devices[0], author.id, size=4, root=root)])
    assert [log.contents for log in sharing.logs()] == [4]


def test_files_are_shared_with_the_records_that_name_them(store: Store, team: Team) -> None:
    add_parts(store, written(team.authors[1]).parts())
    for content in (b"cr_shelter", b"pr_person", b"no record"):
        with store.change() as change:
            change.add_file([content])
    sharing = Sharing(store.snapshot, lambda: SHELTER)
    shown, hidden = (FileHash(sha256(one).digest()) for one in (b"cr_shelter", b"pr_person"))
    assert (sharing.file_size(shown), sharing.file_chunk(shown, 0, 99)) == (10, b"cr_shelter")
    assert (sharing.file_size(hidden), sharing.file_chunk(hidden, 0, 99)) == (None, None)
    assert sharing.file_size(FileHash(sha256(b"no record").digest())) is None
    assert Sharing(store.snapshot, lambda: None).file_size(hidden) == 9


def test_a_guest_is_asked_for_files_of_its_own_authors_alone(store: Store, team: Team) -> None:
    ours, theirs = team.authors[1], Author(77)
    ours.write("urn:1", {"photo": photo(b"ours")})
    theirs.write("urn:1", {"photo": photo(b"theirs")})
    add_parts(store, ours.parts())
    with store.change() as change:
        assert change.pen_part(theirs.part(0, 1), GUEST)
    assert store.snapshot.files_wanted_of({theirs.id}) == [], "not before it is accepted"
    with store.change() as change:
        root = theirs.frontier(1).root()
        change.add_charter([accept(change.charter, team.devices[0], theirs.id, size=1, root=root)])
    assert len(store.snapshot.wanted_files()) == 2
    assert [one.hash for one in store.snapshot.files_wanted_of({theirs.id})] == [sha256(b"theirs").digest()]
