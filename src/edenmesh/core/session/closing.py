"""The tally: what both sides state at the end, and whether that is everything.

"Everything" is said only when charters, versions and files are equal and whole; else the reasons are listed. Counts
are taken from what is held at that moment, never from what was sent.
"""

from collections.abc import Callable

from edenmesh.core.session.events import Tallied
from edenmesh.core.session.outbox import Outbox
from edenmesh.core.session.ports import Snapshot
from edenmesh.core.wire import Tally


class Tallies:
    """Keeps the latest tally of each side; ours is stale as soon as anything here changes."""

    def __init__(
        self, outbox: Outbox, snapshot: Snapshot, our_hash: Callable[[], bytes], their_hash: Callable[[], bytes]
    ) -> None:
        self._outbox = outbox
        self._snapshot = snapshot
        self._our_hash = our_hash
        self._their_hash = their_hash
        self._ours: Tally | None = None
        self._theirs: Tally | None = None
        self._stated = 0
        self._heard = 0

    @property
    def is_due(self) -> bool:
        """Whether ours was not stated since the last change, or the peer's latest is not answered yet."""
        return self._ours is None or self._heard > self._stated

    @property
    def is_urgent(self) -> bool:
        """Whether the peer waits for ours: nothing was stated yet, or it has stated once more than this side."""
        return not self._stated or self._heard > self._stated

    def expire(self, *, keeps_theirs: bool = False) -> None:
        """Something here changed: ours is to be stated anew, and theirs was stated before they knew.

        A file that has become whole here changes nothing of what they said: `keeps_theirs`.
        """
        self._ours = None
        if not keeps_theirs:
            self._theirs = None

    def state(self) -> None:
        """State what is held here, now."""
        counts = self._snapshot.open_counts()
        self._ours = Tally(
            charter=self._snapshot.charter().hash,
            files_missing=counts.files_missing,
            purged=counts.purged,
            quarantined=counts.quarantined,
            records=self._snapshot.counts(),
            set_hash=self._our_hash(),
            waiting=counts.waiting,
        )
        self._stated += 1
        self._outbox.send(self._ours)
        self._compare()

    def handle_tally(self, tally: Tally) -> None:
        """The peer states what it holds."""
        self._theirs = tally
        self._heard += 1
        self._compare()

    def _compare(self) -> None:
        if self._ours is not None and self._theirs is not None:
            missing = tuple(_missing(self._ours, self._theirs, self._their_hash()))
            self._outbox.events.append(Tallied(self._ours, self._theirs, missing))


def _missing(ours: Tally, theirs: Tally, their_hash: bytes) -> list[str]:
    reasons: list[str] = []
    if ours.charter != theirs.charter:
        reasons.append("the two devices do not have the same list of team members yet")
    if theirs.set_hash != their_hash:
        reasons.append("one device holds changes the other does not")
    if ours.files_missing:
        reasons.append(f"{ours.files_missing} files are not here whole")
    if theirs.files_missing:
        reasons.append(f"{theirs.files_missing} files are not whole on the other device")
    purged = ours.purged + theirs.purged
    if purged:
        reasons.append(f"{purged} changes were purged on one of the devices")
    return reasons
