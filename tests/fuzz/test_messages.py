"""Any bytes into the frame reader and the message decoder: a message within bounds, or RemoteProtocolError."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from edenmesh.core.encoding import decode, encode
from edenmesh.core.limits import FRAME_BYTES_MAX
from edenmesh.core.wire import FrameReader, Message, decode_message, encode_message, frame
from edenmesh.errors import RemoteProtocolError
from tests.vectors.make_frames import examples

BODIES = [encode_message(message) for message in examples()]


def mutated(body: bytes, edits: list[tuple[int, int]]) -> bytes:
    data = bytearray(body)
    for place, value in edits:
        data[place % len(data)] = value
    return bytes(data)


bodies = st.one_of(
    st.binary(max_size=300),
    st.builds(
        mutated,
        st.sampled_from(BODIES),
        st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=4),
    ),
)


def read(body: bytes) -> Message | None:
    try:
        return decode_message(body)
    except RemoteProtocolError:
        return None


@settings(max_examples=700)
@given(bodies)
@example(b"\x81\xa1m\xa4ping")
def test_what_is_read_is_written_back_as_it_came(body: bytes) -> None:
    message = read(body)
    if message is not None and encode_message(message) != body:
        # Only fields newer than this program may be left out.
        kept, whole = decode(encode_message(message), FRAME_BYTES_MAX), decode(body, FRAME_BYTES_MAX)
        assert isinstance(kept, dict)
        assert isinstance(whole, dict)
        assert kept.items() <= whole.items()
        assert encode(whole) == body


def test_mutations_reach_both_outcomes() -> None:
    outcomes = [read(mutated(body, [(place, 7)])) for body in BODIES for place in range(0, len(body), 5)]
    taken = [outcome for outcome in outcomes if outcome is not None]
    assert len(outcomes) > 500
    assert 50 < len(taken) < len(outcomes) - 50


@settings(max_examples=200)
@given(st.lists(st.one_of(st.binary(max_size=40), st.sampled_from([frame(body) for body in BODIES])), max_size=8))
def test_a_reader_gives_bodies_or_refuses(pieces: list[bytes]) -> None:
    reader = FrameReader()
    try:
        for piece in pieces:
            reader.receive_bytes(piece)
            while (body := reader.next_body()) is not None:
                assert len(body) < FRAME_BYTES_MAX
    except RemoteProtocolError:
        return
    assert reader.size_bytes <= sum(map(len, pieces))
