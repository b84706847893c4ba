"""First sync of 100,000 records between two processes: encrypted, seals checked, conflicts computed, durable.

The clock runs in the receiving process from the dial to the tally that says "everything"; then every index the
product uses is there. The limit line runs before each round, in this process, alone.
"""

import asyncio
import json
import random
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median

from bench.corpus import make_record
from bench.figures import Figure
from bench.limit import LimitLine
from bench.pairs import make_pair
from edenmesh import Device
from edenmesh.node import Json

ROUNDS = 3


def write_records(device: Device, count: int) -> None:
    """Write the corpus on a device, as an import would."""
    rng = random.Random(1)
    rows: list[dict[str, Json]] = []
    for number in range(count):
        _, fields = make_record(number, rng)
        row: dict[str, Json] = {"@uuid": f"urn:uuid:{fields.pop('id')}"}
        row.update(
            {name: {"@value": list(value)} if isinstance(value, list) else value for name, value in fields.items()}
        )
        rows.append(row)
    result = device.import_document(json.dumps({"$_water_point": rows}).encode())
    if result.written != count:
        raise RuntimeError(f"{result.written} of {count} records were written: {result.problems[:3]}")


async def measure(count: int = 100_000, rounds: int = ROUNDS) -> list[Figure]:
    """The three figures of a first sync."""
    limit = LimitLine(count)
    speeds: list[float] = []
    ratios: list[float] = []
    peaks: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        giver = await make_pair(folder)
        write_records(giver, count)
        for round_number in range(rounds):
            line = count / limit.run()
            fresh = folder / f"taker-{round_number}"
            shutil.copytree(folder / "taker", fresh, ignore=shutil.ignore_patterns("lock", "socket"))
            told = await _take(fresh, giver.status().port)
            if told["records"] != count:
                raise RuntimeError(f"{told['records']} of {count} records arrived")
            speeds.append(count / told["seconds"])
            ratios.append(speeds[-1] / line)
            peaks.append(told["peak"] / 1e6)
            shutil.rmtree(fresh)
        await giver.stop()
        giver.close()
    suffix = f"{count // 1000}k"
    return [
        Figure(f"first_sync_{suffix}", median(speeds), "records/s", rounds, min(speeds), max(speeds)),
        Figure(f"first_sync_{suffix}_vs_limit", median(ratios), "ratio", rounds, min(ratios), max(ratios)),
        Figure(f"first_sync_{suffix}_peak_mb", max(peaks), "MB", rounds, min(peaks), max(peaks)),
    ]


async def _take(folder: Path, port: int) -> dict[str, float]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.taker", str(folder), f"127.0.0.1:{port}", stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError("the receiving process failed")
    told: dict[str, float] = json.loads(output)
    return told
