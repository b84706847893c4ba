"""An edit on one device until it is durable on the other, in an open session between two processes."""

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Final

from bench.figures import Figure
from bench.pairs import make_pair

EDITS: Final = 200
_PAUSE_SECONDS: Final = 0.01


async def measure(edits: int = EDITS) -> list[Figure]:
    """The median of many edits, each durable there before the next is made."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        giver = await make_pair(folder)
        record = giver.add("water_point", {"title": "well", "count": 0})
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bench.taker",
            str(folder / "taker"),
            f"127.0.0.1:{giver.status().port}",
            "live",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        assert process.stdin is not None
        json.loads(await process.stdout.readline())
        taken: list[float] = []
        for number in range(1, edits + 1):
            await asyncio.sleep(_PAUSE_SECONDS)
            begun = time.monotonic_ns()
            giver.edit("water_point", record.uuid, {"count": number})
            while True:
                # CLOCK_MONOTONIC is one for all processes of a machine.
                moment, records = (await process.stdout.readline()).split()
                if int(records):
                    break
            taken.append((int(moment) - begun) / 1e6)
        process.stdin.close()
        await process.wait()
        await giver.stop()
        giver.close()
    ordered = sorted(taken)
    return [Figure("live_edit_ms", median(taken), "ms", edits, ordered[0], ordered[int(edits * 0.95)])]
