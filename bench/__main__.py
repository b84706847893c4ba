"""Run all figures: prints a table, writes build/bench.json. Name some to run only those.

usage: python -m bench [first_sync] [live_edit]
"""

import asyncio
import sys
from pathlib import Path

from bench import first_sync, live_edit
from bench.figures import Figure, draw_figures, write_figures

FIGURES = {"first_sync": first_sync.measure, "live_edit": live_edit.measure}


async def main(names: list[str]) -> None:
    """Measure, one after the other."""
    figures: list[Figure] = []
    for name in names or list(FIGURES):
        print(f"measuring {name} ...", flush=True)
        figures.extend(await FIGURES[name]())
    print(draw_figures(figures))
    write_figures(figures, Path("build/bench.json"))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
