"""What ends an observed value, and which observed values stand against ours (design, section 2.6)."""

from edenmesh.core.ids import VersionId
from edenmesh.core.records import Change, Content, Reading
from tests.core.records.pages import OTHER_SERVER, SERVER, Page


def reading(**fields: Content) -> Reading:
    return Reading(SERVER, fields)


def read(page: Page, what: Reading) -> VersionId:
    seen = page.read(what)
    assert seen is not None
    return seen


def test_it_ends_observed_values_below_it_that_its_body_no_longer_has() -> None:
    page = Page()
    first = page.put(name="Well")
    here, there = page.saw(first, values={"name": "Here"}), page.saw(first, values={"name": "There"})
    assert set(page.texts("name")) == {"Here", "There"}
    seen = page.versions[read(page, reading(name="There"))]
    assert not seen.set
    assert seen.observation.ends == {"name": (here,)}
    assert page.texts("name") == ["There"]
    assert page.field("name").choices[0].given_by == (there,)


def test_values_of_ours_only_an_assignment_replaces() -> None:
    page = Page()
    first = page.put(name="Well")
    ours = page.put(first, name="Ours")
    theirs = page.saw(first, values={"name": "Theirs"})
    page.saw(theirs, ours)
    seen = page.versions[read(page, reading(name="Theirs"))]
    assert not seen.observation.ends
    assert set(page.texts("name")) == {"Ours", "Theirs"}
    page.saw(*page.strand.heads, ends={"name": [ours]})
    assert set(page.texts("name")) == {"Ours", "Theirs"}


def test_what_only_one_of_twins_ends_is_not_ended() -> None:
    page = Page()
    first = page.put(name="Well")
    here, there = page.saw(first, values={"name": "Here"}), page.saw(first, values={"name": "There"})
    body = bytes([7]) * 32
    page.saw(here, there, ends={"name": [here]}, body=body)
    assert page.texts("name") == ["There"]
    page.saw(here, there, body=body)
    assert set(page.texts("name")) == {"Here", "There"}


def test_what_a_quarantined_observation_ends_is_not_ended() -> None:
    page = Page()
    first = page.put(name="Well")
    here, there = page.saw(first, values={"name": "Here"}), page.saw(first, values={"name": "There"})
    page.uncounted = {page.saw(here, there, ends={"name": [here]})}
    assert set(page.texts("name")) == {"Here", "There"}


def test_two_gateways_that_end_each_others_value_leave_both() -> None:
    page = Page()
    first = page.put(name="Well")
    here, there = page.saw(first, values={"name": "Here"}), page.saw(first, values={"name": "There"})
    page.saw(here, there, ends={"name": [here]})
    page.saw(here, there, ends={"name": [there]})
    assert set(page.texts("name")) == {"Here", "There"}


def test_what_was_ended_still_supersedes_what_it_replaced() -> None:
    page = Page()
    first = page.put(name="Well")
    here, there = page.saw(first, values={"name": "Here"}), page.saw(first, values={"name": "There"})
    page.saw(here, there, ends={"name": [here]})
    assert page.texts("name") == ["There"]


def test_an_echo_ends_what_the_server_had_before_and_nothing_of_ours() -> None:
    page = Page()
    first = page.put(name="Well")
    before = page.saw(first, values={"name": "Server's"})
    page.put(first, name="Ours")
    page.saw(before, values={"name": "Ours"})
    assert page.texts("name") == ["Ours"]
    other = page.put(first, name="Other")
    page.saw(other, values={"name": "Ours"})
    assert set(page.texts("name")) == {"Ours", "Other"}


def test_an_echo_of_what_was_undone_since_is_one_still() -> None:
    page = Page()
    first = page.put(name="Well")
    ours = page.put(first, name="Wrong")
    page.saw(first, values={"name": "Wrong"})
    page.write("resolve", page.strand.heads, Change(), about={"undoes": [ours]})
    assert page.texts("name") == ["Well"]


def test_an_observed_value_that_ours_gave_before_ends_no_value_of_ours() -> None:
    page = Page()
    ours = page.put(page.put(name="Old"), name="New")
    back = page.saw(ours, values={"name": "Old"})
    assert set(page.texts("name")) == {"New", "Old"}
    page.resolve(back, name="New")
    assert page.texts("name") == ["New"]


def test_it_ends_what_was_observed() -> None:
    page = Page()
    ours = page.put(name="Old")
    theirs = page.saw(ours, values={"name": "Server's"})
    page.saw(theirs, values={"name": "Old"})
    assert page.texts("name") == ["Old"]


def test_an_emptiness_that_ours_gave_before_is_such_a_value_too() -> None:
    page = Page()
    emptied = page.unset(page.put(name="Old"), name="name")
    ours = page.put(emptied, name="New")
    page.read(reading(name="New"))
    read(page, reading())
    assert set(page.texts("name")) == {"New", None}
    assert ours in page.field("name").choices[-1].given_by + page.field("name").choices[0].given_by


def test_a_value_that_quarantined_versions_gave_before_is_new() -> None:
    page = Page()
    first = page.put(name="Well")
    robbed = page.put(first, name="Robbed")
    ours = page.put(robbed, name="New")
    page.uncounted = {robbed}
    page.saw(ours, values={"name": "Robbed"})
    assert page.texts("name") == ["Robbed"]


def test_an_edit_at_the_server_after_that_replaces_what_was_there_and_not_ours() -> None:
    page = Page()
    ours = page.put(page.put(name="Old"), name="New")
    back = page.saw(ours, values={"name": "Old"})
    edited = page.saw(back, values={"name": "Edited"})
    assert set(page.texts("name")) == {"New", "Edited"}
    page.put(edited, name="Decided")
    assert page.texts("name") == ["Decided"]


def test_where_it_follows_ours_otherwise_too_an_edit_at_the_server_replaces_them() -> None:
    page = Page()
    ours = page.put(page.put(name="Old"), name="New")
    back = page.saw(ours, values={"name": "Old"})
    page.saw(back, page.put(ours, status="open"), values={"name": "Edited"})
    assert page.texts("name") == ["Edited"]


def test_what_was_found_of_what_was_retracted_is_no_edit_of_it() -> None:
    page = Page()
    first = page.put(name="Well")
    seen = page.saw(first)
    ours = page.put(seen, name="Our well")
    page.retract(ours)
    page.saw(seen, values={"name": "Our well"}, found={"name": [ours]})
    assert page.strand.is_deleted
    page.saw(seen, values={"name": "Our well", "status": "new"}, found={"name": [ours]})
    assert page.strand.is_contested


def test_two_destinations_come_to_rest() -> None:
    page = Page()
    page.put(name="Well")
    there = Reading(OTHER_SERVER, {"name": "Well"})
    read(page, reading(name="Well"))
    read(page, there)
    assert page.read(reading(name="Well")) is None
    assert page.read(there) is None


def test_an_edit_made_at_one_destination_is_ours_at_the_other() -> None:
    page = Page()
    page.put(name="Well")
    read(page, reading(name="Well"))
    read(page, Reading(OTHER_SERVER, {"name": "Well"}))
    edited = read(page, reading(name="Edited"))
    assert page.read(Reading(OTHER_SERVER, {"name": "Well"})) is None
    seen = page.versions[read(page, Reading(OTHER_SERVER, {"name": "Edited"}))]
    assert edited in seen.parents
    assert not seen.set
    assert page.read(reading(name="Edited")) is None
    assert page.state.is_clean


def test_of_a_unit_a_row_that_stands_there_is_nothing_new_and_ends_the_others() -> None:
    page = Page()
    page.declare(["lat", "lon"])
    first = page.put(lat="1", lon="2")
    here = page.saw(first, values={"lat": "3", "lon": "4"})
    there = page.saw(first, values={"lat": "5", "lon": "6"})
    seen = page.versions[read(page, reading(lat="5", lon="6"))]
    assert not seen.set
    assert seen.observation.ends == {"lat": (here,), "lon": (here,)}
    assert page.strand.values == {"lat": "5", "lon": "6"}
    assert page.field("lat").choices[0].given_by == (there,)


def test_of_a_unit_a_row_that_nobody_gave_is_assigned_whole() -> None:
    page = Page()
    page.declare(["lat", "lon"])
    first = page.put(lat="1", lon="2")
    page.saw(first, values={"lat": "3", "lon": "4"})
    page.saw(first, values={"lat": "5", "lon": "6"})
    seen = page.versions[read(page, reading(lat="3", lon="6"))]
    assert seen.set == {"lat": "3", "lon": "6"}
    assert page.strand.values == {"lat": "3", "lon": "6"}
