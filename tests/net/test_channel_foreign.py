"""The channel with a peer that is not ours: Python's own `ssl`, honest and not."""

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from edenmesh.errors import RemoteProtocolError
from edenmesh.net.certificate import anyone_certificate, anyone_key, leaf_certificate
from edenmesh.net.channel import Channel, Role
from tests.net.duet import (
    ALICE,
    BOB,
    MALLORY,
    ForeignPeer,
    anyone,
    foreign_context,
    listener,
    only,
    public,
)


@pytest.mark.parametrize("listens", [True, False])
def test_peer_that_names_no_protocol_is_refused(tmp_path: Path, listens: bool) -> None:
    peer = ForeignPeer(foreign_context(tmp_path, BOB, listens=listens, alpn=()), listens=listens)
    channel = Channel(ALICE, Role.DIALLER if listens else Role.LISTENER, anyone)
    with pytest.raises(RemoteProtocolError, match="edenmesh/1"):
        peer.converse(channel)
    assert not channel.is_open


@pytest.mark.parametrize("listens", [True, False])
def test_pythons_own_tls_can_be_a_peer(tmp_path: Path, listens: bool) -> None:
    peer = ForeignPeer(foreign_context(tmp_path, BOB, listens=listens), listens=listens)
    channel = Channel(ALICE, Role.DIALLER if listens else Role.LISTENER, only(BOB))
    peer.converse(channel)
    was_open_before_ready = channel.is_open
    peer.tls.write(b"\x01hello")
    peer.converse(channel)
    assert (was_open_before_ready, channel.is_open) == (False, True)
    assert channel.peer_key == public(BOB)
    channel.send(b"good day")
    peer.converse(channel)
    assert peer.plaintext == b"\x01good day"
    assert channel.received() == b"hello"


def test_peer_that_speaks_before_it_is_ready_is_refused(tmp_path: Path) -> None:
    peer = ForeignPeer(foreign_context(tmp_path, BOB, listens=False), listens=False)
    channel = listener()
    peer.converse(channel)
    peer.tls.write(b"\x02hello")
    with pytest.raises(RemoteProtocolError, match="ready"):
        peer.converse(channel)
    assert not channel.is_open
    assert channel.received() == b""


@pytest.mark.parametrize("listens", [True, False])
def test_older_tls_is_refused(tmp_path: Path, listens: bool) -> None:
    context = foreign_context(tmp_path, BOB, listens=listens)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    peer = ForeignPeer(context, listens=listens)
    channel = Channel(ALICE, Role.DIALLER if listens else Role.LISTENER, anyone)
    with pytest.raises((RemoteProtocolError, ssl.SSLError)):
        peer.converse(channel)
    assert not channel.is_open
    assert not peer.is_shaken


def test_no_session_is_resumed(tmp_path: Path) -> None:
    context = foreign_context(tmp_path, ALICE, listens=False)
    first = ForeignPeer(context, listens=False)
    first.converse(listener())
    assert first.is_shaken
    asked: list[bytes] = []

    def ask(key: bytes) -> bool:
        asked.append(key)
        return True

    second = ForeignPeer(context, listens=False, session=first.tls.session)
    second.converse(listener(ask))
    assert second.is_shaken
    assert not second.tls.session_reused
    assert asked == [public(ALICE)]


def foreign_leaf(folder: Path, leaf: x509.Certificate, key: bytes, chain: bytes = b"") -> ForeignPeer:
    """A dialling peer with a certificate of its own making."""
    context = foreign_context(folder, ALICE, listens=False)
    file = folder / "own.pem"
    file.write_bytes(leaf.public_bytes(Encoding.PEM) + chain + key)
    context.load_cert_chain(file)
    return ForeignPeer(context, listens=False)


def certificate_for(public_key: CertificatePublicKeyTypes, signer: Ed25519PrivateKey) -> x509.Certificate:
    model = anyone_certificate()
    builder = x509.CertificateBuilder().subject_name(model.subject).issuer_name(model.subject).serial_number(9)
    builder = builder.not_valid_before(datetime(1970, 1, 1, tzinfo=UTC))
    return builder.not_valid_after(datetime(9999, 1, 1, tzinfo=UTC)).public_key(public_key).sign(signer, None)


def test_certificate_of_another_authority_is_refused(tmp_path: Path) -> None:
    key = MALLORY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    peer = foreign_leaf(tmp_path, certificate_for(MALLORY.public_key(), MALLORY), key)
    channel = listener()
    with pytest.raises(RemoteProtocolError):
        peer.converse(channel)
    assert not channel.is_open


def test_certificate_with_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    key = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    peer = foreign_leaf(tmp_path, certificate_for(other.public_key(), anyone_key()), key)
    channel = listener()
    with pytest.raises(RemoteProtocolError, match="Ed25519"):
        peer.converse(channel)
    assert not channel.is_open


def test_leaf_cannot_vouch_for_another_key(tmp_path: Path) -> None:
    middle = leaf_certificate(public(MALLORY))
    builder = x509.CertificateBuilder().subject_name(anyone_certificate().subject).issuer_name(middle.subject)
    builder = builder.not_valid_before(datetime(1970, 1, 1, tzinfo=UTC)).serial_number(3)
    builder = builder.not_valid_after(datetime(9999, 1, 1, tzinfo=UTC)).public_key(ALICE.public_key())
    key = ALICE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    peer = foreign_leaf(tmp_path, builder.sign(MALLORY, None), key, middle.public_bytes(Encoding.PEM))
    channel = listener()
    with pytest.raises(RemoteProtocolError):
        peer.converse(channel)
    assert not channel.is_open
