"""Serving an application on sockets of ours, for as long as a block runs; connections are counted as they come.

The server underneath has no bound on connections that never finish a request's head, or never begin TLS. So a door
accepts by itself: so many in all, so many of one address, each with a deadline for its handshake and for every head.
"""

import asyncio
import errno
import socket
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from ipaddress import IPv6Address, ip_address

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.server import ServerState

from edenmesh.errors import ConfigError
from edenmesh.web.doors.bounds import CONNECTIONS_MAX, HEAD_BYTES_MAX, HEAD_SECONDS_MAX, IDLE_SECONDS_MAX

_RETRY_SECONDS = 0.5


class Server(uvicorn.Server):
    """A server that says when it is ready, and leaves signals to the program around it."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve."""
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave signals alone."""
        yield


@asynccontextmanager
async def running(server: Server, sockets: Sequence[socket.socket]) -> AsyncIterator[None]:
    """A server while the block runs; then its sockets are closed and its requests have ended."""
    task = asyncio.create_task(server.serve(sockets=list(sockets)))
    try:
        await server.ready.wait()
        yield
    finally:
        server.should_exit = True
        await task
        for one in sockets:
            one.close()


class DoorServer(Server):
    """A server of a door on TCP: it accepts by itself, and counts."""

    def __init__(self, app: ASGIApp, *, tls: ssl.SSLContext | None = None, of_one_max: int = CONNECTIONS_MAX) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=H11Protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="critical",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=IDLE_SECONDS_MAX,
                timeout_graceful_shutdown=1,
                h11_max_incomplete_event_size=HEAD_BYTES_MAX,
            )
        )
        self._tls = tls
        self._of_one_max = of_one_max
        self._places: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept; there is nothing else to begin."""
        self.servers = []
        for listening in sockets or []:
            listening.setblocking(False)
            self._begin(self._accept(listening))
        self.started = True
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept nobody more, and let what is under way end."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await super().shutdown(sockets)

    def _begin(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, address = await loop.sock_accept(listening)
            except OSError:
                # No descriptor is free, or who knocked is gone: others may have better luck in a moment.
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            host = counted_host(address[0])
            if self._places.total() >= CONNECTIONS_MAX or self._places[host] >= self._of_one_max:
                accepted.close()
                continue
            self._places[host] += 1
            self._begin(self._open(accepted, host))

    async def _open(self, accepted: socket.socket, host: str) -> None:
        place = _Place(self._places, host)
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: _Connection(self.config, self.server_state, place.leave),
                accepted,
                ssl=self._tls,
                ssl_handshake_timeout=HEAD_SECONDS_MAX if self._tls is not None else None,
            )
        except (OSError, TimeoutError):
            place.leave()
            accepted.close()
        except asyncio.CancelledError:
            place.leave()
            accepted.close()
            raise


class _Place:
    """The place one connection takes; left once."""

    def __init__(self, places: Counter[str], host: str) -> None:
        self._places = places
        self._host = host
        self._is_left = False

    def leave(self) -> None:
        if not self._is_left:
            self._is_left = True
            self._places[self._host] -= 1
            if not self._places[self._host]:
                del self._places[self._host]


class _Connection(H11Protocol):
    """One connection, with a deadline for every request's head."""

    def __init__(self, config: uvicorn.Config, state: ServerState, leave: Callable[[], None]) -> None:
        super().__init__(config, state, {})
        self._leave = leave
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        super().connection_made(transport)
        self._set_deadline()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._is_between:
            self._drop_deadline()
        elif self._deadline is None:
            self._set_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        self._drop_deadline()
        self._leave()
        super().connection_lost(exc)

    @property
    def _is_between(self) -> bool:
        """Whether no request is under way: what has come, if anything, is part of a head."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    def _set_deadline(self) -> None:
        self._deadline = self.loop.call_later(HEAD_SECONDS_MAX, self._hang_up)

    def _drop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _hang_up(self) -> None:
        self._deadline = None
        if self._is_between:
            self.transport.abort()


def counted_host(host: str) -> str:
    """By what connections and tries of an address are counted: one has a whole /64 of IPv6 (RFC 6177)."""
    with suppress(ValueError):
        address = ip_address(host.partition("%")[0])
        if isinstance(address, IPv6Address):
            return (
                str(IPv6Address(int(address) >> 64 << 64)) if address.ipv4_mapped is None else str(address.ipv4_mapped)
            )
    return host


def listen(host: str, port: int) -> socket.socket:
    """A listening socket on one address. Raises ConfigError where it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol said, connections get TCP_NODELAY: else an answer waits 40 ms for an acknowledgement.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        bound.bind(found[0][4])
        bound.listen()
    except (OSError, OverflowError) as error:
        bound.close()
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        why = "somebody else has it" if taken else str(error)
        raise ConfigError(
            what=f"Port {port} of {host} cannot be had for browsers: {why}.",
            do="Choose another with `--web-port`, or 0 for any free one.",
        ) from error
    return bound
