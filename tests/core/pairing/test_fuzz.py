"""Any bytes at any moment: a pairing fails in words or goes on; it never raises and never pairs for it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from edenmesh.core.pairing import Role
from edenmesh.core.pairing.events import CompareCode, Failed
from edenmesh.core.pairing.messages import (
    Authors,
    CharterPart,
    Commitment,
    Confirmation,
    Done,
    Draft,
    Introduction,
    Message,
    Nonce,
    Opening,
    Refusal,
    Signed,
    decode_message,
    encode_message,
)
from edenmesh.errors import RemoteProtocolError
from tests.core.pairing.duet import MESSAGE_MAX, Device, Duet, silent_from, two_lone

HONEST = [data for _, data in two_lone().run().carried]
OLD = [data for _, data in Duet(Device("Phone"), Device("Laptop"), binding=bytes(32), seed="old").run().carried]

hashes = st.binary(min_size=32, max_size=32)
nonces = st.binary(min_size=16, max_size=16)
messages: st.SearchStrategy[Message] = st.one_of(
    st.builds(
        Introduction,
        front_end=st.sampled_from(("digits", "qr", "typed")),
        is_alone=st.booleans(),
        may_admit=st.booleans(),
        members=st.integers(-1, 2**63),
        mesh=hashes,
        name=st.text(max_size=70),
        records=st.integers(-1, 2**63),
        versions=st.lists(st.integers(0, 3), max_size=3),
    ),
    st.builds(Commitment, hashes),
    st.builds(Nonce, nonces),
    st.builds(Opening, nonces),
    st.builds(Confirmation, hashes),
    st.builds(Authors, st.lists(hashes, max_size=3)),
    st.builds(Draft, st.binary(max_size=100)),
    st.builds(Signed, st.binary(max_size=100)),
    st.builds(CharterPart, st.lists(st.binary(max_size=100), max_size=2), st.booleans(), st.just([])),
    st.builds(Done),
    st.builds(Refusal, st.text(max_size=20) | st.sampled_from(("apart", "cut", "different"))),
)


@st.composite
def mangled(draw: st.DrawFn) -> bytes:
    """An honest message of this or another pairing with a few bytes changed, cut off or added."""
    data = bytearray(draw(st.sampled_from(HONEST + OLD)))
    for _ in range(draw(st.integers(0, 3))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data)


anything = st.one_of(st.binary(max_size=300), mangled(), messages.map(encode_message))


@settings(max_examples=400)
@given(st.integers(0, len(HONEST)), st.sampled_from(list(Role)), st.lists(anything, min_size=1, max_size=4))
def test_any_bytes_at_any_moment_end_in_words_or_change_nothing(at: int, role: Role, strange: list[bytes]) -> None:
    duet = two_lone().run(silent_from(at))
    end = duet.dialler if role is Role.DIALLER else duet.listener
    was_paired, known = end.is_paired, len(end.events)
    charter = end.device.charter.hash
    heard: list[bytes] = []
    for data in strange:
        if end.machine.is_over:
            break
        heard.append(data)
        end.machine.receive_bytes(data, duet.now)
        end.attend(duet.now)
    fresh = end.events[known:]
    honest_rest = HONEST[at:]
    if not any(data in honest_rest for data in heard):
        assert all(isinstance(event, CompareCode | Failed) for event in fresh)
        assert end.is_paired == was_paired
        assert end.device.charter.hash == charter
    for event in fresh:
        if isinstance(event, Failed):
            assert event.error.what
            assert event.error.do
            assert end.machine.next_deadline() is None


def test_the_moments_above_cover_every_state() -> None:
    states = set()
    for at in range(len(HONEST) + 1):
        duet = two_lone().run(silent_from(at))
        states |= {end.machine.state for end in duet.ends}
    assert len(states) == 7


@given(anything)
def test_message_is_read_as_it_would_be_written_or_refused(data: bytes) -> None:
    try:
        message = decode_message(data, MESSAGE_MAX)
    except RemoteProtocolError:
        return
    assert decode_message(encode_message(message), MESSAGE_MAX) == message
