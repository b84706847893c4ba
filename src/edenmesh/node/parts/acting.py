"""For whom this device acts just now: its owner, or the account of a phone that it serves.

A door says so for the time of one request; the desk's pens take it into what is written meanwhile. What listens to
commits, or was begun before, acts for the device: the context of a request ends with it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_ACCOUNT: Final[ContextVar[str]] = ContextVar("edenmesh.account", default="")


def acting_account() -> str:
    """The account for which this device acts, or empty text for its owner and for the device itself."""
    return _ACCOUNT.get()


@contextmanager
def acting_for(account: str) -> Iterator[None]:
    """Act for an account while the block runs."""
    token = _ACCOUNT.set(account)
    try:
        yield
    finally:
        _ACCOUNT.reset(token)
