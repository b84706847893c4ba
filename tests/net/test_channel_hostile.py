"""No input opens a channel, passes a changed byte, or raises anything but what is promised."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edenmesh.core.limits import CHANNEL_BYTES_BEFORE_OPEN_MAX
from edenmesh.errors import LimitExceeded, RemoteProtocolError
from edenmesh.net.channel import Channel, Role
from tests.net.duet import (
    ALICE,
    BOB,
    anyone,
    dialler,
    listener,
    only,
    open_pair,
    public,
)


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
