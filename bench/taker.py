"""The receiving process of a figure: opens its device, syncs, and says what it took, how long and with what memory.

usage: python -m bench.taker FOLDER ADDRESS [live]
"""

import asyncio
import sys
import time
from pathlib import Path

from bench.pairs import open_device
from bench.processes import read_peak_mb, say, wait_for_end
from edenmesh import Device, SyncUpdate
from edenmesh.store import Committed

FIELD = "count"
"""The field that edits are told apart by."""


async def take(folder: Path, address: str, *, is_live: bool) -> None:
    """Sync once; stay for live edits where asked, saying when each is durable."""
    device = open_device(folder)
    begun = time.perf_counter()
    last: SyncUpdate | None = None
    async for update in device.sync("Giver", address=address):
        last = update
    seconds = time.perf_counter() - begun
    if last is None or not last.is_everything:
        raise RuntimeError(f"the sync ended without everything: {last}")
    say({"seconds": seconds, "records": device.status().records, "peak_mb": read_peak_mb()})
    if is_live:
        device.on_commit(lambda committed: _say_edits(device, committed))
        await wait_for_end()
    await device.stop()
    device.close()


def _say_edits(device: Device, committed: Committed) -> None:
    moment = time.monotonic_ns()
    for table, uuid in committed.records:
        value = device.record(table, uuid).strands[0].fields[FIELD].value
        if isinstance(value, int):
            say({"moment_ns": moment, "value": value})


if __name__ == "__main__":
    asyncio.run(take(Path(sys.argv[1]), sys.argv[2], is_live="live" in sys.argv[3:]))
