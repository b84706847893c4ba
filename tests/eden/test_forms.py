"""Forms as a server gives them."""

import json
from typing import Any

import pytest

from edenmesh.core.records import Catalogue, Field, Form, Option, form_hash
from edenmesh.eden import decode_form_list, decode_mform
from edenmesh.errors import AnswerNotUnderstood, InvalidInput
from tests.eden.exchanges import FIXTURES, bodies

BODIES = {
    place.partition("/")[2]: body
    for place, side, _, body in bodies(FIXTURES, "s3json-forms.json")
    if side == "response"
}


def backwards(told: dict[str, Any]) -> dict[str, Any]:
    return dict(reversed(told.items()))


def form(name: str) -> Form:
    return decode_mform(json.dumps(BODIES[f"form-{name}"]).encode())


def test_the_form_list_says_where_each_form_is() -> None:
    listed = decode_form_list(json.dumps(BODIES["form-list"]).encode())
    assert len(listed) == 6
    first = listed[0]
    assert (first.table, first.controller, first.function, first.title) == (
        "org_organisation",
        "org",
        "organisation",
        "Organizations",
    )
    assert (first.is_lookup, first.is_shown, listed[2].is_lookup, listed[5].is_shown) == (True, True, False, False)


def test_a_form_list_carries_the_variables_of_an_address() -> None:
    raw = [{"t": "dc_x", "r": {"c": "default", "f": "table/x", "v": {"b": 1, "a": "2"}}}]
    (listing,) = decode_form_list(json.dumps(raw).encode())
    assert listing.function == "table/x"
    assert listing.variables == '{"a":"2","b":1}'
    assert (listing.name, listing.title) == ("dc_x", "dc_x")


def test_a_form_knows_fields_options_references_and_components() -> None:
    person = form("pr_person")
    gender = person.table.field("gender")
    assert gender == Field(
        name="gender",
        kind="integer",
        label="Sex",
        default="1",
        is_required=True,
        options=[Option("1", ""), Option("2", "female"), Option("3", "male")],
    )
    assert [one.name for one in person.table.fields] == ["first_name", "last_name", "date_of_birth", "gender"]
    assert person.table.supers == {"pr_pentity": "pe_id"}
    assert json.loads(person.table.settings) == {"settings": {"insertable": True}}
    contact = next(one for one in person.components if one.alias == "contact")
    assert (contact.table.name, contact.joinby, contact.pkey, contact.is_multiple) == (
        "pr_contact",
        "pe_id",
        "pe_id",
        True,
    )
    assert not contact.is_joined_directly
    key = contact.table.field("pe_id")
    assert key is not None
    assert (key.kind, key.targets, key.is_hidden, key.is_locked) == ("objectkey", ["pr_pentity"], True, True)


def test_what_has_no_meaning_here_is_carried_as_it_came() -> None:
    report = form("event_incident_report")
    place = report.table.field("location_id")
    assert place is not None
    assert (place.kind, place.targets, place.widget) == ("reference", ["gis_location"], "location")
    assert json.loads(place.settings) == {
        "settings": {"l10n": {"sv": {"label": "Plats"}}},
        "widget": {"type": "location", "rows": 2},
    }
    assert json.loads(report.table.settings) == {"form": ["date", {"type": "section-break"}, "name"]}
    assert [one.name for one in report.table.fields] == ["date", "name", "closed", "location_id"]


def test_the_same_form_has_the_same_hash_whatever_order_its_keys_had() -> None:
    raw = json.loads(json.dumps(BODIES["form-org_organisation"]))
    turned = {key: backwards(raw[key]) if isinstance(raw[key], dict) else raw[key] for key in reversed(raw)}
    turned["main"]["schema"] = backwards(raw["main"]["schema"])
    text = json.dumps(turned)
    assert text != json.dumps(raw)
    first, again = form("org_organisation"), decode_mform(text.encode())
    assert first == again
    assert form_hash(first.encode()) == form_hash(again.encode()) != form_hash(form("pr_person").encode())


def test_every_form_survives_its_own_encoding() -> None:
    names = [name.removeprefix("form-") for name in BODIES if name.startswith("form-") and name != "form-list"]
    assert len(names) == 6
    for name in names:
        assert Form.decode(form(name).encode()) == form(name)


def test_a_catalogue_finds_a_field_wherever_a_form_mentions_it() -> None:
    catalogue = Catalogue(
        [form(name) for name in ("org_organisation", "pr_person", "event_incident_report", "doc_image")]
    )
    for table, name, kind in (
        ("doc_image", "doc_id", "objectkey"),
        ("doc_image", "date", "date"),
        ("org_office", "obsolete", "boolean"),
        ("gis_location", "lat", "double"),
        ("org_sector", "name", "string"),
    ):
        field = catalogue.field(table, name)
        assert field is not None
        assert field.kind == kind
    assert catalogue.field("org_sector", "nothing") is None
    assert [one.master for one in catalogue.memberships("org_office")] == ["org_organisation"]
    assert catalogue.form("org_office") is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<html>login</html>", "not JSON"),
        (b"[]", "no main table"),
        (b'{"main":{}}', "a name in it is empty"),
        (b'{"main":{"tablename":"t_x","schema":{"f":{}}}}', "field f has no type"),
        (b'{"main":{"tablename":"t_x","schema":{"f":{"type":"string","options":["x"]}}}}', "pair of value and label"),
        (b'{"main":{"tablename":"t_x","schema":{"$f":{"type":"string"}}}}', "begins with '$'"),
        (b" " * (1024 * 1024 + 1), "are the most"),
    ],
)
def test_what_is_no_form_is_refused_with_words(data: bytes, words: str) -> None:
    with pytest.raises((AnswerNotUnderstood, InvalidInput)) as caught:
        decode_mform(data)
    assert words in caught.value.what


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"{}", "not a list"), (b'[{"t":"t_x"}]', "Entry 1"), (b"[7]", "has no n, l, t, r"), (b"", "not JSON")],
)
def test_what_is_no_form_list_is_refused_with_words(data: bytes, words: str) -> None:
    with pytest.raises(AnswerNotUnderstood) as caught:
        decode_form_list(data)
    assert words in caught.value.what
