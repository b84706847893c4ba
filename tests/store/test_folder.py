"""The folder: closed to others, owned by one process, files written whole."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from edenmesh.errors import StoreDamaged, StoreError, StoreLocked, StoreMissing, UsageError, WrongPassphrase
from edenmesh.store import Store
from edenmesh.store.folder import Folder
from tests.store.making import PASSPHRASE, Team, add_parts, child_environment, make_store

OWNER = f"""
import sys, time
from pathlib import Path
from edenmesh.store import Store
store = Store.open(Path(sys.argv[1]), {PASSPHRASE!r})
print("open", flush=True)
time.sleep(600)
"""


def test_only_the_owner_may_read_whatever_the_umask_is(tmp_path: Path, team: Team) -> None:
    before = os.umask(0)
    try:
        home = tmp_path / "a" / "store"
        with make_store(home) as store:
            with store.change() as change:
                change.add_charter(team.entries)
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in home.iterdir()}
    finally:
        os.umask(before)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert modes == dict.fromkeys(("key", "lock", "store.db", "store.db-wal", "store.db-shm"), 0o600)


def test_a_folder_left_open_is_closed(tmp_path: Path) -> None:
    home = tmp_path / "store"
    home.mkdir(mode=0o755)
    make_store(home).close()
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_second_process_is_told_who_has_the_store(tmp_path: Path) -> None:
    home = tmp_path / "store"
    make_store(home).close()
    command = [sys.executable, "-c", OWNER, str(home)]
    owner = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=child_environment())
    try:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "open\n"
        with pytest.raises(StoreLocked, match=f"Process {owner.pid} has the store"):
            Store.open(home, PASSPHRASE)
        with pytest.raises(StoreLocked):
            make_store(home)
    finally:
        owner.send_signal(signal.SIGKILL)
        owner.wait()
        assert owner.stdout is not None
        owner.stdout.close()
    Store.open(home, PASSPHRASE).close()


def test_one_process_opens_it_once(tmp_path: Path) -> None:
    with make_store(tmp_path / "store"), pytest.raises(StoreLocked, match=str(os.getpid())):
        Store.open(tmp_path / "store", PASSPHRASE)


def test_a_folder_without_a_store_is_left_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(StoreMissing) as caught:
        Store.open(tmp_path, PASSPHRASE)
    assert "init" in caught.value.do
    assert list(tmp_path.iterdir()) == []


def test_a_store_is_never_made_over_another(tmp_path: Path) -> None:
    make_store(tmp_path / "store").close()
    with pytest.raises(UsageError, match="already"):
        make_store(tmp_path / "store")
    Store.open(tmp_path / "store", PASSPHRASE).close()


def test_a_store_whose_making_was_cut_off_is_begun_anew(tmp_path: Path) -> None:
    home = tmp_path / "store"
    make_store(home).close()
    (home / "key").unlink()
    with pytest.raises(StoreMissing):
        Store.open(home, PASSPHRASE)
    make_store(home, seed=1).close()
    Store.open(home, PASSPHRASE).close()


def test_a_wrong_passphrase_lets_go_of_the_folder(tmp_path: Path) -> None:
    make_store(tmp_path / "store").close()
    with pytest.raises(WrongPassphrase):
        Store.open(tmp_path / "store", "seven grey heron")
    Store.open(tmp_path / "store", PASSPHRASE).close()


def test_a_lost_database_is_not_made_anew(tmp_path: Path) -> None:
    home = tmp_path / "store"
    make_store(home).close()
    (home / "store.db").unlink()
    with pytest.raises(StoreDamaged, match="gone"):
        Store.open(home, PASSPHRASE)
    assert not (home / "store.db").exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="cannot be used"):
        make_store(tmp_path / "file" / "store")


def test_the_key_is_replaced_whole(tmp_path: Path) -> None:
    folder = Folder.take(tmp_path)
    (tmp_path / "key.new").write_bytes(b"half of an earlier try")
    folder.write_key(b"first")
    folder.write_key(b"second")
    assert folder.key.read_bytes() == b"second"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["key", "lock"]
    folder.release()
    folder.release()


def test_what_was_stored_is_there_after_opening_again(tmp_path: Path, team: Team) -> None:
    author = team.authors[1]
    author.write_many(100)
    with make_store(tmp_path / "store") as store:
        with store.change() as change:
            change.add_charter(team.entries)
        add_parts(store, author.parts())
    with Store.open(tmp_path / "store", PASSPHRASE) as store:
        assert store.snapshot.charter().hash == team.charter.hash
        assert store.snapshot.versions_between(author.id, 0, 0, 100) == [one.data for one in author.versions]
