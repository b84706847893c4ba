"""An edit on one device until it is durable and visible on the other, in an open session between two processes.

The clock starts before the edit is handed to the one device and stops when the other tells those who listen of the
commit that has it; that the record then shows it is looked up afterwards. Each edit is waited for before the next.
"""

import asyncio
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles
from typing import Final

from bench.figures import Figure
from bench.pairs import make_pair, open_device
from bench.processes import Process, running
from bench.taker import FIELD

_TABLE: Final = "water_point"
_RECORDS: Final = 200
_EDITS: Final = 300
_WARM_UP: Final = 50
_PAUSE_SECONDS: Final = 0.01


async def measure() -> list[Figure]:
    """The median of many edits, and as the range their least and what 95 of 100 take at most."""
    with tempfile.TemporaryDirectory() as name:
        giver_folder, taker_folder = await make_pair(Path(name))
        async with open_device(giver_folder) as giver:
            uuids = [giver.add(_TABLE, {"title": "well", FIELD: 0}).uuid for _ in range(_RECORDS)]
            address = f"127.0.0.1:{giver.status().port}"
            async with running("bench.taker", str(taker_folder), address, "live") as taker:
                await taker.hear()
                taken: list[float] = []
                for number in range(1, _WARM_UP + _EDITS + 1):
                    await asyncio.sleep(_PAUSE_SECONDS)
                    begun = time.monotonic_ns()
                    giver.edit(_TABLE, uuids[number % _RECORDS], {FIELD: number})
                    taken.append((await _moment(taker, number) - begun) / 1e6)
    measured = taken[_WARM_UP:]
    return [Figure("live_edit_ms", median(measured), "ms", _EDITS, min(measured), quantiles(measured, n=20)[-1])]


async def _moment(taker: Process, number: int) -> float:
    """When the taker had the edit; the monotonic clock is one for all processes of a machine."""
    while True:
        told = await taker.hear()
        if told["value"] == number:
            return told["moment_ns"]
