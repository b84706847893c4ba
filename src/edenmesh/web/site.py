"""A device as one application, from its first start on: no store yet, locked, or open.

Until it is open there are two screens and no API. Opening makes it listen, as a running device does; what opens with
it, such as the socket for commands, is told by `on_opened`. Doors serve a site as they serve any ASGI application.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from edenmesh.errors import ConfigError, WrongPassphrase
from edenmesh.node import Device, Settings
from edenmesh.web.api import refuse
from edenmesh.web.app import failures, make_app
from edenmesh.web.jobs import Jobs
from edenmesh.web.pages import Renderer, StartPages

OnOpened = Callable[[Device], Awaitable[None]]


class Site:
    """The screens and the API of the device in one folder, whatever state it is in. Use it as a context."""

    def __init__(self, home: Path, settings: Settings | None = None, *, on_opened: OnOpened | None = None) -> None:
        self._home: Final = home
        self._settings: Final = settings or Settings()
        self._on_opened = on_opened
        self._opening = asyncio.Lock()
        self._device: Device | None = None
        self._jobs: Jobs | None = None
        self._shut: Final = self._make_shut()
        self._app: ASGIApp = self._shut

    @property
    def device(self) -> Device | None:
        """The device, while it is open."""
        return self._device

    @property
    def has_store(self) -> bool:
        """Whether a device was made here: the key file is written last."""
        return (self._home / "key").exists()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request as the state of the device is now."""
        await self._app(scope, receive, send)

    async def __aenter__(self) -> Self:
        """Open a device that has no passphrase at once."""
        if self.has_store:
            with suppress(WrongPassphrase):
                await self.unlock("")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._app = self._shut
        jobs, device = self._jobs, self._device
        self._jobs = self._device = None
        if jobs is not None:
            await jobs.stop()
        if device is not None:
            await device.stop()
            device.close()

    async def create(self, name: str, passphrase: str) -> None:
        """Make a device and open it. Raises what `Device.create` and `Device.start` raise."""
        async with self._opening:
            # In a thread: deriving the key takes a second on purpose, and requests go on meanwhile.
            make = Device.create
            device = await asyncio.to_thread(
                make, self._home, name=name, passphrase=passphrase, settings=self._settings
            )
            await self._take(device)

    async def unlock(self, passphrase: str) -> None:
        """Open the device. Raises WrongPassphrase, StoreLocked and what else opening a store raises."""
        async with self._opening:
            if self._device is not None:
                return
            device = await asyncio.to_thread(Device.open, self._home, passphrase=passphrase, settings=self._settings)
            await self._take(device)

    async def _take(self, device: Device) -> None:
        try:
            await device.start()
            if self._on_opened is not None:
                await self._on_opened(device)
        except BaseException:
            await device.stop()
            device.close()
            raise
        self._device, self._jobs = device, Jobs()
        self._app = make_app(device, self._jobs)

    def _make_shut(self) -> Starlette:
        renderer = Renderer()
        pages = StartPages(renderer, lambda: self.has_store, self.create, self.unlock)
        routes = [
            Route("/api/{path:path}", self._closed, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
            *pages.routes,
        ]
        return Starlette(routes=routes, exception_handlers=failures(renderer))

    async def _closed(self, _request: Request) -> Response:
        """The API of a device that is not open."""
        what = "This device is locked." if self.has_store else "There is no device here yet."
        do = "Unlock it in the browser." if self.has_store else "Make one in the browser."
        return refuse(ConfigError(what=what, do=do))
