"""What differs between two sets of versions; knows 32-byte ids only, nothing of records.

Version vectors now; cells and ranges come behind the same door. Imports only the floor below.
"""

from edenmesh.core.reconcile.vector import (
    Held,
    Mark,
    Offer,
    Roots,
    Run,
    beginnings,
    common_prefix,
    compare,
    set_hash,
)

__all__ = ["Held", "Mark", "Offer", "Roots", "Run", "beginnings", "common_prefix", "compare", "set_hash"]
