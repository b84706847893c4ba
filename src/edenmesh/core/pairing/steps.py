"""Where a small machine stands: a state, the table of states that may follow, and how long the other end may take."""

from collections.abc import Mapping
from typing import Generic, TypeVar

from edenmesh.errors import LocalProtocolError

State = TypeVar("State")


class Steps(Generic[State]):
    """A state that moves only along its table. `wait_seconds` is None while nothing is awaited from the other end."""

    def __init__(self, table: Mapping[State, tuple[State, ...]], first: State, wait_seconds: float | None) -> None:
        self._table = table
        self.state = first
        self.wait_seconds = wait_seconds

    def enter(self, state: State, wait_seconds: float | None = None) -> None:
        """Go on to the next state. Raises LocalProtocolError where the table has no such step."""
        if state not in self._table[self.state]:
            raise LocalProtocolError(what=f"The pairing went from {self.state} to {state}, which is no step of it.")
        self.state = state
        self.wait_seconds = wait_seconds
