"""One encounter of two devices: a machine that takes bytes and the time, and gives bytes and events.

Invariant: a session never writes, and acknowledges nothing that its driver has not called durable.
"""

from edenmesh.core.session.events import (
    Batch,
    CharterReceived,
    ChunkReceived,
    Ended,
    Event,
    FormReceived,
    GuestMet,
    HolesReceived,
    PartReceived,
    PeerHolds,
    PeerWaits,
    Progress,
    Tallied,
)
from edenmesh.core.session.ports import FileNeed, Filling, HandedIn, LogPart, OpenCounts, Snapshot, is_well_sealed
from edenmesh.core.session.session import Parties, Session
from edenmesh.core.session.sharing import Sharing

__all__ = [
    "Batch",
    "CharterReceived",
    "ChunkReceived",
    "Ended",
    "Event",
    "FileNeed",
    "Filling",
    "FormReceived",
    "GuestMet",
    "HandedIn",
    "HolesReceived",
    "LogPart",
    "OpenCounts",
    "PartReceived",
    "Parties",
    "PeerHolds",
    "PeerWaits",
    "Progress",
    "Session",
    "Sharing",
    "Snapshot",
    "Tallied",
    "is_well_sealed",
]
