"""Files as they are kept: their size, their content from any place on, and new ones piece by piece.

A file has up to 256 MiB and is never needed whole: it lies in the store in pieces of 256 KiB, by its hash.
"""

from collections.abc import Iterable, Iterator

from edenmesh.core.ids import FileHash
from edenmesh.core.limits import CHUNK_BYTES
from edenmesh.core.records import File
from edenmesh.node.parts import Desk
from edenmesh.node.records.imports import media_of
from edenmesh.store import Store


class Files:
    """The files of one device."""

    def __init__(self, store: Store, desk: Desk) -> None:
        self._store = store
        self._desk = desk

    def size(self, file: FileHash) -> int | None:
        """Size in bytes of a file that is here whole, or None where it is not."""
        return self._store.snapshot.file_size(file)

    def read(self, file: FileHash, start: int, stop: int) -> Iterator[bytes]:
        """Its bytes from `start` up to `stop`, in pieces; fewer where it goes away meanwhile."""
        while start < stop:
            piece = self._store.snapshot.file_chunk(file, start, min(CHUNK_BYTES - start % CHUNK_BYTES, stop - start))
            if not piece:
                return
            start += len(piece)
            yield piece

    def add(self, content: Iterable[bytes], *, label: str, media: str = "") -> File:
        """Keep a file; name it in a record by the value returned. Raises InvalidInput where it is too large."""
        with self._desk.writing() as writing:
            file, size = writing.add_file(content)
        return File(file, label, media or media_of(label), size)
