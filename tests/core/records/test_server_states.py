"""Observations that are one state of a server, what they end, and what they do not: sentences of the design, 2.6."""

from edenmesh.core.ids import VersionId
from edenmesh.core.records import Content, Reading, is_delivered, observe
from tests.core.records.pages import OTHER_SERVER, OUTSIDE, SERVER, Page

BODY = bytes([0xB0]) * 32


def reading(**fields: Content) -> Reading:
    return Reading(SERVER, fields)


def read(page: Page, what: Reading) -> VersionId:
    seen = page.read(what)
    assert seen is not None
    return seen


def apart(page: Page, *gone: VersionId) -> Page:
    """The record as somebody holds it to whom these versions have not come."""
    other = Page(page.uuid)
    other.versions = {one: version for one, version in page.versions.items() if one not in gone}
    return other


def test_two_who_pulled_the_same_thing_raise_no_conflict_when_one_of_them_edits() -> None:
    page = Page(OUTSIDE)
    first = read(page, reading(name="Well"))
    both = apart(page, first)
    both.uuid = OUTSIDE
    second = both.saw(values={"name": "Well"}, body=page.versions[first].observation.body)
    page.versions.update(both.versions)
    page.put(first, name="Well at the mosque")
    assert not page.strand.conflicts
    assert page.strand.values == {"name": "Well at the mosque"}
    page.put(second, name="Well of the school")
    assert page.strand.conflicts == ("name",)


def test_observations_of_one_body_and_the_same_parents_are_one_and_what_follows_one_follows_both() -> None:
    page = Page()
    first = page.put(name="Well")
    one = page.saw(first, values={"name": "Pump"}, body=BODY)
    other = page.saw(first, values={"name": "Pump"}, body=BODY)
    edit = page.put(one, name="Tap")
    assert page.texts("name") == ["Tap"]
    assert page.strand.heads == (edit,)
    assert other in page.versions


def test_observations_whose_parents_are_one_in_this_sense_are_one_too() -> None:
    page = Page()
    first = page.put(name="Well")
    below = [page.saw(first, values={"name": "Pump"}, body=BODY) for _ in range(2)]
    above = [page.saw(one, values={"name": "Tap"}, body=bytes(32)) for one in below]
    edit = page.put(above[0], name="Spring")
    assert page.texts("name") == ["Spring"]
    assert page.strand.heads == (edit,)


def test_another_body_another_parent_or_another_server_is_another_state() -> None:
    for change in ("body", "parents", "server"):
        page = Page()
        first = page.put(name="Well")
        further = page.put(first, status="open")
        one = page.saw(first, values={"name": "Pump"}, body=BODY)
        page.saw(
            *((first, further) if change == "parents" else (first,)),
            values={"name": "Tap"},
            body=bytes(32) if change == "body" else BODY,
            destination=OTHER_SERVER if change == "server" else SERVER,
        )
        page.put(one, name="Spring")
        assert set(page.texts("name")) == {"Spring", "Tap"}, change


def test_one_state_assigns_only_what_all_who_saw_it_set() -> None:
    page = Page()
    first = page.put(name="Well", status="open")
    page.saw(first, values={"name": "Pump", "status": "closed"}, body=BODY)
    assert page.texts("status") == ["closed"]
    page.saw(first, values={"name": "Pump"}, body=BODY)
    assert page.texts("name") == ["Pump"]
    assert page.texts("status") == ["open"]


def test_a_read_ends_observed_values_that_are_there_no_more() -> None:
    page = Page(OUTSIDE)
    first = read(page, reading(name="Well", status="open"))
    one = page.saw(first, values={"status": "closed"})
    other = page.saw(first, values={"status": "full"})
    assert set(page.texts("status")) == {"closed", "full"}
    seen = read(page, reading(name="Well", status="full"))
    assert page.versions[seen].set == {}
    assert page.versions[seen].observation.ends == {"status": (one,)}
    assert page.texts("status") == ["full"]
    assert other in page.versions
    assert is_delivered(page.state, page.versions, SERVER)


def test_values_of_ours_only_an_assignment_replaces() -> None:
    page = Page(OUTSIDE)
    first = read(page, reading(name="Well", status="open"))
    ours = page.put(first, status="closed")
    page.saw(first, values={"status": "full"})
    seen = read(page, reading(name="Well", status="full"))
    assert ours not in page.versions[seen].parents
    assert set(page.texts("status")) == {"closed", "full"}
    page.resolve(*page.strand.heads, status="closed")
    assert page.texts("status") == ["closed"]


def test_a_value_of_ours_that_was_replaced_since_and_is_seen_again_ends_no_value_of_ours() -> None:
    page = Page()
    older = page.put(name="Well")
    seen = page.saw(older)
    newer = page.put(seen, name="Spring")
    again = page.saw(newer, values={"name": "Well"})
    assert set(page.texts("name")) == {"Spring", "Well"}
    page.resolve(again, name="Well")
    assert page.texts("name") == ["Well"]


def test_a_value_nobody_here_gave_supersedes_what_it_saw() -> None:
    page = Page()
    older = page.put(name="Well")
    newer = page.put(older, name="Spring")
    page.saw(newer, values={"name": "Tap"})
    assert page.texts("name") == ["Tap"]


def test_only_a_retract_and_never_an_observed_absence_hides_values() -> None:
    page = Page(OUTSIDE)
    read(page, reading(name="Well"))
    draft = observe(page.versions, Reading(SERVER, None))
    assert draft is not None
    assert draft.change.is_empty
    read(page, Reading(SERVER, None))
    assert page.strand.values == {"name": "Well"}
    assert not page.strand.is_deleted
    page.retract(*page.strand.heads)
    assert page.strand.is_deleted
