"""The charter between commits: handed on as it was judged, the same as what is stored, and bounded on disk."""

from pathlib import Path

import pytest

from edenmesh.core.trust import Charter, CharterEntry, charter, drafting, revoke
from edenmesh.errors import LocalProtocolError
from edenmesh.store import Store
from tests.core.trust.team import admission, device, founded
from tests.core.trust.test_room import flooded
from tests.oracle.charter_worlds import key

ROOM = 24


def begin_twice(store: Store, entry: CharterEntry) -> None:
    """A change that is undone."""
    with store.change() as change:
        change.add_charter([entry])
        with store.change():
            pass


def test_what_a_change_made_of_the_charter_is_what_is_read_after_it_and_after_opening(tmp_path: Path) -> None:
    before = founded()
    with Store.create(tmp_path, "passphrase", entropy=bytes) as store:
        with store.change() as change:
            change.add_charter(before.entries.values())
        assert store.snapshot.charter() is change.charter
        with store.change() as change:
            change.add_charter([admission(change.charter, "Fatou", "Bo")])
        made = change.charter
        assert store.snapshot.charter() is made
        with pytest.raises(LocalProtocolError):
            begin_twice(store, admission(made, "Fatou", "Chen"))
        assert store.snapshot.charter() is made
    with Store.open(tmp_path, "passphrase") as store:
        again = store.snapshot.charter()
    assert again is not made
    assert (again.hash, list(again.entries), again.members) == (made.hash, list(made.entries), made.members)


def test_a_full_charter_takes_no_more_room_on_disk_and_a_revocation_fits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charter, "CHARTER_ENTRIES_MAX", ROOM)
    monkeypatch.setattr(drafting, "_CROWDED", ROOM // 2)
    before, flood = flooded(40)
    with Store.create(tmp_path, "passphrase", entropy=bytes) as store:
        with store.change() as change:
            change.add_charter(before.entries.values())
        for start in range(0, len(flood), 10):
            with store.change() as change:
                change.add_charter(flood[start : start + 10])
        full = change.charter
        assert store.statistics().rows["charter"] == len(full.entries) == ROOM
        entry = revoke(full, key("Sara"), device("Mallory"), [], point=before.heads)
        with store.change() as change:
            change.add_charter([entry])
        assert store.snapshot.charter().is_revoked(device("Mallory"))
        assert store.statistics().rows["charter"] == ROOM
    with Store.open(tmp_path, "passphrase") as store:
        assert store.snapshot.charter().hash == change.charter.hash
        assert isinstance(store.snapshot.charter(), Charter)
