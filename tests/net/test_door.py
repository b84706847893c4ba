"""The door before the channel."""

from collections.abc import Callable
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edenmesh.net.door import ANSWER_BYTES, NONCE_BYTES, DoorDialler, DoorListener, DoorPolicy, Verdict, door_answer

MESH, OLD_MESH, QR = b"mesh secret".ljust(32), b"old mesh secret".ljust(32), b"door secret".ljust(16)


def seeded() -> Callable[[int], bytes]:
    """A source of bytes that are all different and easily told apart."""
    numbers = count(1)
    return lambda size: next(numbers).to_bytes(size, "big")


ENTROPY = seeded()


def knock(listener: DoorListener, dialler: DoorDialler) -> Verdict:
    dialler.receive_bytes(listener.bytes_to_send())
    listener.receive_bytes(dialler.bytes_to_send())
    return listener.verdict


@pytest.mark.parametrize("secret", [MESH, OLD_MESH, QR])
def test_any_of_the_secrets_opens(secret: bytes) -> None:
    listener = DoorListener(DoorPolicy((MESH, OLD_MESH, QR)), ENTROPY)
    assert knock(listener, DoorDialler(secret, ENTROPY)) is Verdict.PASSED
    assert listener.knows_secret


@pytest.mark.parametrize("secret", [None, b"guess", b""])
def test_stranger_is_refused(secret: bytes | None) -> None:
    listener = DoorListener(DoorPolicy((MESH, QR)), ENTROPY)
    assert knock(listener, DoorDialler(secret, ENTROPY)) is Verdict.REFUSED
    assert not listener.knows_secret
    assert listener.bytes_to_send() == b""


def test_stranger_is_refused_by_a_listener_without_secrets() -> None:
    assert knock(DoorListener(DoorPolicy(()), ENTROPY), DoorDialler(None, ENTROPY)) is Verdict.REFUSED


def test_stranger_comes_in_while_visible_to_everyone_and_is_known_as_one() -> None:
    listener = DoorListener(DoorPolicy((MESH,), admits_everyone=True), ENTROPY)
    assert knock(listener, DoorDialler(None, ENTROPY)) is Verdict.PASSED
    assert not listener.knows_secret
    listener = DoorListener(DoorPolicy((MESH,), admits_everyone=True), ENTROPY)
    assert knock(listener, DoorDialler(MESH, ENTROPY)) is Verdict.PASSED
    assert listener.knows_secret


def test_answer_to_an_earlier_nonce_does_not_open() -> None:
    policy = DoorPolicy((MESH,))
    first = DoorListener(policy, ENTROPY)
    dialler = DoorDialler(MESH, ENTROPY)
    dialler.receive_bytes(first.bytes_to_send())
    answer = dialler.bytes_to_send()
    first.receive_bytes(answer)
    assert first.verdict is Verdict.PASSED
    second = DoorListener(policy, ENTROPY)
    second.receive_bytes(answer)
    assert second.verdict is Verdict.REFUSED


def test_answers_of_who_knows_and_who_does_not_look_alike() -> None:
    nonce = bytes(NONCE_BYTES)
    for secret in (MESH, None):
        dialler = DoorDialler(secret, ENTROPY)
        dialler.receive_bytes(nonce)
        assert len(dialler.bytes_to_send()) == ANSWER_BYTES


def test_known_answer() -> None:
    """The vector of docs/protocol: a second implementation computes the same."""
    assert door_answer(bytes(range(32)), bytes(range(16))).hex() == "3898e3b7eb59879af74a92bcde9dac2e"


@given(extra=st.binary(max_size=100), split=st.integers(0, 200))
def test_what_follows_belongs_to_the_channel(extra: bytes, split: int) -> None:
    listener, dialler = DoorListener(DoorPolicy((MESH,)), ENTROPY), DoorDialler(MESH, ENTROPY)
    dialler.receive_bytes(listener.bytes_to_send() + extra)
    assert dialler.rest() == extra
    data = dialler.bytes_to_send() + extra
    listener.receive_bytes(data[:split])
    listener.receive_bytes(data[split:])
    assert listener.verdict is Verdict.PASSED
    assert listener.rest() == extra
    assert listener.rest() == b""


@given(pieces=st.lists(st.binary(max_size=40), max_size=5))
def test_no_input_makes_the_door_raise_or_open(pieces: list[bytes]) -> None:
    listener, dialler = DoorListener(DoorPolicy((MESH,)), ENTROPY), DoorDialler(MESH, ENTROPY)
    for piece in pieces:
        listener.receive_bytes(piece)
        dialler.receive_bytes(piece)
    has_come = sum(map(len, pieces)) >= ANSWER_BYTES
    assert listener.verdict is (Verdict.REFUSED if has_come else Verdict.WAITING)
    assert dialler.verdict is (Verdict.PASSED if has_come else Verdict.WAITING)
