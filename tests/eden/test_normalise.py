"""A record reads the same whichever way a server gives it."""

import json
from collections.abc import Mapping
from dataclasses import replace

from edenmesh.core.records import ALIAS, MASTER, Content, Form, Reference, body_hash
from edenmesh.eden import (
    Document,
    PendingFile,
    Row,
    decode_document,
    decode_mform,
    is_server_row,
    normalise_document,
    normalise_row,
    observed_body,
    observed_texts,
)
from tests.eden.exchanges import FIXTURES, bodies


def fixture_forms() -> dict[str, Form]:
    forms = [
        decode_mform(json.dumps(body).encode())
        for _, _, path, body in bodies(FIXTURES, "s3json-forms.json")
        if "mform.json" in path and isinstance(body, dict)
    ]
    return {form.table.name: form for form in forms}


FORMS = fixture_forms()


def fixture(name: str, forms: Mapping[str, Form] | None = None) -> Document:
    (body,) = (
        body
        for place, side, _, body in bodies(FIXTURES, "s3json-reads.json")
        if place.endswith(f"/{name}") and side == "response"
    )
    known = FORMS if forms is None else forms
    return normalise_document(decode_document(json.dumps(body).encode(), known), known)


def row_of(document: Document, table: str) -> Row:
    return next(row for row in document.rows if row.table == table)


def test_a_contact_reads_the_same_inside_its_person_and_alone() -> None:
    nested = row_of(fixture("person-with-components-and-account"), "pr_contact")
    alone = row_of(fixture("contact-at-its-own-address"), "pr_contact")
    assert nested.fields == alone.fields
    assert nested.master == ("pr_person", "urn:uuid:5e0a0000-0000-4000-8000-000000000005")
    assert observed_body(nested) == observed_body(alone) is not None


def test_an_office_reads_the_same_inside_its_organisation_and_alone() -> None:
    nested = row_of(fixture("organisations"), "org_office")
    alone = row_of(fixture("offices"), "org_office")
    assert nested.fields == alone.fields
    assert nested.master is None
    assert observed_body(nested) == observed_body(alone) is not None


def test_without_forms_a_nested_row_names_its_master_as_such() -> None:
    assert row_of(fixture("organisations", {}), "org_office").master is not None
    assert "pe_id" in row_of(fixture("contact-at-its-own-address", {}), "pr_contact").fields


def test_what_is_the_servers_own_is_left_out_and_counted() -> None:
    person = fixture("person-with-components-and-account")
    assert person.left_out == {"pr_person_user": 1, "auth_user": 1}
    organisations = fixture("organisations")
    assert organisations.left_out == {"org_site": 1, "pr_role": 1}
    assert "root_organisation" not in row_of(organisations, "org_organisation").fields
    located = row_of(fixture("located"), "gis_location")
    assert set(located.fields) == {"name", "gis_feature_type", "lat", "lon", "inherited", "parent"}
    assert is_server_row(Row(table="new_entity", uuid="u", fields={"instance_type": "x"}))
    assert not is_server_row(Row(table="pr_person", uuid="u"))


def test_a_component_joined_directly_keeps_the_reference_it_gives_itself() -> None:
    other = Reference("org_organisation", "other")
    fields: dict[str, Content] = {
        MASTER: Reference("org_organisation", "g"),
        ALIAS: "office",
        "organisation_id": other,
    }
    row = normalise_row(Row(table="org_office", uuid="o", fields=fields), FORMS)
    assert row.fields == {"organisation_id": other}
    assert normalise_row(row, FORMS) == row


def test_a_reference_through_a_super_entity_of_another_table_is_no_master() -> None:
    row = Row(table="pr_contact", uuid="c", fields={"pe_id": Reference("org_organisation", "g")})
    assert normalise_row(row, FORMS) == row


def test_a_component_no_form_mentions_names_its_master_by_the_key_of_a_super_entity() -> None:
    person = Reference("pr_person", "p")
    nested = Row(table="pr_note", uuid="n", fields={MASTER: person, "text": "x"})
    alone = Row(table="pr_note", uuid="n", fields={"pe_id": person, "text": "x", "author_id": person})
    assert normalise_row(alone, FORMS).fields == {MASTER: person, "text": "x", "author_id": person}
    assert normalise_row(nested, FORMS) == nested
    assert normalise_row(alone, {}) == alone


def test_a_nested_row_no_form_calls_a_component_is_joined_by_its_own_reference() -> None:
    forms = {"org_office": FORMS["org_office"]}
    nested = Row(table="org_office", uuid="o", fields={MASTER: Reference("org_organisation", "g"), "name": "x"})
    joined = normalise_row(nested, forms)
    assert joined.fields == {"organisation_id": Reference("org_organisation", "g"), "name": "x"}
    two = replace(nested, fields={**nested.fields, "organisation_id": Reference("org_organisation", "h")})
    assert normalise_row(two, forms) == two


def test_the_body_waits_for_the_content_of_its_files() -> None:
    row = Row(table="t_x", uuid="u", fields={"f": 1999}, files={"p": PendingFile("p.png")})
    assert observed_body(row) is None
    assert observed_body(row.with_files({})) is None


def test_the_body_is_of_texts_so_that_types_make_no_difference() -> None:
    typed = Row(table="t_x", uuid="u", fields={"b": 1999, "a": True})
    untyped = Row(table="t_x", uuid="u", fields={"a": "true", "b": "1999"}, emptied=("c",), modified_on="2026-01-01")
    assert observed_body(typed) == observed_body(untyped) == body_hash({"a": "true", "b": "1999"})
    assert observed_texts(typed) == {"a": "true", "b": "1999"}
