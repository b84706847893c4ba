"""The machines that exchange data once the charters are settled, wired together; and when they have come to rest.

Each does one thing in one direction or both, and knows the others only as far as it has to: what the peer is known to
hold is the giver's to say, what it gave as holes the taker's.
"""

from collections.abc import Callable
from typing import Any, Final

from edenmesh.core.ids import DeviceId
from edenmesh.core.session.events import Progress
from edenmesh.core.session.files import FileGiver, FileTaker
from edenmesh.core.session.forms import FormExchange
from edenmesh.core.session.giving import Giver
from edenmesh.core.session.holes import HoleGiver, HoleTaker
from edenmesh.core.session.outbox import Outbox
from edenmesh.core.session.ports import Snapshot
from edenmesh.core.session.reconciling import Reconciliation, SetHashes
from edenmesh.core.session.taking import Taker
from edenmesh.core.wire import (
    Differ,
    FileChunk,
    FileHere,
    FileMissing,
    FileWanted,
    FormBytes,
    Forms,
    Given,
    Have,
    HolesFilled,
    HolesHere,
    HolesMissing,
    HolesWanted,
    Ids,
    Part,
    Refused,
    Vector,
    Want,
)


class Machines:
    """All of one session."""

    def __init__(
        self, outbox: Outbox, snapshot: Snapshot, progress: Progress, hashes: SetHashes, peer: DeviceId
    ) -> None:
        self.forms: Final = FormExchange(outbox, snapshot)
        self.giver: Final = Giver(outbox, snapshot, progress)
        self.taker: Final = Taker(outbox, snapshot, progress, giver=self.giver, peer=peer)
        self.hole_giver: Final = HoleGiver(outbox, snapshot, progress, self.giver)
        self.hole_taker: Final = HoleTaker(outbox, snapshot, progress, giver=self.giver, taker=self.taker, peer=peer)
        self.file_giver: Final = FileGiver(outbox, snapshot, progress)
        self.file_taker: Final = FileTaker(outbox, snapshot, progress)
        self.reconciliation: Final = Reconciliation(
            outbox, hashes, forms=self.forms, giver=self.giver, taker=self.taker
        )
        self._outbox = outbox

    def acts(self) -> dict[type, Callable[[Any], None]]:
        """What is done with each kind of message, but for those that touch the tallies."""
        return {
            Have: self.reconciliation.handle_have,
            Forms: self.forms.handle_forms,
            FormBytes: self.forms.handle_form,
            Vector: self.reconciliation.handle_vector,
            Differ: lambda message: self.giver.handle_differ(message.log),
            Ids: self.taker.handle_ids,
            Want: self.giver.handle_want,
            Part: self.taker.handle_part,
            Given: lambda _: self.taker.handle_given(),
            Refused: lambda message: self.giver.handle_refused(message.log),
            HolesWanted: self.hole_giver.handle_wanted,
            HolesFilled: self.hole_taker.handle_filled,
            HolesMissing: self.hole_taker.handle_missing,
            HolesHere: self.hole_taker.handle_here,
            FileWanted: self.file_giver.handle_wanted,
            FileChunk: self.file_taker.handle_chunk,
            FileMissing: self.file_taker.handle_missing,
            FileHere: self.file_taker.handle_here,
        }

    def look(self) -> bool:
        """Something here has grown: offer it. Returns whether there is news that the peer need not ask for."""
        has_news = [self.forms.look(), self.giver.handle_advanced()]
        self.hole_giver.look()
        self.file_giver.look()
        self.file_taker.expire()
        return any(has_news)

    def pump(self) -> None:
        """Queue what is due next while there is room: nothing is read ahead of what the link takes."""
        for machine in (self.forms, self.giver, self.hole_giver, self.file_giver):
            if self._outbox.has_room:
                machine.pump()

    def ask(self) -> None:
        """Versions have come to rest: ask for contents of holes, and for files."""
        self.hole_taker.look()
        self.file_taker.look()

    @property
    def is_exchanged(self) -> bool:
        """Whether forms and versions have come to rest, durably."""
        return self.forms.is_idle and self.giver.is_idle and self.taker.is_idle and self._outbox.is_durable

    @property
    def is_quiet(self) -> bool:
        """Whether all has."""
        holes_rest = self.hole_giver.is_idle and self.hole_taker.is_idle
        return self.is_exchanged and holes_rest and self.file_taker.is_idle
