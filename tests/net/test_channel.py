"""The secure channel, two ends in memory."""

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edenmesh.core.limits import CHANNEL_BYTES_BEFORE_OPEN_MAX
from edenmesh.errors import LimitExceeded, LocalProtocolError, NotPaired, ProtocolError, RemoteProtocolError
from edenmesh.net.certificate import anyone_certificate, anyone_key, leaf_certificate
from edenmesh.net.channel import Channel, Ending, Role
from tests.net.duet import (
    ALICE,
    BOB,
    MALLORY,
    ForeignPeer,
    anyone,
    carry,
    converse,
    dialler,
    foreign_context,
    listener,
    only,
    open_pair,
    public,
)


def assert_closed_to_each_other(ours: Channel, theirs: Channel) -> None:
    """Carry on after a refusal, as a driver would: neither end may believe in a channel."""
    with pytest.raises(ProtocolError):
        converse(ours, theirs)
    assert not ours.is_open
    assert not theirs.is_open


def test_both_ends_open_and_know_each_other() -> None:
    ours, theirs = open_pair()
    assert ours.peer_key == public(BOB)
    assert theirs.peer_key == public(ALICE)


def test_what_is_sent_arrives_whole_and_in_order() -> None:
    ours, theirs = open_pair()
    letter = bytes(range(256)) * 2000
    ours.send(letter)
    ours.send(b"")
    ours.send(b"end")
    theirs.send(b"meanwhile")
    converse(ours, theirs, piece_bytes=7919)
    assert theirs.received() == letter + b"end"
    assert ours.received() == b"meanwhile"
    assert theirs.received() == b""


def test_key_exchange_is_post_quantum() -> None:
    ours, _ = open_pair()
    assert ours._tls.get_group_name() == "X25519MLKEM768"
    assert ours._tls.get_protocol_version_name() == "TLSv1.3"


def test_binding_is_equal_at_both_ends_and_new_for_each_channel() -> None:
    bindings = set()
    for _ in range(3):
        ours, theirs = open_pair()
        assert len(ours.binding()) == 32
        assert ours.binding() == theirs.binding()
        bindings.add(ours.binding())
    assert len(bindings) == 3


def test_channel_opens_when_bytes_come_one_at_a_time() -> None:
    ours, theirs = dialler(), listener()
    wire = converse(ours, theirs, piece_bytes=1)
    assert len(wire) > 4000
    assert ours.binding() == theirs.binding()
    ours.send(b"drop by drop")
    converse(ours, theirs, piece_bytes=1)
    assert theirs.received() == b"drop by drop"


@pytest.mark.parametrize("piece_bytes", [2, 3, 5, 16, 255, 1023, 1024, 1025])
def test_channel_opens_however_the_stream_is_cut_into_pieces(piece_bytes: int) -> None:
    ours, theirs = dialler(), listener()
    converse(ours, theirs, piece_bytes)
    assert ours.is_open
    assert theirs.is_open


def test_channel_opens_when_the_first_flight_is_split_at_any_byte() -> None:
    hello = dialler().bytes_to_send()
    for split in range(1, len(hello), 7):
        ours, theirs = dialler(), listener()
        data = ours.bytes_to_send()
        theirs.receive_bytes(data[:split])
        theirs.receive_bytes(data[split:])
        assert theirs.bytes_to_send(), split


def test_neither_key_is_readable_on_the_wire() -> None:
    ours, theirs = dialler(), listener()
    wire = converse(ours, theirs)
    assert ours.is_open
    for key in (ALICE, BOB):
        assert public(key) not in wire
    assert b"edenmesh device" not in wire


def test_listener_refuses_a_key_it_does_not_expect() -> None:
    ours, theirs = dialler(), listener(only(MALLORY))
    carry(ours, theirs)
    carry(theirs, ours)
    with pytest.raises(NotPaired):
        carry(ours, theirs)
    assert not theirs.is_open
    with pytest.raises(RemoteProtocolError, match="refused"):
        carry(theirs, ours)
    assert not ours.is_open


def test_dialler_refuses_a_key_it_does_not_expect_before_it_shows_its_own() -> None:
    seen: list[bytes] = []

    def watch(key: bytes) -> bool:
        seen.append(key)
        return True

    ours, theirs = dialler(only(MALLORY)), listener(watch)
    carry(ours, theirs)
    with pytest.raises(NotPaired):
        carry(theirs, ours)
    assert not ours.is_open
    with pytest.raises(RemoteProtocolError, match="refused"):
        carry(ours, theirs)
    assert seen == []


def test_dialler_does_not_believe_in_a_channel_before_the_listener_is_ready() -> None:
    ours, theirs = dialler(), listener()
    carry(ours, theirs)
    carry(theirs, ours)
    assert ours._shaken
    assert not ours.is_open
    with pytest.raises(LocalProtocolError):
        ours.send(b"too early")
    with pytest.raises(LocalProtocolError):
        ours.binding()
    with pytest.raises(LocalProtocolError):
        _ = ours.peer_key
    carry(ours, theirs)
    assert theirs.is_open
    carry(theirs, ours)
    assert ours.is_open


@pytest.mark.parametrize(("ours_alpn", "theirs_alpn"), [(b"edenmesh/1", b"edenmesh/2"), (b"h2", b"edenmesh/1")])
def test_other_protocol_version_is_refused(ours_alpn: bytes, theirs_alpn: bytes) -> None:
    assert_closed_to_each_other(dialler(alpn=ours_alpn), listener(alpn=theirs_alpn))


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


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.7\r\n",
        bytes(64),
        b"\xff" * 64,
        b"\x15\x03\x03\x00\x02\x02\x28",
        b"\x16\x03\x01\xff\xff\x01",
        b"\x17\x03\x03\x00\x10" + bytes(16),
    ],
)
def test_garbage_is_refused(role: Role, garbage: bytes) -> None:
    channel = Channel(ALICE, role, anyone)
    with pytest.raises(RemoteProtocolError):
        channel.receive_bytes(garbage)
    assert not channel.is_open
    channel.receive_bytes(b"more")
    channel.close()
    assert channel.received() == b""


@pytest.mark.parametrize("role", list(Role))
def test_stranger_who_proves_nothing_is_cut_off_at_the_bound(role: Role) -> None:
    channel = Channel(ALICE, role, anyone)
    # A handshake record that promises a message of 64 KiB and goes on and on.
    header = b"\x16\x03\x03\x40\x00" + (b"\x01" if role is Role.LISTENER else b"\x02") + b"\x01\x00\x00"
    channel.receive_bytes(header + bytes(CHANNEL_BYTES_BEFORE_OPEN_MAX - len(header)))
    with pytest.raises(LimitExceeded):
        channel.receive_bytes(b"\0")


def test_bytes_behind_ready_do_not_count_against_the_bound() -> None:
    ours, theirs = dialler(), listener()
    carry(ours, theirs)
    carry(theirs, ours)
    carry(ours, theirs)
    letter = bytes(1 << 20)
    theirs.send(letter)
    ours.receive_bytes(theirs.bytes_to_send())
    assert ours.received() == letter


def test_honest_handshake_leaves_room_below_the_bound() -> None:
    ours, theirs = dialler(), listener()
    converse(ours, theirs)
    assert 0 < ours._bytes_before_open < 0.75 * CHANNEL_BYTES_BEFORE_OPEN_MAX
    assert 0 < theirs._bytes_before_open < 0.75 * CHANNEL_BYTES_BEFORE_OPEN_MAX


def test_farewell_is_told_from_a_cut() -> None:
    ours, theirs = open_pair()
    ours.send(b"last words")
    ours.close()
    assert not ours.is_open
    carry(ours, theirs)
    theirs.receive_end()
    assert theirs.ending is Ending.CLOSED
    assert theirs.received() == b"last words"
    with pytest.raises(LocalProtocolError):
        ours.send(b"one more thing")


def test_cut_keeps_what_came_before_it() -> None:
    ours, theirs = open_pair()
    ours.send(b"first")
    carry(ours, theirs)
    ours.send(b"second")
    theirs.receive_bytes(ours.bytes_to_send()[:-1])
    theirs.receive_end()
    assert theirs.ending is Ending.CUT
    assert not theirs.is_open
    assert theirs.received() == b"first"


def test_cut_inside_the_handshake_leaves_no_channel() -> None:
    ours, theirs = dialler(), listener()
    theirs.receive_bytes(ours.bytes_to_send()[:-1])
    theirs.receive_end()
    assert theirs.ending is Ending.CUT
    assert not theirs.is_open
    theirs.close()
    assert theirs.bytes_to_send() == b""


def test_changed_byte_is_noticed() -> None:
    ours, theirs = open_pair()
    ours.send(b"one hundred bags of rice")
    data = bytearray(ours.bytes_to_send())
    data[10] ^= 1
    with pytest.raises(RemoteProtocolError):
        theirs.receive_bytes(bytes(data))
    assert theirs.received() == b""
    assert not theirs.is_open


def test_repeated_bytes_are_noticed() -> None:
    ours, theirs = open_pair()
    ours.send(b"pay once")
    data = ours.bytes_to_send()
    theirs.receive_bytes(data)
    with pytest.raises(RemoteProtocolError):
        theirs.receive_bytes(data)
    assert theirs.received() == b"pay once"


@settings(max_examples=150, deadline=None)
@given(role=st.sampled_from(Role), pieces=st.lists(st.binary(max_size=2048), max_size=4))
@example(role=Role.LISTENER, pieces=[b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"])
@example(role=Role.DIALLER, pieces=[b"\x14\x03\x03\x00\x01\x01" * 40])
def test_no_input_opens_a_channel_or_raises_anything_else(role: Role, pieces: list[bytes]) -> None:
    channel = Channel(ALICE, role, anyone)
    try:
        for piece in pieces:
            channel.receive_bytes(piece)
    except (RemoteProtocolError, LimitExceeded):
        pass
    assert not channel.is_open
    assert channel.received() == b""


@settings(max_examples=150, deadline=None)
@given(flight=st.integers(0, 2), where=st.floats(0, 1, exclude_max=True), mask=st.integers(1, 255))
def test_a_changed_handshake_byte_opens_no_other_channel(flight: int, where: float, mask: int) -> None:
    ours, theirs = dialler(only(BOB)), listener(only(ALICE))
    try:
        for turn in range(6):
            source, target = (ours, theirs) if turn % 2 == 0 else (theirs, ours)
            data = bytearray(source.bytes_to_send())
            if turn == flight:
                data[int(where * len(data))] ^= mask
            target.receive_bytes(bytes(data))
    except (RemoteProtocolError, LimitExceeded):
        assert not (ours.is_open and theirs.is_open)
    if ours.is_open and theirs.is_open:  # the version in a record's header, which TLS 1.3 ignores
        assert ours.binding() == theirs.binding()
        assert (ours.peer_key, theirs.peer_key) == (public(BOB), public(ALICE))


@settings(max_examples=60, deadline=None)
@given(noise=st.binary(min_size=1, max_size=600))
def test_noise_in_an_open_channel_ends_it(noise: bytes) -> None:
    ours, theirs = open_pair()
    try:
        theirs.receive_bytes(noise)
        theirs.receive_end()
    except RemoteProtocolError:
        pass
    assert not theirs.is_open
    assert theirs.received() == b""
    assert ours.is_open
