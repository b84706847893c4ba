"""What waits to be sent, and the numbers of the batches that wait to become durable."""

from collections import deque
from collections.abc import Callable

from edenmesh.core.session.events import Batch, Event
from edenmesh.core.wire import Message, encode_message, frame


class Outbox:
    """Frames to send and events to tell, in order; shared by the machines of one session."""

    def __init__(self) -> None:
        self.events: deque[Event] = deque()
        self._frames: deque[bytes] = deque()
        self._pending: dict[int, tuple[type[Batch], Callable[[], None]]] = {}
        self._batches = 0
        self.size_bytes = 0

    def send(self, message: Message) -> None:
        """Queue a message."""
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
