"""Where a record stands at servers: delivered, a receipt, or which values are still owed (design, section 2.6).

Asked for each server that is set up here, that a steward pinned, or where somebody has seen the record. Cost: of a
record that is not delivered a state of its past for each server.
"""

from dataclasses import dataclass

from edenmesh.core.ids import DestinationId
from edenmesh.core.records import RecordState, last_observations, owed_fields
from edenmesh.node.records.names import Names
from edenmesh.store import RecordVersions, Store


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """Where a record stands at one server.

    `is_receipt`: a gateway saw it there, and a steward pinned the server. `owed` are the fields whose value the server
    was not last seen to hold. `read_back` is when this device itself first read it back, in milliseconds since 1970,
    and `read_again` when it did so at least a day later; 0 for not yet. `is_seen`: somebody has read it there.
    """

    server: str
    is_delivered: bool
    is_receipt: bool
    owed: tuple[str, ...]
    read_back: int = 0
    read_again: int = 0
    is_seen: bool = False


def deliveries_of(
    store: Store, num: int, held: RecordVersions, state: RecordState, names: Names
) -> tuple[DeliveryView, ...]:
    """Where a record, which is a row of a list, stands at each server."""
    delivered = {one.destination: one for one in store.records.deliveries(num)}
    alone = held.alone()
    found: list[DeliveryView] = []
    for destination in [*names.destinations, *(one for one in delivered if one not in names.destinations)]:
        known = delivered.get(destination)
        is_seen = known is not None or bool(last_observations(alone.versions, destination, alone.uncounted))
        found.append(
            DeliveryView(
                server=names.server(destination),
                is_delivered=known is not None,
                is_receipt=known is not None and known.is_receipt,
                owed=() if known is not None else _owed(held, state, destination),
                read_back=known.first_ms if known is not None else 0,
                read_again=known.again_ms if known is not None else 0,
                is_seen=is_seen,
            )
        )
    return tuple(found)


def _owed(held: RecordVersions, state: RecordState, destination: DestinationId) -> tuple[str, ...]:
    return owed_fields(state, held.versions, destination, held.uncounted)
