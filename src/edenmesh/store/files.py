"""Files by content: pieces of the encrypted database, whole once their hash was seen to hold.

A file comes as chunks from its beginning on. What is durable is a prefix, so a transfer goes on where it stopped. The
last chunk lets the hash be compared: if it holds the file is whole, if not every piece is thrown away, since nobody
can tell which of them was wrong. The hash runs along while chunks come; after a restart it is taken up again from the
pieces that are here.
"""

from collections import OrderedDict
from collections.abc import Iterable
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from edenmesh.core.ids import FileHash
from edenmesh.core.limits import CHUNK_BYTES, FILE_BYTES_MAX
from edenmesh.core.session import FileNeed
from edenmesh.errors import InvalidInput
from edenmesh.store.database import Link

if TYPE_CHECKING:
    from hashlib import _Hash

_DIGESTS_MAX: Final = 64
_IS_WHOLE_ELSEWHERE: Final = "EXISTS (SELECT 1 FROM files AS other WHERE other.hash = files.hash AND other.is_whole)"


class Piece(NamedTuple):
    """A chunk of a file: the file's hash and size as the version says, the chunk's offset and bytes."""

    file: FileHash
    size: int
    offset: int
    data: bytes


class Digests:
    """Running hashes of files that are coming in.

    One that ran over what a failed change did not keep is never taken again: the next chunk begins where the file
    stops, finds the hash elsewhere, and takes it up anew from what is stored.
    """

    def __init__(self) -> None:
        self._running: OrderedDict[int, tuple[int, _Hash]] = OrderedDict()

    def take(self, link: Link, file: int, have: int) -> "_Hash":
        """The hash over the first `have` bytes of a file."""
        at, digest = self._running.pop(file, (-1, None))
        if digest is not None and at == have:
            return digest
        digest = sha256()
        for (data,) in link.rows("SELECT data FROM file_chunks WHERE file = ? ORDER BY start", (file,)):
            digest.update(data)
        return digest

    def keep(self, file: int, have: int, digest: "_Hash") -> None:
        """Keep a hash for the next chunk."""
        self._running[file] = have, digest
        while len(self._running) > _DIGESTS_MAX:
            self._running.popitem(last=False)


def add_chunk(link: Link, digests: Digests, piece: Piece) -> bool:
    """Store a chunk that goes on where the file stops here; others are passed over. Returns whether it is whole now."""
    row = link.row(
        "SELECT num, have FROM files WHERE hash = ? AND size = ? AND is_whole = 0 AND is_hidden = 0",
        (piece.file, piece.size),
    )
    if row is None:
        return False
    num, have = row
    fresh = piece.data[have - piece.offset :] if piece.offset <= have else b""
    if not fresh or have + len(fresh) > piece.size:
        return False
    digest = digests.take(link, num, have)
    digest.update(fresh)
    link.run("INSERT INTO file_chunks VALUES (?, ?, ?)", (num, have, fresh))
    have += len(fresh)
    if have < piece.size:
        digests.keep(num, have, digest)
        link.run("UPDATE files SET have = ? WHERE num = ?", (have, num))
        return False
    if digest.digest() != piece.file:
        link.run("DELETE FROM file_chunks WHERE file = ?", (num,))
        link.run("UPDATE files SET have = 0 WHERE num = ?", (num,))
        return False
    link.run("UPDATE files SET have = ?, is_whole = 1 WHERE num = ?", (have, num))
    return True


def add_file(link: Link, content: Iterable[bytes]) -> tuple[FileHash, int]:
    """Store a file of this device's own. Returns its hash and size. Raises InvalidInput where it is too large."""
    digest, size = sha256(), 0
    row = link.row("INSERT INTO files (hash, size, have, is_whole) VALUES (x'', -1, 0, 0) RETURNING num")
    num = row[0] if row else 0
    for chunk in _even(content):
        digest.update(chunk)
        link.run("INSERT INTO file_chunks VALUES (?, ?, ?)", (num, size, chunk))
        size += len(chunk)
        if size > FILE_BYTES_MAX:
            raise InvalidInput(what=f"The file has more than {FILE_BYTES_MAX >> 20} MiB.", do="Attach a smaller one.")
    file = FileHash(digest.digest())
    known = link.row("SELECT num, is_whole FROM files WHERE hash = ? AND size = ?", (file, size))
    if known is None:
        link.run("UPDATE files SET hash = ?, size = ?, have = ?, is_whole = 1 WHERE num = ?", (file, size, size, num))
        return file, size
    if known[1]:
        link.run("DELETE FROM file_chunks WHERE file = ?", (num,))
    else:
        link.run("DELETE FROM file_chunks WHERE file = ?", (known[0],))
        link.run("UPDATE file_chunks SET file = ? WHERE file = ?", (known[0], num))
        link.run("UPDATE files SET have = ?, is_whole = 1 WHERE num = ?", (size, known[0]))
    link.run("DELETE FROM files WHERE num = ?", (num,))
    return file, size


def wanted_files(link: Link) -> list[FileNeed]:
    """Files that versions here name and that are not whole here, in the order in which they were named."""
    rows = link.rows(
        "SELECT hash, size, have FROM files INDEXED BY files_wanted"
        f" WHERE is_whole = 0 AND is_hidden = 0 AND NOT {_IS_WHOLE_ELSEWHERE} ORDER BY num"
    )
    return [FileNeed(FileHash(file), size, have) for file, size, have in rows]


def count_missing(link: Link) -> int:
    """How many files are not whole here."""
    return link.number(
        "SELECT count(DISTINCT hash) FROM files INDEXED BY files_wanted"
        f" WHERE is_whole = 0 AND is_hidden = 0 AND NOT {_IS_WHOLE_ELSEWHERE}"
    )


def file_size(link: Link, file: FileHash) -> int | None:
    """Size in bytes of a file held whole, or None where it is not."""
    row = link.row("SELECT size FROM files WHERE hash = ? AND is_whole = 1 AND is_hidden = 0", (file,))
    return int(row[0]) if row else None


def file_chunk(link: Link, file: FileHash, offset: int, length: int) -> bytes | None:
    """At most `length` bytes of a file held whole, from `offset` on; None where it is not held whole."""
    row = link.row("SELECT num FROM files WHERE hash = ? AND is_whole = 1 AND is_hidden = 0", (file,))
    if row is None:
        return None
    chunks = link.rows(
        "SELECT start, data FROM file_chunks WHERE file = ?1 AND start < ?3"
        " AND start >= coalesce((SELECT max(start) FROM file_chunks WHERE file = ?1 AND start <= ?2), 0)"
        " ORDER BY start",
        (row[0], offset, offset + length),
    )
    if not chunks:
        return b""
    first = chunks[0][0]
    return b"".join(data for _, data in chunks)[offset - first : offset - first + length]


# --- which records name them ----------------------------------------------------------------------------------------

_UNNAMED: Final = (
    "NOT EXISTS (SELECT 1 FROM file_refs WHERE file_refs.file = files.num)"
    " AND NOT EXISTS (SELECT 1 FROM hidden_refs WHERE hidden_refs.file = files.num)"
)


def drop_refs(link: Link, record: int) -> None:
    """A record names no files any more: those that no other names are dropped."""
    named = link.rows("DELETE FROM file_refs WHERE record = ? RETURNING file", (record,))
    _drop_unnamed(link, [row[0] for row in named])


def hide_refs(link: Link, record: int, hidden: int) -> None:
    """A record is hidden: the files that no other names are hidden with it."""
    link.run(
        "INSERT INTO hidden_refs SELECT ?, file FROM file_refs WHERE record = ? ON CONFLICT DO NOTHING",
        (hidden, record),
    )
    link.run("DELETE FROM file_refs WHERE record = ?", (record,))
    link.run(
        "UPDATE files SET is_hidden = 1 WHERE num IN (SELECT file FROM hidden_refs WHERE record = ?)"
        " AND NOT EXISTS (SELECT 1 FROM file_refs WHERE file_refs.file = files.num)",
        (hidden,),
    )


def unhide_refs(link: Link, record: int, hidden: int) -> None:
    """A hidden record comes back, and with it its files."""
    link.run(
        "INSERT INTO file_refs SELECT file, ? FROM hidden_refs WHERE record = ? ON CONFLICT DO NOTHING",
        (record, hidden),
    )
    link.run("UPDATE files SET is_hidden = 0 WHERE num IN (SELECT file FROM hidden_refs WHERE record = ?)", (hidden,))
    link.run("DELETE FROM hidden_refs WHERE record = ?", (hidden,))


def drop_hidden_refs(link: Link, hidden: int) -> None:
    """A hidden record is destroyed: the files that no other names are dropped."""
    named = link.rows("DELETE FROM hidden_refs WHERE record = ? RETURNING file", (hidden,))
    _drop_unnamed(link, [row[0] for row in named])


def drop_unnamed(link: Link, hashes: Iterable[FileHash]) -> None:
    """Drop those of these files that no record names, hidden or not."""
    for file in hashes:
        _drop_unnamed(link, [row[0] for row in link.rows("SELECT num FROM files WHERE hash = ?", (file,))])


def _drop_unnamed(link: Link, named: Iterable[int]) -> None:
    for num in named:
        if link.row(f"SELECT 1 FROM files WHERE num = ? AND {_UNNAMED}", (num,)):
            link.run("DELETE FROM file_chunks WHERE file = ?", (num,))
            link.run("DELETE FROM files WHERE num = ?", (num,))


def _even(content: Iterable[bytes]) -> Iterable[bytes]:
    """The same bytes, none of them longer than a chunk of a session."""
    for data in content:
        for start in range(0, len(data), CHUNK_BYTES):
            yield data[start : start + CHUNK_BYTES]
