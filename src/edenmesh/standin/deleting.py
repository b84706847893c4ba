"""Deleting and merging rows, as the real server does both: archive the row, empty its foreign keys.

A row that others refer to stays, with an error, unless those keys cascade (a component goes with its master) or
are merely emptied. The time of a deletion is the server's own. Merging moves every reference to the survivor.
"""

from dataclasses import replace
from datetime import datetime

from edenmesh.standin.schema import Key
from edenmesh.standin.state import Row, State

INTEGRITY_ERROR = "Integrity error: record can not be deleted while it is referenced by other records"
_CASCADING = ("org_sector_organisation", "org_site")


def is_restricted(state: State, row: Row) -> bool:
    """Whether something keeps this row from being deleted."""
    return any(_restricts(state, referrer, name) for referrer, name in state.referrers(row.key))


def delete(state: State, row: Row, user: str, now: datetime) -> None:
    """Delete a row and what hangs on it; the caller has asked whether that is allowed."""
    for referrer, name in state.referrers(row.key):
        if _cascades(state, referrer, name):
            delete(state, referrer, user, now)
        else:
            state.put(replace(referrer, values={**referrer.values, name: None}))
    site = state.find("org_site", row.uuid) if state.tables[row.key.table].is_site else None
    if site:
        state.forget(site.key)
    emptied = {name: None if isinstance(value, Key) else value for name, value in row.values.items()}
    state.put(replace(row, values=emptied, is_deleted=True, modified_on=now, modified_by=user))


def merge(state: State, duplicate: Row, survivor: Row, user: str, now: datetime) -> None:
    """Let `survivor` take the place of `duplicate` wherever that is referred to, then delete the duplicate."""
    for referrer, name in state.referrers(duplicate.key):
        if referrer.key.table != "pr_role":
            state.put(replace(referrer, values={**referrer.values, name: survivor.key}))
    delete(state, duplicate, user, now)
    merged = state.get(duplicate.key)
    if merged is not None:
        state.put(replace(merged, replaced_by=survivor.uuid))


def _cascades(state: State, referrer: Row, name: str) -> bool:
    column = state.tables[referrer.key.table].field(name)
    return referrer.key.table in _CASCADING or (column is not None and column.kind == "objectkey")


def _restricts(state: State, referrer: Row, name: str) -> bool:
    column = state.tables[referrer.key.table].field(name)
    return column is not None and column.kind == "reference" and column.restricts
