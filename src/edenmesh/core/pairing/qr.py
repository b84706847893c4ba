"""The text inside a QR code: whom to expect, where, and a secret that opens the door.

    EM1:<base32 of 20 bytes key hash, 16 bytes door secret, 4 bytes check>/<host>:<port>/<host>:<port>...

All of it is upper case, so that a QR symbol takes its alphanumeric mode (ISO/IEC 18004, section 7.3.4): one address
fits version 4, level M. Who scans it knows the shower's key to 2^-160 and needs no digits; who shows it learns
nothing about the scanner and compares them. The door secret only says who may knock: a photograph of the code gains
nothing. The check catches slips where the text is copied by hand.
"""

import re
from base64 import b32decode, b32encode
from ipaddress import IPv6Address, ip_address
from typing import Final, NamedTuple

from edenmesh.core.ids import DeviceId, tagged_hash
from edenmesh.core.limits import PAIRING_QR_ADDRESSES_MAX, PAIRING_QR_CHARS_MAX
from edenmesh.errors import InvalidInput

KEY_HASH_BYTES: Final = 20
DOOR_SECRET_BYTES: Final = 16

_CHECK_BYTES: Final = 4
_FRAME: Final = re.compile(r"EM([1-9][0-9]{0,3}):(.*)", re.DOTALL)
_BODY_CHARS: Final = (KEY_HASH_BYTES + DOOR_SECRET_BYTES + _CHECK_BYTES) * 8 // 5
_LABEL: Final = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST_NAME: Final = re.compile(rf"(?=.{{1,253}}$)(?!.*(^|\.)[0-9]+$){_LABEL}(\.{_LABEL})*")
_PORT: Final = re.compile(r"[1-9][0-9]{0,4}")
_PORT_MAX: Final = 65_535
_AGAIN: Final = "Scan or copy the code again, whole, from the other screen."


class Address(NamedTuple):
    """Where a device listens: an IP address without zone or a host name (RFC 1123, section 2.1), and a TCP port."""

    host: str
    port: int


class QrPayload(NamedTuple):
    """What a device shows to be paired with. `key_hash` is the hash of its device key."""

    key_hash: bytes
    door_secret: bytes
    addresses: tuple[Address, ...]

    @classmethod
    def parse(cls, text: str) -> "QrPayload":
        """Read what was scanned or typed; spaces around it and lower case are forgiven, nothing else.

        Raises InvalidInput.
        """
        body, addresses = _split(text)
        raw = b32decode(body)
        secret_end = KEY_HASH_BYTES + DOOR_SECRET_BYTES
        payload = cls(raw[:KEY_HASH_BYTES], raw[KEY_HASH_BYTES:secret_end], addresses)
        if raw[secret_end:] != _check(payload):
            raise InvalidInput(what="The pairing code was changed on the way: its check does not hold.", do=_AGAIN)
        return payload

    def __str__(self) -> str:
        _require_payload(self)
        body = b32encode(self.key_hash + self.door_secret + _check(self)).decode()
        text = "/".join((f"EM1:{body}", *_address_texts(self.addresses)))
        if len(text) > PAIRING_QR_CHARS_MAX:
            raise InvalidInput(
                what=f"A pairing code of {len(text)} characters is too long for a screen.",
                do="Name fewer addresses, or shorter ones.",
            )
        return text

    def names(self, device: DeviceId) -> bool:
        """Whether this is the device that showed the code."""
        return self.key_hash == key_hash(device)


def key_hash(device: DeviceId) -> bytes:
    """The hash of a device key that a QR code carries: 160 bits, out of reach of a second preimage."""
    return tagged_hash("pairing-key", device)[:KEY_HASH_BYTES]


def _check(payload: QrPayload) -> bytes:
    places = "/".join(_address_texts(payload.addresses)).encode()
    return tagged_hash("pairing-qr", payload.key_hash, payload.door_secret, places)[:_CHECK_BYTES]


def _address_texts(addresses: tuple[Address, ...]) -> list[str]:
    return [f"{address.host}:{address.port}".upper() for address in addresses]


def _split(text: str) -> tuple[str, tuple[Address, ...]]:
    if len(text) > PAIRING_QR_CHARS_MAX or not text.isascii():
        raise InvalidInput(what="That is not a pairing code of edenmesh.", do=_AGAIN)
    frame = _FRAME.fullmatch(text.strip().upper())
    if frame is None:
        raise InvalidInput(what="That is not a pairing code of edenmesh: one begins with EM1 and a colon.", do=_AGAIN)
    if frame[1] != "1":
        raise InvalidInput(
            what="The pairing code was made by a newer edenmesh.",
            do="Update edenmesh on this device, or compare six digits instead: `edenmesh pair`.",
        )
    body, *places = frame[2].split("/")
    if len(body) != _BODY_CHARS or not re.fullmatch(r"[A-Z2-7]+", body):
        raise InvalidInput(what="The pairing code is cut off or misread.", do=_AGAIN)
    if not 0 < len(places) <= PAIRING_QR_ADDRESSES_MAX:
        raise InvalidInput(what=f"A pairing code names 1 to {PAIRING_QR_ADDRESSES_MAX} addresses.", do=_AGAIN)
    return body, tuple(_parse_address(place.lower()) for place in places)


def _parse_address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    if not _PORT.fullmatch(port):
        raise InvalidInput(what=f"The pairing code names an address without a port: {text!r}.", do=_AGAIN)
    address = Address(host, int(port))
    _require_address(address)
    return address


def _require_payload(payload: QrPayload) -> None:
    if len(payload.key_hash) != KEY_HASH_BYTES or len(payload.door_secret) != DOOR_SECRET_BYTES:
        raise InvalidInput(what="A pairing code needs a key hash of 20 bytes and a door secret of 16.")
    if not 0 < len(payload.addresses) <= PAIRING_QR_ADDRESSES_MAX:
        raise InvalidInput(
            what=f"A pairing code names 1 to {PAIRING_QR_ADDRESSES_MAX} addresses, not {len(payload.addresses)}.",
            do="Name the addresses at which the other device can reach this one.",
        )
    for address in payload.addresses:
        _require_address(address)


def _require_address(address: Address) -> None:
    if not 0 < address.port <= _PORT_MAX:
        raise InvalidInput(what=f"{address.port} is not a TCP port.", do=_AGAIN)
    if not (_HOST_NAME.fullmatch(address.host) or _is_ip(address.host)):
        raise InvalidInput(what=f"{address.host!r} is no IP address and no host name.", do=_AGAIN)


def _is_ip(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False
    has_zone = isinstance(address, IPv6Address) and address.scope_id is not None
    return str(address) == host and not has_zone
