"""The outbox: frames leave in order, nothing follows a goodbye, and a batch counts once it is durable."""

import pytest

from edenmesh.core.session.events import FormReceived
from edenmesh.core.session.outbox import Outbox
from edenmesh.core.wire import Close, FileChunk, Ping, Pong, encode_message, frame


def test_frames_leave_in_the_order_they_were_queued() -> None:
    outbox = Outbox()
    outbox.send(Ping())
    outbox.send(Pong())
    assert outbox.size_bytes == 26
    assert outbox.take() == frame(encode_message(Ping())) + frame(encode_message(Pong()))
    assert outbox.take() == b""
    assert outbox.size_bytes == 0


def test_nothing_follows_a_closing_message() -> None:
    outbox = Outbox()
    outbox.send(Close("stopped", "Good bye."))
    outbox.send(Ping())
    assert outbox.take() == frame(encode_message(Close("stopped", "Good bye.")))


def test_there_is_room_for_two_chunks_and_not_for_more() -> None:
    outbox = Outbox()
    chunk = FileChunk(bytes(256 * 1024), bytes(32), 0, 256 * 1024)
    queued = 0
    while outbox.has_room:
        outbox.send(chunk)
        queued += 1
    assert queued == 2


def test_what_waits_for_a_batch_runs_when_it_is_durable_and_once() -> None:
    outbox = Outbox()
    durable: list[int] = []
    for number in (1, 2):
        outbox.store(lambda batch: FormReceived(batch, b"form"), lambda number=number: durable.append(number))  # type: ignore[misc]
    assert [event.batch for event in outbox.events if isinstance(event, FormReceived)] == [1, 2]
    assert not durable
    states = [outbox.is_durable]
    assert outbox.handle_committed(2) is FormReceived
    assert durable == [2]
    outbox.handle_committed(1)
    states.append(outbox.is_durable)
    assert durable == [2, 1]
    assert states == [False, True]
    with pytest.raises(KeyError):
        outbox.handle_committed(1)
