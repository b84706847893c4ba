"""How two devices become peers: six digits that two people compare, or a QR code, then one commit that admits.

Nothing here does I/O. A driver feeds one `Pairing` with the messages of an open channel and the answers of a person,
sends what it has to send, stores what it asks to have stored, and keeps one `AttemptGate` for the device. Invariant:
no `Paired` and no charter without both persons' yes to the same code, bound to both device keys and the channel.
"""

from edenmesh.core.pairing.events import (
    CompareCode,
    Event,
    Failed,
    Joining,
    Paired,
    Reason,
    StoreAdmission,
    StoreMembership,
)
from edenmesh.core.pairing.gate import AttemptGate
from edenmesh.core.pairing.machine import Pairing, PairingState
from edenmesh.core.pairing.messages import MeshSecret
from edenmesh.core.pairing.qr import Address, QrPayload, key_hash
from edenmesh.core.pairing.sas import Role
from edenmesh.core.pairing.sides import Link, OurSide

__all__ = [
    "Address",
    "AttemptGate",
    "CompareCode",
    "Event",
    "Failed",
    "Joining",
    "Link",
    "MeshSecret",
    "OurSide",
    "Paired",
    "Pairing",
    "PairingState",
    "QrPayload",
    "Reason",
    "Role",
    "StoreAdmission",
    "StoreMembership",
    "key_hash",
]
