"""Families: where strands reside, what is looked at together, what references mean (design, section 2.5)."""

from collections.abc import Sequence
from time import perf_counter

from edenmesh.core.ids import VersionId
from edenmesh.core.records import (
    OBSERVE,
    Flag,
    Reading,
    RecordState,
    Reference,
    family_uuids,
    is_delivered,
    left_uuid,
    observe,
    record_state,
    record_states,
    residence,
    versions_at,
)
from tests.core.records.family_page import FamilyPage
from tests.core.records.pages import OUTSIDE, SERVER, TABLE, Page


def parted() -> tuple[FamilyPage, VersionId, VersionId, VersionId]:
    """A clinic that keeps the uuid, a well that left it, and the decision."""
    page = FamilyPage()
    well, clinic = page.first(name="Well"), page.first(name="Clinic")
    return page, well, clinic, page.different(clinic, well)


def test_a_family_of_one_record_is_that_record() -> None:
    page = Page()
    first = page.put(name="Well")
    for _ in range(3):
        assert record_states(page.versions) == (record_state(page.versions),)
        assert family_uuids(page.versions) == set()
        first = page.put(first, name="Old well")


def test_a_family_has_a_state_for_each_uuid_where_a_strand_resides_in_order() -> None:
    page, well, clinic, _ = parted()
    states = record_states(page.versions)
    assert [state.uuid for state in states] == sorted((OUTSIDE, left_uuid(well)))
    assert {state.uuid: state.strands[0].first for state in states} == {OUTSIDE: clinic, left_uuid(well): well}


def test_versions_written_for_the_leaver_stand_under_its_new_uuid_and_follow_the_old_ones() -> None:
    page, well, _, decision = parted()
    edit = page.at(left_uuid(well), decision, name="Old well")
    assert page.strand_at(left_uuid(well)).values == {"name": "Old well"}
    assert page.strand_at(left_uuid(well)).heads == (edit,)
    assert page.strand_at(OUTSIDE).values == {"name": "Clinic"}


def test_before_the_decision_has_come_what_follows_it_waits() -> None:
    page, well, _, decision = parted()
    edit = page.at(left_uuid(well), decision, name="Old well")
    page.hold_back(decision)
    assert len(page.states[OUTSIDE].strands) == 2
    assert page.states[left_uuid(well)].waiting == {edit}
    assert page.states[left_uuid(well)].flags == Flag.WAITING


def test_an_undone_decision_brings_all_that_was_written_back_under_the_old_uuid() -> None:
    page, well, clinic, decision = parted()
    page.edit(well, name="Old well")
    page.seen_at(left_uuid(well), body=1, name="Old well", status="dry")
    page.take_back(decision)
    assert page.states.keys() == {OUTSIDE}
    assert page.strand_of(well).values == {"name": "Old well", "status": "dry"}
    assert page.strand_of(clinic).values == {"name": "Clinic"}


def test_observations_under_the_uuid_of_a_leaver_are_of_its_strand() -> None:
    page, well, _, _ = parted()
    page.seen_at(left_uuid(well), body=1, name="Well", status="dry")
    page.seen_at(left_uuid(well), body=2, name="Well", depth=3)
    state = page.states[left_uuid(well)]
    assert state.strand is not None
    assert {*state.strand.fields} == {"name", "status", "depth"}


def test_an_import_under_the_uuid_of_a_leaver_contests_it_there() -> None:
    page, well, _, _ = parted()
    late = page.at(left_uuid(well), name="Import")
    assert page.states[left_uuid(well)].flags == Flag.IDENTITY
    assert page.states[OUTSIDE].flags == 0
    page.different(well, late)
    assert page.uuid_of(late) == left_uuid(late)
    assert page.uuid_of(well) == left_uuid(well)


def test_an_import_of_what_the_leaver_began_with_is_the_leaver() -> None:
    page, well, _, _ = parted()
    page.at(left_uuid(well), name="Well")
    state = page.states[left_uuid(well)]
    assert state.strand is not None
    assert state.flags == 0


def test_leavers_of_leavers_are_found_step_by_step() -> None:
    page, well, _, _ = parted()
    chain = [well]
    for depth in range(10):
        late = page.at(left_uuid(chain[-1]), name=f"Import {depth}")
        page.different(chain[-1], late)
        chain.append(late)
    found, steps = {OUTSIDE}, 0
    while fresh := family_uuids({one: v for one, v in page.versions.items() if v.uuid in found}) - found:
        found |= fresh
        steps += 1
    assert found == {OUTSIDE, *map(left_uuid, chain)}
    assert steps == len(chain)
    assert all(page.uuid_of(one) == left_uuid(one) for one in chain)


def test_only_first_versions_that_a_decision_names_have_a_uuid_to_look_under() -> None:
    page = FamilyPage()
    firsts = [page.first(name=f"Well {number}") for number in range(5)]
    edit = page.put(firsts[0], name="Old well")
    assert family_uuids(page.versions) == set()
    decision = page.say_different(firsts[0], firsts[1], edit, VersionId(bytes(32)))
    assert family_uuids(page.versions) == {left_uuid(firsts[1])}
    page.take_back(decision)
    assert family_uuids(page.versions) == {left_uuid(firsts[1])}


def test_a_version_with_parents_in_two_strands_is_shown_in_both() -> None:
    page = FamilyPage()
    well, clinic = page.first(name="Well"), page.first(name="Clinic")
    page.put(well, clinic, status="open")
    assert [strand.values["status"] for strand in page.states[OUTSIDE].strands] == ["open", "open"]


def test_an_observation_by_somebody_who_had_not_heard_is_of_the_strand_that_stayed() -> None:
    page = FamilyPage()
    seen = page.seen_at(OUTSIDE, body=1, name="Well")
    clinic = page.first(name="Clinic")
    page.different(clinic, seen)
    page.seen_at(OUTSIDE, seen, body=2, name="Clinic")
    assert page.strand_of(seen).values == {"name": "Well"}
    assert page.strand_of(clinic).values == {"name": "Clinic"}
    assert not any(state.flags for state in page.states.values())


def test_what_was_observed_before_the_decision_stays_with_the_leaver() -> None:
    page = FamilyPage()
    first = page.seen_at(OUTSIDE, body=1, name="Well")
    other = page.seen_at(OUTSIDE, body=2, name="Well", status="dry")
    clinic = page.first(name="Clinic")
    assert page.strand_of(first) == page.strand_of(other)
    page.different(clinic, first)
    assert page.strand_of(first) == page.strand_of(other)
    assert page.strand_of(clinic).values == {"name": "Clinic"}


def test_the_keeper_is_delivered_by_what_is_observed_after_the_decision() -> None:
    page = FamilyPage()
    seen = page.seen_at(OUTSIDE, body=1, name="Well")
    clinic = page.first(name="Clinic")
    page.different(clinic, seen)
    read(page, OUTSIDE, {"name": "Clinic"})
    assert page.strand_at(OUTSIDE).values == {"name": "Clinic"}
    assert page.states[OUTSIDE].is_clean
    assert delivered(page, OUTSIDE)
    assert not delivered(page, left_uuid(seen))
    read(page, left_uuid(seen), {"name": "Well"})
    assert delivered(page, left_uuid(seen))
    assert page.strand_at(left_uuid(seen)).values == {"name": "Well"}


def test_an_absence_at_the_new_uuid_is_no_question() -> None:
    page = FamilyPage()
    seen = page.seen_at(OUTSIDE, body=1, name="Well")
    page.different(page.first(name="Clinic"), seen)
    draft = observe(versions_at(page.versions, left_uuid(seen)), Reading(SERVER, None))
    assert draft is None


def test_a_record_looked_at_alone_shows_what_it_shows_in_its_family() -> None:
    page, well, clinic, _ = parted()
    page.edit(well, status="dry")
    page.edit(clinic, status="open")
    for uuid, state in page.states.items():
        alone = record_state(versions_at(page.versions, uuid))
        assert alone.uuid == uuid
        assert [strand.values for strand in alone.strands] == [strand.values for strand in state.strands]
        assert [strand.heads for strand in alone.strands] == [strand.heads for strand in state.strands]
    assert versions_at(page.versions, "urn:uuid:none") == {}


def test_a_reference_without_a_strand_means_the_uuid() -> None:
    page, well, _, _ = parted()
    assert where(page, Reference(TABLE, OUTSIDE)) == OUTSIDE
    assert where(page, Reference(TABLE, left_uuid(well))) == left_uuid(well)
    assert where(page, Reference(TABLE, "urn:uuid:elsewhere")) == "urn:uuid:elsewhere"


def test_a_reference_with_a_strand_follows_it_to_where_it_resides() -> None:
    page, well, clinic, decision = parted()
    for uuid in (OUTSIDE, left_uuid(well)):
        assert where(page, Reference(TABLE, uuid, well)) == left_uuid(well)
        assert where(page, Reference(TABLE, uuid, clinic)) == OUTSIDE
    page.take_back(decision)
    assert where(page, Reference(TABLE, left_uuid(well), well)) == OUTSIDE


def test_a_reference_to_a_uuid_whose_decision_was_undone_finds_the_strand_where_it_is_now() -> None:
    page, well, _, decision = parted()
    page.take_back(decision)
    assert where(page, Reference(TABLE, left_uuid(well))) == OUTSIDE


def test_records_that_refer_to_each_other_are_found_in_one_step() -> None:
    page, well, clinic, _ = parted()
    page.edit(well, beside=Reference(TABLE, OUTSIDE, clinic))
    page.edit(clinic, beside=Reference(TABLE, OUTSIDE, well))
    ours, theirs = page.strand_of(well).values["beside"], page.strand_of(clinic).values["beside"]
    assert isinstance(ours, Reference)
    assert isinstance(theirs, Reference)
    assert where(page, ours) == OUTSIDE
    assert where(page, theirs) == left_uuid(well)


def test_a_hundred_strands_are_told_apart_and_decided_about_in_bounded_time() -> None:
    for count, seconds_max in ((100, 0.5), (1000, 8.0)):
        page = FamilyPage()
        firsts = [page.first(name=f"Well {number}") for number in range(count)]
        begun = perf_counter()
        assert len(page.states[OUTSIDE].strands) == count
        page.different(firsts[0], *firsts[1:])
        assert len(page.states) == count
        assert perf_counter() - begun < seconds_max


def where(page: FamilyPage, reference: Reference) -> str:
    def states_of(table: str, uuid: str) -> Sequence[RecordState]:
        states = record_states(page.versions)
        known = {*family_uuids(page.versions), *(version.uuid for version in page.versions.values())}
        return states if table == TABLE and uuid in known else ()

    return residence(reference, states_of)[1]


def read(page: FamilyPage, uuid: str, fields: dict[str, str]) -> None:
    """A gateway reads one record of the family, and writes what it saw."""
    draft = observe(versions_at(page.versions, uuid), Reading(SERVER, fields))
    assert draft is not None
    about = {**draft.about, **page.strand_at(uuid).about}
    page.write_at(uuid, draft.parents, draft.change.set, OBSERVE, about)


def delivered(page: FamilyPage, uuid: str) -> bool:
    alone = versions_at(page.versions, uuid)
    return is_delivered(record_state(alone), alone, SERVER)
