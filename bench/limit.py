"""The machine's limit line: a receiver alone, frames in memory, plain SQLite, no encryption, no signatures.

It decodes frames, hashes each body, reads two fields and upserts into one table with a uuid key and two indexes (WAL,
synchronous=NORMAL). No sync that stores records in SQLite can pass it; ours is given as a fraction of it.

usage: python -m bench.limit COUNT
"""

import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path
from typing import Final

import apsw
import msgspec

from bench.corpus import rows
from bench.processes import say

_FRAME_ROWS: Final = 1000
_FRAMES_A_COMMIT: Final = 5
_SETTINGS: Final = ("journal_mode=wal", "synchronous=normal", "cache_size=-200000", "temp_store=memory")
_TABLE: Final = "CREATE TABLE r(id BLOB PRIMARY KEY, ver BLOB, hlc INT, kind TEXT, author TEXT, body BLOB)"
_INDEXES: Final = ("CREATE INDEX r_hlc ON r(hlc)", "CREATE INDEX r_kind ON r(kind, hlc)")
_UPSERT: Final = (
    "INSERT INTO r VALUES(?,?,?,?,?,?) ON CONFLICT(id) DO UPDATE SET"
    " ver=excluded.ver, hlc=excluded.hlc, body=excluded.body WHERE excluded.hlc > hlc"
)
_FRAME: Final = msgspec.msgpack.Decoder(list[tuple[bytes, bytes, int, bytes]])


class _Indexed(msgspec.Struct, gc=False):
    kind: str
    author: str


_BODY: Final = msgspec.json.Decoder(_Indexed)


class LimitLine:
    """The yardstick over `count` records; `run` gives seconds."""

    def __init__(self, count: int) -> None:
        data = list(rows(count))
        self._frames = [
            msgspec.msgpack.encode([(row[0], row[1], row[2], row[5]) for row in data[start : start + _FRAME_ROWS]])
            for start in range(0, count, _FRAME_ROWS)
        ]

    def run(self) -> float:
        """Receive all frames into a fresh database. Returns seconds."""
        with tempfile.TemporaryDirectory() as folder:
            connection = apsw.Connection(str(Path(folder) / "limit.db"))
            for setting in _SETTINGS:
                connection.execute(f"PRAGMA {setting}")
            connection.execute(_TABLE)
            for index in _INDEXES:
                connection.execute(index)
            begun = time.perf_counter()
            for start in range(0, len(self._frames), _FRAMES_A_COMMIT):
                connection.execute("BEGIN")
                for frame in self._frames[start : start + _FRAMES_A_COMMIT]:
                    connection.executemany(_UPSERT, [_row(*item) for item in _FRAME.decode(frame)])
                connection.execute("COMMIT")
            seconds = time.perf_counter() - begun
            connection.close()
        return seconds


def _row(uuid: bytes, version: bytes, clock: int, body: bytes) -> tuple[bytes, bytes, int, str, str, bytes]:
    if sha256(body).digest() != version:
        raise ValueError("a body does not have its hash")
    indexed = _BODY.decode(body)
    return uuid, version, clock, indexed.kind, indexed.author, body


if __name__ == "__main__":
    say({"seconds": LimitLine(int(sys.argv[1])).run()})
