"""What the server adds to a record by itself when it stores one.

An organisation is its own root, a location gets its path and bounds, and an office or facility a row in the list
of sites, with a code, and its organisation the role that holds its sites. A pull shows all of it, partly without
stamps, so a client that takes an export for the pushed record is found out.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from edenmesh.standin.schema import Key, Value
from edenmesh.standin.state import Row, State, new_uuid

_CONSONANTS = "BCDFGHJKLMNPQRSTVWXYZ"
_SUFFIX = f"1234567890{_CONSONANTS}"
_CODE_LENGTH, _SUFFIX_LENGTH = 10, 4


def keep_derived(state: State, row: Row, user: str, now: datetime, entropy: Callable[[int], bytes]) -> None:
    """Bring what is derived from a row up to date."""
    if row.key.table == "org_organisation" and row.values.get("root_organisation") is None:
        state.put(replace(row, values={**row.values, "root_organisation": row.key}))
    elif row.key.table == "gis_location":
        state.put(replace(row, values={**row.values, **_place(state, row)}))
    elif state.tables[row.key.table].is_site:
        _keep_site(state, row, entropy)
        organisation = row.values.get("organisation_id")
        if isinstance(organisation, Key):
            _keep_role(state, organisation, user, now, entropy)


def _place(state: State, row: Row) -> dict[str, Value | None]:
    above = row.values.get("parent")
    parent = state.get(above) if isinstance(above, Key) else None
    path = f"{parent.values.get('path')}/{row.key.id}" if parent else str(row.key.id)
    lat, lon = row.values.get("lat"), row.values.get("lon")
    return {"path": path, "lat_min": lat, "lat_max": lat, "lon_min": lon, "lon_max": lon}


def _keep_site(state: State, row: Row, entropy: Callable[[int], bytes]) -> None:
    site = state.find("org_site", row.uuid)
    key = site.key if site else state.next_key("org_site")
    code = row.values.get("code") or (site.values["code"] if site else _site_code(str(row.values["name"]), entropy))
    shared = {name: row.values.get(name) for name in ("name", "obsolete", "organisation_id", "location_id")}
    values: dict[str, Value | None] = {"site_id": key.id, "instance_type": row.key.table, "code": code, **shared}
    state.put(Row(key, row.uuid, values, owned_by_user=row.owned_by_user))


def _site_code(name: str, entropy: Callable[[int], bytes]) -> str:
    letters = name[:2].upper() + "".join(letter for letter in name[2:].upper() if letter in _CONSONANTS)
    prefix = "".join(letter for letter in letters if letter.isascii() and letter.isalpha()) + "X" * _CODE_LENGTH
    suffix = "".join(_SUFFIX[byte % len(_SUFFIX)] for byte in entropy(_SUFFIX_LENGTH))
    return prefix[: _CODE_LENGTH - _SUFFIX_LENGTH] + suffix


def _keep_role(state: State, organisation: Key, user: str, now: datetime, entropy: Callable[[int], bytes]) -> None:
    if any(row.key.table == "pr_role" for row, _ in state.referrers(organisation)):
        return
    values: dict[str, Value | None] = {"role_type": 1, "role": "Sites", "pe_id": organisation}
    state.put(Row(state.next_key("pr_role"), new_uuid(entropy), values, 0, now, now, user, user, user))
