"""One device put together: who it is, what it writes, whom it meets, what it delivers.

Introduces the rooms below to each other: store, sessions, net and eden. The wall clock is read here and nowhere below.
"""

from edenmesh.node.device import Device
from edenmesh.node.doctor import Check
from edenmesh.node.imports import ImportResult
from edenmesh.node.meetings import PeerEvent
from edenmesh.node.pairings import CodeView, PairedView, PairingTask
from edenmesh.node.settings import Settings
from edenmesh.node.status import OwedView, Status, SyncUpdate
from edenmesh.node.team import MemberView, PeerView
from edenmesh.node.views import ChoiceView, FieldView, Json, RecordRow, RecordView, StrandView, TableRow, plain
from edenmesh.node.visibility import NearbyView, Shown

__all__ = [
    "Check",
    "ChoiceView",
    "CodeView",
    "Device",
    "FieldView",
    "ImportResult",
    "Json",
    "MemberView",
    "NearbyView",
    "OwedView",
    "PairedView",
    "PairingTask",
    "PeerEvent",
    "PeerView",
    "RecordRow",
    "RecordView",
    "Settings",
    "Shown",
    "Status",
    "StrandView",
    "SyncUpdate",
    "TableRow",
    "plain",
]
