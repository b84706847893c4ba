"""One device put together: who it is, what it writes, whom it meets, what it delivers.

Introduces the rooms below to each other: store, sessions, net and eden. The wall clock is read here and nowhere below.
"""

from edenmesh.node.delivering import DeliveryResult, DeliveryUpdate, Held, Rejected
from edenmesh.node.delivery import PlanItem, PlannedField
from edenmesh.node.destinations import DestinationView
from edenmesh.node.device import Device
from edenmesh.node.doctor import Check
from edenmesh.node.imports import ImportResult
from edenmesh.node.meetings import PeerEvent
from edenmesh.node.pairings import CodeView, PairedView, PairingTask
from edenmesh.node.pulling import PullResult, PullUpdate
from edenmesh.node.settings import Settings
from edenmesh.node.status import OwedView, Status, SyncUpdate
from edenmesh.node.team import MemberView, PeerView
from edenmesh.node.views import ChoiceView, FieldView, Json, RecordRow, RecordView, StrandView, TableRow, plain
from edenmesh.node.visibility import NearbyView, Shown

__all__ = [
    "Check",
    "ChoiceView",
    "CodeView",
    "DeliveryResult",
    "DeliveryUpdate",
    "DestinationView",
    "Device",
    "FieldView",
    "Held",
    "ImportResult",
    "Json",
    "MemberView",
    "NearbyView",
    "OwedView",
    "PairedView",
    "PairingTask",
    "PeerEvent",
    "PeerView",
    "PlanItem",
    "PlannedField",
    "PullResult",
    "PullUpdate",
    "RecordRow",
    "RecordView",
    "Rejected",
    "Settings",
    "Shown",
    "Status",
    "StrandView",
    "SyncUpdate",
    "TableRow",
    "plain",
]
