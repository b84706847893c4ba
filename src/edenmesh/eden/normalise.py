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
    if master is not None:
        alias = content_text(fields.get(ALIAS, ""))
        component = catalogue.component(master[0], row.table, alias)
        if component is not None and component.is_joined_directly:
            del fields[MASTER]
            fields.pop(ALIAS, None)
            fields.setdefault(component.joinby, Reference(*master))
        return
    for table, component in catalogue.memberships(row.table):
        target = fields.get(component.joinby)
        if component.pkey and not component.link and isinstance(target, Reference) and target.table == table:
            fields[MASTER] = fields.pop(component.joinby)
            return
