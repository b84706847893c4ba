"""Two devices that have never met, and two that have nothing new: what they hold afterwards, and what it costs."""

import pytest

from edenmesh.core.reconcile import Offer
from edenmesh.core.records import FORM_FORMAT, Field, Form, Table
from edenmesh.core.session import PartReceived, PeerHolds, giving
from edenmesh.core.wire import Ack, FormBytes, Given, Part, Vector
from tests.duets.duet import Duet, meet, same
from tests.duets.team import Device, team

QUIET_BYTES = 450


def form(table: str) -> bytes:
    return Form(format=FORM_FORMAT, table=Table(name=table, fields=[Field(kind="string", name="name")])).encode()


def first_sync(*, chunk_bytes: int = 1 << 20) -> tuple[Device, Device, Duet]:
    """Two devices with versions, forms and files of their own meet; both hold all of it afterwards."""
    ana, ben = team("Ana", "Ben")
    ana.write(1500)
    ben.write(40, table="pr_person")
    ana.store.add_form(form("org_facility"))
    ben.store.add_form(form("pr_person"))
    photo = ana.attach(b"a photo" * 50_000)
    duet = Duet(ana, ben).roundtrip(chunk_bytes=chunk_bytes)
    assert same(ana, ben)
    assert len(ana.ids()) == 1541
    assert len(ben.store.form_bytes) == 2
    assert ben.store.files[photo] == b"a photo" * 50_000
    assert (duet.left.missing, duet.right.missing) == ((), ())
    return ana, ben, duet


def test_first_sync_brings_each_device_what_the_other_has() -> None:
    _, _, duet = first_sync()
    given, taken = duet.left.session.progress, duet.right.session.progress
    assert (given.versions_given, given.versions_to_give) == (1501, 1501)
    assert (taken.versions_taken, taken.versions_to_take) == (1501, 1501)
    assert (taken.versions_given, given.versions_taken) == (40, 40)
    assert given.file_bytes_given == taken.file_bytes_taken == taken.file_bytes_to_take == 350_000
    assert given.bytes_sent == taken.bytes_received == len(duet.left.sent)
    assert len(duet.right.told(PartReceived)) == len(duet.left.told(PeerHolds)) == 2
    assert len(duet.left.messages(FormBytes)) == len(duet.right.messages(FormBytes)) == 1


@pytest.mark.parametrize("chunk_bytes", [1, 100, 4097])
def test_the_line_may_cut_the_stream_into_any_pieces(chunk_bytes: int) -> None:
    ana, ben = team("Ana", "Ben")
    ana.write(5)
    ben.attach(b"photo")
    duet = Duet(ana, ben)
    for _ in range(20_000):
        if not duet.step(chunk_bytes=chunk_bytes):
            break
    assert same(ana, ben)
    assert (duet.left.missing, duet.right.missing) == ((), ())


def test_forms_come_before_the_records_written_with_them() -> None:
    _, _, duet = first_sync()
    kinds = [type(message) for message in duet.left.said]
    assert kinds.index(FormBytes) < kinds.index(Part)


def test_a_second_session_without_news_is_a_few_hundred_bytes() -> None:
    ana, ben, _ = first_sync()
    duet = meet(ana, ben)
    assert (duet.left.missing, duet.right.missing) == ((), ())
    for end in duet.ends:
        assert 0 < len(end.sent) <= QUIET_BYTES
        assert not end.messages(Vector)
        assert len(end.messages(Given)) == 1
        assert not end.stored


def test_two_devices_that_hold_nothing_have_everything() -> None:
    ana, ben = team("Ana", "Ben")
    duet = meet(ana, ben)
    assert (duet.left.missing, duet.right.missing) == ((), ())
    assert not ana.ids()


def test_a_giver_stays_a_window_ahead_of_what_is_durable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(giving, "UNACKED_PARTS_MAX", 2)
    ana, ben = team("Ana", "Ben")
    ana.write(5 * 1024)
    duet = Duet(ana, ben)
    duet.right.is_storing = False
    duet.roundtrip()
    sealed = [part for part in duet.left.messages(Part) if part.seal is not None]
    assert len(sealed) == 2
    assert not duet.left.messages(Given)
    assert duet.left.missing is None
    duet.right.is_storing = True
    duet.right.store(duet.now)
    duet.roundtrip()
    assert len(duet.right.messages(Ack)) == 5
    assert same(ana, ben)
    assert duet.left.missing == ()


def test_a_giver_counts_the_bytes_under_way_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(giving, "UNACKED_BYTES_MAX", 400_000)
    ana, ben = team("Ana", "Ben")
    for _ in range(4):
        ana.write(2, notes="x" * 200_000)
        ana.write(1020)
    duet = Duet(ana, ben)
    duet.right.is_storing = False
    duet.roundtrip()
    assert len([part for part in duet.left.messages(Part) if part.seal is not None]) == 1


def test_a_version_may_have_its_greatest_size() -> None:
    ana, ben = team("Ana", "Ben")
    for number in range(6):
        ana.write(notes=str(number) * 261_900)
    meet(ana, ben)
    assert same(ana, ben)
    assert len(ben.ids()) == 6


def test_a_session_without_the_vectors_word_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(giving, "compare", lambda *_: Offer([], [], []))
    with pytest.raises(AssertionError):
        first_sync()
