"""Exchanges with Sahana Eden servers: what is owed, sent and read back, what is brought, and which servers there are.

From one record to all: `intent` (what one record asks for), `intentions` (all that are owed), `observer` (reading at
the server, and writing down what was seen), `delivery` and `pull` (one run each), `exchanges` (what a device offers).
"""

from edenmesh.node.delivery.delivery import DeliveryResult, DeliveryUpdate, Held, Rejected
from edenmesh.node.delivery.destinations import DestinationView
from edenmesh.node.delivery.exchanges import Exchanges, PlanItem, PlannedField, What
from edenmesh.node.delivery.pull import PullResult, PullUpdate

__all__ = [
    "DeliveryResult",
    "DeliveryUpdate",
    "DestinationView",
    "Exchanges",
    "Held",
    "PlanItem",
    "PlannedField",
    "PullResult",
    "PullUpdate",
    "Rejected",
    "What",
]
