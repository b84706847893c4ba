"""Two paired devices for a figure, each in a folder of its own, closed: who measures opens them where it wants them."""

import asyncio
from pathlib import Path
from typing import Final

from edenmesh import Device, PairingTask, Settings

_PASSPHRASE: Final = "a passphrase for measuring"
_SETTINGS: Final = Settings(host="127.0.0.1", is_announcing=False, redial_seconds=3600)
_PAIRING_SECONDS: Final = 30.0


def open_device(folder: Path) -> Device:
    """Open a device of a pair."""
    return Device.open(folder, passphrase=_PASSPHRASE, settings=_SETTINGS)


async def make_pair(folder: Path) -> tuple[Path, Path]:
    """Make and pair two devices in this folder. Returns their folders: the giver's and the taker's."""
    giver = Device.create(folder / "giver", name="Giver", passphrase=_PASSPHRASE, settings=_SETTINGS)
    taker = Device.create(folder / "taker", name="Taker", passphrase=_PASSPHRASE, settings=_SETTINGS)
    incoming: asyncio.Queue[PairingTask] = asyncio.Queue()
    async with asyncio.timeout(_PAIRING_SECONDS), giver, taker:
        await giver.show(5)
        giver.on_pairing(incoming.put_nowait)
        ours = await taker.pair(f"127.0.0.1:{giver.status().port}")
        theirs = await incoming.get()
        if (await ours.code()).code != (await theirs.code()).code:
            raise RuntimeError("the codes differ")
        ours.answer(True)
        theirs.answer(True)
        await ours.result()
        await theirs.result()
    return folder / "giver", folder / "taker"
