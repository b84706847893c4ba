"""Certificates carry a key and nothing else."""

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL import crypto

from edenmesh.errors import RemoteProtocolError
from edenmesh.net.certificate import anyone_certificate, anyone_key, device_key, leaf_certificate
from tests.net.duet import ALICE, BOB, public


def test_leaf_carries_the_very_key() -> None:
    certificate = leaf_certificate(public(ALICE))
    assert certificate.public_key() == ALICE.public_key()
    assert device_key(crypto.X509.from_cryptography(certificate)) == public(ALICE)


def test_leaf_is_a_pure_function_of_the_key() -> None:
    assert leaf_certificate(public(ALICE)) == leaf_certificate(public(ALICE))
    assert leaf_certificate(public(ALICE)) != leaf_certificate(public(BOB))


def test_leaves_of_two_devices_differ_only_in_what_follows_from_the_key() -> None:
    alice, bob = leaf_certificate(public(ALICE)), leaf_certificate(public(BOB))
    assert alice.subject == bob.subject
    assert alice.issuer == bob.issuer
    assert alice.not_valid_before_utc == bob.not_valid_before_utc
    assert {extension.oid for extension in alice.extensions} == {extension.oid for extension in bob.extensions}
    assert alice.serial_number != bob.serial_number


def test_leaf_is_signed_by_the_authority_whose_key_is_public() -> None:
    leaf_certificate(public(ALICE)).verify_directly_issued_by(anyone_certificate())
    assert anyone_certificate().public_key() == anyone_key().public_key()


@pytest.mark.parametrize("year", [1970, 2026, 2038, 2106, 9998])
def test_a_device_without_a_clock_accepts_the_certificate(year: int) -> None:
    then = datetime(year, 6, 1, tzinfo=UTC)
    for certificate in (anyone_certificate(), leaf_certificate(public(ALICE))):
        assert certificate.not_valid_before_utc <= then <= certificate.not_valid_after_utc


def test_certificate_without_an_ed25519_key_is_refused() -> None:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "other")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(anyone_certificate().subject).serial_number(7)
    builder = builder.not_valid_before(datetime(1970, 1, 1, tzinfo=UTC))
    builder = builder.not_valid_after(datetime(9999, 1, 1, tzinfo=UTC))
    other = builder.public_key(ec.generate_private_key(ec.SECP256R1()).public_key()).sign(anyone_key(), None)
    with pytest.raises(RemoteProtocolError, match="Ed25519"):
        device_key(crypto.X509.from_cryptography(other))
