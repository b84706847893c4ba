"""Guests: devices of other teams that people here have paired with. What each is given, and parting from it."""

from collections.abc import Iterable

from edenmesh.core.ids import DeviceId
from edenmesh.node.meeting.meetings import Meetings
from edenmesh.node.parts import Parts


class Guests:
    """Chooses what guests are given, table by table. Areas will be chosen here, too."""

    def __init__(self, parts: Parts, meetings: Meetings) -> None:
        self._team = parts.team
        self._meetings = meetings

    def share(self, guest: str, tables: Iterable[str] = (), *, is_all: bool = False) -> tuple[str, ...]:
        """Give a guest these tables from now on, in place of what was chosen before; `is_all`: all there ever are.

        What it was given cannot be taken back. An open session heeds it at once. Returns the tables. Raises
        NotPermitted for a device that is no guest.
        """
        device = self._team.find(guest)
        self._team.share(device, tables, is_all=is_all)
        encounter = self._meetings.encounter(device)
        if encounter is not None:
            encounter.advanced()
        return self._team.peer_note(device).shares

    def forget(self, device: DeviceId) -> bool:
        """A guest is none any more: nothing is shared, and it does not get in. Returns whether it was one.

        What it gave lies where it lay. The two may pair again.
        """
        if not self._team.is_guest(device):
            return False
        name = self._team.name_of(device)
        self._team.forget(device)
        self._meetings.part(device, f"{name} is no guest any more.")
        return True
