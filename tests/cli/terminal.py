"""A person at a terminal: reads what is drawn, types answers. The terminal is a pseudo-terminal (pty(7))."""

import os
import pty
import re
import select
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.cli.processes import SECONDS, environ

_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-Z\\-_]|\r")


class Terminal:
    """One command at a terminal of its own."""

    def __init__(self, process: "subprocess.Popen[bytes]", screen: int) -> None:
        self.process = process
        self._screen = screen
        self._drawn = b""
        self._read_to = 0

    @property
    def raw(self) -> str:
        """All that was drawn, with what the terminal obeys."""
        return self._drawn.decode(errors="replace")

    @property
    def text(self) -> str:
        """All that was drawn, as it is read."""
        return _ESCAPES.sub("", self.raw)

    def read(self, pattern: str) -> "re.Match[str]":
        """Wait until this is on the screen."""
        give_up = time.monotonic() + SECONDS
        while (found := re.search(pattern, self.text)) is None:
            assert self._grow(give_up - time.monotonic()), f"{pattern!r} never came; what did:\n{self.text}"
        return found

    def read_next(self, pattern: str) -> "re.Match[str]":
        """The same for what comes after all that was read so; for questions that are asked again and again."""
        give_up = time.monotonic() + SECONDS
        while (found := re.compile(pattern).search(self.text, self._read_to)) is None:
            assert self._grow(give_up - time.monotonic()), f"{pattern!r} never came; what did:\n{self.text}"
        self._read_to = found.end()
        return found

    def type(self, text: str) -> None:
        os.write(self._screen, f"{text}\n".encode())

    def end(self) -> int:
        """Read to the end; the exit code."""
        give_up = time.monotonic() + SECONDS
        while self._grow(give_up - time.monotonic()):
            pass
        return self.process.wait(SECONDS)

    def _grow(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._screen], [], [], max(0.0, seconds))
        try:
            more = os.read(self._screen, 65536) if ready else b""
        except OSError:  # EIO: nobody has the other side open any more
            more = b""
        self._drawn += more
        return bool(more)


@contextmanager
def at_terminal(words: Sequence[str]) -> Iterator[Terminal]:
    """A command at a terminal; it is ended with the block."""
    screen, inside = pty.openpty()
    try:
        process = subprocess.Popen(
            words, stdin=inside, stdout=inside, stderr=inside, env=environ(), start_new_session=True
        )
        os.close(inside)
        try:
            yield Terminal(process, screen)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(SECONDS)
    finally:
        os.close(screen)
