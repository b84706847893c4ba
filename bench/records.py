"""What versions and states cost in one process: reading a version as it comes, and computing the state of a record.

`merge_pairs`: states a second of a record with a first version and two concurrent edits. `merge_deep_ms`: the state of
one record edited 10,000 times, and `merge_deep_edit_ms`: an edit on top of it, given the state. `merge_strands_ms`: the
state of an identity conflict of 100 strands.

The best of many short runs: what the code costs, not what else the machine does.
"""

import sys
from collections.abc import Callable
from time import perf_counter
from typing import Final

from bench.figures import Figure, draw_figures
from bench.processes import MeasurementError
from edenmesh.core.ids import AuthorId, VersionId
from edenmesh.core.records import (
    OBSERVE,
    Carried,
    Change,
    Date,
    DateTime,
    Decimal,
    Pen,
    Reference,
    StrandState,
    Value,
    Version,
    carry,
    compose,
    difference,
    record_state,
    record_states,
)

_RUNS: Final = 15
_UUID: Final = "urn:uuid:6a5b1f40-0c2d-4d8e-9a77-0f1c2d3e4f50"
_VALUES: Final[tuple[Value, ...]] = (
    "Ntungamo health centre",
    _UUID,
    12,
    True,
    Date("2026-11-22"),
    DateTime("2026-11-22T22:24:22"),
    Decimal("1.2345"),
    Reference("org_organisation", _UUID),
    "text",
    "more text here",
    "another",
    "0788123456",
    "a remark of some length, as people write",
)
_DEEP: Final = 10_000
_STRANDS: Final = 100

Versions = dict[VersionId, Version]


async def measure() -> list[Figure]:
    """All figures of this file."""
    first = _write(0, _fields())
    one = {first.id: first.version}
    pair = _with(one, [_write(1, {"field_00": "x"}, first.id), _write(2, {"field_00": "y"}, first.id)])
    seen = _write(1, {}, first.id, op=OBSERVE)
    delivered = _with(one, [seen])
    deep = _deep(first)
    top = record_state(deep).strand
    if top is None:
        raise MeasurementError("the deep record has no single strand")
    strands = {one.id: one.version for one in (_write(seq, {"field_00": str(seq)}) for seq in range(_STRANDS))}
    return [
        _figure("record_carry_us", lambda: carry(first.data), 1e6, 2000),
        _figure("record_state_one_us", lambda: record_state(one), 1e6, 2000),
        _figure("record_state_delivered_us", lambda: record_state(delivered), 1e6, 1000),
        _speed("merge_pairs", lambda: record_state(pair), 1000),
        _figure("merge_deep_ms", lambda: record_state(deep), 1e3, 1),
        _figure("merge_deep_edit_ms", lambda: _edit(top), 1e3, 100),
        _figure("merge_strands_ms", lambda: record_states(strands), 1e3, 1),
    ]


def _edit(strand: StrandState) -> Carried:
    """What a person writes on top of what is shown."""
    change = difference(strand, {"field_03": "edited"})
    return compose(_pen(_DEEP), "org_facility", _UUID, change, parents=strand.heads)


def _pen(seq: int) -> Pen:
    return Pen(AuthorId(bytes(32)), seq, 1_790_000_000_000, seq.to_bytes(16, "big"))


def _fields() -> dict[str, Value]:
    return {f"field_{number:02}": value for number, value in enumerate(_VALUES)}


def _write(seq: int, values: dict[str, Value], *seen: VersionId, op: str = "put") -> Carried:
    about = {"body": bytes(32), "destination": bytes(32)} if op == OBSERVE else {}
    return compose(_pen(seq), "org_facility", _UUID, Change(set=values), parents=seen, op=op, about=about)


def _with(versions: Versions, more: list[Carried]) -> Versions:
    return {**versions, **{one.id: one.version for one in more}}


def _deep(first: Carried) -> Versions:
    """A record edited again and again, one field at a time."""
    versions, last = {first.id: first.version}, first.id
    for seq in range(1, _DEEP):
        carried = _write(seq, {f"field_{seq % len(_VALUES):02}": str(seq)}, last)
        versions[carried.id], last = carried.version, carried.id
    return versions


def _figure(name: str, act: Callable[[], object], unit: float, times: int) -> Figure:
    spent: list[float] = []
    for _ in range(_RUNS):
        start = perf_counter()
        for _ in range(times):
            act()
        spent.append((perf_counter() - start) / times * unit)
    return Figure(name, min(spent), name[-2:], _RUNS * times, min(spent), max(spent))


def _speed(name: str, act: Callable[[], object], times: int) -> Figure:
    """The same as times a second."""
    spent = _figure(name, act, 1.0, times)
    return Figure(name, 1 / spent.value, "/s", spent.n, 1 / spent.high, 1 / spent.low)


async def main() -> None:
    """Print the figures."""
    print(draw_figures(await measure()))


if __name__ == "__main__":
    import asyncio

    sys.exit(asyncio.run(main()))
