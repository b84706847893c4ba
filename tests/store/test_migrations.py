"""The schema: brought up to date in one step, at whatever point the program dies."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from edenmesh.errors import StoreTooNew
from edenmesh.store import Store
from edenmesh.store.database import Link
from edenmesh.store.folder import Folder
from edenmesh.store.keys import unwrap_key
from edenmesh.store.migrations import SCHEMA, migrate
from tests.store.making import PASSPHRASE, Team, add_parts, child_environment, make_store, require_logs_whole

NEWEST = len(list(SCHEMA.glob("*.sql")))
FURTHER = {
    "81-colours.sql": """
        CREATE TABLE colours (num INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
        ALTER TABLE records ADD COLUMN colour INTEGER NOT NULL DEFAULT 0;
        INSERT INTO colours (name) VALUES ('red'), ('green');
        UPDATE records SET colour = 1;
        CREATE INDEX records_by_colour ON records (colour) WHERE colour != 0;
    """,
    "82-shades.sql": """
        ALTER TABLE colours ADD COLUMN shade TEXT NOT NULL DEFAULT 'plain';
        UPDATE colours SET shade = 'dark' WHERE name = 'green';
        DROP INDEX records_by_colour;
    """,
}
CHILD = """
import os, signal, sys
from pathlib import Path
import apsw
from edenmesh.store.database import Link
from edenmesh.store.keys import unwrap_key
from edenmesh.store.migrations import migrate
home, schema, fatal = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
link = Link(home / "store.db", unwrap_key((home / "key").read_bytes(), sys.argv[4]))
seen = 0
def trace(cursor, sql, bindings):
    global seen
    seen += 1
    if seen == fatal:
        os.kill(os.getpid(), signal.SIGKILL)
    return True
link._connection.exec_trace = trace
migrate(link, schema)
print(seen)
"""


@pytest.fixture
def further(tmp_path: Path) -> Path:
    """The schema as a later program may have it: two more scripts."""
    folder = tmp_path / "schema"
    shutil.copytree(SCHEMA, folder)
    for name, text in FURTHER.items():
        (folder / name).write_text(text)
    return folder


def open_link(home: Path) -> Link:
    return Link(home / "store.db", unwrap_key((home / "key").read_bytes(), PASSPHRASE))


def shape(link: Link) -> tuple[int, list[str]]:
    return link.schema_version, [row[0] for row in link.rows("SELECT sql FROM sqlite_schema ORDER BY name")]


def test_a_migration_killed_at_any_statement_leaves_the_old_schema_or_the_new(
    tmp_path: Path, team: Team, further: Path
) -> None:
    home = tmp_path / "store"
    team.authors[1].write_many(20)
    with make_store(home) as store:
        with store.change() as change:
            change.add_charter(team.entries)
        add_parts(store, team.authors[1].parts())
    kept = tmp_path / "kept"
    shutil.copytree(home, kept)
    link = open_link(home)
    old = shape(link)
    assert migrate(link, further) == 2
    new = shape(link)
    link.close()
    assert (old[0], new[0]) == (NEWEST, 82)
    killed, finished = 0, 0
    for fatal in range(1, 40):
        shutil.rmtree(home)
        shutil.copytree(kept, home)
        command = [sys.executable, "-c", CHILD, str(home), str(further), str(fatal), PASSPHRASE]
        done = subprocess.run(command, env=child_environment(), capture_output=True, text=True, check=False)
        link = open_link(home)
        assert shape(link) in (old, new)
        assert link.check() == []
        if done.returncode == 0:
            finished = int(done.stdout)
            assert shape(link) == new
            link.close()
            break
        assert done.returncode == -signal.SIGKILL
        killed += 1
        assert migrate(link, further) in (0, 2)
        assert shape(link) == new
        assert link.number("SELECT count(*) FROM versions") == 20
        assert link.number("SELECT sum(colour) FROM records") == 20
        link.close()
    assert killed == finished >= 12


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, further: Path) -> None:
    make_store(tmp_path / "store").close()
    (further / "83-broken.sql").write_text("CREATE TABLE fine (x INTEGER) STRICT; INSERT INTO missing VALUES (1);")
    link = open_link(tmp_path / "store")
    old = shape(link)
    with pytest.raises(Exception, match="missing"):
        migrate(link, further)
    assert shape(link) == old
    link.close()
    Store.open(tmp_path / "store", PASSPHRASE).close()


def test_a_store_of_a_newer_program_is_left_alone(tmp_path: Path, team: Team, further: Path) -> None:
    home = tmp_path / "store"
    make_store(home).close()
    link = open_link(home)
    migrate(link, further)
    link.close()
    before = (home / "store.db").read_bytes()
    with pytest.raises(StoreTooNew, match="schema 82") as caught:
        Store.open(home, PASSPHRASE)
    assert "Update edenmesh" in caught.value.do
    assert (home / "store.db").read_bytes() == before


def test_a_store_up_to_date_is_not_touched(tmp_path: Path) -> None:
    make_store(tmp_path / "store").close()
    link = open_link(tmp_path / "store")
    assert migrate(link) == 0
    link.close()


def test_scripts_are_numbered_without_gaps() -> None:
    numbers = sorted(int(path.name[:2]) for path in SCHEMA.glob("*.sql"))
    assert numbers == list(range(1, len(numbers) + 1))
    assert numbers


def test_every_store_there_ever_was_comes_up_to_date(tmp_path: Path, team: Team) -> None:
    """A store as the first script made it, with versions in it."""
    folder = tmp_path / "schema"
    folder.mkdir()
    (first,) = SCHEMA.glob("01-*.sql")
    shutil.copy(first, folder)
    home = tmp_path / "store"
    make_store(home).close()
    (home / "store.db").unlink()
    old = Folder.take(home)
    old.prepare_database()
    old.release()
    link = open_link(home)
    assert migrate(link, folder) == 1
    link.run("INSERT INTO tables VALUES (1, 'pr_person')")
    link.run("INSERT INTO records VALUES (7, 1, 'urn:uuid:1', 0, 0)")
    author = team.authors[1]
    author.write("urn:uuid:1")
    one = author.versions[0]
    link.run("INSERT INTO versions VALUES (3, ?, 7, 0, ?)", (one.id, one.data))
    link.close()
    with Store.open(home, PASSPHRASE) as store:
        held = store.records.versions("pr_person", "urn:uuid:1")
        assert held is not None
        assert set(held.versions) == {one.id}
        assert store.statistics().problems == []


def test_an_empty_database_file_becomes_a_store(tmp_path: Path) -> None:
    """The program died between making the file and making the tables."""
    folder = Folder.take(tmp_path)
    folder.prepare_database()
    folder.release()
    assert folder.database.stat().st_size == 0
    make_store(tmp_path).close()
    Store.open(tmp_path, PASSPHRASE).close()


def test_what_was_stored_survives_a_migration(tmp_path: Path, team: Team, further: Path) -> None:
    home = tmp_path / "store"
    team.authors[1].write_many(50)
    with make_store(home) as store:
        with store.change() as change:
            change.add_charter(team.entries)
        add_parts(store, team.authors[1].parts())
        assert require_logs_whole(store) == 1
    link = open_link(home)
    migrate(link, further)
    assert link.rows("SELECT name, shade FROM colours ORDER BY num") == [("red", "plain"), ("green", "dark")]
    assert link.number("SELECT count(*) FROM records WHERE colour = 1") == 50
    link.close()
