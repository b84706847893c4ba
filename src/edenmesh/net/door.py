"""The door before the channel: who does not know a secret of ours learns nothing, not even that we run edenmesh.

TLS 1.3 hides certificates from those who listen on the wire, not from those who dial. So the listener first sends a
fresh nonce, and the dialler answers with its HMAC under a secret both know: the mesh's, or the one in a QR code. Who
does not know one is hung up on without a word, unless the listener is visible to everyone at that moment. A dialler
that knows no secret answers with noise of the same length.

    dialler                      listener
             <- nonce, 16 bytes -
             -  answer, 16 bytes, then the channel ->

This is privacy, never authentication: a nonce can be relayed to a device that knows the answer, and whoever holds a
stolen device knows the mesh's secret. Who the peer is, the channel says.
"""

from dataclasses import dataclass
from enum import Enum
from hmac import compare_digest, digest
from typing import Final

from edenmesh.core.ports import Entropy

NONCE_BYTES: Final = 16
ANSWER_BYTES: Final = 16
_TAG: Final = b"edenmesh/door/1\0"


class Verdict(Enum):
    """What the door has decided."""

    WAITING = "waiting"
    PASSED = "passed"
    REFUSED = "refused"


@dataclass(frozen=True)
class DoorPolicy:
    """Whom the listener lets in at the moment: who knows one of the secrets, or anyone."""

    secrets: tuple[bytes, ...]
    admits_everyone: bool = False


class DoorListener:
    """The listener's side of the door; one for each stream. No input makes it raise."""

    def __init__(self, policy: DoorPolicy, entropy: Entropy) -> None:
        self._nonce = entropy(NONCE_BYTES)
        self._policy = policy
        self._buffer = bytearray()
        self._to_send = self._nonce
        self._verdict = Verdict.WAITING
        self._knows_secret = False

    @property
    def verdict(self) -> Verdict:
        """What is decided; a refused stream is closed without a word."""
        return self._verdict

    @property
    def knows_secret(self) -> bool:
        """Whether the dialler answered with a secret of ours, and not only came in while we are visible."""
        return self._knows_secret

    def receive_bytes(self, data: bytes) -> None:
        """Take what came; what follows the answer belongs to the channel: `rest`."""
        self._buffer += data
        if self._verdict is not Verdict.WAITING or len(self._buffer) < ANSWER_BYTES:
            return
        answer = bytes(self._buffer[:ANSWER_BYTES])
        del self._buffer[:ANSWER_BYTES]
        # All are compared, so that the time taken does not tell which one it was.
        matches = [compare_digest(answer, door_answer(secret, self._nonce)) for secret in self._policy.secrets]
        self._knows_secret = any(matches)
        self._verdict = Verdict.PASSED if self._knows_secret or self._policy.admits_everyone else Verdict.REFUSED

    def bytes_to_send(self) -> bytes:
        """Return what has to go to the stream next."""
        data, self._to_send = self._to_send, b""
        return data

    def rest(self) -> bytes:
        """Return, once, what came behind the answer."""
        data = bytes(self._buffer)
        self._buffer.clear()
        return data


class DoorDialler:
    """The dialler's side of the door. `secret` is what it knows of the listener, None if nothing."""

    def __init__(self, secret: bytes | None, entropy: Entropy) -> None:
        self._secret = secret
        self._noise = entropy(ANSWER_BYTES)
        self._buffer = bytearray()
        self._to_send = b""
        self._verdict = Verdict.WAITING

    @property
    def verdict(self) -> Verdict:
        """PASSED once the answer is given. Only the channel tells whether it was the right one."""
        return self._verdict

    def receive_bytes(self, data: bytes) -> None:
        """Take what came; what follows the nonce belongs to the channel: `rest`."""
        self._buffer += data
        if self._verdict is not Verdict.WAITING or len(self._buffer) < NONCE_BYTES:
            return
        nonce = bytes(self._buffer[:NONCE_BYTES])
        del self._buffer[:NONCE_BYTES]
        self._to_send = self._noise if self._secret is None else door_answer(self._secret, nonce)
        self._verdict = Verdict.PASSED

    def bytes_to_send(self) -> bytes:
        """Return what has to go to the stream next."""
        data, self._to_send = self._to_send, b""
        return data

    def rest(self) -> bytes:
        """Return, once, what came behind the nonce."""
        data = bytes(self._buffer)
        self._buffer.clear()
        return data


def door_answer(secret: bytes, nonce: bytes) -> bytes:
    """What opens the door of a listener that knows `secret` and sent `nonce`."""
    return digest(secret, _TAG + nonce, "sha256")[:ANSWER_BYTES]
