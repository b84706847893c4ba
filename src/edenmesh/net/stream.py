"""What a transport is to the rest: somebody who dials, somebody who listens, and streams of bytes between them.

TCP (`tcp`) and a pipe in memory (`memory`) are two; who embeds edenmesh may bring another. A stream promises order and
nothing else: no secrecy, no proof of who is there, not even that an end was meant; all that is the channel's.
"""

from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from edenmesh.net.addresses import Address

READ_BYTES: Final = 256 * 1024
"""What a reader asks for at a time; also what a stream buffers before it makes the sender wait."""


class Stream(Protocol):
    """Bytes both ways. One task may read while another writes."""

    @property
    def peer_address(self) -> str:
        """Where the other end is, for people to read."""
        ...

    async def read(self, bytes_max: int, /) -> bytes:
        """Wait for bytes and return up to `bytes_max` of them; empty when no more will come, for whatever reason."""
        ...

    async def write(self, data: bytes, /) -> None:
        """Pass all of `data` on; waits while the peer does not keep up. Raises ConnectionError when it is gone."""
        ...

    async def close(self) -> None:
        """Pass on what was written, then end both ways. Never raises; closing twice is fine."""
        ...


OnStream = Callable[[Stream], Awaitable[None]]
"""Called with each stream that comes in, in a task of its own. It closes the stream."""


class Listening(Protocol):
    """A listener at work."""

    @property
    def port(self) -> int:
        """The port it listens on."""
        ...

    async def close(self) -> None:
        """Let nobody in any more. Streams that came in before stay."""
        ...


class Transport(Protocol):
    """A way to reach other devices."""

    async def dial(self, address: Address, timeout_seconds: float) -> Stream:
        """Open a stream to `address`. Raises PeerUnreachable when nobody answers there in time."""
        ...

    async def listen(self, host: str | None, port: int, on_stream: OnStream) -> Listening:
        """Let streams in on a port, 0 for any, at one of this device's addresses, None for all.

        Raises ConfigError where that is not possible.
        """
        ...
