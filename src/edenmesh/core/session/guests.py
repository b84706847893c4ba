"""A session with a guest: a device of another team, to which a person here chose to give something, or nothing.

    offer ->  <- offer       what each side's user shares with the other: logs, forms
    <- wish   wish ->        what of it the other lacks
    forms, parts, given ->   each answered when it is durable; then files of what was accepted
                             later offers and wishes as more is written or shared

Nothing of the team travels: no charter, no secret, no hash of what is held. What comes lies in the pen until a steward
accepts it, and counts for nothing before. What members wrote is not taken from a guest: members give that. Source:
design, section 3, "Paired guest".
"""

from collections.abc import Callable
from typing import Any, Final

from edenmesh.core.ids import AuthorId, DeviceId, FileHash
from edenmesh.core.session.events import GuestMet, Progress
from edenmesh.core.session.files import FileGiver, FileTaker
from edenmesh.core.session.handing import GuestGiver
from edenmesh.core.session.outbox import Outbox
from edenmesh.core.session.ports import FileNeed, Snapshot
from edenmesh.core.session.receiving import GuestTaker
from edenmesh.core.session.sharing import Sharing
from edenmesh.core.wire import (
    Ack,
    FileChunk,
    FileHere,
    FileMissing,
    FileTaken,
    FileWanted,
    FormBytes,
    Given,
    Offer,
    Part,
    Refused,
    Wish,
)


class GuestExchange:
    """All that one session with a guest does, once both have said hello."""

    def __init__(
        self, outbox: Outbox, snapshot: Snapshot, progress: Progress, *, sharing: Sharing, guest: DeviceId
    ) -> None:
        self._outbox = outbox
        self._snapshot = snapshot
        self._guest = guest
        self._progress = progress
        self._giver = GuestGiver(outbox, sharing, progress)
        self._taker = GuestTaker(outbox, snapshot, progress, guest)
        self._file_giver = FileGiver(outbox, sharing, progress)
        self._file_taker = FileTaker(outbox, _AcceptedFiles(snapshot, self._taker), progress)
        self._told: GuestMet | None = None
        self.acts: Final[dict[type, Callable[[Any], None]]] = {
            Offer: self._taker.handle_offer,
            Wish: self._giver.handle_wish,
            FormBytes: self._taker.handle_form,
            Part: self._taker.handle_part,
            Given: lambda _: self._taker.handle_given(),
            Ack: lambda message: self._giver.handle_ack(message.log),
            Refused: lambda message: self._giver.handle_refused(message.log),
            FileWanted: self._file_giver.handle_wanted,
            FileTaken: self._file_giver.handle_taken,
            FileChunk: self._file_taker.handle_chunk,
            FileMissing: self._file_taker.handle_missing,
            FileHere: self._file_taker.handle_here,
        }

    def look(self) -> None:
        """Something here has grown, was accepted, or is shared now."""
        self._giver.look()
        self._taker.expire()
        self._file_giver.look()
        self._file_taker.expire()

    def tell_again(self) -> None:
        """Somebody wants to know where things stand."""
        self._told = None

    def pump(self) -> None:
        """Queue what is due next while there is room."""
        self._giver.pump()
        if self._outbox.has_room:
            self._file_giver.pump()

    def settle(self) -> None:
        """After every input: ask for what is still lacking; when all has come to rest, tell how it stands."""
        if not self._outbox.is_durable:
            return
        self._taker.settle()
        if self._taker.is_idle:
            self._file_taker.look()
        if not (self._taker.is_idle and self._giver.is_idle and self._file_taker.is_idle):
            return
        met = GuestMet(
            shared=self._giver.shared,
            penned=self._snapshot.penned_by(self._guest),
            refused=tuple(sorted(self._progress.refused.items())),
            refused_there=self._giver.refused,
        )
        if met != self._told:
            self._told = met
            self._outbox.events.append(met)


class _AcceptedFiles:
    """The files a guest is asked for: those that what it gave names, since a steward has accepted it."""

    def __init__(self, snapshot: Snapshot, taker: GuestTaker) -> None:
        self._snapshot = snapshot
        self._taker = taker

    def wanted_files(self) -> list[FileNeed]:
        """Files not whole here that versions of the guest's authors name."""
        authors: frozenset[AuthorId] = self._taker.authors()
        return self._snapshot.files_wanted_of(authors) if authors else []

    def file_size(self, file: FileHash) -> int | None:
        """Size in bytes of a file held whole."""
        return self._snapshot.file_size(file)

    def file_chunk(self, file: FileHash, offset: int, length: int) -> bytes | None:
        """None: this is the direction in which files are taken."""
        return None
