"""The secure channel, two ends in memory."""

import pytest

from edenmesh.core.limits import CHANNEL_BYTES_BEFORE_OPEN_MAX
from edenmesh.errors import LocalProtocolError, NotPaired, ProtocolError, RemoteProtocolError
from edenmesh.net.channel import Channel, Ending
from tests.net.duet import (
    ALICE,
    BOB,
    MALLORY,
    carry,
    converse,
    dialler,
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
