"""What waits to be sent, and the numbers of the batches that wait to become durable."""

from collections import deque
from collections.abc import Callable
from typing import Final

from edenmesh.core.limits import FRAME_BYTES_SENT
from edenmesh.core.session.events import Batch, Event
from edenmesh.core.wire import Close, Message, encode_message, frame

_BYTES_FULL: Final = 2 * FRAME_BYTES_SENT


class Outbox:
    """Frames to send and events to tell, in order; shared by the machines of one session.

    What is long is not queued here whole: its machine is pumped while there is room.
    """

    def __init__(self) -> None:
        self.events: deque[Event] = deque()
        self.size_bytes = 0
        self._frames: deque[bytes] = deque()
        self._pending: dict[int, tuple[type[Batch], Callable[[], None]]] = {}
        self._batches = 0
        self._is_closed = False

    @property
    def has_room(self) -> bool:
        """Whether a machine that is pumped may queue one more message."""
        return self.size_bytes < _BYTES_FULL

    def send(self, message: Message) -> None:
        """Queue a message. Nothing follows a closing message."""
        if self._is_closed:
            return
        self._is_closed = isinstance(message, Close)
        data = frame(encode_message(message))
        self._frames.append(data)
        self.size_bytes += len(data)

    def take(self) -> bytes:
        """All queued frames, as one piece of bytes: the channel works best on large writes."""
        data = b"".join(self._frames)
        self._frames.clear()
        self.size_bytes = 0
        return data

    def store(self, make: Callable[[int], Batch], when_durable: Callable[[], None]) -> None:
        """Ask the driver to store a batch; `when_durable` runs once it says so, and only then."""
        self._batches += 1
        made = make(self._batches)
        self._pending[self._batches] = type(made), when_durable
        self.events.append(made)

    def handle_committed(self, batch: int) -> type[Batch]:
        """The batch is durable; returns what it was. Unknown numbers are the driver's defect and raise KeyError."""
        kind, when_durable = self._pending.pop(batch)
        when_durable()
        return kind

    @property
    def is_durable(self) -> bool:
        """Whether no batch waits to become durable."""
        return not self._pending
