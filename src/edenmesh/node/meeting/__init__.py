"""Meeting other devices: seen and seeing, one channel in or out, one session over it, and when it is redialled.

The first frame says what a channel is for: sessions are driven here, pairings one room higher. One session to a peer;
what it took is staged and committed before it is acknowledged.
"""

from edenmesh.node.meeting.encounter import Line
from edenmesh.node.meeting.guests import Guests
from edenmesh.node.meeting.meetings import Meetings, PeerEvent
from edenmesh.node.meeting.partings import Partings
from edenmesh.node.meeting.syncing import Syncing, SyncUpdate
from edenmesh.node.meeting.visibility import NearbyView, Shown, Visibility

__all__ = [
    "Guests",
    "Line",
    "Meetings",
    "NearbyView",
    "Partings",
    "PeerEvent",
    "Shown",
    "SyncUpdate",
    "Syncing",
    "Visibility",
]
