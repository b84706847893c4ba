"""`edenmesh` alone: a device that runs, and a browser open on it. Where one runs already, only the browser."""

from typing import Final

import click

from edenmesh.cli.commands.browsing import forget_entrance, open_browser
from edenmesh.cli.commands.running import WEB_PORT, serve
from edenmesh.cli.reaching import (
    LISTENING,
    Call,
    Client,
    ExitCode,
    command,
    is_served,
    open_device,
    settings_of,
)
from edenmesh.errors import ConfigError
from edenmesh.node import Device
from edenmesh.web import ENTRANCE, LoopbackDoor, socket_path

_NO_BROWSER: Final = click.option("--no-browser", is_flag=True, help="Show the address instead of opening a browser.")


@command(
    "start",
    *LISTENING,
    WEB_PORT,
    _NO_BROWSER,
    examples=["edenmesh", "edenmesh start --no-browser", "edenmesh start --web-port 8000"],
)
async def start(
    call: Call,
    host: str | None,
    port: int,
    announce_on: tuple[str, ...],
    no_announce: bool,
    *,
    web_port: int,
    no_browser: bool,
) -> ExitCode:
    """Run this device and open a browser on it; `edenmesh` alone does this.

    Where the device runs already, only a browser is opened, with a new address. Each address lets in once, within ten
    minutes; keep it to yourself. Without a browser here the address is shown, to be opened by you.
    """
    path = socket_path(call.home)
    if await is_served(path):
        client = Client(path)
        try:
            entrance = (await client.post(ENTRANCE)).read(dict[str, str])["entrance"]
        finally:
            await client.close()
        await _show(call, entrance, no_browser=no_browser)
        return ExitCode.OK
    device = open_device(call.home, call.passphrase, settings_of(announce_on, no_announce, host=host, port=port))

    async def show(_device: Device, door: LoopbackDoor | None) -> None:
        if door is None:
            raise ConfigError(what="This device has no door for browsers.")
        await _show(call, door.entrance_url(), no_browser=no_browser)

    try:
        return await serve(call, device, web_port, show)
    finally:
        forget_entrance(call.home)


async def _show(call: Call, entrance: str, *, no_browser: bool) -> None:
    """Open a browser, or show the address: to a program or a person who asked, or to one who looks at a terminal."""
    is_open = not no_browser and await open_browser(entrance, call.home)
    if call.is_json:
        call.screen.write_json({"event": "entrance", "address": entrance, "is_open": is_open})
    elif call.screen.is_terminal or no_browser:
        call.screen.say(f"{'If no browser opens' if is_open else 'Open in a browser'}: {entrance}")
    elif not is_open:
        call.screen.note("No browser opens here. To be shown the address: edenmesh --no-browser")
