"""The one encoding, hashes under tags, signatures: docs/protocol/encoding.md.

What was read is encoded again and compared, which is the shortest way to hold a sender to the one encoding.
"""

import base64
import hashlib
import unicodedata
from typing import TypeAlias, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

Value: TypeAlias = "bool | int | str | bytes | list[Value] | dict[str, Value]"
T = TypeVar("T", bool, int, str, bytes, list[Value], dict[str, Value])

NESTING_MAX = 8
_INTEGERS = {0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: -1, 0xD1: -2, 0xD2: -4, 0xD3: -8}
_LENGTHS = {0xD9: 1, 0xDA: 2, 0xDB: 4, 0xC4: 1, 0xC5: 2, 0xC6: 4, 0xDC: 2, 0xDD: 4, 0xDE: 2, 0xDF: 4}


class Refused(Exception):
    """The other side broke a rule of the protocol."""


def encode(value: Value, depth: int = 0) -> bytes:
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, str):
        if not unicodedata.is_normalized("NFC", value):
            raise Refused("text is not in normal form C")
        data = value.encode()
        return _head(len(data), 0xA0, 32, {0xD9: 1, 0xDA: 2, 0xDB: 4}) + data
    if isinstance(value, bytes):
        return _head(len(value), 0, 0, {0xC4: 1, 0xC5: 2, 0xC6: 4}) + value
    if depth == NESTING_MAX:
        raise Refused("nested too deep")
    if isinstance(value, list):
        items = b"".join(encode(item, depth + 1) for item in value)
        return _head(len(value), 0x90, 16, {0xDC: 2, 0xDD: 4}) + items
    pairs = sorted(value.items(), key=lambda pair: pair[0].encode())
    fields = b"".join(encode(key) + encode(item, depth + 1) for key, item in pairs)
    return _head(len(pairs), 0x80, 16, {0xDE: 2, 0xDF: 4}) + fields


def _head(count: int, fixed: int, fixed_end: int, wider: dict[int, int]) -> bytes:
    if count < fixed_end:
        return bytes([fixed | count])
    code, width = next((code, width) for code, width in wider.items() if count < 1 << 8 * width)
    return bytes([code]) + count.to_bytes(width, "big")


def _integer(number: int) -> bytes:
    if -32 <= number < 128:
        return number.to_bytes(1, "big", signed=True)
    if not -(2**63) <= number < 2**63:
        raise Refused("an integer beyond 64 bits")
    for code, width in _INTEGERS.items():
        low, high = (0, 1 << 8 * width) if width > 0 else (-(1 << -8 * width - 1), 0)
        if low <= number < high:
            return bytes([code]) + number.to_bytes(abs(width), "big", signed=width < 0)
    raise AssertionError(number)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        self.at += count
        if self.at > len(self.data):
            raise Refused("an end that is missing")
        return self.data[self.at - count : self.at]

    def value(self, depth: int = 0) -> Value:
        code = self.take(1)[0]
        if code < 0x80 or code >= 0xE0:
            return code if code < 0x80 else code - 256
        if code in _INTEGERS:
            width = _INTEGERS[code]
            return int.from_bytes(self.take(abs(width)), "big", signed=width < 0)
        if code in (0xC2, 0xC3):
            return code == 0xC3
        if code >= 0xC0 and code not in _LENGTHS:
            raise Refused("a type outside the encoding")
        width = _LENGTHS.get(code, 0)
        count = int.from_bytes(self.take(width), "big") if width else code & (0x1F if code >= 0xA0 else 0x0F)
        if code in (0xC4, 0xC5, 0xC6):
            return self.take(count)
        if 0xA0 <= code < 0xC0 or code in (0xD9, 0xDA, 0xDB):
            return self.take(count).decode()
        if depth == NESTING_MAX:
            raise Refused("nested too deep")
        if 0x90 <= code < 0xA0 or code in (0xDC, 0xDD):
            return [self.value(depth + 1) for _ in range(count)]
        pairs = [(self.value(NESTING_MAX), self.value(depth + 1)) for _ in range(count)]
        return {key: item for key, item in pairs if isinstance(key, str)}


def decode(data: bytes) -> dict[str, Value]:
    """What the protocol sends is always a map. Raises Refused."""
    try:
        value = _Reader(data).value()
    except UnicodeDecodeError as error:
        raise Refused("text is not UTF-8") from error
    if not isinstance(value, dict) or encode(value) != data:
        raise Refused("not the one encoding of a map")
    return value


def field(message: Value, name: str, kind: type[T]) -> T:
    if not isinstance(message, dict) or type(value := message.get(name)) is not kind:
        raise Refused(f"no {kind.__name__} under {name}")
    return value


def octets(value: Value) -> list[bytes]:
    if not isinstance(value, list) or not all(isinstance(item, bytes) for item in value):
        raise Refused("no array of binaries")
    return [item for item in value if isinstance(item, bytes)]


def tagged(tag: str, *parts: bytes) -> bytes:
    framed = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return hashlib.sha256(f"edenmesh/{tag}/1\0".encode() + framed).digest()


def spell(letter: str, value: bytes) -> str:
    def base32(data: bytes) -> str:
        return base64.b32encode(data).decode().lower().rstrip("=")

    return f"{letter}-{base32(value)}{base32(tagged('check', letter.encode(), value)[:5])[:2]}"


class Key:
    """An Ed25519 key of a device or an author."""

    def __init__(self, seed: bytes | None = None) -> None:
        made = Ed25519PrivateKey.from_private_bytes(seed) if seed else Ed25519PrivateKey.generate()
        self.private, self.public = made, made.public_key().public_bytes_raw()

    def sign(self, tag: str, content: bytes) -> bytes:
        return self.private.sign(f"edenmesh/{tag}/1\0".encode() + content)


def verify(public: bytes, tag: str, content: bytes, signature: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, f"edenmesh/{tag}/1\0".encode() + content)
    except (InvalidSignature, ValueError) as error:
        raise Refused(f"a signature of a {tag} does not hold") from error
