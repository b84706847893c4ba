"""What is told of an error that is this program's own fault: where, in words; the log has the rest."""

import logging
import traceback
from typing import Final

from edenmesh.errors import EdenmeshError

_LOG: Final = logging.getLogger("edenmesh")


def defect(error: Exception) -> EdenmeshError:
    """What to tell of an error that is this program's own fault; the log has the rest."""
    _LOG.error("a request ended by a defect", exc_info=error)
    what = f"This program has a defect: {type(error).__name__} at {_place(error)}."
    return EdenmeshError(what=what, do="Report it with this sentence; trying again may work.")


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].name}, line {frames[-1].lineno}" if frames else "an unknown place"
