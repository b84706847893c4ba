"""Forms that have not come, forms that come: what is awaited is flagged, and derived again when it is here."""

import pytest

from edenmesh.core.ids import FormHash
from edenmesh.core.records import FORM_FORMAT, Field, Flag, Form, RecordState, Table, form_hash
from edenmesh.store import Store
from tests.store.making import Author, Team, add_parts, undo

TABLE = "pr_person"
FIELDS = [Field(kind="string", name=name, restrictive=["no"]) for name in ("consent", "lat", "lon")]
FORM = Form(format=FORM_FORMAT, table=Table(fields=FIELDS, name=TABLE, units=[["lat", "lon"]])).encode()
OTHER = Form(format=FORM_FORMAT, name="other", table=Table(fields=FIELDS, name=TABLE)).encode()
HASH, OTHER_HASH = form_hash(FORM), form_hash(OTHER)


@pytest.fixture
def author(store: Store, team: Team) -> Author:
    """Somebody who wrote a record with each form, one with both, and one with none."""
    author = team.authors[1]
    author.write("with form", schema=HASH)
    author.write("with other", schema=OTHER_HASH)
    both = author.write("with both", schema=HASH)
    author.write("with both", {"lat": "2"}, parents=[both.id], schema=OTHER_HASH)
    author.write("with none")
    add_parts(store, author.parts())
    return author


def awaiting(store: Store) -> list[str]:
    return [row.uuid for row in store.records.flagged(Flag.AWAITED)]


def state(store: Store, uuid: str) -> RecordState:
    held = store.records.versions(TABLE, uuid)
    assert held is not None
    return held.state()


def add_form(store: Store, data: bytes) -> set[str]:
    """A form arrives. Returns the records that were derived again."""
    with store.change() as change:
        change.add_form(data)
    assert change.committed is not None
    return {uuid for _, uuid in change.committed.records}


@pytest.mark.usefixtures("author")
def test_only_what_awaits_a_form_is_derived_again_when_it_comes(store: Store) -> None:
    assert awaiting(store) == ["with form", "with other", "with both"]
    assert add_form(store, FORM) == {"with form", "with both"}
    assert awaiting(store) == ["with other", "with both"]
    assert add_form(store, FORM) == set(), "it was here"
    assert add_form(store, OTHER) == {"with other", "with both"}
    assert awaiting(store) == []


@pytest.mark.usefixtures("author")
def test_what_is_read_knows_the_forms_too(store: Store) -> None:
    assert state(store, "with both").flags == Flag.AWAITED
    add_form(store, FORM)
    assert state(store, "with form").flags == Flag(0)
    assert state(store, "with both").flags == Flag.AWAITED
    add_form(store, OTHER)
    assert state(store, "with both").flags == Flag(0)


def test_what_a_form_declares_is_in_the_flags_and_in_the_state(store: Store, team: Team) -> None:
    one, two = team.authors[1:]
    first = one.write("a", {"lat": "1", "lon": "1", "consent": "yes"}, schema=HASH)
    one.write("a", {"lat": "2", "lon": "2"}, parents=[first.id], schema=HASH)
    two.write("a", {"lon": "3", "consent": "no"}, parents=[first.id], schema=HASH)
    add_form(store, FORM)
    add_parts(store, [*one.parts(), *two.parts()])
    strand = state(store, "a").strand
    assert strand is not None
    assert strand.conflicts == ("lat", "lon")
    row = store.records.row(TABLE, "a")
    assert row is not None
    assert row.flags == Flag.CONFLICT


def test_a_record_with_its_form_here_is_not_looked_at(store: Store, team: Team) -> None:
    """What a first sync brings costs nothing more for being written with a form."""
    add_form(store, FORM)
    author = team.authors[1]
    for number in range(40):
        author.write(f"{number}", schema=HASH)
    with store.change() as change:
        for part in author.parts():
            change.add_part(part)
        assert change._versions.touched == set()
    assert awaiting(store) == []


@pytest.mark.usefixtures("author")
def test_a_form_that_was_not_kept_is_awaited_still(store: Store) -> None:
    undo(store, lambda change: change.add_form(FORM))
    assert awaiting(store) == ["with form", "with other", "with both"]
    store.derive_states()
    assert awaiting(store) == ["with form", "with other", "with both"]


@pytest.mark.usefixtures("author")
def test_a_form_this_program_cannot_read_counts_as_not_here(store: Store, team: Team) -> None:
    newer = b"\x81\xa6format\x09"
    author = team.authors[1]
    author.write("newer", schema=FormHash(form_hash(newer)))
    add_parts(store, author.parts(5))
    assert add_form(store, newer) == {"newer"}
    assert "newer" in awaiting(store)
    assert state(store, "newer").flags == Flag.AWAITED
    assert store.snapshot.form(FormHash(form_hash(newer))) == newer, "it is passed on"
