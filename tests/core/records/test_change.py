"""Writing: the version that makes a record show what a person wants, and nothing else."""

from collections import Counter
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edenmesh.core.ids import AuthorId, VersionId
from edenmesh.core.records import (
    PUT,
    RESOLVE,
    RETRACT,
    Change,
    Content,
    Decimal,
    Declared,
    FieldState,
    Flag,
    Pen,
    Reference,
    Removal,
    Value,
    compose,
    content_text,
    difference,
    normal_value,
    owns_uuid,
    record_state,
)
from edenmesh.core.records.writing.change import whole_choice
from edenmesh.errors import InvalidInput
from tests.core.records.pages import TABLE, Page
from tests.oracle.histories import FIELDS, LISTS, VALUES, Written, edited_records, partial_histories

PEN = Pen(AuthorId(bytes([7]) * 32), 5, 1_790_000_000_000, bytes(16))

_lists = st.lists(st.sampled_from(VALUES), min_size=1, max_size=3).map(tuple)
_contents: st.SearchStrategy[Content | None] = st.one_of(
    st.sampled_from((None, "", ())), st.sampled_from(VALUES), _lists, _lists
)
_values_for_lists = st.dictionaries(st.sampled_from(LISTS), st.sampled_from(VALUES), min_size=1)
_lists_for_values = st.dictionaries(st.sampled_from(FIELDS), _lists, min_size=1)
_anything = st.dictionaries(st.sampled_from((*FIELDS, *LISTS)), _contents, max_size=3)
_wanted: st.SearchStrategy[Mapping[str, Content | None]] = st.one_of(_anything, _values_for_lists, _lists_for_values)


def test_after_the_change_the_record_shows_what_was_wanted_and_the_rest_as_before() -> None:
    work = Counter[str]()

    @settings(max_examples=300)
    @given(st.one_of(partial_histories(), edited_records()), _wanted)
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
            work["lists for values"] += bool(change.add.keys() & set(change.unset))
            work["values for lists"] += bool(change.remove.keys() & change.set.keys())
            work["settled"] += bool(set(strand.conflicts) & wanted.keys())
            work["needless"] += change.is_empty and bool(wanted)

    check()
    assert work["wrote"] >= 30, work
    assert work["needless"] >= 3, work
    assert work["lists for values"] >= 5, work
    assert work["values for lists"] >= 5, work


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


def test_one_version_puts_a_list_in_the_place_of_a_value_and_a_value_in_that_of_a_list() -> None:
    page = Page()
    added = page.add(page.put(name="Well"), name="needs", item="pump")
    change = difference(page.strand, {"name": ("Well", "Spring"), "needs": "a pump"})
    assert (change.unset, change.add) == (["name"], {"name": ["Spring", "Well"]})
    assert (change.set, change.remove) == ({"needs": "a pump"}, {"needs": [Removal("pump", [added])]})
    page.write(PUT, page.strand.heads, change)
    assert page.strand.values == {"name": ("Spring", "Well"), "needs": "a pump"}
    assert page.state.is_clean


def test_a_field_that_holds_a_value_and_items_is_settled_either_way() -> None:
    for settled in ("a pump", ("pump", "pipe"), None):
        page = Page()
        first = page.put(name="Well", needs="a pump")
        page.add(first, name="needs", item="pump")
        assert page.strand.conflicts == ("needs",)
        page.write(PUT, page.strand.heads, difference(page.strand, {"needs": settled}))
        assert page.state.is_clean
        assert page.strand.values.get("needs") == (tuple(sorted(settled)) if isinstance(settled, tuple) else settled)


def test_a_unit_is_written_whole_when_any_of_it_changes() -> None:
    page = Page()
    page.declare(["height", "lat", "lon"])
    page.put(name="Well", lat="1", lon="1")
    declared = Declared((("height", "lat", "lon"),))
    change = difference(page.strand, {"lat": "2"}, declared=declared)
    assert (change.set, change.unset) == ({"lat": "2", "lon": "1"}, ["height"])
    assert difference(page.strand, {"name": "Old well"}, declared=declared).set == {"name": "Old well"}
    assert difference(page.strand, {"lat": "1"}, declared=declared).is_empty
    assert difference(None, {"lat": "2"}, declared=declared) == Change(set={"lat": "2"})


def test_emptying_one_field_of_a_unit_writes_the_others_too() -> None:
    page = Page()
    page.declare(["lat", "lon"])
    page.put(name="Well", lat="1", lon="1")
    change = difference(page.strand, {"lat": None}, declared=Declared((("lat", "lon"),)))
    assert (change.set, change.unset) == ({"lon": "1"}, ["lat"])


def test_to_choose_one_value_of_a_unit_is_to_choose_the_whole_row() -> None:
    page = Page()
    page.declare(["lat", "lon"])
    first = page.put(name="Well", lat="1", lon="1")
    amina, bo = page.put(first, lat="2", lon="2"), page.put(first, lat="3", lon="3", name="Spring")
    page.put(first, name="Well of Bo")
    assert whole_choice(page.strand, "lat", amina) == {"lat": "2", "lon": "2"}
    assert whole_choice(page.strand, "lon", bo) == {"lat": "3", "lon": "3"}
    assert whole_choice(page.strand, "lat", 0) == whole_choice(page.strand, "lon", 0)
    assert whole_choice(page.strand, "name", bo) == {"name": "Spring"}
    chosen = difference(page.strand, whole_choice(page.strand, "lat", amina), declared=Declared((("lat", "lon"),)))
    page.write(RESOLVE, page.strand.heads, chosen)
    assert (page.strand.values["lat"], page.strand.values["lon"]) == ("2", "2")
    for name, value in (("lat", first), ("nothing", amina), ("lat", 2), ("lat", -1)):
        with pytest.raises(InvalidInput):
            whole_choice(page.strand, name, value)


def test_items_beside_the_rows_of_a_unit_are_chosen_for_their_field_only() -> None:
    page = Page()
    page.declare(["lat", "lon"])
    first = page.put(lat="1", lon="1")
    page.put(first, lat="2", lon="2")
    page.add(page.put(first, lat="3", lon="3"), name="lat", item="4")
    assert whole_choice(page.strand, "lat", 2) == {"lat": ("4",)}


@pytest.mark.parametrize("op", [RETRACT, RESOLVE])
def test_a_retract_or_resolution_of_nothing_is_refused(op: str) -> None:
    with pytest.raises(InvalidInput, match="names nothing it saw"):
        compose(PEN, TABLE, "u", Change(), op=op)


@pytest.mark.parametrize("op", [PUT, RETRACT, RESOLVE])
def test_what_names_a_version_that_has_not_come_waits_and_changes_nothing(op: str) -> None:
    page = Page()
    first = page.put(name="Well")
    before = page.strand
    page.write(op, (first, VersionId(bytes(32))), Change())
    assert page.strand == before
    assert page.state.flags == Flag.WAITING


def test_text_and_number_of_two_forms_are_one_value_when_their_texts_are() -> None:
    page = Page()
    first = page.put(year="1998")
    page.put(first, year=1999)
    page.put(first, year="1999")
    assert page.state.is_clean
    assert difference(page.strand, {"year": 1999}).is_empty
    assert difference(page.strand, {"year": "1999"}).is_empty
    page.put(first, year=Decimal("1999.5"))
    assert page.strand.conflicts == ("year",)


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
