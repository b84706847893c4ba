"""What a device notes for itself."""

from pathlib import Path

from edenmesh.core.encoding import encode
from edenmesh.core.ids import DestinationId, DeviceId
from edenmesh.core.wire import Tally
from edenmesh.store import Destination, KeptTally, Peer, Store
from tests.store.making import PASSPHRASE, make_store

DEVICE = DeviceId(b"p" * 32)
PEER = Peer(device=DEVICE, name="Zürich 2", addresses=("10.0.0.1:4000",), is_allowed=True, last_seen=1_700_000_000_000)
TALLY = Tally(
    charter=b"c" * 32,
    files_missing=1,
    forms=b"f" * 32,
    is_answer=False,
    purged=0,
    quarantined=2,
    records={"a": 3},
    set_hash=b"s" * 32,
    waiting=4,
)
KEPT = KeptTally(device=DEVICE, met=5, ours=TALLY, theirs=TALLY, missing=("1 files are not here whole",))
PLACE = Destination(
    id=DestinationId(b"d" * 32), name="Eden", url="https://eden.example", user="ana", password="s3cret", pin=b"x" * 32
)


def test_notes_are_there_after_opening_again(tmp_path: Path) -> None:
    with make_store(tmp_path / "s") as store, store.change() as change:
        change.put_meta("device", b"\0" * 32)
        change.put_peer(PEER)
        change.put_destination(PLACE)
        change.put_tally(KEPT)
    with Store.open(tmp_path / "s", PASSPHRASE) as store:
        assert store.notes.meta("device") == b"\0" * 32
        assert store.notes.peers() == [PEER]
        assert store.notes.peer(DEVICE) == PEER
        assert store.notes.destinations() == [PLACE]
        assert store.notes.destination(PLACE.id) == PLACE
        assert store.notes.tally(DEVICE) == KEPT
        assert not KEPT.is_everything


def test_a_later_note_takes_the_place_of_the_one_before(store: Store) -> None:
    for name in ("first", "second"):
        with store.change() as change:
            change.put_peer(Peer(device=DEVICE, name=name))
            change.put_meta("setting", name.encode())
    assert [peer.name for peer in store.notes.peers()] == ["second"]
    assert store.notes.meta("setting") == b"second"


def test_what_is_dropped_is_gone(store: Store) -> None:
    with store.change() as change:
        change.put_meta("setting", b"")
        change.put_peer(PEER)
        change.put_destination(PLACE)
        change.put_tally(KEPT)
    assert store.notes.meta("setting") == b""
    with store.change() as change:
        change.drop_meta("setting")
        change.drop_peer(DEVICE)
        change.drop_destination(PLACE.id)
    assert store.notes.meta("setting") is None
    assert store.notes.peer(DEVICE) is None
    assert store.notes.tally(DEVICE) is None
    assert store.notes.destination(PLACE.id) is None


def test_forms_are_kept_by_their_hash(store: Store) -> None:
    with store.change() as change:
        first, second = change.add_form(b"one"), change.add_form(b"two")
    assert change.committed is not None
    assert change.committed.forms == {first, second}
    with store.change() as change:
        assert change.add_form(b"one") == first
    assert change.committed is not None
    assert change.committed.forms == frozenset()
    assert store.snapshot.forms() == sorted([first, second])
    assert store.snapshot.form(first) == b"one"


def test_a_password_is_not_shown() -> None:
    assert "s3cret" not in repr(PLACE)
    assert "s3cret" not in f"{PLACE}"


def test_a_tally_of_another_program_says_nothing(store: Store) -> None:
    with store.change() as change:
        change.put_tally(KEPT)
        store._database.writer.run("UPDATE tallies SET data = ?", (encode({"device": DEVICE, "met": 5}),))
    assert store.notes.tally(DEVICE) is None
