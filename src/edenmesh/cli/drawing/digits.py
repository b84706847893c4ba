"""Digits of the size that two people compare across a table: five lines of blocks, drawn in text."""

from typing import Final

_ROWS: Final = (
    "███   █ ███ ███ █ █ ███ ███ ███ ███ ███",
    "█ █   █   █   █ █ █ █   █     █ █ █ █ █",
    "█ █   █ ███  ██ ███ ███ ███   █ ███ ███",
    "█ █   █ █     █   █   █ █ █   █ █ █   █",
    "███   █ ███ ███   █ ███ ███   █ ███ ███",
)
_WIDTH: Final = 3


def big_digits(code: str) -> str:
    """A code of digits in five lines; a space in it is a gap."""
    return "\n".join("  ".join(_drawn(row, char) for char in code).rstrip() for row in _ROWS)


def _drawn(row: str, char: str) -> str:
    """The part of a digit that stands in this row."""
    return row[int(char) * (_WIDTH + 1) :][:_WIDTH] if char.isdigit() else ""
