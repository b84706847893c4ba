"""Where the passphrase of a store comes from: a person at the terminal, a file, or an open descriptor.

Never an argument or an environment variable: other users and child processes can read those.
"""

import getpass
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edenmesh.errors import UsageError

_BYTES_MAX: Final = 4096
_READABLE_BY_OTHERS: Final = 0o077


@dataclass(frozen=True, slots=True)
class PassphraseSource:
    """What the command line said about where the passphrase is; neither means: ask."""

    file: Path | None = None
    descriptor: int | None = None

    def read(self, question: str = "Passphrase: ", *, is_new: bool = False) -> str:
        """The passphrase; a new one is asked for twice. Raises UsageError where it cannot be had."""
        if self.file is not None:
            return _require(_first_line_of_file(self.file), f"The file {self.file}")
        if self.descriptor is not None:
            return _require(_first_line(self.descriptor), f"Descriptor {self.descriptor}")
        if not _has_terminal():
            raise UsageError(
                what="The store is locked by a passphrase, and there is no terminal to ask for it.",
                do="Give it with `--passphrase-file FILE` or `--passphrase-fd N`.",
            )
        given = _require(_ask(question), "What was typed")
        if is_new and _ask("The same once more: ") != given:
            raise UsageError(what="The two passphrases differ.", do="Start again and type the same one twice.")
        return given

    @property
    def is_named(self) -> bool:
        """Whether the command line said where it is, so that nobody need be asked."""
        return self.file is not None or self.descriptor is not None

    @property
    def is_exposed(self) -> bool:
        """Whether others on this machine may read the file."""
        try:
            return (
                self.file is not None and self.file.is_file() and bool(self.file.stat().st_mode & _READABLE_BY_OTHERS)
            )
        except OSError:
            return False


def _first_line_of_file(path: Path) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise UsageError(
            what=f"The passphrase file {path} cannot be read ({error.strerror}).", do="Name a file you may read."
        ) from error
    try:
        return _first_line(descriptor)
    finally:
        os.close(descriptor)


def _first_line(descriptor: int) -> str:
    """The line, byte by byte: what follows it on the same descriptor is somebody else's."""
    line = bytearray()
    try:
        while len(line) <= _BYTES_MAX and (byte := os.read(descriptor, 1)) not in (b"", b"\n"):
            line += byte
    except OSError as error:
        raise UsageError(
            what=f"The passphrase cannot be read from descriptor {descriptor} ({error.strerror}).",
            do="Give an open descriptor, as in `--passphrase-fd 3 3< FILE`.",
        ) from error
    try:
        return line.decode().rstrip("\r")
    except UnicodeDecodeError as error:
        raise UsageError(what="The passphrase is not UTF-8 text.", do="Write it to the file anew.") from error


def _require(given: str, source: str) -> str:
    if not given:
        raise UsageError(what=f"{source} holds no passphrase.", do="Put it on the first line.")
    if len(given.encode()) > _BYTES_MAX:
        raise UsageError(what=f"{source} holds more than a passphrase.", do=f"Use at most {_BYTES_MAX} bytes.")
    return given


def _has_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _ask(question: str) -> str:
    try:
        with _interruptible():
            return getpass.getpass(question, stream=sys.stderr)
    except EOFError:
        return ""


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let signals end the program: the event loop, which else takes them, does not run while the question is open."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        yield
    finally:
        for number, handling in before.items():
            signal.signal(number, handling)
