"""The tally: what both sides state at the end, and whether that is everything.

"Everything" is said only when charters, forms, versions and files are equal and whole; else the reasons are listed.
Counts are taken from what is held at that moment, never from what was sent. A tally is an answer or asks for one, so
whoever states first, or again, hears how things stand; two that crossed answer each other.
"""

from edenmesh.core.limits import TALLY_TABLES_MAX
from edenmesh.core.session.events import Progress, Tallied
from edenmesh.core.session.forms import forms_hash
from edenmesh.core.session.outbox import Outbox
from edenmesh.core.session.ports import Snapshot
from edenmesh.core.session.reconciling import SetHashes
from edenmesh.core.wire import Tally


class Tallies:
    """Keeps the latest tally of each side; ours is stale as soon as anything here changes."""

    def __init__(self, outbox: Outbox, snapshot: Snapshot, progress: Progress, hashes: SetHashes) -> None:
        self._outbox = outbox
        self._snapshot = snapshot
        self._progress = progress
        self._hashes = hashes
        self._ours: Tally | None = None
        self._theirs: Tally | None = None
        self._has_stated = False
        self._has_asked = False
        self._is_asked = False
        self._is_doubtful = False

    @property
    def is_due(self) -> bool:
        """Whether ours may not hold any more, or the peer's latest is not answered yet."""
        return self._ours is None or self._is_asked or self._is_doubtful

    @property
    def is_urgent(self) -> bool:
        """Whether the peer waits for ours: nothing was stated yet, or it has stated once more than this side."""
        return not self._has_stated or self._is_asked

    def expire(self, *, keeps_theirs: bool = False) -> None:
        """Something here changed: ours is to be stated anew, and theirs was stated before they knew.

        A file that has become whole here changes nothing of what they said: `keeps_theirs`. Nor is theirs dropped
        while it waits for an answer: they would not state it again.
        """
        self._ours = None
        if not (keeps_theirs or self._is_asked):
            self._theirs = None

    def expire_theirs(self) -> None:
        """The peer has stored something since it stated what it holds."""
        self._theirs = None

    def doubt(self) -> None:
        """Something here may have changed: before ours is taken for true again, see whether it holds."""
        self._is_doubtful = True

    def state(self) -> None:
        """State what is held here, now, unless what was stated still holds and nobody asked."""
        if self._ours is not None and not self._is_asked and self._holds(self._ours):
            self._is_doubtful = False
            return
        counts = self._snapshot.open_counts()
        self._ours = Tally(
            absent=counts.absent,
            charter=self._snapshot.charter().hash,
            files_missing=counts.files_missing,
            forms=forms_hash(self._snapshot.forms()),
            is_answer=self._is_asked,
            purged=counts.purged,
            quarantined=counts.quarantined,
            records=self._records(),
            set_hash=self._hashes.ours(),
            waiting=counts.waiting,
        )
        self._has_stated = True
        self._has_asked = not self._is_asked
        self._is_asked = self._is_doubtful = False
        self._outbox.send(self._ours)
        self._compare()

    def handle_tally(self, tally: Tally) -> None:
        """The peer states what it holds."""
        self._theirs = tally
        self._is_asked |= not (tally.is_answer or self._has_asked)
        self._has_asked = False
        if self._ours is not None and not self._holds(self._ours):
            self._ours = None
        if not self._is_asked:
            self._compare()

    def _compare(self) -> None:
        if self._ours is not None and self._theirs is not None:
            marks = self._hashes.marks()
            expected = self._hashes.theirs(marks)
            missing = tuple(_missing(self._ours, self._theirs, expected, self._progress.refused))
            logs = tuple(marks) if self._theirs.set_hash == expected else ()
            self._outbox.events.append(Tallied(self._ours, self._theirs, missing, logs))

    def _holds(self, tally: Tally) -> bool:
        counts = self._snapshot.open_counts()
        return (
            tally.charter == self._snapshot.charter().hash
            and tally.set_hash == self._hashes.ours()
            and tally.forms == forms_hash(self._snapshot.forms())
            and tally.files_missing == counts.files_missing
            and tally.absent == counts.absent
            and tally.purged == counts.purged
        )

    def _records(self) -> dict[str, int]:
        """Records by table; where there are more tables than one tally may name, those with the most."""
        counts = self._snapshot.counts()
        most = sorted(counts, key=lambda table: (-counts[table], table))[:TALLY_TABLES_MAX]
        return {table: counts[table] for table in sorted(most)}


def _missing(ours: Tally, theirs: Tally, their_hash: bytes, refused: dict[str, int]) -> list[str]:
    reasons: list[str] = []
    if ours.charter != theirs.charter:
        reasons.append("the two devices do not have the same list of team members yet")
    if ours.forms != theirs.forms:
        reasons.append("the two devices do not have the same forms yet")
    if theirs.set_hash != their_hash:
        reasons.append("one device holds changes the other does not")
    reasons.extend(f"{_count(count, 'change')} not taken: {reason}" for reason, count in refused.items())
    if ours.files_missing:
        reasons.append(f"{_count(ours.files_missing, 'file')} not here whole")
    if theirs.files_missing:
        reasons.append(f"{_count(theirs.files_missing, 'file')} not whole on the other device")
    absent = max(ours.absent, theirs.absent)
    if absent:
        reasons.append(f"{_count(absent, 'change')} known and not held by either device")
    if ours.purged:
        reasons.append(f"{_count(ours.purged, 'change')} purged here")
    if theirs.purged:
        reasons.append(f"{_count(theirs.purged, 'change')} purged on the other device")
    return reasons


def _count(count: int, noun: str) -> str:
    return f"1 {noun} is" if count == 1 else f"{count} {noun}s are"
