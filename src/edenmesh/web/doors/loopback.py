"""The loopback door: the owner's browser on this machine, and nobody else's.

It listens on 127.0.0.1 and, where there is one, on ::1, never on all addresses. Other users of the machine can connect:
they have no token. A token stands behind the # of an address, which browsers send to nobody; it lets in once.
"""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp

from edenmesh.errors import ConfigError
from edenmesh.node import Settings
from edenmesh.web.doors.entering import ENTRANCE
from edenmesh.web.doors.guard import Guard, Rules
from edenmesh.web.doors.keeping import OwnerKeeper
from edenmesh.web.doors.serving import DoorServer, listen, running

_IPV4: Final = "127.0.0.1"
_IPV6: Final = "::1"


@dataclass(frozen=True, slots=True)
class LoopbackDoor:
    """An open loopback door."""

    port: int
    keeper: OwnerKeeper

    @property
    def address(self) -> str:
        """The address of the device for a browser; who has no session sees the entrance page there."""
        return f"http://{_IPV4}:{self.port}/"

    def entrance_url(self) -> str:
        """An address that lets in once, within ten minutes. Whoever reads it may do what the owner may."""
        return f"http://{_IPV4}:{self.port}{ENTRANCE}#{self.keeper.issue()}"


@asynccontextmanager
async def serving_loopback(
    app: ASGIApp, *, port: int = 0, settings: Settings | None = None
) -> AsyncIterator[LoopbackDoor]:
    """Serve an application to browsers of this machine while the block runs.

    Raises ConfigError where the port cannot be had; 0 takes a free one.
    """
    settings = settings or Settings()
    sockets = _bind(port)
    port = sockets[0].getsockname()[1]
    keeper = OwnerKeeper(settings.entropy, settings.clock)
    rules = Rules(
        hosts=frozenset((f"{_IPV4}:{port}", f"[{_IPV6}]:{port}", f"localhost:{port}")),
        scheme="http",
        cookie=f"edenmesh-{port}",
    )
    async with running(DoorServer(Guard(app, keeper, rules, settings.clock)), sockets):
        yield LoopbackDoor(port, keeper)


def _bind(port: int) -> list[socket.socket]:
    sockets = [listen(_IPV4, port)]
    # Where there is no IPv6, or somebody else has this port there, no address that is given out leads to it.
    with suppress(ConfigError):
        sockets.append(listen(_IPV6, sockets[0].getsockname()[1]))
    return sockets
