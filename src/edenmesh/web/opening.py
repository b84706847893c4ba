"""All doors of a device that runs: its socket, the owner's browser on loopback, and phones where the owner lets them.

One application stands behind all of them, so that long work begun at one is seen at the others. Over the socket, and
there only, somebody may ask for an address that lets a browser in: whoever can open the socket is the owner.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from edenmesh.errors import ConfigError
from edenmesh.node import Device, Settings
from edenmesh.web.api import refuse
from edenmesh.web.app import make_app
from edenmesh.web.doors import LoopbackDoor, serving_loopback, serving_phones, serving_socket
from edenmesh.web.jobs import Jobs
from edenmesh.web.site import OnOpened, Site

ENTRANCE: Final = "/door/entrance"
"""Where the socket gives out an address for the owner's browser."""


@asynccontextmanager
async def serving_all(device: Device, home: Path, *, web_port: int | None = 0) -> AsyncIterator[LoopbackDoor | None]:
    """Serve a device at all its doors while the block runs; without the one for browsers where `web_port` is None.

    Raises ConfigError where the socket cannot be made, or the port cannot be had.
    """
    jobs = Jobs()
    try:
        app = make_app(device, jobs)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(serving_phones(app, device.accounts))
            door = None
            if web_port is not None:
                settings = device.accounts.settings
                door = await stack.enter_async_context(serving_loopback(app, port=web_port, settings=settings))
            await stack.enter_async_context(serving_socket(with_entrance(app, door), home))
            yield door
    finally:
        await jobs.stop()


@asynccontextmanager
async def serving_site(
    home: Path, settings: Settings, *, web_port: int = 0, on_opened: OnOpened | None = None
) -> AsyncIterator[tuple[Site, LoopbackDoor]]:
    """Serve the device of a folder from its first start on: to browsers at once, at its other doors once it is open.

    Raises ConfigError where the port cannot be had, and what opening a device without a passphrase raises.
    """
    others = AsyncExitStack()

    async def open_others(device: Device) -> None:
        try:
            await others.enter_async_context(serving_phones(site, device.accounts))
            await others.enter_async_context(serving_socket(with_entrance(site, door), home))
            if on_opened is not None:
                await on_opened(device)
        except BaseException:
            await others.aclose()
            raise

    site = Site(home, settings, on_opened=open_others)
    async with serving_loopback(site, port=web_port, settings=settings) as door, site:
        try:
            yield site, door
        finally:
            # Before the device is closed, nobody asks it anything any more.
            await others.aclose()


def with_entrance(app: ASGIApp, door: LoopbackDoor | None) -> ASGIApp:
    """The application as the socket serves it: it gives out addresses that let a browser in, too."""

    async def entrance(_request: Request) -> Response:
        if door is None:
            return refuse(
                ConfigError(
                    what="This device was started without a door for browsers.",
                    do="Stop it, and start it with `edenmesh`, or with `edenmesh run --web`.",
                )
            )
        return JSONResponse({"address": door.address, "entrance": door.entrance_url()})

    return Starlette(routes=[Route(ENTRANCE, entrance, methods=["POST"]), Mount("/", app)])
