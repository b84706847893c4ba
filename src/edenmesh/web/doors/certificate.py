"""The certificate of the phone door: self-signed, for the addresses of this device, with a key of its own.

No authority vouches for a device in a field. A phone's browser warns once; the person compares the fingerprint, or
trusts the code that they scanned from the device's own screen. The key is kept in the encrypted store, so that the
browser need not warn again: it stays the same as long as the addresses do.
"""

import os
import ssl
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from edenmesh.core.ports import Entropy

_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The order of the group of P-256 (FIPS 186-5); a key is a number below it, above 0."""
_LIFE: Final = timedelta(days=397)
"""Browsers refuse certificates that live longer."""
_RENEWED: Final = timedelta(days=30)
_CLOCKS_DIFFER: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DoorCertificate:
    """A certificate with its key, both as DER."""

    certificate: bytes
    key: bytes

    @classmethod
    def make(cls, addresses: Sequence[str], entropy: Entropy, now: float) -> "DoorCertificate":
        """A new one for these addresses."""
        key = ec.derive_private_key(int.from_bytes(entropy(48)) % (_ORDER - 1) + 1, ec.SECP256R1())
        begin = datetime.fromtimestamp(now, UTC) - _CLOCKS_DIFFER
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "edenmesh")])
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(int.from_bytes(entropy(16)) >> 1 | 1)
            .not_valid_before(begin)
            .not_valid_after(begin + _LIFE)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ip_address(one)) for one in addresses]), critical=False
            )
            .add_extension(x509.BasicConstraints(False, None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        )
        certificate = builder.sign(key, SHA256())
        return cls(
            certificate.public_bytes(Encoding.DER),
            key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        )

    def fits(self, addresses: Sequence[str], now: float) -> bool:
        """Whether it names these addresses, and is not near its end."""
        certificate = x509.load_der_x509_certificate(self.certificate)
        named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        moment = datetime.fromtimestamp(now, UTC)
        return {str(one) for one in named.get_values_for_type(x509.IPAddress)} >= {
            str(ip_address(one)) for one in addresses
        } and certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc - _RENEWED

    @property
    def fingerprint(self) -> str:
        """Its SHA-256 as browsers show it: pairs of capital hexadecimal digits with colons."""
        return x509.load_der_x509_certificate(self.certificate).fingerprint(SHA256()).hex(":").upper()

    def context(self, entropy: Entropy) -> ssl.SSLContext:
        """A TLS context that shows it.

        Python's `ssl` reads keys from files only: this one stands there for a moment, readable by nobody else, and
        encrypted under a password that is never written.
        """
        password = entropy(32).hex().encode()
        key = load_der_private_key(self.key, None)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password))
        pem += x509.load_der_x509_certificate(self.certificate).public_bytes(Encoding.PEM)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        with tempfile.TemporaryDirectory(prefix="edenmesh-") as folder:
            path = Path(folder) / "key"
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(pem)
            context.load_cert_chain(path, password=password)
        return context
