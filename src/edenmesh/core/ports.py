"""What the world hands to the core: randomness and signatures. Time is an argument, last, called `now`."""

from typing import Protocol


class Entropy(Protocol):
    """A source of unpredictable bytes; tests and the simulator hand in a seeded one."""

    def __call__(self, size_bytes: int, /) -> bytes:
        """Return `size_bytes` unpredictable bytes."""
        ...


class Signer(Protocol):
    """Holds one Ed25519 private key (RFC 8032) without showing it."""

    @property
    def public_key(self) -> bytes:
        """The raw 32-byte public key."""
        ...

    def sign(self, message: bytes, /) -> bytes:
        """Return the 64-byte signature of the message."""
        ...
