"""Files, both ways: asked for by content hash from where they stopped, given in chunks, durable chunk by chunk."""

from collections import deque

from edenmesh.core.ids import FileHash
from edenmesh.core.limits import CHUNK_BYTES, FILES_ASKED_AT_ONCE, FRAME_BYTES_SENT
from edenmesh.core.session.events import ChunkReceived, Progress
from edenmesh.core.session.outbox import Outbox
from edenmesh.core.session.ports import FileNeed, Snapshot
from edenmesh.core.wire import FileChunk, FileMissing, FileWanted
from edenmesh.errors import RemoteProtocolError


class FileTaker:
    """Asks for the files that versions here name. One the peer does not have is not asked for again."""

    def __init__(self, outbox: Outbox, snapshot: Snapshot, progress: Progress) -> None:
        self._outbox = outbox
        self._snapshot = snapshot
        self._progress = progress
        self._waiting: deque[FileNeed] = deque()
        self._asked: dict[FileHash, FileNeed] = {}
        self._tried: set[FileHash] = set()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is asked for or waits to be."""
        return not self._waiting and not self._asked

    def look(self) -> None:
        """Look what is wanted now; called when versions have become durable."""
        for need in self._snapshot.wanted_files():
            if need.hash not in self._tried:
                self._tried.add(need.hash)
                self._waiting.append(need)
                self._progress.file_bytes_to_take += need.size - need.have
        self._ask()

    def handle_chunk(self, message: FileChunk) -> None:
        """A piece arrives. Raises RemoteProtocolError where it was not asked for or is out of place."""
        file = FileHash(message.file)
        need = self._asked.get(file)
        if need is None or message.offset != need.have or not message.data:
            raise RemoteProtocolError(what="A piece of a file came that was not asked for.")
        if message.size != need.size or need.have + len(message.data) > need.size:
            raise RemoteProtocolError(what="A file has another size than the version that names it says.")
        need = self._asked[file] = need._replace(have=need.have + len(message.data))

        def durable() -> None:
            self._progress.file_bytes_taken += len(message.data)
            if need.have == need.size:
                del self._asked[file]
                self._ask()

        self._outbox.store(
            lambda batch: ChunkReceived(batch, file, message.size, message.offset, message.data), durable
        )

    def handle_missing(self, message: FileMissing) -> None:
        """The peer does not have the file."""
        self._asked.pop(FileHash(message.file), None)
        self._ask()

    def _ask(self) -> None:
        while self._waiting and len(self._asked) < FILES_ASKED_AT_ONCE:
            need = self._waiting.popleft()
            self._asked[need.hash] = need
            self._outbox.send(FileWanted(need.hash, need.have))


class FileGiver:
    """Gives the files the peer asks for, in its order, while the outbox has room."""

    def __init__(self, outbox: Outbox, snapshot: Snapshot, progress: Progress) -> None:
        self._outbox = outbox
        self._snapshot = snapshot
        self._progress = progress
        self._queue: deque[tuple[FileHash, int]] = deque()

    def handle_wanted(self, message: FileWanted) -> None:
        """Queue a file. Raises RemoteProtocolError where the peer asks for more at once than it may."""
        if len(self._queue) >= FILES_ASKED_AT_ONCE:
            raise RemoteProtocolError(what="The peer asks for too many files at once.")
        self._queue.append((FileHash(message.file), message.offset))

    def pump(self) -> None:
        """Queue chunks while there is room."""
        while self._queue and self._outbox.size_bytes < FRAME_BYTES_SENT:
            file, offset = self._queue.popleft()
            size = self._snapshot.file_size(file)
            data = self._snapshot.file_chunk(file, offset, CHUNK_BYTES) if size is not None else None
            if size is None or not data:
                self._outbox.send(FileMissing(file))
                continue
            self._outbox.send(FileChunk(data, file, offset, size))
            self._progress.file_bytes_given += len(data)
            if offset + len(data) < size:
                self._queue.appendleft((file, offset + len(data)))
