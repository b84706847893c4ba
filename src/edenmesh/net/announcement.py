"""What a visible device tells the network about itself: next to nothing.

A DNS-SD service (RFC 6763) under a random name, with three entries of text:

    v  the version of this format: 1
    n  a nonce, new with each name, 8 bytes in hexadecimal
    t  a tag: HMAC-SHA256(mesh secret, "edenmesh/nearby/1" 0 nonce day), 8 bytes in hexadecimal

The day is the number of days since 1970 as 8 bytes, big-endian, so that a recorded announcement is not recognised for
ever. A member computes the tag with the secrets it knows and knows its own; to everybody else it is noise, and there
is no name, no key, no mesh in it. It proves nothing: a tag can be replayed. It saves a person from choosing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hmac import compare_digest, digest
from re import fullmatch
from typing import Final, Self

from edenmesh.core.ports import Entropy

INSTANCE_BYTES: Final = 4
NONCE_BYTES: Final = 8
TAG_BYTES: Final = 8
_VERSION: Final = b"1"
_TAG: Final = b"edenmesh/nearby/1\0"
_DAY_SECONDS: Final = 86_400


@dataclass(frozen=True)
class Announcement:
    """A nonce and the tag that the members of one mesh recognise on one day."""

    nonce: bytes
    tag: bytes

    @classmethod
    def make(cls, secret: bytes, entropy: Entropy, now: float) -> Self:
        """Announce a member of the mesh with this secret."""
        nonce = entropy(NONCE_BYTES)
        return cls(nonce, _tag(secret, nonce, day_number(now)))

    @classmethod
    def decode(cls, text: Mapping[bytes, bytes | None]) -> Self | None:
        """Read the text of a service; None if it is not an announcement of this version."""
        nonce, tag = _hex(text.get(b"n"), NONCE_BYTES), _hex(text.get(b"t"), TAG_BYTES)
        if text.get(b"v") != _VERSION or nonce is None or tag is None:
            return None
        return cls(nonce, tag)

    def encode(self) -> dict[str, bytes]:
        """Return the text of the service."""
        return {"v": _VERSION, "n": self.nonce.hex().encode(), "t": self.tag.hex().encode()}

    def is_member(self, secrets: Iterable[bytes], now: float) -> bool:
        """Whether one of the secrets made the tag, on this day or a neighbouring one, since clocks differ."""
        today = day_number(now)
        return any(
            compare_digest(self.tag, _tag(secret, self.nonce, day))
            for secret in secrets
            for day in (today, today - 1, today + 1)
            if day >= 0
        )


def day_number(now: float) -> int:
    """Return the number of whole days since 1970."""
    return max(0, int(now // _DAY_SECONDS))


def is_instance(name: str) -> bool:
    """Whether this is an instance name of ours: random, eight hexadecimal digits."""
    return fullmatch(f"[0-9a-f]{{{2 * INSTANCE_BYTES}}}", name) is not None


def _tag(secret: bytes, nonce: bytes, day: int) -> bytes:
    return digest(secret, _TAG + nonce + day.to_bytes(8, "big"), "sha256")[:TAG_BYTES]


def _hex(text: bytes | None, size_bytes: int) -> bytes | None:
    if text is None or fullmatch(rb"[0-9a-f]{%d}" % (2 * size_bytes), text) is None:
        return None
    return bytes.fromhex(text.decode("ascii"))
