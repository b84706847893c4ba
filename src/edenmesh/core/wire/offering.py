"""The messages of a session with a guest, beside those it has in common with one between members.

Each side offers what its user chose for the other, and the other answers with what it wishes of that; so nobody has to
say what else it holds (docs/protocol/guests.md).
"""

from typing import NamedTuple

from edenmesh.core.limits import OFFER_FORMS_MAX, VECTOR_LOGS_FRAME
from edenmesh.core.reconcile import Mark
from edenmesh.core.wire.shapes import BaseMessage, are_ids, require, require_log


class Offered(NamedTuple):
    """A log that is offered, up to the seal over the last version that is shared; of so many the content is given."""

    log: Mark
    contents: int


class Wished(NamedTuple):
    """An offered log, wished from there on."""

    log: Mark
    start: int


class Offer(BaseMessage, frozen=True, tag="offer"):
    """Logs and forms the peer may have, in as many messages as they need; `is_last` marks the last."""

    forms: list[bytes]
    is_last: bool
    logs: list[Offered]

    def __post_init__(self) -> None:
        require(len(self.forms) <= OFFER_FORMS_MAX and are_ids(*self.forms), "the forms offered")
        require(len(self.logs) <= VECTOR_LOGS_FRAME, "too many logs are offered")
        require(self.is_last or bool(self.logs), "an offer of nothing")
        for log, contents in self.logs:
            require_log(log)
            require(0 < contents <= log.size, "how much of a log is offered")


class Wish(BaseMessage, frozen=True, tag="wish"):
    """Those of the logs and forms last offered that the sender lacks."""

    forms: list[bytes]
    is_last: bool
    logs: list[Wished]

    def __post_init__(self) -> None:
        require(len(self.forms) <= OFFER_FORMS_MAX and are_ids(*self.forms), "the forms wished")
        require(len(self.logs) <= VECTOR_LOGS_FRAME, "too many logs are wished")
        require(self.is_last or bool(self.logs), "a wish for nothing")
        for log, start in self.logs:
            require_log(log)
            require(0 <= start < log.size, "a wished log begins after its end")
