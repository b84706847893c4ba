"""One device put together: who it is, what it writes, whom it meets, what it delivers.

Introduces the rooms below to each other: store, sessions, net and eden. The wall clock is read here and nowhere below.
"""

from edenmesh.node.delivery import (
    DeliveryResult,
    DeliveryUpdate,
    DestinationView,
    Held,
    PlanItem,
    PlannedField,
    PullResult,
    PullUpdate,
    Rejected,
)
from edenmesh.node.device import Device
from edenmesh.node.meeting import NearbyView, PeerEvent, Shown, SyncUpdate
from edenmesh.node.pairing import CodeView, PairedView, PairingTask
from edenmesh.node.parts import Check, MemberView, PeerView, Settings
from edenmesh.node.records import (
    ActView,
    ChangeView,
    ChoiceView,
    Decision,
    Decisions,
    EventView,
    FieldView,
    HistoryView,
    ImportResult,
    Json,
    OlderView,
    QuestionView,
    RecordRow,
    RecordView,
    StrandView,
    TableRow,
    plain,
)
from edenmesh.node.status import OwedView, Status
from edenmesh.node.stewardship import FormView, HeldBack, HeldRecord, PenView, QuarantineView

__all__ = [
    "ActView",
    "ChangeView",
    "Check",
    "ChoiceView",
    "CodeView",
    "Decision",
    "Decisions",
    "DeliveryResult",
    "DeliveryUpdate",
    "DestinationView",
    "Device",
    "EventView",
    "FieldView",
    "FormView",
    "Held",
    "HeldBack",
    "HeldRecord",
    "HistoryView",
    "ImportResult",
    "Json",
    "MemberView",
    "NearbyView",
    "OlderView",
    "OwedView",
    "PairedView",
    "PairingTask",
    "PeerEvent",
    "PeerView",
    "PenView",
    "PlanItem",
    "PlannedField",
    "PullResult",
    "PullUpdate",
    "QuarantineView",
    "QuestionView",
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
