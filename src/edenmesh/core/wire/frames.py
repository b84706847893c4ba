"""Frames: what stands between the bytes of the channel and the messages of a session.

frame = length (4 bytes, unsigned, big-endian) flags (1 byte) body
length counts flags and body. Lengths are checked before anything is allocated for them. The flags are kept for
compression (bit 0) and padding (bit 1); a flag this program does not know ends the session.
"""

from typing import Final

from edenmesh.core.limits import FRAME_BYTES_FIRST_MAX, FRAME_BYTES_MAX
from edenmesh.errors import LocalProtocolError, RemoteProtocolError

_LENGTH_BYTES: Final = 4
_HEADER_BYTES: Final = 5
_FLAGS_PLAIN: Final = b"\0"


def frame(body: bytes) -> bytes:
    """Put a body into a frame. Raises LocalProtocolError where it is too long to be accepted."""
    length = len(body) + 1
    if length > FRAME_BYTES_MAX:
        raise LocalProtocolError(what=f"A message of {len(body)} bytes does not fit a frame.")
    return length.to_bytes(_LENGTH_BYTES, "big") + _FLAGS_PLAIN + body


class FrameReader:
    """Cuts a stream of bytes into bodies. Until `widen` is called only small frames are accepted."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._start = 0
        self._size_max = FRAME_BYTES_FIRST_MAX

    def widen(self) -> None:
        """Accept frames of full size: the peer has said who it is."""
        self._size_max = FRAME_BYTES_MAX

    def receive_bytes(self, data: bytes) -> None:
        """Take bytes as they came."""
        del self._buffer[: self._start]
        self._start = 0
        self._buffer += data

    def next_body(self) -> bytes | None:
        """The next whole body, or None until more bytes come.

        Raises RemoteProtocolError on a length out of bounds or an unknown flag.
        """
        start = self._start
        if len(self._buffer) - start < _HEADER_BYTES:
            return None
        length = int.from_bytes(self._buffer[start : start + _LENGTH_BYTES], "big")
        if not 1 <= length <= self._size_max:
            raise RemoteProtocolError(what=f"A frame of {length} bytes is out of bounds.")
        if self._buffer[start + _LENGTH_BYTES]:
            raise RemoteProtocolError(what="A frame has a flag this program does not know.")
        stop = start + _LENGTH_BYTES + length
        if len(self._buffer) < stop:
            return None
        self._start = stop
        with memoryview(self._buffer) as view:
            return bytes(view[start + _HEADER_BYTES : stop])

    @property
    def size_bytes(self) -> int:
        """Bytes that have come and were not handed out yet."""
        return len(self._buffer) - self._start

    def rest(self) -> bytes:
        """Return, once, the bytes behind the last body: another reader goes on with them."""
        data = bytes(self._buffer[self._start :])
        self._buffer.clear()
        self._start = 0
        return data
