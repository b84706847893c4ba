"""What is kept: versions, seals, charter, forms, files and this device's own notes, in one encrypted SQLite database.

Invariant: what a change committed survives a crash and a power cut, whole; states of records are derived, never truth.
SQL stands in this room only. May import the core.
"""

from edenmesh.store.deleted import Deleted
from edenmesh.store.erasures import ERASE_AFTER_MS, KeptErasure, Stage
from edenmesh.store.keys import KeyCost
from edenmesh.store.listings import CHANGED, LABEL, Found, Key, Listed, Listings, Search
from edenmesh.store.notes import READ_AGAIN_MS, Destination, HeldLog, KeptTally, Notes, Peer
from edenmesh.store.pen import Penned
from edenmesh.store.purges import Purged
from edenmesh.store.records import (
    Delivery,
    QuarantineCount,
    Quarantined,
    QuarantinedRow,
    RecordRow,
    Records,
    RecordVersions,
    TableRow,
    Why,
)
from edenmesh.store.snapshot import StoreSnapshot
from edenmesh.store.store import OwnLog, Statistics, Store
from edenmesh.store.transaction import Committed, Transaction
from edenmesh.store.versions import Name, files_of

__all__ = [
    "CHANGED",
    "ERASE_AFTER_MS",
    "LABEL",
    "READ_AGAIN_MS",
    "Committed",
    "Deleted",
    "Delivery",
    "Destination",
    "Found",
    "HeldLog",
    "KeptErasure",
    "KeptTally",
    "Key",
    "KeyCost",
    "Listed",
    "Listings",
    "Name",
    "Notes",
    "OwnLog",
    "Peer",
    "Penned",
    "Purged",
    "QuarantineCount",
    "Quarantined",
    "QuarantinedRow",
    "RecordRow",
    "RecordVersions",
    "Records",
    "Search",
    "Stage",
    "Statistics",
    "Store",
    "StoreSnapshot",
    "TableRow",
    "Transaction",
    "Why",
    "files_of",
]
