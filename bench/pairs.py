"""Two paired devices for a figure: ours in this process, the other's folder ready for a process of its own."""

import asyncio
from pathlib import Path
from typing import Final

from edenmesh import Device, PairingTask, Settings

PASSPHRASE: Final = "a passphrase for measuring"
SETTINGS: Final = Settings(host="127.0.0.1", is_announcing=False, redial_seconds=3600)


async def make_pair(folder: Path) -> Device:
    """Pair `giver` and `taker` in this folder. Returns the giver, started; the taker is closed again."""
    giver = Device.create(folder / "giver", name="Giver", passphrase=PASSPHRASE, settings=SETTINGS)
    taker = Device.create(folder / "taker", name="Taker", passphrase=PASSPHRASE, settings=SETTINGS)
    await giver.start()
    await giver.show(5)
    incoming: asyncio.Queue[PairingTask] = asyncio.Queue()
    giver.on_pairing(incoming.put_nowait)
    ours = await taker.pair(f"127.0.0.1:{giver.status().port}")
    theirs = await incoming.get()
    if (await ours.code()).code != (await theirs.code()).code:
        raise RuntimeError("the codes differ")
    ours.answer(True)
    theirs.answer(True)
    await ours.result()
    await theirs.result()
    taker.close()
    return giver
