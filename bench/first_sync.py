"""First sync of 100,000 records between two processes: encrypted, seals checked, conflicts computed, durable.

The clock runs in the receiving process from the dial to the tally that says "everything"; then every index the
product uses is there. Before each round the limit line runs alone, in a process of its own like the receiver.
"""

import json
import random
import shutil
import tempfile
from pathlib import Path
from statistics import median
from typing import Final

from bench.corpus import make_record
from bench.figures import Figure
from bench.pairs import make_pair, open_device
from bench.processes import Answer, MeasurementError, Process, running
from edenmesh.node import Json

_RECORDS: Final = 100_000
_ROUNDS: Final = 5
_ROWS_AN_IMPORT: Final = 10_000


async def measure(count: int = _RECORDS, rounds: int = _ROUNDS) -> list[Figure]:
    """The three figures of a first sync; the peak is the larger one of the two processes, in any round."""
    speeds: list[float] = []
    ratios: list[float] = []
    peaks: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        giver_folder, taker_folder = await make_pair(Path(name))
        write_records(giver_folder, count)
        async with running("bench.giver", str(giver_folder)) as giver:
            address = f"127.0.0.1:{(await giver.hear())['port']}"
            for _ in range(rounds):
                line = await _ask("bench.limit", str(count))
                told = await _take(taker_folder, address)
                if told["records"] != count:
                    raise MeasurementError(f"{told['records']} of {count} records arrived")
                speeds.append(count / told["seconds"])
                ratios.append(line["seconds"] / told["seconds"])
                peaks.append(told["peak_mb"])
            peaks.append(await _peak(giver))
    suffix = f"{count // 1000}k"
    return [
        Figure(f"first_sync_{suffix}", median(speeds), "records/s", rounds, min(speeds), max(speeds)),
        Figure(f"first_sync_{suffix}_vs_limit", median(ratios), "ratio", rounds, min(ratios), max(ratios)),
        Figure(f"first_sync_{suffix}_peak_mb", max(peaks), "MB", rounds, min(peaks), max(peaks)),
    ]


def write_records(folder: Path, count: int) -> None:
    """Write the corpus on a device, as imports do."""
    rng = random.Random(1)
    device = open_device(folder)
    for start in range(0, count, _ROWS_AN_IMPORT):
        rows = [_row(number, rng) for number in range(start, min(start + _ROWS_AN_IMPORT, count))]
        result = device.import_document(json.dumps({"$_water_point": rows}).encode())
        if result.written != len(rows):
            raise MeasurementError(f"{result.written} of {len(rows)} records were written: {result.problems[:3]}")
    device.close()


def _row(number: int, rng: random.Random) -> dict[str, Json]:
    _, fields = make_record(number, rng)
    uuid = fields.pop("id")
    row: dict[str, Json] = {"@uuid": f"urn:uuid:{uuid}"}
    row.update({name: {"@value": list(one)} if isinstance(one, list) else one for name, one in fields.items()})
    return row


async def _ask(module: str, *arguments: str) -> Answer:
    async with running(module, *arguments) as process:
        return await process.hear()


async def _take(folder: Path, address: str) -> Answer:
    """A first sync into a fresh copy of the taker's folder."""
    fresh = folder.with_name("fresh")
    shutil.copytree(folder, fresh)
    try:
        return await _ask("bench.taker", str(fresh), address)
    finally:
        shutil.rmtree(fresh)


async def _peak(giver: Process) -> float:
    giver.let_end()
    return (await giver.hear())["peak_mb"]
