"""What people decide about strands, a sentence of the design a test (section 2.5)."""

import pytest

from edenmesh.core.encoding import Plain
from edenmesh.core.ids import VersionId
from edenmesh.core.records import (
    OPEN,
    RESOLVE,
    Flag,
    decide_different,
    decide_same,
    left_uuid,
    offered_keeper,
)
from edenmesh.errors import InvalidInput
from tests.core.records.family_page import FamilyPage
from tests.core.records.pages import OTHER_SERVER, OUTSIDE, SERVER, Page


def two() -> tuple[FamilyPage, VersionId, VersionId]:
    page = FamilyPage()
    return page, page.first(name="Well"), page.first(name="Clinic")


def three() -> tuple[FamilyPage, VersionId, VersionId, VersionId]:
    page, well, clinic = two()
    return page, well, clinic, page.first(name="School")


def shown(page: FamilyPage) -> dict[str, list[list[str]]]:
    """By uuid, the names that each strand may have."""
    return {
        uuid: sorted([sorted(str(choice.content) for choice in one.fields["name"].choices) for one in state.strands])
        for uuid, state in page.states.items()
    }


def test_two_strands_are_an_identity_conflict_until_decided() -> None:
    page, _, _ = two()
    assert shown(page) == {OUTSIDE: [["Clinic"], ["Well"]]}
    assert page.states[OUTSIDE].flags == Flag.IDENTITY


def test_what_is_the_same_is_one_record_with_all_values_to_choose_from() -> None:
    page, well, clinic = two()
    page.same(well, clinic)
    assert shown(page) == {OUTSIDE: [["Clinic", "Well"]]}
    assert page.states[OUTSIDE].flags == Flag.CONFLICT


def test_what_is_different_becomes_a_record_of_its_own() -> None:
    page, well, clinic = two()
    page.different(clinic, well)
    assert shown(page) == {OUTSIDE: [["Clinic"]], left_uuid(well): [["Well"]]}
    assert not any(state.flags for state in page.states.values())


def test_a_decision_names_the_heads_of_all_strands_it_is_about() -> None:
    page, well, clinic = two()
    a, b = page.put(well, status="open"), page.put(clinic, status="closed")
    decision = page.different(clinic, well)
    assert set(page.versions[decision].parents) == {a, b}
    assert page.strand_of(well).heads == page.strand_of(clinic).heads == (decision,)


def test_an_edit_after_the_decision_changes_its_own_record_only() -> None:
    page, well, clinic = two()
    page.different(clinic, well)
    page.edit(well, status="dry")
    page.edit(clinic, status="open")
    assert page.strand_of(well).values == {"name": "Well", "status": "dry"}
    assert page.strand_of(clinic).values == {"name": "Clinic", "status": "open"}


def test_an_edit_that_names_no_strand_is_of_the_record_under_whose_uuid_it_stands() -> None:
    page, well, clinic = two()
    decision = page.different(clinic, well)
    page.at(OUTSIDE, decision, status="open")
    page.at(left_uuid(well), decision, status="dry")
    assert page.strand_of(well).values == {"name": "Well", "status": "dry"}
    assert page.strand_of(clinic).values == {"name": "Clinic", "status": "open"}


def test_edits_after_an_undone_decision_stay_with_the_strand_they_name() -> None:
    page, well, clinic = two()
    decision = page.different(clinic, well)
    page.edit(well, status="dry")
    page.edit(clinic, status="open")
    page.take_back(decision)
    page.edit(well, depth=12)
    page.edit(clinic, beds=4)
    assert page.states.keys() == {OUTSIDE}
    assert page.strand_of(well).values == {"name": "Well", "status": "dry", "depth": 12}
    assert page.strand_of(clinic).values == {"name": "Clinic", "status": "open", "beds": 4}


def test_a_later_strand_contests_only_the_keeper() -> None:
    page, well, clinic = two()
    page.different(clinic, well)
    page.first(name="School")
    assert shown(page) == {OUTSIDE: [["Clinic"], ["School"]], left_uuid(well): [["Well"]]}
    assert page.states[OUTSIDE].flags == Flag.IDENTITY
    assert page.states[left_uuid(well)].flags == 0


def test_a_later_decision_on_the_same_strands_replaces_the_earlier_one() -> None:
    page, well, clinic = two()
    first = page.say_different(clinic, well)
    page.say_same(clinic, well, seen=(first,))
    assert shown(page) == {OUTSIDE: [["Clinic", "Well"]]}
    assert not page.states[OUTSIDE].contradictions


def test_a_decision_on_one_pair_leaves_those_on_others_alone() -> None:
    page, well, clinic, school = three()
    first = page.say_different(clinic, well, school)
    page.say_same(clinic, school, seen=(first,))
    assert shown(page) == {OUTSIDE: [["Clinic", "School"]], left_uuid(well): [["Well"]]}


def test_same_and_different_at_once_are_a_conflict_and_neither_applies() -> None:
    page, well, clinic = two()
    same, different = page.say_same(clinic, well), page.say_different(clinic, well)
    state = page.states[OUTSIDE]
    assert shown(page) == {OUTSIDE: [["Clinic"], ["Well"]]}
    assert state.contradictions == tuple(sorted((same, different)))
    assert state.flags & OPEN == Flag.IDENTITY


def test_two_who_name_each_the_other_keeper_contradict() -> None:
    page, well, clinic = two()
    decisions = {page.say_different(clinic, well), page.say_different(well, clinic)}
    assert shown(page) == {OUTSIDE: [["Clinic"], ["Well"]]}
    assert {*page.states[OUTSIDE].contradictions} == decisions


def test_strands_that_leave_in_a_circle_stay_and_the_decisions_contradict() -> None:
    page, well, clinic, school = three()
    pairs = ((clinic, well), (school, clinic), (well, school))
    decisions = {page.say_different(keeper, leaver) for keeper, leaver in pairs}
    assert len(page.states[OUTSIDE].strands) == 3
    assert {*page.states[OUTSIDE].contradictions} == decisions


def test_decisions_contradict_through_a_third_strand() -> None:
    page, well, clinic, school = three()
    decisions = {page.say_same(well, clinic), page.say_same(clinic, school), page.say_different(school, well)}
    assert len(page.states[OUTSIDE].strands) == 3
    assert {*page.states[OUTSIDE].contradictions} == decisions


def test_what_was_settled_before_holds_when_later_decisions_contradict_each_other() -> None:
    page, well, clinic, school = three()
    settled = page.say_same(well, clinic)
    late = {
        page.say_same(clinic, school, seen=(settled, school)),
        page.say_different(well, school, seen=(settled, school)),
    }
    assert shown(page) == {OUTSIDE: [["Clinic", "Well"], ["School"]]}
    assert {*page.states[OUTSIDE].contradictions} == late


def test_decisions_about_others_hold_beside_a_contradiction() -> None:
    page, well, clinic, school = three()
    page.say_same(well, clinic)
    page.say_different(well, clinic)
    page.say_different(well, school)
    assert shown(page) == {OUTSIDE: [["Clinic"], ["Well"]], left_uuid(school): [["School"]]}


@pytest.mark.parametrize("is_same", [True, False])
def test_a_later_decision_that_follows_both_settles_a_contradiction(*, is_same: bool) -> None:
    page, well, clinic, school = three()
    page.say_same(well, clinic)
    page.say_same(clinic, school)
    page.say_different(school, well)
    if is_same:
        page.same(well, clinic, school)
        assert shown(page) == {OUTSIDE: [["Clinic", "School", "Well"]]}
    else:
        page.different(clinic, well, school)
        assert shown(page).keys() == {OUTSIDE, left_uuid(well), left_uuid(school)}
    assert not any(state.contradictions for state in page.states.values())


def test_a_name_that_is_not_known_says_nothing_until_it_is() -> None:
    page, well, clinic = two()
    other, late = FamilyPage(), VersionId(bytes(32))
    late = other.first(name="Late")
    page.at(OUTSIDE, well, clinic, op=RESOLVE, about={"keeps": clinic, "leaves": [late]})
    assert shown(page) == {OUTSIDE: [["Clinic"], ["Well"]]}
    page.versions[late] = other.versions[late]
    assert shown(page) == {OUTSIDE: [["Clinic"], ["Well"]], left_uuid(late): [["Late"]]}


def test_a_name_that_begins_no_strand_says_nothing() -> None:
    page, well, clinic = two()
    edit = page.put(well, status="open")
    page.at(OUTSIDE, edit, clinic, op=RESOLVE, about={"keeps": clinic, "leaves": [edit]})
    page.at(OUTSIDE, edit, clinic, op=RESOLVE, about={"same": list[Plain](sorted((edit, clinic)))})
    assert shown(page) == {OUTSIDE: [["Clinic"], ["Well"]]}


def test_naming_any_of_equal_firsts_means_the_strand() -> None:
    page = FamilyPage()
    wells = [page.first(name="Well") for _ in range(3)]
    clinic = page.first(name="Clinic")
    page.say_different(clinic, max(wells))
    assert shown(page) == {OUTSIDE: [["Clinic"]], left_uuid(max(wells)): [["Well"]]}


def test_of_several_names_by_which_a_strand_left_the_smallest_counts() -> None:
    page = FamilyPage()
    wells = sorted(page.first(name="Well") for _ in range(3))
    clinic = page.first(name="Clinic")
    page.say_different(clinic, wells[2])
    page.say_different(clinic, wells[1])
    assert page.uuid_of(wells[0]) == left_uuid(wells[1])


def test_the_strand_whose_own_uuid_it_is_cannot_leave_it() -> None:
    page, well, clinic = two()
    page.different(clinic, well)
    own = left_uuid(well)
    twin = page.at(own, name="Import")
    page.say_different(twin, well)
    assert len(page.states[own].strands) == 2
    with pytest.raises(InvalidInput, match="was made for the strand"):
        page.different(twin, well)
    page.different(well, twin)
    assert shown(page) == {OUTSIDE: [["Clinic"]], own: [["Well"]], left_uuid(twin): [["Import"]]}


def test_an_undone_decision_has_no_effect() -> None:
    page, well, clinic = two()
    decision = page.different(clinic, well)
    undo = page.take_back(decision)
    assert shown(page) == {OUTSIDE: [["Clinic"], ["Well"]]}
    page.take_back(undo)
    assert shown(page) == {OUTSIDE: [["Clinic"]], left_uuid(well): [["Well"]]}


def test_a_decision_brings_no_deleted_record_back() -> None:
    page, well, clinic = two()
    page.retract(well)
    page.different(clinic, well)
    assert page.strand_of(well).is_deleted
    assert page.states[left_uuid(well)].flags == Flag.DELETED


def test_a_decision_made_while_another_deletes_is_no_edit() -> None:
    page, well, clinic = two()
    page.say_different(clinic, well)
    page.retract(well)
    assert page.strand_of(well).is_deleted


def test_a_quarantined_decision_has_no_effect() -> None:
    page, well, clinic = two()
    page.uncounted.add(page.different(clinic, well))
    assert shown(page) == {OUTSIDE: [["Clinic"], ["Well"]]}


def test_what_is_decided_already_is_refused() -> None:
    page, well, clinic = two()
    page.different(clinic, well)
    with pytest.raises(InvalidInput, match="no longer under"):
        decide_different(page.versions, clinic, [well])
    page, well, clinic = two()
    page.same(clinic, well)
    with pytest.raises(InvalidInput, match="one strand already"):
        decide_same(page.versions, [well, clinic])
    with pytest.raises(InvalidInput, match="are one"):
        decide_different(page.versions, clinic, [well])


def test_what_is_not_here_is_refused() -> None:
    page, well, _ = two()
    for firsts in ([well, VersionId(bytes(32))], [VersionId(bytes(32)), well]):
        with pytest.raises(InvalidInput, match="There is no strand"):
            decide_same(page.versions, firsts)
        with pytest.raises(InvalidInput, match="There is no strand"):
            decide_different(page.versions, firsts[0], firsts[1:])
    with pytest.raises(InvalidInput, match="not said which"):
        decide_different(page.versions, well, [])


def test_a_strand_that_left_may_be_called_the_same_again() -> None:
    page, well, clinic = two()
    page.different(clinic, well)
    page.edit(well, name="Old well")
    page.edit(clinic, name="New clinic")
    page.same(well, clinic)
    assert shown(page) == {OUTSIDE: [["New clinic", "Old well"]]}


def test_who_owns_the_uuid_is_offered_as_keeper() -> None:
    page = Page()
    owner = page.put(name="Well")
    page.saw(values={"name": "Clinic"})
    page.first(name="School")
    assert len(page.state.strands) == 2
    assert offered_keeper(page.state, page.versions) == page.state.strands[0].first or owner


def test_else_the_strand_seen_at_the_destination_is_offered_as_keeper() -> None:
    page, well, _ = two()
    assert offered_keeper(page.states[OUTSIDE], page.versions) is None
    page.saw(well, body=bytes([1]) * 32)
    assert offered_keeper(page.states[OUTSIDE], page.versions) == well
    assert offered_keeper(page.states[OUTSIDE], page.versions, SERVER) == well
    assert offered_keeper(page.states[OUTSIDE], page.versions, OTHER_SERVER) is None


def test_the_strand_that_left_for_a_uuid_is_offered_as_its_keeper() -> None:
    page, well, clinic = two()
    page.different(clinic, well)
    page.at(left_uuid(well), name="Import")
    assert offered_keeper(page.states[left_uuid(well)], page.versions) == well
