"""The key of a store at rest: 256 random bits, wrapped by what a person knows.

The database is encrypted with the random key itself, so a change of passphrase rewraps 32 bytes and rewrites nothing
else. The wrapping key comes from the passphrase by Argon2id (RFC 9106, section 4: the second recommended setting) and
wraps with ChaCha20-Poly1305 (RFC 8439), the file's other contents as associated data. Cost: 0.1 s on a laptop.

The database's cipher is AEGIS where the processor has AES instructions, else ChaCha20-Poly1305: both authenticate
every page, and the other way round each is about half as fast. It is chosen when the store is made and noted here.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from edenmesh.core.encoding import decode_struct, encode, normal_text
from edenmesh.core.ports import Entropy
from edenmesh.errors import RemoteProtocolError, StoreDamaged, StoreTooNew, WrongPassphrase

AEGIS: Final = "aegis"
CHACHA20: Final = "chacha20"

_FORMAT: Final = 1
_KEY_BYTES: Final = 32
_SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_FILE_BYTES_MAX: Final = 4096
_MEMORY_KIB_MAX: Final = 4 * 1024 * 1024


class KeyCost(NamedTuple):
    """What trying one passphrase costs: Argon2id's memory, passes and lanes."""

    memory_kib: int = 64 * 1024
    passes: int = 3
    lanes: int = 4


@dataclass(frozen=True, slots=True)
class DatabaseKey:
    """A cipher of the database and its key."""

    cipher: str
    secret: bytes = field(repr=False)


class _Header(msgspec.Struct, frozen=True):
    cipher: str
    format: int
    lanes: int
    memory_kib: int
    nonce: bytes
    passes: int
    salt: bytes


class _Wrapped(msgspec.Struct, frozen=True):
    """`check` is a plain hash of the rest, so that a damaged file is told from a wrong passphrase."""

    check: bytes
    header: bytes
    secret: bytes


_HEADER: Final = msgspec.msgpack.Decoder(_Header)
_WRAPPED: Final = msgspec.msgpack.Decoder(_Wrapped)


def read_cpu_flags() -> str:
    """What Linux says about the processor."""
    path = Path("/proc/cpuinfo")
    return path.read_text() if path.exists() else ""


def choose_cipher(read_flags: Callable[[], str] = read_cpu_flags) -> str:
    """The faster of the two ciphers on this processor."""
    lines = (line.split() for line in read_flags().splitlines())
    return AEGIS if any("aes" in words for words in lines if words and words[0] in ("flags", "Features")) else CHACHA20


def make_key(cipher: str, entropy: Entropy) -> DatabaseKey:
    """A new key for a new database."""
    return DatabaseKey(cipher, entropy(_KEY_BYTES))


def wrap_key(key: DatabaseKey, passphrase: str, entropy: Entropy, cost: KeyCost) -> bytes:
    """The key as it may lie on the disk."""
    nonce, salt = entropy(_NONCE_BYTES), entropy(_SALT_BYTES)
    header = encode(_Header(key.cipher, _FORMAT, cost.lanes, cost.memory_kib, nonce, cost.passes, salt))
    secret = ChaCha20Poly1305(_derive(passphrase, salt, cost)).encrypt(nonce, key.secret, header)
    return encode(_Wrapped(_check(header, secret), header, secret))


def unwrap_key(data: bytes, passphrase: str) -> DatabaseKey:
    """The key again.

    Raises WrongPassphrase, StoreDamaged where the file is not as it was written, StoreTooNew where it is newer.
    """
    try:
        wrapped = decode_struct(data, _WRAPPED, _FILE_BYTES_MAX)
        if wrapped.check != _check(wrapped.header, wrapped.secret):
            raise _damaged()
        header = decode_struct(wrapped.header, _HEADER, _FILE_BYTES_MAX)
    except RemoteProtocolError as error:
        raise _damaged() from error
    if header.format != _FORMAT or header.cipher not in (AEGIS, CHACHA20):
        raise StoreTooNew(what=f"The key of this store is of format {header.format}, made by a newer edenmesh.")
    if not 0 < header.memory_kib <= _MEMORY_KIB_MAX:
        raise _damaged()
    kek = _derive(passphrase, header.salt, KeyCost(header.memory_kib, header.passes, header.lanes))
    try:
        secret = ChaCha20Poly1305(kek).decrypt(header.nonce, wrapped.secret, wrapped.header)
    except InvalidTag:
        raise WrongPassphrase(what="The passphrase is not the one of this store.") from None
    return DatabaseKey(header.cipher, secret)


def _derive(passphrase: str, salt: bytes, cost: KeyCost) -> bytes:
    # Two keyboards may write one letter in two ways; the normal form makes them one passphrase.
    text = normal_text(passphrase).encode()
    hashing = Argon2id(
        salt=salt, length=_KEY_BYTES, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory_kib
    )
    return hashing.derive(text)


def _check(header: bytes, secret: bytes) -> bytes:
    return sha256(header + secret).digest()


def _damaged() -> StoreDamaged:
    return StoreDamaged(
        what="The key file of this store is damaged, and without it nothing in the store can be read.",
        do="Put back a copy of the file `key`, if there is one; else make a new device, pair it and sync.",
    )
