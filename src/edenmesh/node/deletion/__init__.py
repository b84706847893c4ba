"""Three deletions, three buttons: purge here, retract for all, erase everywhere; the bin, and rules that purge.

A retract is a version like any other and written by the records' room; here it is undone. May import `parts` and
`records`; what is destroyed, and when, the store says.
"""

from edenmesh.node.deletion.deletions import Deletions
from edenmesh.node.deletion.views import (
    AskedView,
    BinView,
    ErasureView,
    PurgedView,
    PurgeResult,
    PurgeView,
    RetractedView,
    RuleView,
)

__all__ = [
    "AskedView",
    "BinView",
    "Deletions",
    "ErasureView",
    "PurgeResult",
    "PurgeView",
    "PurgedView",
    "RetractedView",
    "RuleView",
]
