"""Observations of one server state are one: what follows one follows all (design, section 2.6)."""

from edenmesh.core.ids import DestinationId, VersionId
from edenmesh.core.records import OBSERVE, Change, History, Reading, Removal, body_hash, is_delivered, last_observations
from tests.core.records.pages import OTHER_SERVER, OUTSIDE, SERVER, Page

BODY = body_hash({"name": "Server's well"})
STAMPS = {"body": BODY, "modified_on": "2026-11-22", "created_on": "2026-11-01"}


def twin(page: Page, *parents: VersionId, change: Change | None = None, **about: object) -> VersionId:
    """An observation of one state, of which some words may be others."""
    words = {"destination": SERVER, **STAMPS, **about}
    return page.write(OBSERVE, parents, change or Change(set={"name": "Server's well"}), about=words)  # type: ignore[arg-type]


def are_one(page: Page, one: VersionId, other: VersionId) -> bool:
    history = History(page.versions, page.uncounted)
    return history.node(one) is history.node(other)


def test_two_phones_that_pulled_the_same_raise_no_conflict_when_one_of_them_edits() -> None:
    page = Page()
    delivered = page.saw(page.put(name="Well"))
    here, there = twin(page, delivered), twin(page, delivered)
    page.put(here, name="Our well")
    assert are_one(page, here, there)
    assert page.texts("name") == ["Our well"]
    assert page.state.is_clean


def test_they_are_so_where_nobody_had_the_record_before() -> None:
    page = Page(OUTSIDE)
    here, there = twin(page), twin(page)
    page.put(there, name="Our well")
    assert are_one(page, here, there)
    assert page.texts("name") == ["Our well"]


def test_those_that_differ_in_body_stamps_destination_or_parents_are_not() -> None:
    page = Page()
    first = page.put(name="Well")
    seen, other_parent = twin(page, first), page.put(first, status="open")
    others = [
        twin(page, first, body=body_hash({"name": "Well"})),
        twin(page, first, modified_on="2026-11-23"),
        twin(page, first, created_on="2026-11-02"),
        twin(page, first, destination=OTHER_SERVER),
        twin(page, first, other_parent),
        twin(page, first, after=[first]),
    ]
    assert not any(are_one(page, seen, other) for other in others)


def test_the_same_parents_may_be_such_as_are_one() -> None:
    page = Page()
    first = page.put(name="Well")
    here, there = twin(page, first), twin(page, first)
    later_here, later_there = twin(page, here, modified_on="2026-11-23"), twin(page, there, modified_on="2026-11-23")
    assert are_one(page, later_here, later_there)
    assert not are_one(page, here, later_here)


def test_gateways_that_saw_one_going_back_ask_one_question_though_they_came_from_twins() -> None:
    page = Page()
    first = page.put(name="Well")
    here, there = twin(page, first), twin(page, first)
    asked = [twin(page, after=[one], modified_on="2026-11-20") for one in (here, there)]
    assert are_one(page, *asked)


def test_a_place_assigns_only_what_all_in_it_do() -> None:
    page = Page()
    first = page.put(name="Well", status="open")
    here = twin(page, first, change=Change(set={"name": "Server's well", "status": "closed"}))
    there = twin(page, first, change=Change(set={"name": "Server's well"}, unset=["status"]))
    assert page.strand.values == {"name": "Server's well", "status": "open"}
    assert set(page.field("name").choices[0].given_by) == {here, there}


def test_of_items_too() -> None:
    page = Page()
    first = page.add(page.put(name="Well"), name="needs", item="pump")
    more = page.add(first, name="needs", item="pump")
    both = Change(add={"langs": ["ar", "en"]}, remove={"needs": [Removal("pump", sorted([first, more]))]})
    fewer = Change(add={"langs": ["ar"]}, remove={"needs": [Removal("pump", [first])]})
    twin(page, more, change=both)
    twin(page, more, change=fewer)
    assert page.strand.values == {"name": "Well", "langs": ("ar",), "needs": ("pump",)}
    assert page.field("needs").choices[0].given_by == (more,)


def test_what_one_of_them_found_all_of_them_follow() -> None:
    page = Page()
    first = page.put(name="Well")
    ours = page.put(first, name="Server's well")
    here, there = twin(page, first, found={"name": [ours]}), twin(page, first)
    page.put(there, name="Later")
    assert are_one(page, here, there)
    assert page.texts("name") == ["Later"]


def test_what_one_found_that_follows_the_other_is_nothing() -> None:
    page = Page()
    first = page.put(name="Well")
    here = twin(page, first)
    ours = page.put(here, name="Our well")
    twin(page, first, found={"name": [ours]})
    assert page.texts("name") == ["Our well"]


def test_what_two_places_found_of_each_other_is_nothing() -> None:
    page = Page()
    first = page.put(name="Well")
    here, there = twin(page, first), twin(page, first, modified_on="2026-11-23")
    after_here, after_there = page.put(here, name="A"), page.put(there, name="B")
    twin(page, first, found={"name": [after_there]})
    twin(page, first, modified_on="2026-11-23", found={"name": [after_here]})
    assert set(page.texts("name")) == {"A", "B"}
    page.put(*page.strand.heads, name="C")
    assert page.texts("name") == ["C"]


def test_what_a_quarantined_one_found_counts_for_none_and_takes_no_value_away() -> None:
    page = Page()
    first = page.put(name="Well")
    ours = page.put(first, name="Our well")
    here = twin(page, first)
    page.uncounted = {twin(page, first, change=Change(set={"status": "x"}), found={"name": [ours]})}
    page.put(here, name="Later")
    assert set(page.texts("name")) == {"Our well", "Later"}
    assert page.strand.values.keys() == {"name"}


def test_a_first_read_that_is_equal_to_a_first_version_is_one_with_it_and_so_are_its_twins() -> None:
    page = Page(OUTSIDE)
    first = page.first(name="Server's well")
    ours = page.put(first, status="open")
    twin(page)
    found = twin(page, found={"name": [ours]})
    assert are_one(page, first, found)
    page.put(found, name="Later")
    assert page.texts("name") == ["Later"]


def test_a_false_body_makes_no_two_first_versions_one() -> None:
    page = Page(OUTSIDE)
    here, there = page.first(name="Here"), page.first(name="There")
    for name in ("Here", "There"):
        twin(page, change=Change(set={"name": name}))
    assert not are_one(page, here, there)


def test_if_one_is_followed_all_are_no_last_observations_any_more() -> None:
    page = Page()
    ours = page.put(name="Server's well")
    here, there = twin(page, ours, change=Change()), twin(page, ours, change=Change())
    assert last_observations(page.versions, SERVER).keys() == {here, there}
    assert is_delivered(page.state, page.versions, SERVER)
    later = page.saw(there)
    assert last_observations(page.versions, SERVER).keys() == {later}
    back = page.saw(after=[later])
    assert last_observations(page.versions, SERVER).keys() == {back}


def test_first_reads_of_equal_content_and_other_stamps_are_two_states_when_the_last_is_asked() -> None:
    page = Page(OUTSIDE)
    page.first(name="Server's well")
    here, there = twin(page), twin(page, created_on="2026-11-02")
    later = page.saw(here)
    assert are_one(page, here, there)
    assert last_observations(page.versions, SERVER).keys() == {there, later}


def test_a_gateway_follows_one_of_them_and_names_no_more() -> None:
    page = Page()
    ours = page.put(name="Well")
    here, there = twin(page, ours), twin(page, ours)
    seen = page.read(Reading(SERVER, {"name": "Well again"}, "2026-11-24", "2026-11-01"))
    assert seen is not None
    assert page.versions[seen].parents == [min(here, there)]
    assert last_observations(page.versions, DestinationId(SERVER)).keys() == {seen}
