"""Who keeps a door: takes tokens for sessions, and knows sessions by what a cookie holds.

A token lets in once. A session's secret is made when it begins and never taken from who asks, so nobody can have
another use a session they know (session fixation). Secrets are kept as hashes and looked up by them: how long that
takes tells nothing of them.
"""

import base64
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Protocol

from edenmesh.core.ports import Entropy
from edenmesh.web.doors.bounds import (
    SESSION_SECONDS_IDLE,
    SESSIONS_MAX,
    TOKEN_SECONDS_MAX,
    TOKENS_MAX,
    TRIERS_MAX,
    TRIES_MAX,
    TRIES_SECONDS,
)
from edenmesh.web.visiting import OWNER, Right, Visitor

SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Session:
    """A session that lives: `key` says which, and `visitor` whose it is."""

    key: str
    visitor: Visitor


class Keeper(Protocol):
    """What a door asks of who keeps it."""

    def enter(self, token: str) -> str | None:
        """Take a token and begin a session; its secret, or None where the token lets nobody in."""
        ...

    def session(self, secret: str) -> Session | None:
        """The session with this secret, or None where it does not live."""
        ...

    def leave(self, key: str) -> None:
        """End a session."""
        ...


class OwnerKeeper:
    """Keeps the loopback door: whoever has a token of this launch is the owner. Nothing of it is stored."""

    def __init__(self, entropy: Entropy, clock: Callable[[], float]) -> None:
        self._entropy = entropy
        self._clock = clock
        self._tokens: OrderedDict[bytes, float] = OrderedDict()
        self._sessions: OrderedDict[bytes, float] = OrderedDict()

    def issue(self) -> str:
        """A fresh token."""
        token = secret_text(self._entropy)
        self._tokens[digest(token)] = self._clock() + TOKEN_SECONDS_MAX
        while len(self._tokens) > TOKENS_MAX:
            self._tokens.popitem(last=False)
        return token

    def enter(self, token: str) -> str | None:
        """Take a token: it is burned, whether it is still in time or not."""
        until = self._tokens.pop(digest(token), None)
        if until is None or self._clock() > until:
            return None
        secret = secret_text(self._entropy)
        self._sessions[digest(secret)] = self._clock() + SESSION_SECONDS_IDLE
        while len(self._sessions) > SESSIONS_MAX:
            self._sessions.popitem(last=False)
        return secret

    def session(self, secret: str) -> Session | None:
        """The owner's session with this secret; using it keeps it alive."""
        key = digest(secret)
        until = self._sessions.get(key)
        if until is None:
            return None
        if self._clock() > until:
            del self._sessions[key]
            return None
        self._sessions[key] = self._clock() + SESSION_SECONDS_IDLE
        self._sessions.move_to_end(key)
        return Session(key.hex(), visitor_with(secret, OWNER.right))

    def leave(self, key: str) -> None:
        """End a session."""
        self._sessions.pop(bytes.fromhex(key), None)


class Tries:
    """Wrong tokens by address: after too many there is a pause, for right ones, too."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._wrong: OrderedDict[str, list[float]] = OrderedDict()

    def is_paused(self, host: str) -> bool:
        """Whether this address has to wait."""
        since = self._clock() - TRIES_SECONDS
        recent = [when for when in self._wrong.get(host, ()) if when > since]
        return len(recent) >= TRIES_MAX

    def note(self, host: str) -> None:
        """Note a wrong token."""
        tries = self._wrong.setdefault(host, [])
        tries.append(self._clock())
        del tries[:-TRIES_MAX]
        self._wrong.move_to_end(host)
        while len(self._wrong) > TRIERS_MAX:
            self._wrong.popitem(last=False)


def visitor_with(secret: str, right: Right, account: str = "") -> Visitor:
    """The visitor of a session; the token of their forms follows from the session's secret, and does not tell it."""
    return Visitor(right, account, text_of(sha256(b"edenmesh/form-token\0" + secret.encode(errors="replace")).digest()))


def digest(secret: str) -> bytes:
    """What is kept of a secret."""
    return sha256(secret.encode(errors="replace")).digest()


def secret_text(entropy: Entropy) -> str:
    """A new secret of 256 bits, as it may stand in an address or a cookie."""
    return text_of(entropy(SECRET_BYTES))


def text_of(data: bytes) -> str:
    """Bytes in base64url without padding (RFC 4648, section 5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
