"""The giving process of a figure: opens its device, lets its peer in, and at the end says how much memory it took.

usage: python -m bench.giver FOLDER
"""

import asyncio
import sys
from pathlib import Path

from bench.pairs import open_device
from bench.processes import read_peak_mb, say, wait_for_end


async def give(folder: Path) -> None:
    """Give until standard input is closed."""
    async with open_device(folder) as device:
        say({"port": device.status().port})
        await wait_for_end()
        say({"peak_mb": read_peak_mb()})


if __name__ == "__main__":
    asyncio.run(give(Path(sys.argv[1])))
