"""The rules of a record's state, a sentence of the design a test (sections 2.2, 2.4 and 2.5)."""

from edenmesh.core.ids import VersionId
from edenmesh.core.records import OPEN, Change, Flag, Reference, Version, record_state
from edenmesh.core.records.versions.version import carry
from tests.core.records.pages import OUTSIDE, Page
from tests.oracle.packing import pack
from tests.oracle.versions import base


def test_one_distinct_value_is_clean() -> None:
    page = Page()
    first = page.put(name="Well", depth=12)
    page.put(first, name="Old well")
    assert page.strand.values == {"name": "Old well", "depth": 12}
    assert page.state.flags == 0
    assert page.state.is_clean


def test_several_values_are_a_field_conflict_and_all_are_kept_with_who_gave_them() -> None:
    page = Page()
    first = page.put(name="Well")
    amina, bo = page.put(first, name="Well A"), page.put(first, name="Well B")
    assert {choice.content: choice.given_by for choice in page.field("name").choices} == {
        "Well A": (amina,),
        "Well B": (bo,),
    }
    assert page.strand.conflicts == ("name",)
    assert page.state.flags == Flag.CONFLICT
    assert not page.state.is_clean


def test_equal_values_given_apart_are_no_conflict() -> None:
    page = Page()
    first = page.put(name="Well")
    amina, bo = page.put(first, year=1999), page.put(first, year="1999")
    assert page.state.is_clean
    assert {*page.field("year").choices[0].given_by} == {amina, bo}


def test_different_fields_changed_apart_merge_without_a_question() -> None:
    page = Page()
    first = page.put(name="Well", status="open")
    page.put(first, name="Old well")
    page.put(first, status="closed")
    assert page.strand.values == {"name": "Old well", "status": "closed"}
    assert page.state.is_clean


def test_the_provisional_value_is_the_deepest_and_no_clock_is_asked() -> None:
    page = Page()
    first = page.put(name="Well")
    page.put(first, name="by a clock far ahead", made=10**12)
    deep = page.put(page.put(first, status="x"), name="by a clock far behind")
    assert page.texts("name") == ["by a clock far behind", "by a clock far ahead"]
    assert page.field("name").choices[0].given_by == (deep,)
    assert page.field("name").is_conflict


def test_of_equally_deep_values_the_larger_id_is_shown() -> None:
    page = Page()
    first = page.put(name="Well")
    ids = [page.put(first, name=f"Well {number}") for number in range(5)]
    assert [choice.given_by[0] for choice in page.field("name").choices] == sorted(ids, reverse=True)


def test_an_emptied_field_contradicts_a_value_given_meanwhile() -> None:
    page = Page()
    first = page.put(name="Well", status="open")
    page.unset(first, name="status")
    page.put(first, status="closed")
    assert set(page.texts("status")) == {None, "closed"}
    assert page.strand.conflicts == ("status",)


def test_an_emptied_field_is_not_shown() -> None:
    page = Page()
    page.unset(page.put(name="Well", status="open"), name="status")
    assert page.strand.values == {"name": "Well"}
    assert page.state.is_clean


def test_a_field_emptied_by_two_is_empty() -> None:
    page = Page()
    first = page.put(name="Well", status="open")
    page.unset(first, name="status")
    page.unset(first, name="status")
    assert page.strand.fields.keys() == {"name"}
    assert page.state.is_clean


def test_a_provisional_emptiness_is_no_value_but_is_undecided() -> None:
    page = Page()
    first = page.put(name="Well", status="open")
    page.put(first, status="closed")
    page.unset(page.put(first, name="deeper"), name="status")
    assert page.texts("status") == [None, "closed"]
    assert "status" not in page.strand.values


def test_a_resolution_settles_the_heads_its_author_saw() -> None:
    page = Page()
    first = page.put(name="Well", status="open")
    amina, bo = page.put(first, name="Well A"), page.put(first, name="Well B")
    chosen = page.resolve(amina, bo, name="Well A")
    assert page.strand.values["name"] == "Well A"
    assert page.state.is_clean
    assert page.strand.heads == (chosen,)


def test_late_edit_reopens_only_the_field_it_touched() -> None:
    page = Page()
    first = page.put(name="Well", status="open")
    amina, bo = page.put(first, name="A", status="a"), page.put(first, name="B", status="b")
    page.resolve(amina, bo, name="A", status="a")
    page.put(first, name="C")
    assert page.strand.conflicts == ("name",)
    assert set(page.texts("name")) == {"A", "C"}


def test_a_retract_hides_what_its_author_saw() -> None:
    page = Page()
    retract = page.retract(page.put(name="Well"))
    assert page.strand.is_deleted
    assert page.strand.retracts == (retract,)
    assert page.state.flags == Flag.DELETED
    assert page.state.is_clean


def test_a_concurrent_edit_keeps_the_record_visible_and_says_who_deleted_and_who_edited() -> None:
    page = Page()
    first = page.put(name="Well")
    retract, edit = page.retract(first), page.put(first, name="Old well")
    assert not page.strand.is_deleted
    assert page.strand.is_contested
    assert (page.strand.retracts, page.strand.concurrent_edits) == ((retract,), (edit,))
    assert page.strand.values == {"name": "Old well"}
    assert page.state.flags == Flag.CONTESTED
    assert page.state.flags & OPEN


def test_a_later_put_or_resolve_lifts_a_retract_whole() -> None:
    for lift in (Page.put, Page.resolve):
        page = Page()
        first = page.put(name="Well", status="open")
        lift(page, page.retract(first), status="closed")
        assert page.strand.values == {"name": "Well", "status": "closed"}
        assert page.state.is_clean


def test_only_the_retracts_that_were_seen_are_lifted() -> None:
    page = Page()
    first = page.put(name="Well")
    seen, unseen = page.retract(first), page.retract(first)
    lift = page.put(seen, name="Old well")
    assert page.strand.retracts == (unseen,)
    assert page.strand.concurrent_edits == (lift,)


def test_an_item_is_there_while_one_addition_of_it_was_not_seen_by_a_removal() -> None:
    page = Page()
    first = page.put(name="Well")
    amina, bo = page.add(first, name="needs", item="pump"), page.add(first, name="needs", item="pump")
    page.remove(amina, name="needs", item="pump", additions=[amina])
    assert page.strand.values["needs"] == ("pump",)
    assert page.field("needs").choices[0].given_by == (bo,)
    page.remove(*page.strand.heads, name="needs", item="pump", additions=[bo])
    assert "needs" not in page.strand.values


def test_a_removal_of_what_has_not_come_takes_nothing() -> None:
    page = Page()
    addition = page.add(page.put(name="Well"), name="needs", item="pump")
    page.remove(addition, name="needs", item="pump", additions=[VersionId(bytes(32))])
    assert page.strand.values["needs"] == ("pump",)


def test_a_removal_of_one_item_leaves_the_others() -> None:
    page = Page()
    both = page.write("put", (), Change(add={"needs": ["pump", "pipe"]}))
    page.remove(both, name="needs", item="pump", additions=[both])
    assert page.strand.values == {"needs": ("pipe",)}


def test_items_stand_in_the_order_of_their_texts_and_once_each() -> None:
    page = Page()
    first = page.put(name="Well")
    for item in ("pump", 7, "7", "Pipe", "pump"):
        page.add(first, name="needs", item=item)
    needs = page.strand.values["needs"]
    assert isinstance(needs, tuple)
    assert [str(item) for item in needs] == ["7", "Pipe", "pump"]
    assert not page.field("needs").is_conflict


def test_a_field_that_holds_a_value_and_items_shows_both() -> None:
    page = Page()
    first = page.put(needs="a pump")
    page.add(first, name="needs", item="pump")
    assert page.texts("needs") == ["a pump", ("pump",)]
    assert page.strand.conflicts == ("needs",)


def test_two_unequal_first_versions_are_two_strands_shown_whole() -> None:
    page = Page(OUTSIDE)
    here, there = page.first(name="Well"), page.first(name="Clinic")
    page.put(here, status="open")
    state = page.state
    assert state.flags == Flag.IDENTITY
    assert state.strand is None
    assert {strand.first: strand.values for strand in state.strands} == {
        here: {"name": "Well", "status": "open"},
        there: {"name": "Clinic"},
    }


def test_strands_stand_in_the_order_of_their_first_ids() -> None:
    page = Page(OUTSIDE)
    firsts = [page.first(name=f"Well {number}") for number in range(5)]
    assert [strand.first for strand in page.state.strands] == sorted(firsts)


def test_a_deleted_strand_of_two_does_not_make_the_record_deleted() -> None:
    page = Page(OUTSIDE)
    page.retract(page.first(name="Well"))
    page.first(name="Clinic")
    assert page.state.flags == Flag.IDENTITY
    assert sorted(strand.is_deleted for strand in page.state.strands) == [False, True]


def test_first_versions_of_equal_content_are_one_and_what_follows_one_follows_all() -> None:
    page = Page(OUTSIDE)
    here, there = page.first(year=1999), page.first(year="1999")
    assert page.state.is_clean
    assert page.strand.heads == (min(here, there),)
    assert {*page.field("year").choices[0].given_by} == {here, there}
    page.put(there, year=2000)
    assert page.strand.values == {"year": 2000}
    assert page.state.is_clean
    page.put(here, there, year=2001)
    assert set(page.texts("year")) == {2000, 2001}


def test_what_removes_an_item_of_one_removes_it_of_its_equals() -> None:
    page = Page(OUTSIDE)
    here = page.write("put", (), Change(add={"needs": ["pump"]}))
    page.write("put", (), Change(add={"needs": ["pump"]}))
    page.remove(here, name="needs", item="pump", additions=[here])
    assert page.strand.values == {}


def test_a_version_that_descends_from_two_strands_is_in_both() -> None:
    page = Page(OUTSIDE)
    here, there = page.first(name="Well"), page.first(name="Clinic")
    both = page.put(here, there, status="open")
    assert [strand.heads for strand in page.state.strands] == [(both,), (both,)]
    assert {strand.values["name"] for strand in page.state.strands} == {"Well", "Clinic"}
    assert {strand.values["status"] for strand in page.state.strands} == {"open"}


def test_a_version_waits_while_an_ancestor_has_not_come() -> None:
    page = Page()
    first = page.put(name="Well")
    second = page.put(first, name="Old well")
    third = page.put(second, name="Older well")
    page.hold_back(second)
    assert page.state.waiting == {third}
    assert page.strand.values == {"name": "Well"}
    assert page.state.flags == Flag.WAITING
    assert not page.state.is_clean


def test_a_record_of_which_nothing_counts_yet_shows_nothing() -> None:
    page = Page()
    first = page.put(name="Well")
    second = page.put(first, name="Old well")
    page.hold_back(first)
    state = page.state
    assert (state.table, state.uuid, state.strands) == ("org_facility", page.uuid, ())
    assert state.waiting == {second}
    assert not state.is_clean


def test_a_quarantined_version_keeps_its_place_and_gives_no_value() -> None:
    page = Page()
    first = page.put(name="Well")
    cut = page.put(first, name="stolen", status="stolen")
    after = page.put(cut, name="Old well")
    page.uncounted = {cut}
    assert page.strand.values == {"name": "Old well"}
    assert page.strand.heads == (after,)
    assert page.state.flags == Flag.QUARANTINED


def test_an_edit_does_not_follow_a_quarantined_head_that_nobody_saw() -> None:
    page = Page()
    first = page.put(name="Well")
    cut = page.put(first, name="stolen")
    page.uncounted = {cut}
    assert page.strand.heads == (first,)
    page.put(*page.strand.heads, name="Old well")
    page.uncounted = set()
    assert set(page.texts("name")) == {"stolen", "Old well"}


def test_a_quarantined_first_version_contests_no_identity() -> None:
    page = Page(OUTSIDE)
    page.first(name="Well")
    page.uncounted = {page.first(name="stolen")}
    assert page.strand.values == {"name": "Well"}
    assert page.state.flags == Flag.QUARANTINED


def test_a_quarantined_retract_deletes_nothing() -> None:
    page = Page()
    first = page.put(name="Well")
    page.uncounted = {page.retract(first)}
    assert page.strand.values == {"name": "Well"}
    assert not page.strand.retracts


def test_a_version_newer_than_this_program_is_carried_without_effect() -> None:
    first = carry(pack(base()))
    newer = carry(pack(base(op="weigh", parents=[first.id], set={"name": "weighed"})))
    newest = carry(pack(base(format=2, parents=[first.id])))
    state = record_state({one.id: one.version for one in (first, newer, newest)})
    assert state.strand is not None
    assert state.strand.values == {"name": "Well"}
    assert state.strand.heads == (first.id,)
    assert state.flags == Flag.NEWER
    assert not state.is_clean
    for alone in (base(op="weigh"), base(format=2)):
        state = record_state({newer.id: Version.decode(pack(alone))})
        assert state.strands == ()
        assert state.flags == Flag.NEWER


def test_an_unknown_table_and_field_are_shown_unchanged() -> None:
    page = Page()
    page.put(name="Well", master=Reference("zzz_unknown", "u"))
    assert page.strand.values["master"] == Reference("zzz_unknown", "u")
