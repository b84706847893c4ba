"""A store as the first schema left it, opened by this program: everything is there, and derived by the rules of now."""

import shutil
from pathlib import Path
from random import Random

import pytest

from edenmesh.store import Store
from edenmesh.store.database import Link
from edenmesh.store.folder import Folder
from edenmesh.store.keys import unwrap_key
from edenmesh.store.migrations import SCHEMA, migrate
from tests.store.making import PASSPHRASE, add_parts, make_store, require_logs_whole
from tests.store.test_states_of_worlds import shown
from tests.store.worlds import World, arrive

TABLES = [
    "meta",
    "tables",
    "records",
    "versions",
    "authors",
    "logs",
    "spans",
    "seals",
    "charter",
    "forms",
    "files",
    "file_chunks",
    "file_refs",
    "delivered",
    "peers",
    "destinations",
    "tallies",
]


def open_link(home: Path) -> Link:
    return Link(home / "store.db", unwrap_key((home / "key").read_bytes(), PASSPHRASE))


def age(home: Path, tmp_path: Path) -> None:
    """Make the store one of the first schema, with what is derived as a careless program left it."""
    first = tmp_path / "first"
    first.mkdir()
    shutil.copy(SCHEMA / "01-foundation.sql", first)
    link = open_link(home)
    link.run("DELETE FROM meta WHERE name = 'store.rules'")
    link.run("DELETE FROM records WHERE NOT EXISTS (SELECT 1 FROM versions WHERE record = records.num)")
    wanted = {table: _columns(first, tmp_path / "shape", table) for table in TABLES}
    rows = {table: link.rows(f"SELECT {', '.join(columns)} FROM {table}") for table, columns in wanted.items()}
    link.close()
    for name in ("store.db", "store.db-wal", "store.db-shm"):
        (home / name).unlink(missing_ok=True)
    folder = Folder.take(home)
    folder.prepare_database()
    folder.release()
    link = open_link(home)
    assert migrate(link, first) == 1
    for table, columns in wanted.items():
        link.run_many(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", rows[table])
    link.run("UPDATE records SET flags = 0, waiting = 0")
    link.run("DELETE FROM delivered WHERE record % 2 = 0")
    link.close()


def _columns(schema: Path, home: Path, table: str) -> list[str]:
    """The columns that a table had in a schema."""
    if not home.exists():
        make_store(home).close()
        (home / "store.db").unlink()
        folder = Folder.take(home)
        folder.prepare_database()
        folder.release()
        link = open_link(home)
        migrate(link, schema)
    else:
        link = open_link(home)
    found = [str(row[1]) for row in link.rows(f"PRAGMA table_info({table})")]
    link.close()
    return found


@pytest.mark.parametrize("seed", range(6))
def test_a_store_of_the_first_schema_shows_what_the_rules_of_now_say(tmp_path: Path, seed: int) -> None:
    world = World(Random(seed))
    home = tmp_path / "store"
    with make_store(home) as store:
        with store.change() as change:
            change.add_charter(world.founding)
        arrive(store, world.events)
        world.team.authors[0].write_many(3)
        add_parts(store, world.team.authors[0].parts())
        before, rows = shown(store._database.reader), store.statistics().rows
        seals = require_logs_whole(store)
    age(home, tmp_path)
    with Store.open(home, PASSPHRASE) as store:
        assert shown(store._database.reader) == before
        assert require_logs_whole(store) == seals
        aged = store.statistics().rows
        assert {name: aged[name] for name in ("versions", "logs", "seals", "charter", "forms")} == {
            name: rows[name] for name in ("versions", "logs", "seals", "charter", "forms")
        }
    assert len(before) >= 4


def test_a_store_is_derived_anew_once(tmp_path: Path) -> None:
    home = tmp_path / "store"
    world = World(Random(3))
    with make_store(home) as store:
        with store.change() as change:
            change.add_charter(world.founding)
        arrive(store, world.events)
    link = open_link(home)
    link.run("UPDATE records SET flags = 1")
    link.close()
    with Store.open(home, PASSPHRASE) as store:
        assert {one.flags for one in shown(store._database.reader).values()} == {1}, "the rules are those it knows"
    link = open_link(home)
    link.run("UPDATE meta SET value = x'00' WHERE name = 'store.rules'")
    link.close()
    with Store.open(home, PASSPHRASE) as store:
        assert {one.flags for one in shown(store._database.reader).values()} != {1}
