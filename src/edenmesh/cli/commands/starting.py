"""`edenmesh` alone: a device that runs, and a browser open on it. Where one runs already, only the browser.

Where there is no device yet, or its passphrase was not given here, the browser asks for what is needed.
"""

import asyncio
from typing import Final

import click

from edenmesh.cli.commands.browsing import forget_entrance, open_browser
from edenmesh.cli.commands.running import WEB_PORT, stopping, watch_opened, watch_until
from edenmesh.cli.reaching import LISTENING, Call, Client, ExitCode, command, is_served, settings_of
from edenmesh.node import Device
from edenmesh.web import ENTRANCE, serving_site, socket_path

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

    Where there is no device yet, the browser asks what it is to be called; where it is locked, for the passphrase.
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
    opened: asyncio.Future[Device] = asyncio.get_running_loop().create_future()

    async def note(device: Device) -> None:
        opened.set_result(device)

    stop = stopping()
    settings = settings_of(announce_on, no_announce, host=host, port=port)
    try:
        async with serving_site(call.home, settings, web_port=web_port, on_opened=note) as (site, door):
            if site.has_store and site.device is None and call.passphrase.is_named:
                await site.unlock(call.passphrase.read())
            await _show(call, door.entrance_url(), no_browser=no_browser)
            await watch_until(stop, watch_opened(call, opened))
    finally:
        forget_entrance(call.home)
    call.screen.say("Stopped.")
    return ExitCode.OK


async def _show(call: Call, entrance: str, *, no_browser: bool) -> None:
    """Open a browser, or show the address: to a program or a person who asked, or to one who looks at a terminal."""
    is_open = not no_browser and await open_browser(entrance, call.home)
    if call.is_json:
        call.screen.write_json({"event": "entrance", "address": entrance, "is_open": is_open})
    elif call.screen.is_terminal or no_browser:
        call.screen.say(f"{'If no browser opens' if is_open else 'Open in a browser'}: {entrance}")
    elif not is_open:
        call.screen.note("No browser opens here. To be shown the address: edenmesh --no-browser")
