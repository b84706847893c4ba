"""The bodies of requests, taken in under two bounds: one for each, by its operation, and one for all under way.

Without the second, a few who may send something could together fill the memory of the device.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from starlette.requests import Request

from edenmesh.errors import EdenmeshError, InvalidInput
from edenmesh.web.api.bounds import BODIES_BYTES_MAX
from edenmesh.web.api.operation import Content

_TOO_LARGE: Final = 413
_BUSY: Final = 503


class Refused(Exception):
    """A request that is refused with a status of its own (RFC 9110, section 15)."""

    def __init__(self, status: int, error: EdenmeshError) -> None:
        super().__init__(error.what)
        self.status: Final = status
        self.error: Final = error


class Intake:
    """Takes in bodies, and knows how much of them is under way."""

    def __init__(self) -> None:
        self.held_bytes = 0

    @contextmanager
    def room(self) -> Iterator["Room"]:
        """Room for the body of one request, until the block ends."""
        room = Room(self)
        try:
            yield room
        finally:
            self.held_bytes -= room.size_bytes


class Room:
    """What is held of one request's body."""

    def __init__(self, intake: Intake) -> None:
        self.size_bytes = 0
        self._intake = intake

    async def read(self, request: Request, bytes_max: int) -> Content:
        """The whole body. Raises Refused as soon as it, or all that are under way together, are too much."""
        said = request.headers.get("content-length", "0")
        if said.isascii() and said.isdigit() and (len(said) > len(str(bytes_max)) or int(said) > bytes_max):
            raise _too_large(bytes_max)
        parts = Content()
        async for part in request.stream():
            self.size_bytes += len(part)
            self._intake.held_bytes += len(part)
            if self.size_bytes > bytes_max:
                raise _too_large(bytes_max)
            if self._intake.held_bytes > BODIES_BYTES_MAX:
                error = EdenmeshError(what="Too much is handed in at this moment.", do="Send it again in a minute.")
                raise Refused(_BUSY, error)
            parts.append(part)
        return parts


def _too_large(bytes_max: int) -> Refused:
    what = f"The request has more than {bytes_max >> 20:,} MiB, which is the most that is taken at once."
    return Refused(_TOO_LARGE, InvalidInput(what=what, do="Send less at once."))
