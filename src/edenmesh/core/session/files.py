"""Files, both ways: asked for by content hash from where they stopped, given in chunks, durable chunk by chunk.

A file the peer does not have, or has in another size than the version that names it says, is passed over; the peer
says so if it comes later. What was taken is told chunk by chunk, so that a giver never runs far ahead of the disk of
a taker, and hears from it however long a file takes.
"""

from collections import deque
from dataclasses import dataclass

from edenmesh.core.ids import FileHash
from edenmesh.core.limits import CHUNK_BYTES, FILE_BYTES_MAX, FILES_ASKED_AT_ONCE, FILES_OWED_MAX, UNTAKEN_BYTES_MAX
from edenmesh.core.session.events import ChunkReceived, Progress
from edenmesh.core.session.outbox import Outbox
from edenmesh.core.session.ports import FileNeed, Files
from edenmesh.core.wire import FileChunk, FileHere, FileMissing, FileTaken, FileWanted
from edenmesh.errors import LimitExceeded, RemoteProtocolError


@dataclass(slots=True)
class _Coming:
    """A file asked for: how much of it has arrived, and how much is durable."""

    need: FileNeed
    arrived: int
    durable: int


class FileTaker:
    """Asks for the files that versions here name. One the peer does not have is not asked for again."""

    def __init__(self, outbox: Outbox, snapshot: Files, progress: Progress) -> None:
        self._outbox = outbox
        self._snapshot = snapshot
        self._progress = progress
        self._waiting: deque[FileNeed] = deque()
        self._asked: dict[FileHash, _Coming] = {}
        self._tried: set[tuple[FileHash, int]] = set()
        self._missing: set[FileHash] = set()
        self._is_stale = True

    @property
    def is_idle(self) -> bool:
        """Whether nothing is asked for or waits to be."""
        return not self._waiting and not self._asked

    def expire(self) -> None:
        """Versions have come, from here or there: they may name files."""
        self._is_stale = True

    def look(self) -> None:
        """Ask for what is wanted now, if that may have changed."""
        if not self._is_stale:
            return
        self._is_stale = False
        for need in self._snapshot.wanted_files():
            if (need.hash, need.size) not in self._tried and need.have < need.size <= FILE_BYTES_MAX:
                self._tried.add((need.hash, need.size))
                self._waiting.append(need)
                self._progress.file_bytes_to_take += need.size - need.have
        self._ask()

    def handle_chunk(self, message: FileChunk) -> None:
        """A piece arrives. Raises ProtocolError where it was not asked for, or is out of place."""
        file = FileHash(message.file)
        coming = self._asked.get(file)
        if coming is None or (message.size, message.offset) != (coming.need.size, coming.arrived):
            raise RemoteProtocolError(what="A piece of a file came that was not asked for.")
        coming.arrived += len(message.data)
        if len(message.data) < CHUNK_BYTES and coming.arrived < message.size:
            raise RemoteProtocolError(what="A file came in smaller pieces than it may.")
        if coming.arrived - coming.durable > UNTAKEN_BYTES_MAX:
            raise LimitExceeded(what="The peer gives faster than what it gave can become durable.")

        # `durable` waits for the commit and keeps figures only, not the data: the store has it by then.
        added, have = len(message.data), coming.arrived

        def durable() -> None:
            self._progress.file_bytes_taken += added
            coming.durable += added
            self._outbox.send(FileTaken(file, have))
            if self._asked.get(file) is coming and coming.durable == coming.need.size:
                del self._asked[file]
                self._ask()

        self._outbox.store(
            lambda batch: ChunkReceived(batch, file, message.size, message.offset, message.data), durable
        )

    def handle_missing(self, message: FileMissing) -> None:
        """The peer does not have the file."""
        file = FileHash(message.file)
        coming = self._asked.pop(file, None)
        if coming is None:
            raise RemoteProtocolError(what="A file is missing that was not asked for.")
        self._progress.file_bytes_to_take -= coming.need.size - coming.arrived
        self._missing.add(file)
        self._ask()

    def handle_here(self, message: FileHere) -> None:
        """A file the peer did not have has come to it."""
        file = FileHash(message.file)
        if file not in self._missing:
            raise RemoteProtocolError(what="A file has come to the peer that was not asked for.")
        self._missing.discard(file)
        self._tried = {(one, size) for one, size in self._tried if one != file}
        self._is_stale = True

    def _ask(self) -> None:
        later: list[FileNeed] = []
        while self._waiting and len(self._asked) < FILES_ASKED_AT_ONCE:
            need = self._waiting.popleft()
            if need.hash in self._asked:
                later.append(need)
            elif self._snapshot.file_size(need.hash) is not None:
                self._progress.file_bytes_to_take -= need.size - need.have
            else:
                self._asked[need.hash] = _Coming(need, need.have, need.have)
                self._outbox.send(FileWanted(need.hash, need.have, need.size))
        self._waiting.extend(later)


@dataclass(slots=True)
class _Going:
    """A file the peer asked for: how far it was sent, and how far it is durable there."""

    file: FileHash
    size: int
    sent: int
    taken: int


class FileGiver:
    """Gives the files the peer asks for, in its order, while the outbox has room and the peer keeps up."""

    def __init__(self, outbox: Outbox, snapshot: Files, progress: Progress) -> None:
        self._outbox = outbox
        self._snapshot = snapshot
        self._progress = progress
        self._going: dict[FileHash, _Going] = {}
        self._owed: dict[FileHash, None] = {}

    def handle_wanted(self, message: FileWanted) -> None:
        """Queue a file. Raises RemoteProtocolError where the peer asks for more at once than it may."""
        file = FileHash(message.file)
        if file in self._going or len(self._going) >= FILES_ASKED_AT_ONCE:
            raise RemoteProtocolError(what="The peer asks for too many files at once.")
        self._going[file] = _Going(file, message.size, message.offset, message.offset)

    def handle_taken(self, message: FileTaken) -> None:
        """The peer has made a file durable up to here. What belongs to an earlier asking is passed over."""
        going = self._going.get(FileHash(message.file))
        if going is None or not going.taken < message.have <= going.sent:
            return
        going.taken = message.have
        if going.taken == going.size:
            del self._going[going.file]

    def look(self) -> None:
        """Files here have become whole: tell the peer of those it has asked for in vain."""
        for file in [file for file in self._owed if self._snapshot.file_size(file) is not None]:
            del self._owed[file]
            self._outbox.send(FileHere(file))

    def pump(self) -> None:
        """Queue chunks while there is room."""
        for going in list(self._going.values()):
            while self._outbox.has_room and going.sent < going.size and self._has_window(going):
                if not self._send_chunk(going):
                    break

    def _has_window(self, going: _Going) -> bool:
        return going.sent + CHUNK_BYTES - going.taken <= UNTAKEN_BYTES_MAX

    def _send_chunk(self, going: _Going) -> bool:
        size = self._snapshot.file_size(going.file)
        data = self._snapshot.file_chunk(going.file, going.sent, CHUNK_BYTES) if size == going.size else None
        if not data:
            del self._going[going.file]
            self._outbox.send(FileMissing(going.file))
            if size is None and len(self._owed) < FILES_OWED_MAX:
                self._owed[going.file] = None
            return False
        self._outbox.send(FileChunk(data, going.file, going.sent, going.size))
        going.sent += len(data)
        self._progress.file_bytes_given += len(data)
        return True
