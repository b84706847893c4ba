"""`edenmesh run`: a device that listens, keeps sessions with its peers open, and answers other commands."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Coroutine
from typing import Final

import click
import msgspec

from edenmesh.cli.dialogues import Dialogue
from edenmesh.cli.reaching import (
    LISTENING,
    Answer,
    Asking,
    Call,
    ExitCode,
    command,
    is_served,
    open_device,
    opened,
    places,
    settings_of,
)
from edenmesh.core.ids import format_id
from edenmesh.core.session import Ended, PeerWaits, Tallied
from edenmesh.errors import EdenmeshError, StoreLocked
from edenmesh.node import Device, Json, PairingTask, PeerEvent, plain
from edenmesh.web import LoopbackDoor, serving_all, socket_path

WEB_PORT: Final = click.option(
    "--web-port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="N",
    help="Let this machine's browsers in at this port. [default: any]",
)


@command(
    "run",
    *LISTENING,
    click.option("--web/--no-web", "has_web", default=True, help="Let this machine's browsers in. [default: yes]"),
    WEB_PORT,
    examples=[
        "edenmesh run",
        "edenmesh run --port 4711 --passphrase-file /etc/edenmesh/passphrase",
        "edenmesh run --announce-on 192.168.1.7",
    ],
)
async def run(
    call: Call,
    host: str | None,
    port: int,
    announce_on: tuple[str, ...],
    no_announce: bool,
    *,
    has_web: bool,
    web_port: int,
) -> ExitCode:
    """Run this device until Ctrl-C: others can meet it, and edits flow as they are made.

    Other commands use the running device by themselves. When another device begins to pair, the code is shown here, and
    asked for where this is a terminal. SIGTERM and Ctrl-C stop it in order; then it ends with 0. To open a browser on
    it, type `edenmesh` beside it: what lets a browser in is shown to who asks, and stands in no log.
    """
    if await is_served(socket_path(call.home)):
        raise StoreLocked(
            what=f"A device is running in {call.home} already.", do="Use it: other commands reach it by themselves."
        )
    device = open_device(call.home, call.passphrase, settings_of(announce_on, no_announce, host=host, port=port))
    stop = stopping()
    port_of_web = web_port if has_web else None
    async with opened(device, is_listening=True), serving_all(device, call.home, web_port=port_of_web) as door:
        _greet(call, device, door)
        await watch_until(stop, _watch(call, device))
    call.screen.say("Stopped.")
    return ExitCode.OK


def stopping() -> asyncio.Event:
    """What Ctrl-C and SIGTERM set from now on, in place of ending the program."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def watch_until(stop: asyncio.Event, work: Coroutine[object, object, None]) -> None:
    """Do some work until it ends or is to stop."""
    watching = asyncio.create_task(work)
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait({watching, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if watching.done():
        watching.result()
    watching.cancel()


async def watch_opened(call: Call, device: Awaitable[Device]) -> None:
    """Tell what happens on a device from the moment it is open."""
    open_one = await device
    _greet(call, open_one, None)
    await _watch(call, open_one)


def _greet(call: Call, device: Device, door: LoopbackDoor | None) -> None:
    seen = device.status()
    found = places(seen.addresses, seen.port)
    if call.is_json:
        call.screen.write_json(
            {"event": "listening", "name": seen.name, "port": seen.port, "addresses": [*map(str, found)]}
        )
        if door is not None:
            call.screen.write_json({"event": "web", "address": door.address})
    call.screen.say(f"{seen.name} listens on port {seen.port}: {', '.join(found) or 'no network'}")
    if door is not None:
        call.screen.say(f"In a browser: {door.address} (to be let in, type edenmesh in another terminal)")
    call.screen.say("Press Ctrl-C to stop. To pair, in another terminal: edenmesh visible --wait")


async def _watch(call: Call, device: Device) -> None:
    """Tell what happens; pairings are asked about beside that, one at a time as they come."""
    asking = Asking()
    pairings: set[asyncio.Task[None]] = set()
    try:
        async for event in device.subscribe():
            if isinstance(event, PairingTask):
                task = asyncio.create_task(_follow(call, asking, event))
                pairings.add(task)
                task.add_done_callback(pairings.discard)
            elif isinstance(event, PeerEvent):
                _tell(call, device, event)
    finally:
        for task in pairings:
            task.cancel()


async def _follow(call: Call, asking: Asking, task: PairingTask) -> None:
    async def answer(code: str, is_same: bool) -> None:
        task.answer(is_same, code=code)

    dialogue = Dialogue(call, asking, answer, asks=asking.is_terminal and not call.is_json)
    try:
        await dialogue.follow(_lines(task))
    except EdenmeshError as error:
        call.screen.error(error)


async def _lines(task: PairingTask) -> AsyncIterator[Answer]:
    yield Answer(msgspec.json.encode({"event": "pairing", "code": plain(await task.code())}))
    yield Answer(msgspec.json.encode({"event": "paired", "paired": plain(await task.result())}))


def _tell(call: Call, device: Device, told: PeerEvent) -> None:
    peer = format_id("d", told.peer)
    name = next((one.name for one in device.peers() if one.device == peer), peer)
    event: dict[str, Json]
    if isinstance(told.event, Tallied):
        missing = told.event.missing
        event = {"event": "synced", "peer": name, "missing": [*missing]}
        sentence = f"{name}: everything is on both devices." if not missing else f"{name}: {'; '.join(missing)}"
    elif isinstance(told.event, Ended):
        event = {"event": "ended", "peer": name, "text": told.event.text}
        sentence = f"{name}: the session is over. {told.event.text}"
    elif isinstance(told.event, PeerWaits):
        event = {"event": "waits", "peer": name}
        sentence = f"{name} would like to sync with this device. To let it: edenmesh allow {name!r}"
    else:
        return
    if call.is_json:
        call.screen.write_json(event)
    call.screen.say(sentence)
