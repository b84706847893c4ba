"""edenmesh: devices of Sahana Eden users meet, share records, and deliver them to an Eden server.

    async with Device.open(home, passphrase=...) as device:
        device.add("org_facility", {"name": "School 3", "beds": 120})
        async for update in device.sync("Amina"):
            print(update.taken, update.to_take, update.missing)

Everything a program needs is here; what is below is for reading.
"""

from edenmesh.core.records import Date, DateTime, Decimal, File, Form, Reference
from edenmesh.errors import (
    AnswerNotUnderstood,
    ConfigError,
    DeliveryError,
    DestinationUnreachable,
    DiskFull,
    EdenmeshError,
    InvalidInput,
    LoginRefused,
    NotPaired,
    NotPermitted,
    PairingFailed,
    PeerUnreachable,
    ProtocolError,
    StoreError,
    StoreLocked,
    StoreMissing,
    TrustError,
    UsageError,
    WrongPassphrase,
)
from edenmesh.net import Stream, Transport
from edenmesh.node import (
    CodeView,
    Device,
    ImportResult,
    PairingTask,
    RecordView,
    Settings,
    Status,
    SyncUpdate,
)

__all__ = [
    "AnswerNotUnderstood",
    "CodeView",
    "ConfigError",
    "Date",
    "DateTime",
    "Decimal",
    "DeliveryError",
    "DestinationUnreachable",
    "Device",
    "DiskFull",
    "EdenmeshError",
    "File",
    "Form",
    "ImportResult",
    "InvalidInput",
    "LoginRefused",
    "NotPaired",
    "NotPermitted",
    "PairingFailed",
    "PairingTask",
    "PeerUnreachable",
    "ProtocolError",
    "RecordView",
    "Reference",
    "Settings",
    "Status",
    "StoreError",
    "StoreLocked",
    "StoreMissing",
    "Stream",
    "SyncUpdate",
    "Transport",
    "TrustError",
    "UsageError",
    "WrongPassphrase",
]

__version__ = "0.1.0"
