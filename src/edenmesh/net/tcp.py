"""Streams over TCP, IPv4 and IPv6, by asyncio.

A protocol of our own instead of asyncio's stream reader: pieces are handed on as the socket gave them, which saves two
copies of every byte. Nagle's algorithm is off at both ends (TCP_NODELAY), so that an edit is not held back to be joined
with the next one; asyncio by itself does that only for the sockets it made.
"""

import asyncio
import errno
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final, cast

from edenmesh.core.limits import CHANNEL_CLOSE_SECONDS_MAX
from edenmesh.errors import ConfigError, PeerUnreachable
from edenmesh.net.addresses import Address
from edenmesh.net.stream import READ_BYTES, Listening, OnStream, Stream

_BACKLOG: Final = 64
_NEXT_FAMILY_SECONDS: Final = 0.25
"""RFC 8305, section 5: how long one address may take before the next one is tried beside it."""


class TcpTransport:
    """Reaches other devices by TCP; fits `stream.Transport`."""

    async def dial(self, address: Address, timeout_seconds: float) -> Stream:
        """Open a stream to `address`. Raises PeerUnreachable when nobody answers there in time."""
        loop = asyncio.get_running_loop()
        # A name only may have several addresses. Where one address is dialled there is nothing to race, and asyncio's
        # race loses a socket that is connected in the very turn in which the dial is cancelled.
        delay = None if address.is_literal else _NEXT_FAMILY_SECONDS
        try:
            async with asyncio.timeout(timeout_seconds):
                _, stream = await loop.create_connection(
                    _TcpStream, address.host, address.port, happy_eyeballs_delay=delay
                )
        except TimeoutError as error:
            raise PeerUnreachable(f"No answer from {address} within {timeout_seconds:g} seconds.") from error
        except OSError as error:
            raise PeerUnreachable(f"No device listens at {address} ({error.strerror or error}).") from error
        return stream

    async def listen(self, host: str | None, port: int, on_stream: OnStream) -> Listening:
        """Let streams in on a port, 0 for any, at one of this device's addresses, None for all.

        Raises ConfigError where that is not possible.
        """
        try:
            bound = _bind(host, port)
        except OSError as error:
            raise _cannot_listen(host, port, error) from error
        listening = _TcpListening(bound, on_stream)
        await listening.start()
        return listening


class _TcpListening:
    def __init__(self, bound: socket.socket, on_stream: OnStream) -> None:
        self._bound = bound
        self._port = int(bound.getsockname()[1])
        self._on_stream = on_stream
        self._is_closed = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _TcpStream(self._let_in), sock=self._bound, backlog=_BACKLOG)

    @property
    def port(self) -> int:
        return self._port

    async def close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        # Let nobody in any more, then give who has just come a turn: asyncio loses the socket of a stream that is half
        # made when its server closes. And what was begun for those who came before has begun when this returns.
        asyncio.get_running_loop().remove_reader(self._bound)
        await asyncio.sleep(0)
        # Not `wait_closed`: since Python 3.12 that waits for every stream that ever came in.
        self._server.close()

    def _let_in(self, stream: "_TcpStream") -> None:
        if self._is_closed:
            stream.abort()
            return
        task = asyncio.ensure_future(self._on_stream(stream))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _TcpStream(asyncio.Protocol):
    def __init__(self, on_made: "Callable[[_TcpStream], None] | None" = None) -> None:
        self._on_made = on_made
        self._pieces: deque[bytes] = deque()
        self._buffered_bytes = 0
        self._is_paused = False
        self._has_ended = False
        self._readable = asyncio.Event()
        self._writable = asyncio.Event()
        self._lost = asyncio.Event()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._peer_address = _peer_address(self._transport)
        self._writable.set()
        if self._on_made is not None:
            self._on_made(self)

    def data_received(self, data: bytes) -> None:
        self._pieces.append(data)
        self._buffered_bytes += len(data)
        if self._buffered_bytes >= 2 * READ_BYTES and not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()
        self._readable.set()

    def eof_received(self) -> bool:
        self._has_ended = True
        self._readable.set()
        return True  # our own half stays open until we close it

    def connection_lost(self, error: Exception | None) -> None:
        self._has_ended = True
        self._lost.set()
        self._readable.set()
        self._writable.set()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    # What a stream promises.

    @property
    def peer_address(self) -> str:
        return self._peer_address

    async def read(self, bytes_max: int, /) -> bytes:
        while not self._pieces:
            if self._has_ended:
                return b""
            self._readable.clear()
            await self._readable.wait()
        data = self._pieces.popleft()
        if len(data) > bytes_max:
            self._pieces.appendleft(data[bytes_max:])
            data = data[:bytes_max]
        self._buffered_bytes -= len(data)
        if self._is_paused and self._buffered_bytes < READ_BYTES and not self._lost.is_set():
            self._is_paused = False
            self._transport.resume_reading()
        return data

    async def write(self, data: bytes, /) -> None:
        if self._lost.is_set() or self._transport.is_closing():
            raise ConnectionResetError("the stream is closed")
        self._transport.write(data)
        if self._writable.is_set():
            await asyncio.sleep(0)  # a peer that keeps up must not starve the other tasks
        else:
            await self._writable.wait()
        if self._lost.is_set():
            raise ConnectionResetError("the stream was cut")

    async def close(self) -> None:
        self._transport.close()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(CHANNEL_CLOSE_SECONDS_MAX):
                    await self._lost.wait()
        finally:
            # Where the wait was in vain, or cancelled: what was not sent by now never will be.
            self.abort()

    def abort(self) -> None:
        """Close without waiting for anything."""
        self._transport.abort()


def _bind(host: str | None, port: int) -> socket.socket:
    if host is not None:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    # One socket for both families, so that both have the same port.
    if socket.has_dualstack_ipv6():
        try:
            return socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
        except OSError as error:
            if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                raise
    return socket.create_server(("", port))


def _cannot_listen(host: str | None, port: int, error: OSError) -> ConfigError:
    if error.errno == errno.EADDRINUSE:
        return ConfigError(
            f"Port {port} is already in use on this device.",
            do="Stop the program that uses it, or choose another port; 0 takes any free one.",
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return ConfigError(
            f"This account may not listen on port {port}.",
            do="Choose a port from 1024 to 65535; 0 takes any free one.",
        )
    place = f"{host} port {port}" if host is not None else f"port {port}"
    return ConfigError(
        f"Nothing can listen on {place} ({error.strerror or error}).",
        do="Name an address this device has, or none for all of them, and a port from 0 to 65535.",
    )


def _peer_address(transport: asyncio.Transport) -> str:
    name = transport.get_extra_info("peername")
    if not name:
        return "an address that is gone already"
    return str(Address(str(name[0]).removeprefix("::ffff:"), int(name[1])))
