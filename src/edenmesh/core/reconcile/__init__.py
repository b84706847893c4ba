"""What differs between two sets of versions; knows 32-byte ids only, nothing of records.

Version vectors and holes now; cells and ranges come behind the same door. Imports only the floor below.
"""

from edenmesh.core.reconcile.holes import HOLE_BYTES, Gap, Hole, HoleKind, Places, Stretch, gaps_of, is_hole
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

__all__ = [
    "HOLE_BYTES",
    "Gap",
    "Held",
    "Hole",
    "HoleKind",
    "Mark",
    "Offer",
    "Places",
    "Roots",
    "Run",
    "Stretch",
    "beginnings",
    "common_prefix",
    "compare",
    "gaps_of",
    "is_hole",
    "set_hash",
]
