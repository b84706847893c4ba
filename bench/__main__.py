"""Run all figures: prints a table, writes build/bench.json. Name some to run only those.

usage: python -m bench [first_sync] [live_edit] [records] [lists] [web]
"""

import asyncio
import faulthandler
import sys
from pathlib import Path
from typing import Final

from bench import first_sync, lists, live_edit, records, web
from bench.figures import Figure, draw_figures, write_figures
from bench.processes import MeasurementError

_FIGURES: Final = {
    "first_sync": first_sync.measure,
    "live_edit": live_edit.measure,
    "records": records.measure,
    "lists": lists.measure,
    "web": web.measure,
}
_SECONDS_MAX: Final = 900.0
"""Whatever hangs, hangs no longer; where it did is printed."""


async def main(names: list[str]) -> None:
    """Measure, one after the other."""
    figures: list[Figure] = []
    for name in names or list(_FIGURES):
        print(f"measuring {name} ...", flush=True)
        figures.extend(await _FIGURES[name]())
    print(draw_figures(figures))
    write_figures(figures, Path("build/bench.json"))


if __name__ == "__main__":
    unknown = set(sys.argv[1:]) - _FIGURES.keys()
    if unknown:
        sys.exit(f"There is no figure {', '.join(sorted(unknown))}; there are {', '.join(_FIGURES)}.")
    faulthandler.dump_traceback_later(_SECONDS_MAX, exit=True)
    try:
        asyncio.run(main(sys.argv[1:]))
    except MeasurementError as error:
        sys.exit(f"Nothing was measured: {error}.")
