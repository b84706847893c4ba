"""Work counted in calls, so that no clock decides."""

import sys
from collections.abc import Callable
from types import FrameType


def calls_of(answer: Callable[[], object]) -> int:
    """How many calls an answer takes, those into C among them."""
    made = 0

    def note(frame: FrameType, event: str, arg: object) -> None:
        nonlocal made
        made += event in ("call", "c_call")

    previous = sys.getprofile()
    sys.setprofile(note)
    try:
        answer()
    finally:
        sys.setprofile(previous)
    return made
