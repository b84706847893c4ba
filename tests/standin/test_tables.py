"""The tables hang together, every form can be asked for, and every served table takes a record and gives it back."""

import pytest

from edenmesh.standin import FORMS, Form
from edenmesh.standin.s3json import Json
from edenmesh.standin.tables import TABLES
from tests.standin.client import UUID, Client, organisation

SERVED = [table.name for table in TABLES.values() if table.is_served]


def test_components_and_references_lead_to_tables_that_are_there() -> None:
    joined = [(table, component) for table in TABLES.values() for component in table.components]
    for table, component in joined:
        column = TABLES[component.table].field(component.joinby)
        assert column is not None, f"{table.name}: {component}"
        assert column.refers_to in (table.name, *dict(table.super_entities)), f"{table.name}: {component}"
    references = [field.refers_to for table in TABLES.values() for field in table.fields if field.kind == "reference"]
    assert set(references) <= set(TABLES)
    assert (len(TABLES), len(joined), len(references)) == (19, 16, 19)


def test_defaults_are_among_the_options() -> None:
    choices = [field for table in TABLES.values() for field in table.fields if field.options and field.default]
    assert all(str(field.default) in dict(field.options) for field in choices)
    assert len(choices) == 7


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.table)
def test_every_form_describes_its_fields_components_and_references(client: Client, form: Form) -> None:
    controller, _, function = form.table.partition("_")
    answer = client.http.get(f"{client.server.url}/{controller}/{function}/mform.json").json()
    assert set(answer["main"]["form"]) == set(answer["main"]["schema"])
    assert tuple(answer.get("components", {})) == tuple(
        component.alias for component in TABLES[form.table].components if component.alias in form.components
    )
    schemas = [answer["main"], *answer.get("references", {}).values(), *answer.get("components", {}).values()]
    named = {field["type"].removeprefix("reference ") for schema in schemas for field in schema["schema"].values()}
    assert {name for name in named if "_" in name} <= {form.table, *answer.get("references", {})}


@pytest.mark.parametrize("name", SERVED)
def test_every_served_table_takes_a_record_and_gives_it_back(client: Client, name: str) -> None:
    client.push("org_organisation", organisation(1))
    record: dict[str, Json] = {"@uuid": UUID.format(2), "@modified_on": "2031-01-01T00:00:00"}
    for field in TABLES[name].fields:
        if field.is_mandatory and field.is_text:
            record[field.name] = "+4512345678"
        elif field.is_mandatory:
            record[f"$k_{field.name}"] = {"@resource": field.refers_to, "@uuid": UUID.format(1)}
    assert client.push(name, record)["created"]
    assert [found["@modified_on"] for found in client.pull(name, f"~.uuid={UUID.format(2)}")] == ["2031-01-01T00:00:00"]


def test_a_merge_moves_what_referred_to_the_duplicate(client: Client) -> None:
    client.push("org_organisation", organisation(1), organisation(2))
    office = client.server.create("org_office", {"name": "Hut", "organisation_id": UUID.format(2)})
    merged: dict[str, Json] = {"@uuid": UUID.format(2), "@deleted": "true", "@replaced_by": UUID.format(1)}
    assert client.push("org_organisation", merged)["deleted"] == [2]
    record = client.server.record("org_office", office)
    assert record is not None
    assert isinstance(record["$k_organisation_id"], dict)
    assert record["$k_organisation_id"]["@uuid"] == UUID.format(1)
    assert client.server.uuids("org_organisation") == [UUID.format(1)]
