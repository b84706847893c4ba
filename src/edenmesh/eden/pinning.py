"""TLS to a server whose key is pinned: the SHA-256 of its public key counts, and no authority is asked.

The key is compared inside the handshake, before anything of ours has left. A deployment's own server often has a
certificate that it signed itself; its key is a better name for it than any authority's word (RFC 7858, section 4.2,
and RFC 7469, section 2.4, for the form of the pin).
"""

import asyncio
import binascii
import ssl
from base64 import b64decode, b64encode
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_der_x509_certificate

from edenmesh.errors import InvalidInput

_PREFIX: Final = "sha256//"
_PIN_BYTES: Final = 32


class WrongKey(ssl.SSLCertVerificationError):
    """The server has another key than the pinned one; `pin` is that of the key it showed."""

    pin = b""


def parse_pin(text: str) -> bytes:
    """Read a pin: `sha256//` and base64, or hexadecimal digits. Raises InvalidInput where it is none."""
    text = text.strip()
    try:
        if text.startswith(_PREFIX):
            pin = b64decode(text.removeprefix(_PREFIX), validate=True)
        else:
            pin = bytes.fromhex(text.replace(":", ""))
    except (ValueError, binascii.Error):
        pin = b""
    if len(pin) != _PIN_BYTES:
        raise InvalidInput(
            what=f"{text!r} is not the SHA-256 of a key.",
            do="Copy the pin whole, as `edenmesh destination test` shows it: sha256// and 44 characters.",
        )
    return pin


def format_pin(pin: bytes) -> str:
    """A pin as people compare it."""
    return f"{_PREFIX}{b64encode(pin).decode()}"


def tls_context(pin: bytes) -> ssl.SSLContext:
    """What decides whom we talk to: the pinned key, or where none is pinned the authorities this system trusts."""
    context = ssl.create_default_context()
    if pin:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.sslobject_class = _checking(pin)
    return context


async def read_pin(url: str, timeout_seconds: float) -> bytes | None:
    """The pin of the key that a server shows now, whoever it is; nothing is sent to it. None where it shows none."""
    parts = urlsplit(url)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        async with asyncio.timeout(timeout_seconds):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or 443, ssl=context)
    except (OSError, TimeoutError):
        return None
    shown: ssl.SSLObject = writer.get_extra_info("ssl_object")
    pin = _pin_of(shown)
    writer.transport.abort()
    return pin


def _checking(pin: bytes) -> type[ssl.SSLObject]:
    class PinnedObject(ssl.SSLObject):
        """A TLS connection that ends in its handshake where the key is another one."""

        def do_handshake(self) -> None:
            super().do_handshake()
            shown = _pin_of(self)
            if shown != pin:
                error = WrongKey(f"the key is {format_pin(shown)}, not the pinned one")
                error.pin = shown
                raise error

    return PinnedObject


def _pin_of(connection: ssl.SSLObject) -> bytes:
    certificate = load_der_x509_certificate(connection.getpeercert(binary_form=True) or b"")
    return sha256(certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
