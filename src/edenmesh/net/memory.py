"""Streams inside one process, for two devices in one program, and for tests that want no network."""

import asyncio
from collections import deque

from edenmesh.errors import ConfigError, PeerUnreachable
from edenmesh.net.addresses import Address
from edenmesh.net.stream import READ_BYTES, Listening, OnStream, Stream


def pipe() -> tuple[Stream, Stream]:
    """Return the two ends of a stream."""
    there, back = _OneWay(), _OneWay()
    return _MemoryStream(back, there, "memory:1"), _MemoryStream(there, back, "memory:2")


class MemoryTransport:
    """Reaches the devices that listen on this very object, by their ports alone; fits `stream.Transport`."""

    def __init__(self) -> None:
        self._listeners: dict[int, OnStream] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def dial(self, address: Address, timeout_seconds: float) -> Stream:
        """Open a stream to who listens on the port. Raises PeerUnreachable when nobody does."""
        on_stream = self._listeners.get(address.port)
        if on_stream is None:
            raise PeerUnreachable(f"No device listens at {address} within {timeout_seconds:g} seconds.")
        ours, theirs = pipe()
        task = asyncio.ensure_future(on_stream(theirs))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return ours

    async def listen(self, host: str | None, port: int, on_stream: OnStream) -> Listening:
        """Let streams in on a port, 0 for any. Raises ConfigError where it is taken."""
        if port in self._listeners:
            raise ConfigError(
                f"Port {port} of {host or 'memory'} is already in use.", do="Choose another; 0 takes any."
            )
        port = port or max(self._listeners, default=0) + 1
        self._listeners[port] = on_stream
        return _MemoryListening(self._listeners, port)


class _MemoryListening:
    def __init__(self, listeners: dict[int, OnStream], port: int) -> None:
        self._listeners = listeners
        self._port = port

    @property
    def port(self) -> int:
        return self._port

    async def close(self) -> None:
        self._listeners.pop(self._port, None)


class _OneWay:
    """Bytes one way; the writer waits while READ_BYTES lie unread."""

    def __init__(self) -> None:
        self._pieces: deque[bytes] = deque()
        self._unread_bytes = 0
        self._has_ended = False
        self._changed = asyncio.Condition()

    async def put(self, data: bytes) -> None:
        async with self._changed:
            if self._has_ended:
                raise ConnectionResetError("the stream is closed")
            self._pieces.append(bytes(data))
            self._unread_bytes += len(data)
            self._changed.notify_all()
            await self._changed.wait_for(lambda: self._has_ended or self._unread_bytes <= READ_BYTES)

    async def take(self, bytes_max: int) -> bytes:
        async with self._changed:
            await self._changed.wait_for(lambda: self._has_ended or self._unread_bytes > 0)
            if not self._unread_bytes:
                return b""
            data = self._pieces.popleft()
            if len(data) > bytes_max:
                self._pieces.appendleft(data[bytes_max:])
                data = data[:bytes_max]
            self._unread_bytes -= len(data)
            self._changed.notify_all()
            return data

    async def end(self) -> None:
        async with self._changed:
            self._has_ended = True
            self._changed.notify_all()


class _MemoryStream:
    def __init__(self, incoming: _OneWay, outgoing: _OneWay, peer_address: str) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._peer_address = peer_address

    @property
    def peer_address(self) -> str:
        return self._peer_address

    async def read(self, bytes_max: int, /) -> bytes:
        return await self._incoming.take(bytes_max)

    async def write(self, data: bytes, /) -> None:
        if data:
            await self._outgoing.put(data)

    async def close(self) -> None:
        await self._outgoing.end()
        await self._incoming.end()
