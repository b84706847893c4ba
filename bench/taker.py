"""The receiving process of a figure: opens its device, syncs, and says in one line of JSON what it took.

usage: python -m bench.taker FOLDER ADDRESS [live]
"""

import asyncio
import json
import resource
import sys
import time
from pathlib import Path

from bench.pairs import PASSPHRASE, SETTINGS
from edenmesh import Device, SyncUpdate


async def take(folder: Path, address: str, *, is_live: bool) -> None:
    """Sync once; stay for live edits where asked, saying when each is durable."""
    device = Device.open(folder, passphrase=PASSPHRASE, settings=SETTINGS)
    begun = time.perf_counter()
    last: SyncUpdate | None = None
    async for update in device.sync("Giver", address=address):
        last = update
    seconds = time.perf_counter() - begun
    if last is None or not last.is_everything:
        raise RuntimeError(f"the sync ended without everything: {last}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    records = device.status().records
    print(json.dumps({"seconds": seconds, "records": records, "peak": peak, "bytes": last.bytes_received}), flush=True)
    if is_live:
        device.on_commit(lambda committed: print(time.monotonic_ns(), len(committed.records), flush=True))
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await device.stop()
    device.close()


if __name__ == "__main__":
    asyncio.run(take(Path(sys.argv[1]), sys.argv[2], is_live="live" in sys.argv[3:]))
