"""What observations do to the state of a record: a sentence of the design, section 2.6, a test."""

from edenmesh.core.records import (
    ABSENT,
    Change,
    Flag,
    Removal,
    body_hash,
    carry,
    is_delivered,
    last_observations,
    state_body,
)
from tests.core.records.pages import OTHER_SERVER, OUTSIDE, SERVER, Page
from tests.oracle.packing import pack
from tests.oracle.versions import base


def delivered(page: Page) -> bool:
    return is_delivered(page.state, page.versions, SERVER, page.uncounted)


def test_an_edit_made_on_the_server_is_an_assignment_like_any_other() -> None:
    page = Page()
    first = page.put(name="Well", status="open")
    page.saw(first, values={"name": "Server's well"})
    page.put(first, name="Our well")
    assert set(page.texts("name")) == {"Server's well", "Our well"}
    assert page.strand.values["status"] == "open"


def test_it_supersedes_what_it_saw() -> None:
    page = Page()
    page.saw(page.put(name="Well"), values={"name": "Server's well"})
    assert page.strand.values == {"name": "Server's well"}
    assert page.state.is_clean


def test_a_value_of_ours_that_was_found_there_is_followed_in_that_field_only() -> None:
    page = Page()
    first = page.put(name="Well", status="open")
    ours = page.put(first, name="Our well", status="ours")
    seen = page.saw(first, values={"name": "Our well"}, found={"name": [ours]})
    page.put(seen, name="Later", status="later")
    assert page.texts("name") == ["Later"]
    assert set(page.texts("status")) == {"ours", "later"}


def test_what_was_found_brings_its_past_along() -> None:
    page = Page()
    first = page.put(name="Well")
    ours = page.put(page.put(page.put(first, name="A"), name="B"), name="C")
    seen = page.saw(first, found={"name": [ours]})
    page.put(seen, name="Later")
    assert page.texts("name") == ["Later"]


def test_what_one_observation_found_leads_to_what_another_found_before() -> None:
    page = Page()
    first = page.put(name="Well")
    oldest = page.put(first, name="A")
    early = page.saw(first, found={"name": [oldest]})
    middle = page.put(early, status="x")
    # Seen by depth, the later observation stands before the one it leads to.
    late = page.saw(found={"name": [middle]})
    page.put(late, name="Later")
    assert page.texts("name") == ["Later"]


def test_what_was_found_and_has_not_come_is_nothing() -> None:
    page = Page()
    first = page.put(name="Well")
    ours = page.put(first, name="Our well")
    seen = page.saw(first, found={"name": [ours]})
    page.put(seen, name="Later")
    page.hold_back(ours)
    assert page.texts("name") == ["Later"]


def test_what_a_quarantined_observation_found_is_nothing() -> None:
    page = Page()
    first = page.put(name="Well")
    ours = page.put(first, name="Our well")
    seen = page.saw(first, found={"name": [ours]})
    page.put(seen, name="Later")
    page.uncounted = {seen}
    assert set(page.texts("name")) == {"Our well", "Later"}


def test_a_record_delivered_and_pulled_back_by_whomever_is_no_conflict() -> None:
    page = Page()
    first = page.put(name="Well", status="open")
    page.saw(values={"name": "Well", "status": "open"})
    assert page.state.is_clean
    page.put(first, name="Our well")
    assert page.state.is_clean
    assert page.strand.values == {"name": "Our well", "status": "open"}


def test_an_echo_is_one_only_while_ours_is_concurrent_to_it() -> None:
    page = Page()
    first = page.put(name="Well")
    ours = page.put(first, name="Our well")
    back = page.saw(ours, values={"name": "Well"})
    assert page.strand.values == {"name": "Well"}
    assert page.field("name").choices[0].given_by == (back,)


def test_what_was_found_is_followed_and_so_no_reason_for_an_echo() -> None:
    page = Page()
    first = page.put(name="Well")
    there = page.put(first, name="There")
    seen = page.saw(first, values={"name": "There"}, found={"name": [there]})
    assert set(page.field("name").choices[0].given_by) == {there, seen}
    assert page.saw(first, values={"name": "There"}) not in page.field("name").choices[0].given_by


def test_what_was_found_in_another_field_does_not_unmake_an_echo() -> None:
    page = Page()
    first = page.put(name="Well")
    seen = page.saw(first, values={"status": "open"})
    found = page.put(seen, name="Found")
    other = page.saw(first, found={"name": [found]})
    ours = page.put(other, status="open")
    assert page.field("status").choices[0].given_by == (ours,)


def test_an_item_that_came_back_is_an_echo_too() -> None:
    page = Page()
    first = page.put(name="Well")
    ours = page.add(first, name="needs", item="pump")
    back = Change(set={"name": "Well"}, add={"needs": ["pump"]})
    page.write("observe", (), back, about={"body": bytes(32), "destination": SERVER})
    page.remove(ours, name="needs", item="pump", additions=[ours])
    assert "needs" not in page.strand.values


def test_an_echo_of_what_was_retracted_is_no_edit() -> None:
    page = Page()
    retract = page.retract(page.put(name="Well"))
    page.saw(values={"name": "Well"})
    assert page.strand.is_deleted
    page.saw(values={"name": "Well", "status": "new"})
    assert page.strand.is_contested
    assert page.strand.retracts == (retract,)


def test_a_read_that_assigns_nothing_is_no_edit() -> None:
    page = Page()
    first = page.put(name="Well")
    page.retract(first)
    page.saw(first)
    assert page.strand.is_deleted


def test_only_a_put_or_resolve_lifts_a_retract_and_an_edit_on_the_server_is_shown_beside_it() -> None:
    page = Page()
    retract = page.retract(page.put(name="Well"))
    edit = page.saw(retract, values={"name": "Server's well"})
    assert page.strand.is_contested
    assert (page.strand.retracts, page.strand.concurrent_edits) == ((retract,), (edit,))
    page.resolve(edit)
    assert page.strand.values == {"name": "Server's well"}
    assert page.state.is_clean


def test_a_removal_on_the_server_after_a_retract_is_an_edit() -> None:
    page = Page()
    addition = page.add(page.put(name="Well"), name="needs", item="pump")
    retract = page.retract(addition)
    taken = Change(remove={"needs": [Removal("pump", [addition])]})
    page.write("observe", (retract,), taken, about={"body": bytes(32), "destination": SERVER})
    assert page.strand.is_contested


def test_an_item_added_on_the_server_meanwhile_is_an_edit() -> None:
    page = Page()
    first = page.put(name="Well")
    page.retract(first)
    page.write("observe", (first,), Change(add={"needs": ["pump"]}), about={"body": bytes(32), "destination": SERVER})
    assert page.strand.is_contested


def test_observations_under_one_uuid_are_one_strand_with_the_one_that_owns_it() -> None:
    page = Page()
    page.put(name="Well")
    page.saw(values={"name": "Server's well"})
    page.saw(values={"status": "open"}, destination=OTHER_SERVER)
    assert page.strand.conflicts == ("name",)
    assert page.state.flags == Flag.CONFLICT


def test_where_nobody_owns_the_uuid_what_was_observed_contests_it() -> None:
    page = Page(OUTSIDE)
    page.first(name="Well")
    page.saw(values={"name": "Server's well"})
    page.saw(values={"status": "open"})
    assert page.state.flags & Flag.IDENTITY
    assert sorted(len(strand.fields) for strand in page.state.strands) == [1, 2]


def test_an_observation_that_descends_from_a_strand_brings_the_other_observations_into_it() -> None:
    page = Page(OUTSIDE)
    first = page.first(name="Well")
    page.saw(values={"status": "open"})
    page.saw(first)
    assert page.strand.values == {"name": "Well", "status": "open"}


def test_an_observation_of_two_strands_joins_them_not() -> None:
    page = Page(OUTSIDE)
    here, there = page.first(name="Well"), page.first(name="Clinic")
    page.saw(here, there)
    assert page.state.flags == Flag.IDENTITY


def test_a_first_read_equal_to_a_first_version_is_one_with_it() -> None:
    page = Page(OUTSIDE)
    page.first(name="Well")
    seen = page.saw(values={"name": "Well"})
    page.put(seen, name="Old well")
    assert page.strand.values == {"name": "Old well"}
    assert page.state.is_clean


def test_the_server_gone_back_is_not_one_with_what_it_went_back_to() -> None:
    page = Page(OUTSIDE)
    first = page.first(name="Well")
    seen = page.saw(page.put(first, name="Old well"))
    gone_back = page.saw(values={"name": "Well"}, after=[seen])
    assert set(page.strand.heads) == {seen, gone_back}
    assert not delivered(page)


def test_two_gateways_that_saw_the_same_going_back_saw_one_thing() -> None:
    page = Page(OUTSIDE)
    first = page.first(name="Well")
    seen = page.saw(first)
    body = body_hash({"name": "Clinic"})
    one = page.saw(values={"name": "Clinic"}, after=[seen], body=body)
    other = page.saw(values={"name": "Clinic"}, after=[seen], body=body)
    page.resolve(one, seen, name="Well")
    assert page.strand.values == {"name": "Well"}
    assert page.state.is_clean
    assert page.strand.heads != (other,)


def test_a_first_read_that_found_something_begins_the_same_strand_but_is_not_one_with_it() -> None:
    page = Page(OUTSIDE)
    first = page.first(name="Well")
    ours = page.put(first, name="Old well")
    seen = page.saw(values={"name": "Well"}, found={"status": [ours]})
    assert set(page.strand.heads) == {ours, seen}


def test_an_observation_in_a_newer_format_joins_nothing() -> None:
    page = Page(OUTSIDE)
    first = page.first(name="Well")
    page.saw(values={"name": "Clinic"})
    newer = carry(pack(base(op="observe", format=2, parents=[first], uuid=OUTSIDE)))
    page.versions[newer.id] = newer.version
    assert page.state.flags == Flag.IDENTITY | Flag.NEWER


def test_a_quarantined_observation_joins_nothing() -> None:
    page = Page()
    first = page.put(name="Well")
    page.uncounted = {page.saw(values={"name": "Server's well"})}
    assert page.strand.values == {"name": "Well"}
    assert page.strand.heads == (first,)


def test_delivered_is_said_where_every_last_observation_names_the_body_of_the_present_state() -> None:
    page = Page()
    first = page.put(name="Well")
    assert not delivered(page)
    body = body_hash({"name": "Well"})
    page.saw(first, body=body)
    assert delivered(page)
    page.saw(first, body=body_hash({"name": "Other"}))
    assert not delivered(page)
    page.saw(*page.strand.heads, body=body)
    assert delivered(page)
    page.put(*page.strand.heads, name="Old well")
    assert not delivered(page)


def test_delivered_is_said_of_one_destination() -> None:
    page = Page()
    page.saw(page.put(name="Well"), body=body_hash({"name": "Well"}), destination=OTHER_SERVER)
    assert not delivered(page)
    assert is_delivered(page.state, page.versions, OTHER_SERVER)


def test_a_retracted_record_is_delivered_by_its_absence() -> None:
    page = Page()
    first = page.put(name="Well")
    seen = page.saw(first, body=body_hash({"name": "Well"}))
    retract = page.retract(seen)
    assert state_body(page.strand) == ABSENT
    assert not delivered(page)
    page.saw(seen, retract, body=ABSENT)
    assert delivered(page)


def test_nothing_undecided_or_still_to_come_is_delivered() -> None:
    body = body_hash({"name": "Well"})
    conflict, contested, waiting, apart = Page(), Page(), Page(), Page(OUTSIDE)
    first = conflict.put(name="Well")
    conflict.put(first, name="Other")
    conflict.saw(conflict.put(first, name="Well"), body=body)
    first = contested.put(name="Well")
    contested.retract(first)
    contested.saw(contested.put(first, name="Well"), body=body)
    first = waiting.put(name="Well")
    waiting.saw(first, body=body)
    missing = waiting.put(first, status="open")
    waiting.put(missing, status="closed")
    waiting.hold_back(missing)
    apart.saw(apart.first(name="Well"), body=body)
    apart.first(name="Clinic")
    for page in (conflict, contested, waiting, apart):
        assert last_observations(page.versions, SERVER)
        assert not delivered(page)


def test_what_a_quarantined_or_waiting_device_observed_delivers_nothing() -> None:
    page = Page()
    first = page.put(name="Well")
    false = page.saw(first, body=body_hash({"name": "Well"}))
    page.uncounted = {false}
    assert not delivered(page)
    assert last_observations(page.versions, SERVER, page.uncounted) == {}


def test_the_last_observations_are_those_that_no_other_names() -> None:
    page = Page()
    first = page.put(name="Well")
    one, other = page.saw(first), page.saw(first)
    assert last_observations(page.versions, SERVER).keys() == {one, other}
    later = page.saw(one, other)
    assert last_observations(page.versions, SERVER).keys() == {later}
    back = page.saw(values={"name": "Well"}, after=[later])
    assert last_observations(page.versions, SERVER).keys() == {back}


def test_a_body_does_not_depend_on_the_order_of_fields_nor_on_empty_ones() -> None:
    assert body_hash({"a": "1", "b": ("y", "x")}) == body_hash({"b": ("x", "y"), "a": 1, "c": ""})
    assert body_hash({}) != ABSENT
