"""What a person sees: tables and colours on a terminal, plain lines with tabs elsewhere, JSON where asked for.

Names and values come from other devices. What a terminal would obey in them, or what would turn the reading direction,
is replaced before it is shown (ECMA-48, section 5; Unicode Standard Annex 9, section 2). JSON leaves as ASCII.
"""

import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import segno
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from edenmesh.cli.drawing.digits import big_digits
from edenmesh.errors import EdenmeshError
from edenmesh.node import Json

_UNSAFE: Final = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
_JOINERS: Final = "\u200c\u200d"
"""Zero-width joiners are letters' neighbours in Persian and in Indian scripts, and obeyed by no terminal."""


def clean(text: str) -> str:
    """Text that a terminal only shows: one line, nothing that moves the cursor or turns the direction."""
    return "".join(_clean(char) for char in text)


def _clean(char: str) -> str:
    if char in "\n\r\t":
        return " "
    return "\N{REPLACEMENT CHARACTER}" if unicodedata.category(char) in _UNSAFE and char not in _JOINERS else char


def moment(milliseconds: int) -> str:
    """A time of day for people, in this device's own zone; of another device's clock, so it may be anything."""
    if milliseconds <= 0:
        return "never"
    try:
        return datetime.fromtimestamp(milliseconds / 1000).astimezone().strftime("%Y-%m-%d %H:%M")
    except (OverflowError, ValueError, OSError):
        return "at an impossible time"


def amount(size_bytes: int) -> str:
    """A number of bytes for people."""
    size = float(size_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            break
        size /= 1000
    return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"


def counted(count: int, noun: str) -> str:
    """A number of things, of which one is singular."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


class Screen:
    """Standard output and standard error of one command."""

    def __init__(self, *, is_json: bool) -> None:
        self.is_json: Final = is_json
        self.console: Final = Console(highlight=False, markup=False, emoji=False)
        self.errors: Final = Console(stderr=True, highlight=False, markup=False, emoji=False)

    @property
    def is_terminal(self) -> bool:
        """Whether standard output is a terminal, and meant for a person."""
        return not self.is_json and sys.stdout.isatty()

    def say(self, text: str, style: str = "") -> None:
        """A sentence on standard output; nothing where a program reads that."""
        if self.is_terminal:
            self.console.print(Text(clean(text), style=style))
        elif not self.is_json:
            print(clean(text), flush=True)

    def note(self, text: str) -> None:
        """A sentence beside the matter, on standard error."""
        if sys.stderr.isatty():
            self.errors.print(Text(clean(text), style="yellow"))
        else:
            print(clean(text), file=sys.stderr, flush=True)

    def write_json(self, value: Json) -> None:
        """One JSON value on one line, in ASCII."""
        print(json.dumps(value), flush=True)

    def table(self, head: Sequence[str], rows: Iterable[Sequence[str]], *, empty: str) -> None:
        """Rows under a head; the sentence `empty` where there are none."""
        cleaned = [[clean(cell) for cell in row] for row in rows]
        if not cleaned:
            self.say(empty)
        elif self.is_terminal:
            table = Table(*head, box=None, header_style="bold", pad_edge=False)
            for row in cleaned:
                table.add_row(*(Text(cell) for cell in row))
            self.console.print(table)
        else:
            for line in (head, *cleaned):
                print("\t".join(line), flush=True)

    def facts(self, facts: Mapping[str, str]) -> None:
        """Names and values, a line each."""
        width = max(len(name) for name in facts)
        for name, value in facts.items():
            if self.is_terminal:
                self.console.print(Text.assemble((f"{name:<{width}}  ", "bold"), clean(value)))
            elif not self.is_json:
                print(f"{name}\t{clean(value)}", flush=True)

    def large(self, text: str, title: str) -> None:
        """Words that are read across a table."""
        shown = clean(text)
        if self.is_terminal:
            spaced = "   ".join(" ".join(word) for word in shown.upper().split())
            self.console.print(Panel(Text(spaced, style="bold", justify="center"), title=title, padding=(1, 4)))
        else:
            self.say(f"{title}: {shown}")

    def code(self, code: str) -> None:
        """Six digits that two people compare, large."""
        if self.is_terminal:
            self.console.print(Panel(Text(big_digits(code), style="bold"), expand=False, padding=(1, 4)))
        self.say(f"Code: {code}")

    def qr(self, text: str) -> None:
        """A QR code on a terminal, its text elsewhere."""
        if self.is_terminal:
            segno.make(text, micro=False).terminal(out=sys.stdout, compact=True, border=2)
        self.say(f"QR text: {text}")

    def error(self, error: EdenmeshError) -> None:
        """What happened, what was kept, what to do: on standard error, so that output stays what it was."""
        if self.is_json:
            parts = {"error": type(error).__name__, "what": error.what, "kept": error.kept, "do": error.do}
            print(json.dumps(parts), file=sys.stderr, flush=True)
            return
        for name, text, style in (
            ("What happened", error.what, "bold red"),
            ("What was kept", error.kept, "bold"),
            ("What to do", error.do, "bold"),
        ):
            if sys.stderr.isatty():
                self.errors.print(Text.assemble((f"{name:<13}: ", style), clean(text)))
            else:
                print(f"{name:<13}: {clean(text)}", file=sys.stderr, flush=True)
