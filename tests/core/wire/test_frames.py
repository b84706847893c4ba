"""Frames: lengths first, whole bodies out, whatever the pieces they come in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edenmesh.core.limits import FRAME_BYTES_FIRST_MAX, FRAME_BYTES_MAX
from edenmesh.core.wire import FrameReader, frame
from edenmesh.errors import LocalProtocolError, RemoteProtocolError


def read_all(reader: FrameReader) -> list[bytes]:
    bodies = []
    while (body := reader.next_body()) is not None:
        bodies.append(body)
    return bodies


@given(st.lists(st.binary(max_size=300), max_size=8), st.lists(st.integers(1, 50), min_size=1))
def test_bodies_come_out_whole_from_any_pieces(bodies: list[bytes], sizes: list[int]) -> None:
    stream = b"".join(frame(body) for body in bodies)
    reader, seen, number = FrameReader(), [], 0
    while stream:
        size = sizes[number % len(sizes)]
        reader.receive_bytes(stream[:size])
        stream = stream[size:]
        seen += read_all(reader)
        number += 1
    assert seen == bodies
    assert reader.size_bytes == 0


def test_before_the_hello_only_small_frames_are_taken() -> None:
    reader = FrameReader()
    reader.receive_bytes(frame(bytes(FRAME_BYTES_FIRST_MAX - 1)))
    assert reader.next_body() == bytes(FRAME_BYTES_FIRST_MAX - 1)
    reader.receive_bytes(frame(bytes(FRAME_BYTES_FIRST_MAX))[:5])
    with pytest.raises(RemoteProtocolError):
        reader.next_body()


def test_a_widened_reader_takes_frames_of_full_size() -> None:
    reader = FrameReader()
    reader.widen()
    reader.receive_bytes(frame(bytes(FRAME_BYTES_MAX - 1)))
    assert reader.next_body() == bytes(FRAME_BYTES_MAX - 1)
    with pytest.raises(LocalProtocolError):
        frame(bytes(FRAME_BYTES_MAX))


@pytest.mark.parametrize("header", ["0000000000", "0010000100", "ffffffff00", "0000000501", "0000000580"])
def test_a_length_out_of_bounds_or_an_unknown_flag_is_refused_from_the_header_alone(header: str) -> None:
    reader = FrameReader()
    reader.widen()
    reader.receive_bytes(bytes.fromhex(header))
    with pytest.raises(RemoteProtocolError):
        reader.next_body()


def test_another_reader_goes_on_with_the_rest() -> None:
    reader = FrameReader()
    reader.receive_bytes(frame(b"one") + frame(b"two")[:6])
    assert reader.next_body() == b"one"
    assert reader.rest() == frame(b"two")[:6]
    assert reader.rest() == b""
