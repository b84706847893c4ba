"""Asking a person in a program that has other things to do meanwhile.

Standard input is watched by the event loop, so a question can be given up when it has become pointless: the other
person said no, or the time is over. A terminal hands out whole lines, so a line that is ready is read at once.
Questions go to standard error, since standard output may be read by a program.
"""

import asyncio
import os
import sys
from typing import Final

_READ_BYTES: Final = 4096


class Asking:
    """Reads answers, a line each, from standard input."""

    def __init__(self) -> None:
        self._read = b""
        self._is_over = sys.stdin is None

    @property
    def is_terminal(self) -> bool:
        """Whether a person may be there to answer."""
        return sys.stdin is not None and sys.stdin.isatty()

    async def ask(self, question: str) -> str | None:
        """The line typed, without the spaces around it; None where no more will come."""
        sys.stderr.write(question)
        sys.stderr.flush()
        line = await self._line()
        if not self.is_terminal:
            sys.stderr.write("\n")  # where nobody typed, nothing has ended the line
        return line.decode(errors="replace").strip() if line is not None else None

    async def _line(self) -> bytes | None:
        while b"\n" not in self._read and not self._is_over:
            await _readable(sys.stdin.fileno())
            chunk = os.read(sys.stdin.fileno(), _READ_BYTES)
            self._read += chunk
            self._is_over = not chunk
        line, newline, self._read = self._read.partition(b"\n")
        return line if newline or line else None


async def _readable(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    try:
        loop.add_reader(descriptor, ready.set)
    except PermissionError:
        return  # a plain file is always ready, and cannot be watched (epoll_ctl(2), EPERM)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(descriptor)
