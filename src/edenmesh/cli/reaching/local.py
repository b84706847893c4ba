"""Reaching the device: the one that runs, over its socket, or else one opened in this process for one command.

Either way the command speaks the same local API, so it need not know which, and neither need the person. One process
owns a store; where another command has it open just now, this one waits a moment or uses that one's socket.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from edenmesh.cli.reaching.client import Client, is_served
from edenmesh.cli.reaching.passphrase import PassphraseSource
from edenmesh.errors import StoreLocked, StoreMissing, WrongPassphrase
from edenmesh.node import Device, Settings
from edenmesh.web import serving, socket_path

_WAIT_SECONDS: Final = 3.0
_RETRY_SECONDS: Final = 0.1


@asynccontextmanager
async def reaching(
    home: Path, source: PassphraseSource, *, settings: Settings | None = None, is_listening: bool = False
) -> AsyncIterator[Client]:
    """The device in this folder. `settings` and `is_listening` hold for one opened here.

    Raises StoreMissing, StoreLocked, WrongPassphrase and what else opening a store raises; ConfigError where it
    cannot listen; UsageError where the passphrase cannot be had.
    """
    path = socket_path(home)
    device = None if await is_served(path) else await _open_or_wait(home, source, settings)
    if device is None:
        async with _connected(path) as client:
            yield client
        return
    async with opened(device, is_listening=is_listening), serving(device, home) as path, _connected(path) as client:
        yield client


@asynccontextmanager
async def opened(device: Device, *, is_listening: bool) -> AsyncIterator[Device]:
    """An open device while the block runs, then a closed one. Raises ConfigError where it cannot listen."""
    try:
        if is_listening:
            await device.start()
        yield device
    finally:
        await device.stop()
        device.close()


def open_device(home: Path, source: PassphraseSource, settings: Settings | None) -> Device:
    """Open the store in this folder. Asks for no passphrase where there is no store, or none is needed."""
    _require_store(home)
    if not source.is_named:
        # Whether one is needed is told by trying: the key file does not say, and need not tell a thief.
        with suppress(WrongPassphrase):
            return Device.open(home, passphrase="", settings=settings)
    return Device.open(home, passphrase=source.read(), settings=settings)


async def _open_or_wait(home: Path, source: PassphraseSource, settings: Settings | None) -> Device | None:
    """An open device, or None where another process has opened it meanwhile and answers."""
    give_up = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            return open_device(home, source, settings)
        except StoreLocked:
            if await is_served(socket_path(home)):
                return None
            if time.monotonic() > give_up:
                raise
            await asyncio.sleep(_RETRY_SECONDS)


def _require_store(home: Path) -> None:
    # The key file is written last when a store is made: a folder with it holds a store.
    if not (home / "key").exists():
        raise StoreMissing(what=f"There is no store in {home}.")


@asynccontextmanager
async def _connected(path: Path) -> AsyncIterator[Client]:
    client = Client(path)
    try:
        yield client
    finally:
        await client.close()
