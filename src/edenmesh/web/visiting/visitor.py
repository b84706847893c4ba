"""A visitor: whoever sent a request, as the door they came through knows them.

A door puts the visitor into the scope of the request; where it did not, nobody is let in. Rights are levels, each of
which contains those before it.
"""

import hmac
from collections.abc import MutableMapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from starlette.requests import HTTPConnection

from edenmesh.errors import NotPermitted

_KEY: Final = "edenmesh.visitor"


class Right(IntEnum):
    """What a visitor may do; each level contains those before it."""

    LOOK = 1
    """See records, files and where things stand."""
    FILL = 2
    """Write records and add files."""
    DECIDE = 3
    """Settle conflicts, tell records apart, undo, delete for all."""
    RUN = 4
    """Everything else: peers, sync, servers, purge and erase, settings, accounts."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever sent a request. `account` is empty for the owner; `token` proves that a form came from a page of ours."""

    right: Right
    account: str = ""
    token: str = ""

    def may(self, right: Right) -> bool:
        """Whether they have this right."""
        return self.right >= right


OWNER: Final = Visitor(Right.RUN)
"""Who came through a door only the owner can open."""


def admit(scope: MutableMapping[str, Any], visitor: Visitor) -> None:
    """Say who sent the request of this ASGI scope."""
    scope[_KEY] = visitor


def visitor_of(request: HTTPConnection) -> Visitor:
    """Who sent a request. Raises NotPermitted where no door said so."""
    visitor = request.scope.get(_KEY)
    if not isinstance(visitor, Visitor):
        raise NotPermitted(what="No door of this device let this request in.", do="Open the page anew.")
    return visitor


def require(request: HTTPConnection, right: Right) -> Visitor:
    """Who sent a request, with this right. Raises NotPermitted where they have it not."""
    visitor = visitor_of(request)
    if not visitor.may(right):
        who = f"The account {visitor.account!r}" if visitor.account else "This visitor"
        raise NotPermitted(
            what=f"{who} may not do this on this device.",
            do="Ask the person whose device it is to do it, or for the right.",
        )
    return visitor


def check_form_token(visitor: Visitor, given: str) -> None:
    """Make sure that a form came from a page of ours: it carries the token that stood in it.

    The owner at the socket has none: no browser gets there. Raises NotPermitted where it is another.
    """
    if not is_form_token(visitor, given):
        raise NotPermitted(
            what="This form did not come from a page of this device, or from one that is too old.",
            do="Open the page anew, and send it again.",
        )


def is_form_token(visitor: Visitor, given: str) -> bool:
    """Whether the token given is the visitor's; compared in a time that does not tell how much of it is right."""
    return not visitor.token or hmac.compare_digest(visitor.token.encode(), given.encode(errors="replace"))
