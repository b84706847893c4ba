"""What the rooms of one device share: one open store with who writes into it, and who belongs to the team.

All that is written goes through the desk, which signs, commits, and tells who listens; so there is one writer, and a
commit is heard of once. `Parts` hands these, the keys and the settings to every room above.
"""

from edenmesh.node.parts.absence import require_here, why_absent
from edenmesh.node.parts.acting import acting_account, acting_for
from edenmesh.node.parts.check import Check
from edenmesh.node.parts.desk import IDENTITY, Desk
from edenmesh.node.parts.identity import Identity
from edenmesh.node.parts.parts import Parts
from edenmesh.node.parts.settings import Settings
from edenmesh.node.parts.team import MemberView, PeerView, Team, replace_peer

__all__ = [
    "IDENTITY",
    "Check",
    "Desk",
    "Identity",
    "MemberView",
    "Parts",
    "PeerView",
    "Settings",
    "Team",
    "acting_account",
    "acting_for",
    "replace_peer",
    "require_here",
    "why_absent",
]
