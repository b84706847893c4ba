"""Parting from a device: not chosen any more, blocked here, stopped for now, or barred for good by the whole team.

All but the last are of this device alone. Each is in force before its open session ends, so that none begins again
in between; what was acknowledged until then both sides keep.
"""

from edenmesh.core.ids import DeviceId
from edenmesh.node.meeting.guests import Guests
from edenmesh.node.meeting.meetings import Meetings
from edenmesh.node.parts import Parts


class Partings:
    """Ends what is open with a device, and keeps it from beginning again, as far as a person says so."""

    def __init__(self, parts: Parts, meetings: Meetings, guests: Guests) -> None:
        self._team = parts.team
        self._meetings = meetings
        self._guests = guests

    def allow(self, peer: str, *, is_allowed: bool) -> None:
        """Choose to sync with a member or a guest, by name or id; or not any more. Raises NotPermitted."""
        device = self._team.find(peer)
        self._team.allow(device, is_allowed=is_allowed)
        if not is_allowed:
            self._meetings.part(device, f"The exchange with {self._team.name_of(device)} was stopped here.")

    def block(self, peer: str, *, is_blocked: bool) -> DeviceId:
        """Want no session with a device, whoever it is, or lift that. Raises InvalidInput where nobody is meant."""
        device = self._team.find_met(peer)
        self._team.block(device, is_blocked=is_blocked)
        if is_blocked:
            self._meetings.part(device, f"{self._team.name_of(device)} was blocked here.")
        return device

    async def end_session(self, peer: str) -> bool:
        """Stop the exchange with a peer for now; returns, once it has ended, whether one was open."""
        return await self._meetings.pause(self._team.find(peer))

    def revoke(self, peer: str) -> None:
        """Bar a member for good; let a guest go. Raises NotPermitted where this device may not."""
        if self._guests.forget(device := self._team.find(peer)):
            return
        self._team.revoke(device)
        self._meetings.drop(
            device,
            "revoked",
            "This device does not belong to the team any more.",
            text_here="The other device does not belong to the team any more.",
        )
