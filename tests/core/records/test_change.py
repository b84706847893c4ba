"""Writing: the version that makes a record show what a person wants, and nothing else."""

from collections import Counter
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edenmesh.core.ids import AuthorId
from edenmesh.core.records import (
    Content,
    FieldState,
    Pen,
    Reference,
    Value,
    compose,
    content_text,
    difference,
    normal_value,
    owns_uuid,
    record_state,
)
from edenmesh.errors import InvalidInput
from tests.core.records.pages import TABLE, Page
from tests.oracle.histories import FIELDS, LISTS, VALUES, Written, partial_histories

PEN = Pen(AuthorId(bytes([7]) * 32), 5, 1_790_000_000_000, bytes(16))

_wanted: st.SearchStrategy[dict[str, Content | None]] = st.tuples(
    st.dictionaries(st.sampled_from(FIELDS), st.one_of(st.none(), st.just(""), st.sampled_from(VALUES)), max_size=2),
    st.dictionaries(st.sampled_from(LISTS), st.lists(st.sampled_from(VALUES), max_size=3).map(tuple), max_size=2),
).map(lambda parts: dict[str, Content | None]({**parts[0], **parts[1]}))


def test_after_the_change_the_record_shows_what_was_wanted_and_the_rest_as_before() -> None:
    work = Counter[str]()

    @given(partial_histories(), _wanted)
    def check(held: Written, wanted: Mapping[str, Content | None]) -> None:
        state = record_state(held.versions, held.uncounted)
        for strand in state.strands:
            change = difference(strand, wanted)
            carried = compose(PEN, state.table, state.uuid, change, parents=strand.heads)
            after = record_state({**held.versions, carried.id: carried.version}, held.uncounted)
            shown = next(one for one in after.strands if carried.id in one.heads and one.first == strand.first)
            for name, content in wanted.items():
                assert _text(shown.fields.get(name)) == ("" if content in (None, "", ()) else _shown_text(content))
            untouched = strand.fields.keys() - wanted.keys()
            assert {name: shown.fields.get(name) for name in untouched} == {
                name: strand.fields[name] for name in untouched
            }
            work["wrote"] += not change.is_empty
            work["settled"] += bool(set(strand.conflicts) & wanted.keys())
            work["needless"] += change.is_empty and bool(wanted)

    check()
    assert work["wrote"] >= 30, work
    assert work["needless"] >= 3, work


def _text(field: FieldState | None) -> str:
    if field is None:
        return ""
    assert not field.is_conflict
    return _shown_text(field.shown)


def _shown_text(content: Content | None) -> str:
    # A list says each of its items once.
    distinct = tuple({content_text(item): item for item in content}.values()) if isinstance(content, tuple) else content
    return "" if distinct is None else content_text(distinct)


def test_nothing_is_written_for_what_is_shown_already() -> None:
    page = Page()
    page.add(page.put(name="Well", year=1999), name="needs", item="pump")
    assert difference(page.strand, {"name": "Well", "year": "1999", "needs": ("pump",), "status": None}).is_empty
    assert difference(None, {"status": "", "name": None, "needs": ()}).is_empty


def test_a_field_in_conflict_is_always_written() -> None:
    page = Page()
    first = page.put(name="Well")
    page.put(first, name="A")
    page.put(first, name="B")
    shown = page.strand.values["name"]
    assert difference(page.strand, {"name": shown}).set == {"name": shown}


def test_a_removal_names_the_additions_its_author_saw() -> None:
    page = Page()
    first = page.put(name="Well")
    additions = [page.add(first, name="needs", item="pump"), page.add(first, name="needs", item="pump")]
    change = difference(page.strand, {"needs": ("pipe",)})
    assert change.add == {"needs": ["pipe"]}
    assert [(removal.item, removal.seen) for removal in change.remove["needs"]] == [("pump", sorted(additions))]


@pytest.mark.parametrize("wanted", [{"needs": "pump"}, {"name": ("Well",)}])
def test_a_list_takes_items_and_a_field_a_value(wanted: dict[str, Content | None]) -> None:
    page = Page()
    page.add(page.put(name="Well"), name="needs", item="pump")
    with pytest.raises(InvalidInput):
        difference(page.strand, wanted)


def test_text_is_written_in_normal_form() -> None:
    assert difference(None, {"e\u0301": "x"}).set == {"e\u0301": "x"}
    assert difference(None, {"name": "Cafe\u0301"}).set == {"name": "Café"}
    assert normal_value(Reference("t", "e\u0301", bytes(32))) == Reference("t", "é", bytes(32))
    carried = compose(PEN, "Cafe\u0301", "e\u0301", difference(None, {"name": "x"}))
    assert (carried.version.table, carried.version.uuid) == ("Café", "é")


def test_a_record_born_here_gets_a_uuid_of_its_own() -> None:
    values: dict[str, Value] = {"name": "Well"}
    carried = compose(PEN, TABLE, None, difference(None, values), about={"via": "phone"})
    assert owns_uuid(carried.version)
    assert carried.version.about == {"via": "phone"}
    assert (carried.version.author, carried.version.seq, carried.version.made) == (PEN.author, PEN.seq, PEN.made)
    assert owns_uuid(compose(PEN, "e\u0301", None, difference(None, values)).version)
