"""Messages: published bytes for every kind, one encoding each, and nothing out of bounds can be had."""

import json
from typing import Any, get_args

import pytest

from edenmesh.core.encoding import decode, encode
from edenmesh.core.limits import FRAME_BYTES_MAX, HOLE_STRETCHES_MAX, LISTED_IDS_MAX, PART_VERSIONS_MAX
from edenmesh.core.reconcile import Gap, HoleKind, Mark, Stretch
from edenmesh.core.wire import (
    Close,
    FrameReader,
    HolesFilled,
    HolesHere,
    HolesMissing,
    HolesTaken,
    HolesWanted,
    Ids,
    Message,
    Part,
    Ping,
    Vector,
    Want,
    blinded,
    decode_message,
    encode_message,
    frame,
)
from edenmesh.errors import RemoteProtocolError
from tests.core.trust.team import author
from tests.vectors.make_frames import PATH, examples, text

PUBLISHED: dict[str, Any] = json.loads(PATH.read_text())
MARK = Mark(author("Ana"), 3, bytes(32))


def read(data: bytes) -> Message:
    reader = FrameReader()
    reader.widen()
    reader.receive_bytes(data)
    body = reader.next_body()
    assert body is not None
    return decode_message(body)


def test_the_published_frames_are_those_this_program_makes() -> None:
    assert PATH.read_text() == text()


def test_every_kind_of_message_is_published() -> None:
    kinds = {type(message) for message in examples()}
    assert kinds == set(get_args(Message))
    assert len(PUBLISHED["messages"]) == len(examples()) >= 33


def test_every_published_frame_is_read_and_written_back() -> None:
    stories = ("session", "filling", "guests")
    frames = [*PUBLISHED["messages"], *(one for story in stories for one in PUBLISHED[story]["frames"])]
    for one in frames:
        data = bytes.fromhex(one["bytes"])
        assert frame(encode_message(read(data))) == data
    assert len(frames) > 50


@pytest.mark.parametrize("fault", PUBLISHED["refused"])
def test_every_published_fault_is_refused(fault: str) -> None:
    with pytest.raises(RemoteProtocolError):
        read(bytes.fromhex(PUBLISHED["refused"][fault]))


@pytest.mark.parametrize("message", examples(), ids=lambda message: type(message).__name__)
def test_a_message_cut_or_lengthened_anywhere_is_refused(message: Message) -> None:
    body = encode_message(message)
    for size in range(0, len(body), 1 + len(body) // 200):
        with pytest.raises(RemoteProtocolError):
            decode_message(body[:size])
    with pytest.raises(RemoteProtocolError):
        decode_message(body + b"\0")


@pytest.mark.parametrize("message", examples(), ids=lambda message: type(message).__name__)
def test_a_field_newer_than_this_program_is_passed_over(message: Message) -> None:
    fields = decode(encode_message(message), FRAME_BYTES_MAX)
    assert isinstance(fields, dict)
    fields["zeal"] = [1, {"x": b"y"}]
    assert decode_message(encode(fields)) == message


def test_messages_out_of_bounds_cannot_be_made() -> None:
    makers: list[Any] = [
        lambda: Vector(is_last=True, logs=[MARK._replace(size=0)]),
        lambda: Vector(is_last=False, logs=[]),
        lambda: Want(MARK, 4),
        lambda: Ids([], MARK, 0),
        lambda: Ids([bytes(32)], MARK._replace(size=LISTED_IDS_MAX + 1), 0),
        lambda: Part(MARK.author, bytes(32), 0, []),
        lambda: Part(MARK.author, bytes(32), 0, [b"v"] * (PART_VERSIONS_MAX + 1)),
        lambda: HolesWanted(MARK, []),
        lambda: HolesWanted(MARK, [Stretch(1, 1)]),
        lambda: HolesWanted(MARK, [Stretch(0, 2), Stretch(1, 3)]),
        lambda: HolesHere(MARK, [Stretch(2, 4)]),
        lambda: HolesHere(MARK._replace(size=9000), [Stretch(2 * n, 2 * n + 1) for n in range(HOLE_STRETCHES_MAX + 1)]),
        lambda: HolesMissing(MARK, [Gap(2, 3, HoleKind.ABSENT), Gap(0, 1, HoleKind.ABSENT)]),
        lambda: HolesTaken(MARK, 0),
        lambda: HolesTaken(MARK, 4),
        lambda: HolesFilled(MARK, []),
        lambda: Close("stopped", "x" * 201),
        lambda: Close("stopped", "red \x1b[31m"),
    ]
    for make in makers:
        with pytest.raises(ValueError, match=r"\w"):
            make()


def test_a_hello_names_nothing_to_those_who_do_not_know_it() -> None:
    assert blinded(b"n" * 16, b"m" * 32) == blinded(b"n" * 16, b"m" * 32)
    assert blinded(b"n" * 16, b"m" * 32) != blinded(b"o" * 16, b"m" * 32)
    assert len(blinded(b"n" * 16, b"m" * 32)) == 32


def test_a_small_message_is_small() -> None:
    assert len(frame(encode_message(Ping()))) == 13
