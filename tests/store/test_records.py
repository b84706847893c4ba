"""Records as people look for them."""

import pytest

from edenmesh.core.ids import record_id
from edenmesh.core.records import OPEN, RETRACT, Flag
from edenmesh.store import Store, TableRow
from tests.store.making import Team, add_parts


@pytest.fixture
def filled(store: Store, team: Team) -> Store:
    """30 people, 20 facilities; one conflict, one deleted record."""
    one, two = team.authors[1:]
    for number in range(30):
        one.write(f"urn:uuid:{number:02d}aa", table="pr_person")
        if number < 20:
            one.write(f"{number:02d}_%", table="org_facility")
    first, second = one.versions[0], one.versions[1]
    one.write(first.version.uuid, {"name": "x"}, parents=[first.id])
    two.write(first.version.uuid, {"name": "y"}, parents=[first.id])
    two.write(second.version.uuid, {}, op=RETRACT, table="org_facility", parents=[second.id])
    add_parts(store, [*one.parts(), *two.parts()])
    return store


def test_tables_say_what_is_in_them(filled: Store) -> None:
    assert filled.records.tables() == [TableRow("org_facility", 19, 0, 1), TableRow("pr_person", 30, 1, 0)]
    assert filled.snapshot.counts() == {"org_facility": 20, "pr_person": 30}


def test_pages_together_are_the_table(filled: Store) -> None:
    seen: list[str] = []
    after = 0
    while rows := filled.records.page("pr_person", after=after, limit=7):
        assert {row.table for row in rows} == {"pr_person"}
        seen += [row.uuid for row in rows]
        after = rows[-1].num
    assert seen == [f"urn:uuid:{number:02d}aa" for number in range(30)]
    assert filled.records.page("no_such_table") == []


def test_deleted_records_are_shown_where_asked_for(filled: Store) -> None:
    assert len(filled.records.page("org_facility")) == 19
    with_deleted = filled.records.page("org_facility", with_deleted=True)
    assert len(with_deleted) == 20
    assert [row.uuid for row in with_deleted if row.flags & Flag.DELETED] == ["00_%"]


def test_what_is_open_is_listed(filled: Store) -> None:
    assert [row.uuid for row in filled.records.flagged(OPEN)] == ["urn:uuid:00aa"]
    assert filled.records.flagged(OPEN, table="org_facility") == []
    assert [row.uuid for row in filled.records.flagged(Flag.DELETED, table="org_facility")] == ["00_%"]


def test_one_record_is_all_its_versions(filled: Store) -> None:
    held = filled.records.versions("pr_person", "urn:uuid:00aa")
    assert held is not None
    assert len(held.versions) == 3
    assert held.uncounted == set()
    state = held.state()
    assert state.flags == Flag.CONFLICT
    assert (state.table, state.uuid) == ("pr_person", "urn:uuid:00aa")
    row = filled.records.row("pr_person", "urn:uuid:00aa")
    assert row is not None
    assert row.id == record_id("pr_person", "urn:uuid:00aa")
    assert filled.records.versions_of(row.num) == held
    assert filled.records.row("org_facility", "urn:uuid:00aa") is None
    assert filled.records.versions("pr_person", "no such uuid") is None


@pytest.mark.parametrize(
    ("beginning", "table", "count"),
    [
        ("urn:uuid:1", "", 10),
        ("1", "", 20),
        ("1", "org_facility", 10),
        ("1", "pr_person", 10),
        ("10_%", "", 1),
        ("1_", "", 0),
        ("%", "", 0),
        ("_", "", 0),
        ("\\", "", 0),
        ("", "", 50),
    ],
)
def test_records_are_found_by_how_their_uuid_begins(filled: Store, beginning: str, table: str, count: int) -> None:
    found = filled.records.find(beginning, table=table)
    assert len(found) == count
    assert all(row.uuid.removeprefix("urn:uuid:").startswith(beginning.removeprefix("urn:uuid:")) for row in found)


def test_lists_use_indexes(filled: Store) -> None:
    """What a screen asks for does not read the whole store."""
    asked: list[str] = []
    link = filled._database.reader

    def note(_: object, sql: str, __: object) -> bool:
        asked.append(sql)
        return True

    link._connection.exec_trace = note
    filled.records.page("pr_person")
    filled.records.flagged(OPEN)
    filled.records.row("pr_person", "urn:uuid:00aa")
    filled.records.versions_of(1)
    filled.snapshot.open_counts()
    filled.snapshot.log_heads()
    filled.snapshot.wanted_files()
    link._connection.exec_trace = None
    plans = {sql: [row[3] for row in link.rows(f"EXPLAIN QUERY PLAN {sql}", [0] * sql.count("?"))] for sql in asked}
    steps = [step for plan in plans.values() for step in plan]
    assert [step for step in steps if step.startswith("SCAN") and "INDEX" not in step] == []
    assert [step for step in steps if step.endswith("USING INTEGER PRIMARY KEY (rowid>?)")] == []
    assert len(plans) >= 8
