"""What is kept: versions, seals, charter, forms, files and this device's own notes, in one encrypted SQLite database.

Invariant: what a change committed survives a crash and a power cut, whole; states of records are derived, never truth.
SQL stands in this room only. May import the core.
"""

from edenmesh.store.keys import KeyCost
from edenmesh.store.notes import Destination, KeptTally, Notes, Peer
from edenmesh.store.pen import Penned
from edenmesh.store.records import RecordRow, Records, RecordVersions, TableRow
from edenmesh.store.snapshot import StoreSnapshot
from edenmesh.store.store import OwnLog, Statistics, Store
from edenmesh.store.transaction import Committed, Transaction

__all__ = [
    "Committed",
    "Destination",
    "KeptTally",
    "KeyCost",
    "Notes",
    "OwnLog",
    "Peer",
    "Penned",
    "RecordRow",
    "RecordVersions",
    "Records",
    "Statistics",
    "Store",
    "StoreSnapshot",
    "TableRow",
    "Transaction",
]
