"""SQLite as it is set up here: settings in force, nothing in clear, damage noticed, a full disk survived."""

import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from edenmesh.core.session import LogPart
from edenmesh.errors import DiskFull, SQLiteTooOld, StoreDamaged, StoreLocked
from edenmesh.store import Store
from edenmesh.store.database import SQLITE_OLDEST, Link, require_sqlite
from edenmesh.store.keys import AEGIS, CHACHA20, unwrap_key
from tests.store.making import PASSPHRASE, QUICK, Author, Team, add_parts, entropy, make_store, require_logs_whole

CANARY = "Wanda Vögelein of Oberkulm"
SAFE = {
    "journal_mode": "wal",
    "synchronous": "2",
    "mmap_size": "0",
    "temp_store": "2",
    "trusted_schema": "0",
    "foreign_keys": "1",
    "cell_size_check": "1",
    "secure_delete": "1",
    "page_size": "8192",
}


def fill(folder: Path, team: Team, count: int = 300) -> Author:
    author = team.authors[1]
    author.write_many(count)
    with make_store(folder) as store:
        with store.change() as change:
            change.add_charter(team.entries)
        add_parts(store, author.parts())
    return author


def test_both_connections_are_safe_and_durable(store: Store) -> None:
    for link in (store._database.writer, store._database.reader):
        stated = link.settings()
        assert {name: stated[name] for name in SAFE} == SAFE
    assert store.statistics().settings["cipher"] in (AEGIS, CHACHA20)


def test_a_connection_cannot_corrupt_its_own_file(store: Store) -> None:
    link = store._database.writer
    link.run("PRAGMA writable_schema = ON")
    with pytest.raises(apsw.SQLError):
        link.run("UPDATE sqlite_schema SET sql = ''")
    link.run("PRAGMA journal_mode = OFF")
    assert link.settings()["journal_mode"] == "wal"


def test_the_reading_connection_writes_nothing(store: Store) -> None:
    with pytest.raises(Exception, match="readonly"):
        store._database.reader.run("DELETE FROM charter")


@pytest.mark.parametrize("version", ["3.40.1", "3.51.2", "3.9.0"])
def test_an_unsafe_sqlite_is_refused(version: str) -> None:
    with pytest.raises(SQLiteTooOld, match=version):
        require_sqlite(version)


@pytest.mark.parametrize("version", [SQLITE_OLDEST, "3.54.0", "4.0", apsw.sqlite_lib_version()])
def test_a_safe_sqlite_is_taken(version: str) -> None:
    require_sqlite(version)


@pytest.mark.parametrize("cpu_flags", ["flags : aes", ""])
def test_nothing_lies_in_clear_beside_or_in_the_database(tmp_path: Path, team: Team, cpu_flags: str) -> None:
    author = team.authors[0]
    photo = random.Random(1).randbytes(30_000)
    store = Store.create(tmp_path / "s", PASSPHRASE, entropy=entropy(), cost=QUICK, cpu_flags=lambda: cpu_flags)
    with store:
        with store.change() as change:
            change.add_charter(team.entries)
            change.append(author.write("urn:uuid:1", {"name": CANARY}))
            change.put_meta("device", author.key.sign(b"x"))
            change.add_file([photo])
        assert author.versions[0].data.find(CANARY.encode()) > 0
        needles = [CANARY.encode(), author.id, b"pr_person", photo[1000:1032], author.key.sign(b"x"), b"SQLite format"]
        seen = {path.name: path.read_bytes() for path in (tmp_path / "s").iterdir()}
        assert {"store.db", "store.db-wal", "store.db-shm"} <= seen.keys()
        assert len(seen["store.db-wal"]) > 30_000
        for name, content in seen.items():
            assert not [needle for needle in needles if needle in content], name
    closed = b"".join(path.read_bytes() for path in (tmp_path / "s").iterdir())
    assert not [needle for needle in needles if needle in closed]
    assert len(closed) > 60_000


@pytest.mark.parametrize("cpu_flags", ["flags : aes", ""])
def test_a_flipped_bit_anywhere_is_noticed_at_the_start(tmp_path: Path, team: Team, cpu_flags: str) -> None:
    author = team.authors[1]
    author.write_many(100)
    home = tmp_path / "s"
    with Store.create(home, PASSPHRASE, entropy=entropy(), cost=QUICK, cpu_flags=lambda: cpu_flags) as store:
        with store.change() as change:
            change.add_charter(team.entries)
        add_parts(store, author.parts())
    whole = (home / "store.db").read_bytes()
    chance = random.Random(4)
    places = [*range(0, len(whole), 8192), *(chance.randrange(len(whole)) for _ in range(30))]
    noticed = 0
    for at in places:
        if at < 24:
            continue  # a salt that a raw key does not use, and SQLite's public words about the size of a page
        damaged = bytearray(whole)
        damaged[at] ^= 1 << chance.randrange(8)
        (home / "store.db").write_bytes(damaged)
        with pytest.raises(StoreDamaged) as caught:
            Store.open(home, PASSPHRASE)
        assert "edenmesh init" in caught.value.do
        assert (home / "store.db").read_bytes() == damaged, "the damaged file is left as it is"
        noticed += 1
    assert noticed > 40
    (home / "store.db").write_bytes(whole)
    with Store.open(home, PASSPHRASE) as store:
        assert require_logs_whole(store) == 1


def test_a_file_of_something_else_is_called_damaged(tmp_path: Path, team: Team) -> None:
    fill(tmp_path / "s", team, 10)
    (tmp_path / "s" / "store.db").write_bytes(b"not a database at all" * 1000)
    with pytest.raises(StoreDamaged):
        Store.open(tmp_path / "s", PASSPHRASE)


def test_a_program_that_holds_the_database_is_named_as_the_reason(store: Store) -> None:
    other = Link(store.folder / "store.db", unwrap_key((store.folder / "key").read_bytes(), PASSPHRASE))
    other.begin()
    with pytest.raises(StoreLocked, match="Another program"), store.change():
        pass
    other.roll_back()
    other.close()
    with store.change():
        pass


def _fill(store: Store, parts: list[LogPart], sizes: list[int]) -> None:
    """Add parts one by one; `sizes` tells up to where they were acknowledged."""
    for part in parts:
        add_parts(store, [part])
        sizes.append(part.seal.size)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own with 10 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=10m", "tmpfs", str(place)], check=True)
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.root
def test_a_full_disk_loses_nothing_that_was_stored(small_disk: Path, team: Team) -> None:
    author = team.authors[1]
    author.write_many(8000, size_bytes=1500)
    parts = author.parts()
    sizes: list[int] = []
    with make_store(small_disk / "s") as store:
        with store.change() as change:
            change.add_charter(team.entries)
        with pytest.raises(DiskFull) as caught:
            _fill(store, parts, sizes)
        assert "purge" in caught.value.do
        stored = sizes[-1]
        assert 0 < stored < 8000
        assert [held.size for held in store.snapshot.log_heads()] == [stored]
        with pytest.raises(DiskFull):
            add_parts(store, parts[stored // 1024 :])
    assert shutil.disk_usage(small_disk).free < 2**21
    with Store.open(small_disk / "s", PASSPHRASE) as store:
        assert [held.size for held in store.snapshot.log_heads()] == [stored]
        require_logs_whole(store)


@pytest.mark.root
def test_work_goes_on_once_there_is_room(small_disk: Path, team: Team) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(os.urandom(8 * 2**20))
    author = team.authors[1]
    author.write_many(6000)
    with make_store(small_disk / "s") as store:
        with store.change() as change:
            change.add_charter(team.entries)
        with pytest.raises(DiskFull):
            _fill(store, author.parts(), [])
        ballast.unlink()
        done = store.snapshot.log_heads()[0].size if store.snapshot.log_heads() else 0
        add_parts(store, author.parts(done))
        assert [held.size for held in store.snapshot.log_heads()] == [6000]
        assert store.statistics().problems == []
