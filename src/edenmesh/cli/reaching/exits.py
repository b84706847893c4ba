"""Exit codes: what a script may conclude from how a command ended."""

from enum import IntEnum
from typing import Final

from edenmesh.errors import EdenmeshError, UsageError


class ExitCode(IntEnum):
    """How a command ended."""

    OK = 0
    FAILED = 1
    USAGE = 2
    PARTLY = 3
    OPEN = 4
    INTERRUPTED = 130


MEANINGS: Final = {
    ExitCode.OK: "all that was asked is done",
    ExitCode.FAILED: "refused or failed; the message says what happened, what was kept and what to do",
    ExitCode.USAGE: "the command was not understood, or a passphrase is missing; nothing was done",
    ExitCode.PARTLY: "done in part: not everything was synced, imported or delivered; what is missing is listed",
    ExitCode.OPEN: "done, and there is something a person has to decide: a conflict",
    ExitCode.INTERRUPTED: "interrupted; what was done before is kept",
}


def exit_code_of(error: EdenmeshError) -> ExitCode:
    """The code to end with after an error."""
    return ExitCode.USAGE if isinstance(error, UsageError) else ExitCode.FAILED
