"""Frames: what stands between the bytes of the channel and the messages of a session.

frame = length (4 bytes, unsigned, big-endian) flags (1 byte) body
length counts flags and body. Lengths are checked before anything is allocated for them. The flags are kept for
compression (bit 0) and padding (bit 1); a flag this program does not know ends the session.
"""

from collections.abc import Iterator
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
        self._size_max = FRAME_BYTES_FIRST_MAX

    def widen(self) -> None:
        """Accept frames of full size: the peer has said who it is."""
        self._size_max = FRAME_BYTES_MAX

    @property
    def is_empty(self) -> bool:
        """Whether no part of a frame waits for its rest."""
        return not self._buffer

    def receive_bytes(self, data: bytes) -> Iterator[bytes]:
        """Yield the bodies completed by these bytes.

        Raises RemoteProtocolError on a length out of bounds or an unknown flag.
        """
        self._buffer += data
        start = 0
        while len(self._buffer) - start >= _HEADER_BYTES:
            length = int.from_bytes(self._buffer[start : start + _LENGTH_BYTES], "big")
            if not 1 <= length <= self._size_max:
                raise RemoteProtocolError(what=f"A frame of {length} bytes is out of bounds.")
            if self._buffer[start + _LENGTH_BYTES]:
                raise RemoteProtocolError(what="A frame has a flag this program does not know.")
            stop = start + _LENGTH_BYTES + length
            if len(self._buffer) < stop:
                break
            body = bytes(self._buffer[start + _HEADER_BYTES : stop])
            # Advance before yielding: whoever reads the body may widen the bound for the next frame.
            start = stop
            yield body
        del self._buffer[:start]
