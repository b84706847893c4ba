"""What a figure is, and the table and file they end up in."""

import json
import platform
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Final, NamedTuple

_LIBRARIES: Final = ("apsw-sqlite3mc", "cryptography", "msgspec", "pyOpenSSL")


class Figure(NamedTuple):
    """One published figure: its name, the median, its unit, of how many runs or samples, and their range."""

    name: str
    value: float
    unit: str
    n: int
    low: float
    high: float


def write_figures(figures: Iterable[Figure], path: Path) -> None:
    """Write the figures as a list of {name, value, unit, n, versions}, with their range."""
    versions = {"python": platform.python_version(), **{name: version(name) for name in _LIBRARIES}}
    listed = [{**figure._asdict(), "versions": versions} for figure in figures]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(listed, indent=1) + "\n")


def draw_figures(figures: Iterable[Figure]) -> str:
    """The figures as a table."""
    lines = [f"{'figure':<36}{'median':>12}  {'unit':<12}{'n':>6}  range"]
    for figure in figures:
        value, reach = _number(figure.value), f"{_number(figure.low)}..{_number(figure.high)}"
        lines.append(f"{figure.name:<36}{value:>12}  {figure.unit:<12}{figure.n:>6}  {reach}")
    return "\n".join(lines)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
