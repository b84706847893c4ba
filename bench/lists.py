"""Lists of 100,000 records: open one, search it, sort it, turn its pages; and how long it takes to have them listed.

Each figure is one call as a screen makes it: 50 records, drawn from their versions, and the count of all that fit.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Final

from bench.figures import Figure
from bench.first_sync import write_records
from bench.pairs import make_pair, open_device
from edenmesh.node import Query

_RECORDS: Final = 100_000
_ROUNDS: Final = 9
_TABLE: Final = "water_point"


async def measure(count: int = _RECORDS) -> list[Figure]:
    """The figures of lists, in milliseconds a call; listing all of them in microseconds a record."""
    with tempfile.TemporaryDirectory() as name:
        folder, _ = await make_pair(Path(name))
        write_records(folder, count)
        device = open_device(folder)
        try:
            began = time.perf_counter()
            device.records.lister.list_all()
            a_record = (time.perf_counter() - began) / count * 1e6
            calls: dict[str, Callable[[], object]] = {
                "list_open_ms": lambda: device.records.search(_TABLE, Query()),
                "list_search_rare_ms": lambda: device.records.search(_TABLE, Query("chlorine turbid clay sand")),
                "list_search_common_ms": lambda: device.records.search(_TABLE, Query("wel")),
                "list_sort_ms": lambda: device.records.search(_TABLE, Query(order="note", is_descending=True)),
                "list_page_1000_ms": lambda: device.records.search(_TABLE, Query(), offset=50_000),
            }
            figures = [_time(name, call) for name, call in calls.items()]
        finally:
            device.close()
    return [*figures, Figure("list_record_us", a_record, "us", 1, a_record, a_record)]


def _time(name: str, call: Callable[[], object]) -> Figure:
    call()  # an order is made when it is first asked for
    taken: list[float] = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        call()
        taken.append((time.perf_counter() - began) * 1000)
    return Figure(name, median(taken), "ms", _ROUNDS, min(taken), max(taken))
