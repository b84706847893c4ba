"""Units and protective fields (design, section 2.4, 3), a sentence a test."""

from edenmesh.core.ids import VersionId
from edenmesh.core.limits import UNIT_ROWS_MAX
from edenmesh.core.records import PUT, Change, Flag
from tests.core.records.pages import Page

POSITION = ["lat", "lon"]


def placed(page: Page) -> VersionId:
    """A record with a position, written with a form that says what a position is."""
    page.declare(POSITION)
    return page.put(name="Well", lat="1", lon="1")


def rows(page: Page, *names: str) -> list[tuple[object, ...]]:
    """The rows of a unit, the one shown first."""
    return list(zip(*(page.texts(name) for name in names), strict=True))


def test_fields_of_a_unit_changed_apart_are_one_conflict_with_the_values_side_by_side() -> None:
    page = Page()
    first = placed(page)
    amina, bo = page.put(first, lat="2", lon="1"), page.put(first, lat="1", lon="3")
    assert set(rows(page, "lat", "lon")) == {("2", "1"), ("1", "3")}
    assert page.strand.conflicts == ("lat", "lon")
    assert page.field("lat").unit == page.field("lon").unit == ("lat", "lon")
    givers = {choice.given_by for choice in page.field("lon").choices}
    assert givers == {(amina,), (bo,)}
    assert page.state.flags == Flag.CONFLICT


def test_without_the_declaration_the_same_edits_merge() -> None:
    page = Page()
    first = page.put(name="Well", lat="1", lon="1")
    page.put(first, lat="2")
    page.put(first, lon="3")
    assert page.strand.values == {"name": "Well", "lat": "2", "lon": "3"}
    assert page.state.is_clean


def test_equal_rows_given_apart_are_no_conflict() -> None:
    page = Page()
    first = placed(page)
    page.put(first, lat=2, lon="1")
    page.put(first, lat="2", lon=1)
    assert page.state.is_clean
    assert str(page.strand.values["lat"]) == "2"


def test_fields_outside_of_the_unit_merge_as_before() -> None:
    page = Page()
    first = placed(page)
    page.put(first, lat="2", lon="1")
    page.put(first, name="Old well")
    assert page.state.is_clean
    assert page.strand.values == {"name": "Old well", "lat": "2", "lon": "1"}


def test_what_a_version_leaves_out_of_a_unit_it_takes_over() -> None:
    page = Page()
    first = placed(page)
    page.put(page.put(first, lat="2"), lon="3")
    assert page.strand.values == {"name": "Well", "lat": "2", "lon": "3"}
    assert page.state.is_clean


def test_a_version_of_one_who_does_not_know_the_unit_conflicts_with_what_he_took_over() -> None:
    page = Page()
    first = placed(page)
    page.put(first, lat="2")
    page.put(first, lon="3")
    assert set(rows(page, "lat", "lon")) == {("2", "1"), ("1", "3")}


def test_rows_in_conflict_are_all_taken_over() -> None:
    page = Page()
    first = placed(page)
    amina, bo = page.put(first, lat="2", lon="2"), page.put(first, lat="3", lon="3")
    late = page.put(amina, bo, lat="4")
    assert set(rows(page, "lat", "lon")) == {("4", "2"), ("4", "3")}
    assert {choice.given_by for choice in page.field("lat").choices} == {(late,)}
    assert page.strand.conflicts == ("lat", "lon")


def test_what_was_undone_is_not_taken_over() -> None:
    page = Page()
    first = placed(page)
    moved = page.put(first, lat="2", lon="2")
    page.put(moved, lat="4")
    page.undo(moved)
    assert page.strand.values == {"name": "Well", "lat": "4", "lon": "1"}


def test_an_emptied_field_of_a_unit_in_conflict_stands_beside_the_values() -> None:
    page = Page()
    first = placed(page)
    page.put(first, lat="2", lon="2")
    page.unset(first, name="lat")
    assert set(rows(page, "lat", "lon")) == {("2", "2"), (None, "1")}


def test_every_field_of_a_unit_in_conflict_stands_in_it_even_when_nobody_gave_it() -> None:
    page = Page()
    page.declare(["lat", "lon", "height"])
    first = page.put(lat="1", lon="1")
    page.put(first, lat="2")
    page.put(first, lat="3")
    assert page.texts("height") == [None, None]
    assert page.strand.conflicts == ("height", "lat", "lon")


def test_late_edit_of_a_unit_reopens_the_unit_and_nothing_else() -> None:
    page = Page()
    first = placed(page)
    amina, bo = page.put(first, lat="2", lon="2", name="A"), page.put(first, lat="3", lon="3", name="B")
    page.resolve(amina, bo, lat="2", lon="2", name="A")
    assert page.state.is_clean
    page.put(first, lon="9", lat="1")
    assert page.strand.conflicts == ("lat", "lon")


def test_units_that_share_a_field_are_one_whichever_forms_declare_them() -> None:
    page = Page()
    page.declare(POSITION)
    first = page.put(lat="1", lon="1", height="1")
    page.declare(["lon", "height"])
    page.put(first, lat="2")
    page.put(first, height="2")
    assert page.field("lat").unit == ("height", "lat", "lon")
    assert set(rows(page, "height", "lat", "lon")) == {("1", "2", "1"), ("2", "1", "1")}


def test_an_observation_follows_a_version_in_a_unit_when_it_found_it_in_all_fields_that_gave() -> None:
    for found, is_clean in ((POSITION, True), (["lat"], False)):
        page = Page()
        first = placed(page)
        moved = page.put(first, lat="2", lon="2")
        page.saw(first, values={"lat": "5", "lon": "5"}, found={name: [moved] for name in found})
        assert page.state.is_clean == is_clean
        assert ("5", "5") in (rows(page, "lat", "lon"))


def test_an_observed_row_that_one_of_us_gives_too_is_an_echo() -> None:
    page = Page()
    first = placed(page)
    moved = page.put(first, lat="2", lon="2")
    page.saw(first, values={"lat": "2", "lon": "2"})
    assert page.state.is_clean
    assert page.field("lat").choices[0].given_by == (moved,)


def test_an_observation_that_echoes_a_part_of_a_row_only_conflicts() -> None:
    page = Page()
    first = placed(page)
    page.put(first, lat="2", lon="2")
    page.saw(first, values={"lat": "2"})
    assert set(rows(page, "lat", "lon")) == {("2", "2"), ("2", "1")}


def test_a_field_of_a_unit_that_also_holds_items_shows_them_after_the_rows() -> None:
    page = Page()
    first = placed(page)
    page.put(first, lat="2", lon="2")
    added = page.put(first, lat="3", lon="3")
    page.add(added, name="lat", item="4")
    assert set(page.texts("lat")[:2]) == {"2", "3"}
    assert page.texts("lat")[2] == ("4",)
    assert len(page.texts("lon")) == 2


def test_rows_that_would_multiply_without_end_are_taken_apart_and_lose_no_value() -> None:
    page = Page()
    unit = [f"f{number}" for number in range(8)]
    page.declare(unit)
    seen: tuple[VersionId, ...] = (page.first(name="Well"),)
    for name in unit:
        seen = tuple(page.write(PUT, seen, Change(set={name: str(number)})) for number in range(4))
    page.put(*seen, f0="last")
    assert len(page.field("f0").choices) <= UNIT_ROWS_MAX
    for name in unit[1:]:
        assert {"0", "1", "2", "3"} <= {text for text in page.texts(name) if text is not None}
    lengths = {len(page.field(name).choices) for name in unit}
    assert len(lengths) == 1


def test_a_protective_field_shows_the_restrictive_value_until_people_have_decided() -> None:
    page = Page()
    page.declare(consent=["no", "unknown"])
    first = page.put(name="Well", consent="yes")
    no = page.put(first, consent="no")
    deep = page.put(page.put(first, name="deeper"), consent="unknown")
    deeper = page.put(page.put(page.put(first, name="x"), name="y"), consent="yes indeed")
    assert page.texts("consent") == ["no", "unknown", "yes indeed"]
    page.resolve(no, deep, deeper, consent="yes")
    assert page.strand.values["consent"] == "yes"


def test_of_protective_values_no_form_names_the_deepest_is_shown_as_ever() -> None:
    page = Page()
    page.declare(consent=["no"])
    first = page.put(consent="yes")
    page.put(page.put(first, name="deeper"), consent="b")
    page.put(first, consent="c")
    assert page.texts("consent") == ["b", "c"]


def test_an_emptied_protective_field_is_restrictive_where_the_form_says_so() -> None:
    for restrictive, shown in (([""], None), (["no"], "yes")):
        page = Page()
        page.declare(consent=restrictive)
        first = page.put(name="Well", consent="maybe")
        page.unset(first, name="consent")
        page.put(page.put(first, name="deeper"), consent="yes")
        assert page.texts("consent")[0] == shown


def test_what_several_forms_call_restrictive_ranks_by_its_best_place_then_by_its_text() -> None:
    page = Page()
    page.declare(consent=["no", "ask"])
    first = page.put(consent="yes")
    page.declare(consent=["ask", "later"])
    for text in ("no", "later", "ask"):
        page.put(first, consent=text)
    assert page.texts("consent") == ["ask", "no", "later"]


def test_the_row_with_the_most_restrictive_value_of_a_protective_field_is_shown_first() -> None:
    page = Page()
    page.declare(["consent", "share"], consent=["no"])
    first = page.put(consent="yes", share="all")
    page.put(first, consent="no", share="none")
    page.put(page.put(first, name="deeper"), consent="yes", share="some")
    assert rows(page, "consent", "share")[0] == ("no", "none")


def test_a_single_restrictive_value_needs_no_conflict_and_no_choice() -> None:
    page = Page()
    page.declare(consent=["no"])
    page.put(page.put(consent="no"), consent="yes")
    assert page.strand.values == {"consent": "yes"}


def test_while_a_form_is_missing_the_record_says_form_awaited() -> None:
    for is_edited in (False, True):
        page = Page()
        schema = page.declare(POSITION)
        first = page.put(lat="1", lon="1")
        if is_edited:
            page.put(first, lat="2")
            page.put(first, lon="3")
        form = page.forms.pop(schema)
        assert page.state.flags & Flag.AWAITED
        assert not page.state.is_clean
        assert not page.strand.conflicts
        page.forms[schema] = form
        assert not page.state.flags & Flag.AWAITED
        assert bool(page.strand.conflicts) == is_edited


def test_forms_of_versions_without_effect_declare_nothing() -> None:
    page = Page()
    first = page.put(name="Well", lat="1", lon="1")
    page.put(first, lat="2")
    page.put(first, lon="3")
    schema = page.declare(POSITION)
    stolen = page.put(first, name="stolen")
    declared = page.strand
    assert declared.conflicts == ("lat", "lon")
    page.uncounted = {stolen}
    assert not page.strand.conflicts
    del page.forms[schema]
    assert not page.state.flags & Flag.AWAITED
