"""Rows as every reading of a server gives them, so that what the server only says differently is no difference.

Values are normalised while they are read (`content_of`); here are the rows: what a server makes for itself is left
out, and a component says in one way whose it is, whether it was read inside its master or at its own address. The
lists are what was met on a stock Sahana Eden; docs/eden.md repeats them for people.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from edenmesh.core.records import ALIAS, MASTER, Catalogue, Content, Form, Reference, body_hash, content_text
from edenmesh.eden.row import Document, Row

SERVER_TABLE_PREFIXES: Final = ("auth_", "s3_", "scheduler_", "sync_")
"""Accounts with their password hashes, dynamic table definitions, background tasks: the server's own business."""
SERVER_TABLES: Final = frozenset(
    ("doc_entity", "org_site", "pr_affiliation", "pr_pentity", "pr_person_user", "pr_role", "sit_trackable")
)
"""Super-entities and links the server keeps up to date by itself."""
SUPER_ENTITY_FIELD: Final = "instance_type"
"""Every super-entity has this field; its rows repeat the uuid of the record they stand for."""
SERVER_FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "gis_location": frozenset(("L0", "L1", "L2", "L3", "L4", "L5", "lat_max", "lat_min", "lon_max", "lon_min", "path")),
    "org_organisation": frozenset(("root_organisation",)),
}
"""Fields the server computes from other records, or that hold its own row numbers."""


def normalise_document(document: Document, forms: Mapping[str, Form] | Catalogue | None = None) -> Document:
    """The document with its rows normalised; rows left out are counted by table in `left_out`."""
    catalogue = Catalogue.of(forms)
    rows: list[Row] = []
    left_out: Counter[str] = Counter()
    for row in document.rows:
        if is_server_row(row):
            left_out[row.table] += 1
        else:
            rows.append(normalise_row(row, catalogue))
    return replace(document, rows=tuple(rows), left_out=dict(left_out))


def normalise_row(row: Row, forms: Mapping[str, Form] | Catalogue | None = None) -> Row:
    """The row without what a server computes, and with its master named in one way.

    A component joined by an ordinary reference, as an office to its organisation, names its master in that field
    only; one joined through a super-entity, as a contact to its person, in `$master` only.
    """
    computed = SERVER_FIELDS.get(row.table, frozenset())
    fields = {name: content for name, content in row.fields.items() if name not in computed}
    _name_master(row, fields, Catalogue.of(forms))
    emptied = tuple(name for name in row.emptied if name not in computed)
    return replace(row, fields=fields, emptied=emptied)


def is_server_row(row: Row) -> bool:
    """Whether a row is a server's own business and no record of the mesh."""
    is_internal = row.table.startswith(SERVER_TABLE_PREFIXES) or row.table in SERVER_TABLES
    return is_internal or SUPER_ENTITY_FIELD in row.fields


def observed_body(row: Row) -> bytes | None:
    """The hash of what a normalised row shows (design, section 2.6); None while one of its files is not known."""
    return None if row.files else body_hash(row.fields)


def observed_texts(row: Row) -> dict[str, str]:
    """Field to canonical text, as the body is compared and as people are shown it."""
    return {name: content_text(content) for name, content in sorted(row.fields.items())}


def _name_master(row: Row, fields: dict[str, Content], catalogue: Catalogue) -> None:
    master = row.master
    if master is None:
        name = _super_key(row, fields, catalogue)
        if name:
            fields[MASTER] = fields.pop(name)
    elif name := _joining_field(row, master[0], catalogue):
        del fields[MASTER]
        fields.pop(ALIAS, None)
        fields.setdefault(name, Reference(*master))


def _joining_field(row: Row, master: str, catalogue: Catalogue) -> str:
    """The ordinary reference by which a nested row is joined to its master, where it is joined by one.

    Where the master's form does not mention the component, which servers nest all the same, it is the one reference
    to the master's table that the row's own form has and the nested row leaves out.
    """
    alias = content_text(row.fields.get(ALIAS, ""))
    component = catalogue.component(master, row.table, alias)
    if component is not None:
        return component.joinby if component.is_joined_directly else ""
    fields = catalogue.fields(row.table).values()
    open_references = [one.name for one in fields if one.targets == [master] and one.name not in row.fields]
    return open_references[0] if len(open_references) == 1 else ""


def _super_key(row: Row, fields: Mapping[str, Content], catalogue: Catalogue) -> str:
    """The field by which a row hangs on a super-entity of its master, where it is a component.

    Of a table no form mentions, it is the field that bears the name of a key its target has to a super-entity: read
    inside that target, such a row has no other field that names it.
    """
    targets = {name: target for name, target in fields.items() if isinstance(target, Reference)}
    memberships = catalogue.memberships(row.table)
    for table, component in memberships:
        target = targets.get(component.joinby)
        if component.pkey and not component.link and target is not None and target.table == table:
            return component.joinby
    if memberships or catalogue.form(row.table) is not None:
        return ""
    named = [name for name, target in targets.items() if name in catalogue.super_keys(target.table)]
    return named[0] if len(named) == 1 else ""
