"""One account: what is kept of it, and what people see of it."""

from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from edenmesh.core.limits import DEVICE_NAME_CHARS_MAX

RIGHTS: Final = ("look", "fill", "decide")
"""What an account may do, each right with those before it. Running the device is its owner's alone."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """What the store keeps of an account. Times are wall time in milliseconds since 1970, 0 for never.

    `session` is the SHA-256 of the secret in its phone's cookie, empty where no phone is let in; `until` is when that
    ends. One account has one phone: who enters anew ends the session before.
    """

    created: int
    name: Annotated[str, Meta(min_length=1, max_length=DEVICE_NAME_CHARS_MAX)]
    revoked: int = 0
    right: str
    seen: int = 0
    session: bytes = b""
    until: int = 0


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account as people see it. Times are wall time in milliseconds since 1970, 0 for never.

    `is_entered`: a phone has a session with it.
    """

    name: str
    right: str
    created: int
    last_seen: int
    is_entered: bool
    is_revoked: bool
