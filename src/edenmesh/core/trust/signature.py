"""Ed25519 (RFC 8032): the one kind of signature here, always over a domain tag and what is signed.

The tag keeps a signature made for one purpose from being taken for another. Checking costs about 62 us, so what is
signed covers much: a tree head stands for a whole log. Pure: keys come from seeds that are handed in.
"""

from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from edenmesh.core.ports import Signer

KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
# The encodings of the points whose order divides 8, without the sign bit; for these one signature fits many messages.
_WEAK_KEYS: Final = frozenset(
    bytes.fromhex(key)
    for key in (
        "00" * 32,
        "01" + "00" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        *(low + "ff" * 30 + "7f" for low in ("ec", "ed", "ee")),
    )
)


class SigningKey:
    """A private key in memory; fulfils the port `Signer`."""

    __slots__ = ("_key", "_public_key")

    def __init__(self, seed: bytes) -> None:
        """Make the key that this 32-byte seed stands for (RFC 8032, section 5.1.5)."""
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._public_key = self._key.public_key().public_bytes_raw()

    @property
    def public_key(self) -> bytes:
        """The raw 32-byte public key."""
        return self._public_key

    def sign(self, message: bytes, /) -> bytes:
        """Return the 64-byte signature of the message."""
        return self._key.sign(message)


def is_key(key: bytes) -> bool:
    """Whether this can be somebody's public key: of the right length, and not one of the weak ones."""
    return len(key) == KEY_BYTES and key[:31] + bytes([key[31] & 0x7F]) not in _WEAK_KEYS


def sign_tagged(signer: Signer, tag: str, content: bytes) -> bytes:
    """Sign the content under a domain tag."""
    return signer.sign(_message(tag, content))


def is_signed(key: bytes, tag: str, content: bytes, signature: bytes) -> bool:
    """Whether the signature is one by `key` of this content under this tag; False for keys that are none."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, _message(tag, content))
    except (InvalidSignature, ValueError):
        return False
    return True


def _message(tag: str, content: bytes) -> bytes:
    return f"edenmesh/{tag}/1\0".encode() + content
