"""The keys of a device: one for the device itself, one for the author it writes as. Kept in the encrypted store."""

from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edenmesh.core.ids import AuthorId, DeviceId
from edenmesh.core.ports import Entropy

SEED_BYTES: Final = 32


class Key:
    """An Ed25519 key pair (RFC 8032) that signs; fulfils the core's `Signer`."""

    def __init__(self, seed: bytes) -> None:
        self.private: Final = Ed25519PrivateKey.from_private_bytes(seed)
        self._public: Final = self.private.public_key().public_bytes_raw()

    @property
    def public_key(self) -> bytes:
        """The raw 32-byte public key."""
        return self._public

    def sign(self, message: bytes, /) -> bytes:
        """Return the 64-byte signature of the message."""
        return self.private.sign(message)


class Identity:
    """Who this device is. The device key stays for good; each life of its store writes with an author key of its own.

    A store that was restored from a backup, or copied, begins a new life: it takes a further author key before it
    writes again (design, section 2.2). The keys of earlier lives are kept: they seal what was written with them.
    """

    def __init__(self, device_seed: bytes, *author_seeds: bytes) -> None:
        self.device_key: Final = Key(device_seed)
        self.author_keys: tuple[Key, ...] = tuple(map(Key, author_seeds))
        self._seeds: tuple[bytes, ...] = (device_seed, *author_seeds)

    @classmethod
    def create(cls, entropy: Entropy) -> "Identity":
        """A new identity."""
        return cls(entropy(SEED_BYTES), entropy(SEED_BYTES))

    @property
    def device(self) -> DeviceId:
        """The device's public key, its name among devices."""
        return DeviceId(self.device_key.public_key)

    @property
    def author_key(self) -> Key:
        """The key that versions are written with now."""
        return self.author_keys[-1]

    @property
    def author(self) -> AuthorId:
        """The author's public key, under which versions are written."""
        return AuthorId(self.author_key.public_key)

    def renewed(self, author_seed: bytes) -> "Identity":
        """The same device with a further author key."""
        return Identity(*self._seeds, author_seed)

    def renew(self, author_seed: bytes) -> None:
        """Write with a further author key from now on; it is durable, and the charter certifies it."""
        self._seeds = (*self._seeds, author_seed)
        self.author_keys = (*self.author_keys, Key(author_seed))

    def encode(self) -> bytes:
        """All seeds, to be kept in the encrypted store."""
        return b"".join(self._seeds)

    @classmethod
    def decode(cls, data: bytes) -> "Identity":
        """Read what `encode` gave."""
        return cls(*(data[start : start + SEED_BYTES] for start in range(0, len(data), SEED_BYTES)))
