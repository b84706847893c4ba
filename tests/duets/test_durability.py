"""Nothing is acknowledged before it is durable, and nothing that is not durable counts. The duet watches every ack."""

import pytest

from edenmesh.core.session import CharterReceived, ChunkReceived, FormReceived, PartReceived, PeerHolds
from edenmesh.core.session.outbox import Outbox
from edenmesh.core.wire import Ack, CharterDone, FileTaken, Given, Tally
from tests.duets.duet import Duet, meet, same
from tests.duets.team import Device, team
from tests.duets.test_first_sync import form


def laden() -> Duet:
    """Something of every kind has to become durable on the right."""
    ana, ben = team("Ana", "Ben")
    ana.admit(Device("Cem"))
    ana.write(5)
    ana.attach(b"photo" * 1000)
    ana.store.add_form(form("org_facility"))
    return Duet(ana, ben)


def everything_is_acknowledged_in_its_time() -> None:
    duet = laden().roundtrip()
    kinds = {type(event) for event in duet.right.events}
    assert kinds >= {CharterReceived, FormReceived, PartReceived, ChunkReceived}
    assert len(duet.right.messages(Ack)) == len(duet.left.told(PeerHolds)) == 1
    assert len(duet.right.messages(FileTaken)) == 1
    assert same(duet.left.device, duet.right.device)


def test_everything_is_acknowledged_in_its_time() -> None:
    everything_is_acknowledged_in_its_time()


def test_a_store_that_never_commits_acknowledges_nothing() -> None:
    duet = laden()
    duet.right.is_storing = False
    duet.roundtrip()
    assert not duet.right.messages(CharterDone)
    assert duet.left.missing is duet.right.missing is None
    duet.right.is_storing = True
    duet.right.store(duet.now)
    duet.right.is_storing = False
    duet.roundtrip()
    assert duet.right.messages(CharterDone)
    assert duet.right.told(PartReceived)
    assert not duet.right.messages(Ack)
    assert not duet.right.messages(Tally)
    assert not duet.left.messages(Tally)
    assert duet.left.messages(Given)
    assert not duet.left.told(PeerHolds)
    duet.right.is_storing = True
    duet.right.store(duet.now)
    duet.roundtrip()
    assert duet.left.missing == ()


def test_batches_may_be_committed_in_any_order() -> None:
    ana, ben = team("Ana", "Ben")
    ana.write(2048 + 5)
    duet = Duet(ana, ben)
    duet.right.is_storing = False
    duet.roundtrip()
    assert len(duet.right.batches) == 3
    for batch in duet.right.batches:
        ben.store.apply(batch)
    for batch in reversed(duet.right.batches):
        duet.right.session.handle_committed(batch.batch, duet.now)
    duet.right.batches.clear()
    duet.right.is_storing = True
    duet.roundtrip()
    assert [ack.log.size for ack in duet.right.messages(Ack)] == [2053, 2048, 1024]
    assert duet.left.missing == ()


def test_what_was_not_committed_is_given_again_by_the_next_session() -> None:
    duet = laden()
    duet.right.is_storing = False
    duet.roundtrip()
    ana, ben = duet.left.device, duet.right.device
    assert not ben.ids()
    again = meet(ana, ben)
    assert again.left.session.progress.versions_given == 6
    assert same(ana, ben)


def test_a_batch_the_session_never_asked_for_is_the_drivers_defect() -> None:
    duet = meet(*team("Ana", "Ben"))
    with pytest.raises(KeyError):
        duet.left.session.handle_committed(77, duet.now)


def test_commits_after_the_end_say_nothing_more() -> None:
    duet = laden()
    duet.right.is_storing = False
    duet.roundtrip()
    duet.right.session.close("stopped", "The device was switched off.")
    duet.right.speak(duet.now)
    duet.right.is_storing = True
    duet.right.store(duet.now)
    assert not duet.right.speak(duet.now)


def test_an_early_ack_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Outbox.store

    def store_early(self: Outbox, make, when_durable) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        store(self, make, lambda: None)
        when_durable()

    monkeypatch.setattr(Outbox, "store", store_early)
    with pytest.raises(AssertionError, match="an ack for what is not stored"):
        everything_is_acknowledged_in_its_time()
