"""What the server tells a mobile client of its tables: the list of forms, and the schema of each.

The list is a setting of a deployment; the schema follows from the tables. Fixed sets list their options,
with text for keys even in number fields; foreign keys list none, so a look-up table is a form of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from edenmesh.standin.s3json import Json
from edenmesh.standin.schema import Component, Field, Table


@dataclass(frozen=True, slots=True)
class Form:
    """One entry of a deployment's list of mobile forms. `components` are the aliases that go to the client."""

    title: str
    table: str
    components: tuple[str, ...] = ()
    has_data: bool = False
    is_for_entry: bool = True


FORMS = (
    Form("Organizations", "org_organisation", ("office", "sector_organisation", "contact_person"), has_data=True),
    Form("People", "pr_person", ("address", "contact", "image")),
    Form("Incident Reports", "event_incident_report", ("document", "image")),
    Form("Offices", "org_office", has_data=True),
    Form("Facilities", "org_facility", has_data=True),
    Form("Images", "doc_image"),
    Form("Incident Types", "event_incident_type", has_data=True, is_for_entry=False),
    Form("Sectors", "org_sector", has_data=True, is_for_entry=False),
    Form("Organization Types", "org_organisation_type", has_data=True, is_for_entry=False),
)


def list_forms(forms: tuple[Form, ...], tables: Mapping[str, Table]) -> list[Json]:
    """The list of forms, as `mobile/forms.json` gives it."""
    return [
        {
            "n": form.table,
            "l": form.title,
            "t": form.table,
            "r": {"c": tables[form.table].controller, "f": tables[form.table].function},
            "d": form.has_data,
            "m": form.is_for_entry,
        }
        for form in forms
    ]


def describe_form(table: Table, forms: tuple[Form, ...], tables: Mapping[str, Table]) -> dict[str, Json]:
    """The schema of one form with all tables it refers to, as `mform.json` gives it."""
    aliases = next((form.components for form in forms if form.table == table.name), ())
    components = [component for component in table.components if component.alias in aliases]
    main: dict[str, Json] = {"tablename": table.name, **_schema(table, _offered(table))}
    main["form"] = [field.name for field in _offered(table)]
    main["strings"] = {"label": table.label, "plural": table.plural}
    if table.settings:
        main["settings"] = dict(table.settings)
    described: dict[str, Json] = {"main": main}
    columns = [*_offered(table), *(f for c in components for f in _component_fields(tables[c.table], c))]
    references = _referenced(columns, table.name, tables)
    if references:
        described["references"] = {name: _schema(tables[name], _offered(tables[name])) for name in references}
    if components:
        described["components"] = {c.alias: _describe_component(tables[c.table], c) for c in components}
    return {**described, "controller": table.controller, "function": table.function}


def _offered(table: Table) -> list[Field]:
    return [field for field in table.fields if field.is_offered and field.kind != "objectkey"]


def _component_fields(table: Table, component: Component) -> list[Field]:
    return [
        field for field in table.fields if field.is_offered and (field.kind != "objectkey" or _joins(field, component))
    ]


def _joins(field: Field, component: Component) -> bool:
    return field.name == component.joinby


def _describe_component(table: Table, component: Component) -> dict[str, Json]:
    fields = _component_fields(table, component)
    described: dict[str, Json] = {"table": table.name, "multiple": True, "joinby": component.joinby}
    if any(field.kind == "objectkey" for field in fields):
        described["pkey"] = component.joinby
    return {**described, **_schema(table, fields)}


def _schema(table: Table, fields: list[Field]) -> dict[str, Json]:
    return {"schema": {field.name: _describe(field) for field in fields}, "types": dict(table.super_entities)}


def _describe(field: Field) -> dict[str, Json]:
    described: dict[str, Json] = {"type": field.kind, "label": field.label}
    if field.kind == "reference":
        described["type"] = f"reference {field.refers_to}"
    elif field.kind == "objectkey":
        described["reftype"] = [field.refers_to]
    if field.options:
        described["options"] = [[option, label] for option, label in field.options]
    if field.default:
        described["default"] = field.default
    if not field.readable:
        described["readable"] = False
    if not field.writable:
        described["writable"] = False
    if field.is_location:
        described["widget"] = {"type": "location"}
    if field.required:
        described["required"] = True
    return described


def _referenced(fields: list[Field], main: str, tables: Mapping[str, Table]) -> list[str]:
    found: list[str] = []
    waiting = [field.refers_to for field in fields if field.kind == "reference"]
    while waiting:
        name = waiting.pop()
        if name != main and name not in found:
            found.append(name)
            waiting.extend(field.refers_to for field in _offered(tables[name]) if field.kind == "reference")
    return found
