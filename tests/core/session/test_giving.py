"""The giver by itself: what it remembers of a peer stays small, and what grows while it is given is given once."""

from edenmesh.core.limits import LOG_BRANCHES_MAX
from edenmesh.core.reconcile import Mark
from edenmesh.core.session.events import Progress
from edenmesh.core.session.giving import Giver
from edenmesh.core.session.outbox import Outbox
from edenmesh.core.wire import FrameReader, Part, decode_message
from tests.duets.team import Device, team


def giver_of(device: Device) -> tuple[Giver, Outbox, Progress]:
    outbox, progress = Outbox(), Progress()
    return Giver(outbox, device.store, progress), outbox, progress


def parts_in(outbox: Outbox) -> list[Part]:
    reader, parts = FrameReader(), []
    reader.widen()
    reader.receive_bytes(outbox.take())
    while (body := reader.next_body()) is not None:
        message = decode_message(body)
        if isinstance(message, Part):
            parts.append(message)
    return parts


def test_marks_that_later_ones_include_are_forgotten() -> None:
    """A peer that gets the same log from a third device in other pieces names ever new beginnings of it."""
    ana, _ = team("Ana", "Ben")
    ana.write()
    giver, outbox, _ = giver_of(ana)
    giver.handle_vector([], [])
    noted = 0
    for _ in range(20):
        for _ in range(3):
            ana.write()
            (held,) = ana.store.log_heads()
            giver.note(held.mark, None)
            noted += 1
        ana.write()
        giver.handle_advanced()
        giver.pump()
        for part in parts_in(outbox):
            assert part.seal is not None
            giver.handle_ack(Mark(ana.author, part.seal.size, part.seal.root))
        assert sum(map(len, giver._theirs.values())) <= LOG_BRANCHES_MAX + 4
    assert noted == 60
    assert giver.is_idle


def test_a_log_that_grows_while_it_waits_is_given_once_and_to_its_end() -> None:
    """Its seals change meanwhile: the one at the end of what was queued has given way to a later one."""
    ana, _ = team("Ana", "Ben")
    ana.write(5)
    giver, outbox, progress = giver_of(ana)
    giver.handle_vector([], [])
    for _ in range(4):
        ana.write(3)
        giver.handle_advanced()
    ana.write(2)
    giver.pump()
    giver.handle_advanced()
    giver.pump()
    parts = parts_in(outbox)
    assert [part.start for part in parts] == [0]
    assert sum(len(part.versions) for part in parts) == 19
    assert progress.versions_given == progress.versions_to_give == 19


def test_what_the_peer_has_given_us_is_not_given_back() -> None:
    ana, _ = team("Ana", "Ben")
    ana.write(5)
    (before,) = ana.store.log_heads()
    giver, outbox, progress = giver_of(ana)
    giver.handle_vector([before.mark], [before.mark])
    ana.write(2)
    (after,) = ana.store.log_heads()
    giver.note(after.mark, before.mark)
    assert not giver.handle_advanced()
    giver.pump()
    assert not parts_in(outbox)
    assert progress.versions_to_give == 0
    assert giver.is_idle


def test_a_run_is_dropped_when_the_peer_turns_out_to_hold_its_end() -> None:
    ana, _ = team("Ana", "Ben")
    ana.write(5)
    giver, outbox, progress = giver_of(ana)
    giver.handle_vector([], [])
    ana.write(2)
    (held,) = ana.store.log_heads()
    giver.note(held.mark, None)
    giver.handle_advanced()
    giver.pump()
    assert not parts_in(outbox)
    assert progress.versions_to_give == 0
    assert giver.is_idle
