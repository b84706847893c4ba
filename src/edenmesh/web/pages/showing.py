"""How values stand on a screen: times where one can read them, sizes, dates. Filters of the templates."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

_UNIT: Final = 1000


def when(milliseconds: int) -> str:
    """A wall time in milliseconds since 1970, as a person here writes it; empty for never."""
    if not milliseconds:
        return ""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone().strftime("%Y-%m-%d %H:%M")


def stamp(milliseconds: int) -> str:
    """The same for machines (RFC 3339)."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")


def size(count_bytes: int) -> str:
    """A size with the unit that suits it (SI prefixes)."""
    amount, unit = float(count_bytes), "B"
    for unit in ("B", "kB", "MB", "GB"):
        if amount < _UNIT or unit == "GB":
            break
        amount /= _UNIT
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"


def number(count: int) -> str:
    """A count with thin spaces between thousands (SI brochure, section 5.4.4)."""
    return f"{count:,}".replace(",", "\u202f")


FILTERS: Final[dict[str, Callable[..., object]]] = {"when": when, "stamp": stamp, "size": size, "number": number}
