"""What stewards decide, and what waits for them: roles and forms; what has no effect, and whether it is to have.

The charter says what such decisions mean (`core.trust`); here they are made for people, with clear refusals.
"""

from edenmesh.node.stewardship.quarantine import HeldBack, HeldRecord, PenView, Quarantine, QuarantineView
from edenmesh.node.stewardship.stewardship import ROLES, FormView, Stewardship

__all__ = [
    "ROLES",
    "FormView",
    "HeldBack",
    "HeldRecord",
    "PenView",
    "Quarantine",
    "QuarantineView",
    "Stewardship",
]
