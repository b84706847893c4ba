"""Certificates that carry a device's key and nothing else.

TLS stacks exchange certificates, and few of them accept one whose issuer they do not know; Python's `ssl` accepts none.
So every leaf is signed by one "anyone" CA. **It is deliberately not a trust anchor**: its private key is the hash of a
sentence in this file, and anybody may sign with it. A chain that verifies says that the certificate is well formed,
no more. TLS 1.3 proves that the peer holds the leaf's private key (CertificateVerify, RFC 8446, section 4.4.3), and
the caller decides by that key.

A leaf is a pure function of the device's public key: same subject for everybody, serial number from the key, no name,
no host, no date that tells when it was made. Two sightings of one certificate tell what two sightings of one key tell.
Devices often have no idea of the time, so the validity is all of it (RFC 5280, section 4.1.2.5).
"""

from datetime import UTC, datetime
from functools import cache, lru_cache
from hashlib import sha256
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.x509.oid import NameOID
from OpenSSL import crypto

from edenmesh.core.ids import DeviceId, tagged_hash
from edenmesh.errors import RemoteProtocolError

_ANYONE_SENTENCE: Final = b"edenmesh: the key of the 'anyone' authority is public, it vouches for nobody"
_SPKI_ED25519: Final = bytes.fromhex("302a300506032b6570032100")
"""DER of SubjectPublicKeyInfo up to the 32 bytes of an Ed25519 key (RFC 8410, section 4)."""
_NOT_BEFORE: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NOT_AFTER: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def anyone_key() -> Ed25519PrivateKey:
    """Return the private key of the "anyone" CA, which is public on purpose: see the module's text."""
    return Ed25519PrivateKey.from_private_bytes(sha256(_ANYONE_SENTENCE).digest())


@cache
def anyone_certificate() -> x509.Certificate:
    """Return the certificate of the "anyone" CA, the same on every device; it may sign leaves only."""
    key = anyone_key()
    builder = _builder("edenmesh anyone", key.public_key()).add_extension(x509.BasicConstraints(True, 0), critical=True)
    return builder.add_extension(_key_usage(signs_certificates=True), critical=True).sign(key, None)


@lru_cache(maxsize=8)
def leaf_certificate(device: bytes) -> x509.Certificate:
    """Return the certificate of a device, computed from its raw Ed25519 public key."""
    key = anyone_key()
    builder = _builder("edenmesh device", Ed25519PublicKey.from_public_bytes(device))
    builder = builder.add_extension(x509.BasicConstraints(False, None), critical=True)
    builder = builder.add_extension(_key_usage(signs_certificates=False), critical=True)
    # Python's `ssl` asks for this one since 3.13 (VERIFY_X509_STRICT).
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    return builder.add_extension(issuer, critical=False).sign(key, None)


def device_key(certificate: crypto.X509) -> DeviceId:
    """Read the raw Ed25519 public key a peer's certificate carries.

    Raises RemoteProtocolError where the key is of another kind.
    """
    try:
        spki = crypto.dump_publickey(crypto.FILETYPE_ASN1, certificate.get_pubkey())
    except crypto.Error:
        spki = b""
    prefix, key = spki[: len(_SPKI_ED25519)], spki[len(_SPKI_ED25519) :]
    if prefix != _SPKI_ED25519 or len(key) != 32:
        raise RemoteProtocolError("The other device showed a certificate that does not carry an Ed25519 key.")
    return DeviceId(key)


def _builder(subject: str, key: Ed25519PublicKey) -> x509.CertificateBuilder:
    serial = int.from_bytes(tagged_hash("certificate", key.public_bytes_raw())[:16], "big") >> 1 | 1
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name("edenmesh anyone"))
        .public_key(key)
        .serial_number(serial)
        .not_valid_before(_NOT_BEFORE)
        .not_valid_after(_NOT_AFTER)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
