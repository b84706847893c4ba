"""What a pairing has to send and to tell, until its driver fetches it."""

from collections import deque

from edenmesh.core.pairing.events import Event
from edenmesh.core.pairing.messages import Message, encode_message


class Outbox:
    """Messages and events in the order they arose; shared by the small machines that make up one pairing."""

    def __init__(self) -> None:
        self._messages: list[bytes] = []
        self._events: deque[Event] = deque()

    def send(self, message: Message) -> bytes:
        """Queue a message; returns its bytes."""
        data = encode_message(message)
        self._messages.append(data)
        return data

    def tell(self, event: Event) -> None:
        """Queue an event."""
        self._events.append(event)

    def take_messages(self) -> list[bytes]:
        """All queued messages, once."""
        messages, self._messages = self._messages, []
        return messages

    def take_event(self) -> Event | None:
        """The next event, once, or None."""
        return self._events.popleft() if self._events else None
