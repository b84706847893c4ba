"""What is delivered, what is a receipt of it, and what is still owed (design, section 2.6)."""

from edenmesh.core.encoding import Plain
from edenmesh.core.ids import VersionId
from edenmesh.core.records import (
    Change,
    Content,
    Reading,
    body_hash,
    compose,
    is_delivered,
    is_receipt,
    left_uuid,
    owed_fields,
    record_states,
)
from tests.core.records.pages import OTHER_SERVER, OUTSIDE, SERVER, Page
from tests.core.records.test_change import PEN


def reading(**fields: Content) -> Reading:
    return Reading(SERVER, fields)


def read(page: Page, what: Reading) -> VersionId:
    seen = page.read(what)
    assert seen is not None
    return seen


def owed(page: Page) -> tuple[str, ...]:
    return owed_fields(page.state, page.versions, SERVER, page.uncounted)


def receipt(page: Page, *witnesses: VersionId) -> bool:
    authors = {page.versions[one].author for one in witnesses}
    return is_receipt(page.state, page.versions, SERVER, page.uncounted, lambda author: author in authors)


def test_a_receipt_is_a_delivery_that_a_witness_saw() -> None:
    page = Page()
    first = page.put(name="Well")
    seen = read(page, reading(name="Well"))
    assert receipt(page, seen)
    assert not receipt(page)
    assert not receipt(page, first)


def test_one_of_the_last_observations_is_enough_and_of_twins_any() -> None:
    page = Page()
    first = page.put(name="Well")
    body = body_hash({"name": "Well"})
    here, there = page.saw(first, body=body), page.saw(first, body=body)
    assert receipt(page, here)
    assert receipt(page, there)


def test_what_was_last_seen_otherwise_is_no_receipt_whoever_saw_it_before() -> None:
    page = Page()
    page.put(name="Well")
    witness = read(page, reading(name="Well"))
    page.put(*page.strand.heads, name="Old well")
    assert not receipt(page, witness)


def test_what_was_never_seen_there_is_owed_whole() -> None:
    page = Page()
    page.put(name="Well", status="open")
    page.read(Reading(OTHER_SERVER, {"name": "Well", "status": "open"}))
    assert owed(page) == ("name", "status")


def test_a_value_that_was_dropped_is_owed_and_nothing_else() -> None:
    page = Page()
    page.put(name="Well", status="open")
    read(page, reading(name="Well"))
    assert owed(page) == ("status",)
    read(page, reading(name="Well", status="open"))
    assert owed(page) == ()
    assert is_delivered(page.state, page.versions, SERVER)


def test_what_was_emptied_here_is_owed_while_the_server_has_it() -> None:
    page = Page()
    page.put(name="Well", status="open")
    read(page, reading(name="Well", status="open"))
    page.unset(*page.strand.heads, name="status")
    assert owed(page) == ("status",)


def test_a_field_in_conflict_is_owed_until_people_have_chosen() -> None:
    page = Page()
    first = page.put(name="Well")
    page.saw(first, values={"name": "Theirs"}, body=body_hash({"name": "Theirs"}))
    page.put(first, name="Ours")
    assert owed(page) == ("name",)


def test_of_a_retracted_record_no_field_is_owed() -> None:
    page = Page()
    page.retract(page.put(name="Well"))
    assert owed(page) == ()


def test_which_of_several_values_was_seen_is_told_by_the_hash() -> None:
    page = Page()
    first = page.put(name="Well")
    here, there = page.saw(first, values={"name": "Here"}), page.saw(first, values={"name": "There"})
    page.saw(here, there, body=body_hash({"name": "There"}))
    page.resolve(*page.strand.heads, name="There")
    assert owed(page) == ()
    page.resolve(*page.strand.heads, name="Here")
    assert owed(page) == ("name",)


def test_what_a_row_made_anew_has_not_got_is_owed() -> None:
    page = Page()
    first = page.put(name="Well", status="open")
    page.retract(first)
    read(page, Reading(SERVER, None))
    page.put(*page.strand.heads, name="Well")
    read(page, reading(name="Well"))
    assert owed(page) == ("status",)


def test_of_a_body_nobody_can_tell_any_more_only_what_was_said_is_taken_for_seen() -> None:
    page = Page()
    first = page.put(name="Well", status="open")
    page.saw(first, values={"name": "Server's"}, body=bytes([9]) * 32)
    assert owed(page) == ("status",)


def test_a_field_that_a_last_body_had_is_emptied_and_one_it_had_not_is_kept() -> None:
    page = Page()
    first = page.put(name="Well", status="open")
    page.retract(first)
    read(page, Reading(SERVER, None))
    lifted = page.put(*page.strand.heads, name="Well")
    read(page, reading(name="Well"))
    seen = page.versions[read(page, reading(name="Edited"))]
    assert seen.unset == []
    assert page.strand.values == {"name": "Edited", "status": "open"}
    assert lifted in page.versions


def test_the_row_of_a_strand_that_left_is_another_one() -> None:
    page = Page(OUTSIDE)
    keeps, leaves = page.first(name="Well"), page.first(name="Clinic")
    page.saw(keeps, body=body_hash({"name": "Well"}))
    heads = tuple(head for strand in page.state.strands for head in strand.heads)
    parted: dict[str, Plain] = {"keeps": keeps, "leaves": [leaves]}
    page.write("resolve", heads, Change(), about=parted)
    states = {state.uuid: state for state in record_states(page.versions)}
    assert is_delivered(states[OUTSIDE], page.versions, SERVER)
    leaver = states[left_uuid(leaves)]
    assert not is_delivered(leaver, page.versions, SERVER)
    assert owed_fields(leaver, page.versions, SERVER) == ("name",)
    assert owed_fields(states[OUTSIDE], page.versions, SERVER) == ()
    about: dict[str, Plain] = {"destination": SERVER, "body": body_hash({"name": "Clinic"})}
    seen = compose(PEN, "org_facility", leaver.uuid, Change(), parents=(leaves,), op="observe", about=about)
    versions = {**page.versions, seen.id: seen.version}
    states = {state.uuid: state for state in record_states(versions)}
    assert is_delivered(states[leaver.uuid], versions, SERVER)
    assert is_delivered(states[OUTSIDE], versions, SERVER)
