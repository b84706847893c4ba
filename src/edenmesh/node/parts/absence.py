"""Why a record may not be written of here: part of it was purged on this device, or an erasure names it.

Who does not have all of a record would write over what they cannot see, so they neither edit, observe nor deliver it
before it was fetched again (design, section 2.6).
"""

from edenmesh.errors import InvalidInput
from edenmesh.store import Store


def why_absent(store: Store, table: str, uuid: str) -> str:
    """What keeps this device from writing of a record, in words; empty where nothing does."""
    if store.deleted.is_erased(table, uuid):
        return "It was erased for good and may not come back."
    if store.deleted.is_purged(table, uuid):
        return "It was purged on this device, so not all of it is here."
    return ""


def require_here(store: Store, table: str, uuid: str) -> None:
    """Raise InvalidInput where something keeps this device from writing of a record."""
    why = why_absent(store, table, uuid)
    if why:
        is_erased = store.deleted.is_erased(table, uuid)
        raise InvalidInput(
            what=f"The record {uuid} of {table} cannot be used here: {why[0].lower()}{why[1:]}",
            kept="Nothing was changed.",
            do="See `edenmesh bin list`." if is_erased else f"Fetch it again with `edenmesh bin fetch {table} {uuid}`.",
        )
