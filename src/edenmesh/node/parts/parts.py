"""What the rooms of one device share."""

from dataclasses import dataclass

from edenmesh.node.parts.desk import Desk
from edenmesh.node.parts.identity import Identity
from edenmesh.node.parts.settings import Settings
from edenmesh.node.parts.team import Team
from edenmesh.store import Store


@dataclass(frozen=True, slots=True)
class Parts:
    """One open store with who writes into it, who belongs to the team, and how the world is reached."""

    store: Store
    desk: Desk
    identity: Identity
    team: Team
    settings: Settings
