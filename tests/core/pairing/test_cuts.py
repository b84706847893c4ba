"""Cuts, silences and crashes at every message: nothing half done stays, and pairing again heals it."""

from collections.abc import Callable

import pytest

from edenmesh.core.pairing import PairingState, Reason, Role
from edenmesh.core.trust import Admit
from tests.core.pairing.duet import (
    Device,
    Duet,
    assert_both_paired,
    cut_at,
    grown,
    signing_key,
    silent_from,
    two_lone,
)

SILENCE_SECONDS = 300.0


def lone_dials_grown() -> Duet:
    return Duet(Device("Lone"), grown("Founder"))


def grown_dials_lone() -> Duet:
    return Duet(grown("Founder"), Device("Lone"))


def members() -> Duet:
    first, second = Device("First"), Device("Second")
    founder = grown("Founder", first, second)
    first.take(founder.charter.entries.values())
    return Duet(first, second)


CASES: list[Callable[[], Duet]] = [two_lone, lone_dials_grown, grown_dials_lone, members]


def again(duet: Duet) -> Duet:
    """The two devices pair once more, over a new channel."""
    return Duet(duet.dialler.device, duet.listener.device, binding=bytes(32)).run()


def admissions(device: Device) -> int:
    return sum(isinstance(entry.act, Admit) for entry in device.charter.entries.values())


def assert_each_end_is_clear(duet: Duet) -> None:
    """An end has ended one way or the other, and holds a charter in which it is a member."""
    for end in duet.ends:
        assert end.is_paired != end.has_failed
        assert end.device.charter.is_member(end.device.id)
        assert end.machine.next_deadline() is None


@pytest.mark.parametrize("case", CASES)
def test_cut_at_any_message_is_healed_by_pairing_again(case: Callable[[], Duet]) -> None:
    whole = case().run()
    assert_both_paired(whole)
    expected = admissions(whole.listener.device)
    for at in range(len(whole.carried)):
        duet = case().run(cut_at(at))
        assert_each_end_is_clear(duet)
        assert any(end.failed.reason is Reason.CUT for end in duet.ends if end.has_failed)
        assert_both_paired(again(duet))
        assert admissions(duet.listener.device) == expected
    assert len(whole.carried) >= 7


@pytest.mark.parametrize("case", CASES)
def test_silence_from_any_message_on_ends_in_time_and_is_healed(case: Callable[[], Duet]) -> None:
    whole = case().run()
    for at in range(len(whole.carried)):
        duet = case().run(silent_from(at))
        assert any(end.machine.next_deadline() is not None for end in duet.ends)
        duet.wait(SILENCE_SECONDS)
        duet.run()
        duet.cut()
        assert_each_end_is_clear(duet)
        assert any(end.failed.reason is Reason.EXPIRED for end in duet.ends if end.has_failed)
        assert_both_paired(again(duet))


@pytest.mark.parametrize("role", list(Role))
def test_device_that_dies_before_its_store_is_durable_is_what_it_was(role: Role) -> None:
    duet = two_lone()
    dying, partner = duet.ends if role is Role.DIALLER else (duet.listener, duet.dialler)
    before = dying.device.charter.hash, dying.device.secrets
    dying.stores = False
    duet.run()
    assert dying.machine.state is PairingState.JOINING
    assert dying.machine.next_deadline() is None
    duet.cut()
    assert (dying.device.charter.hash, dying.device.secrets) == before
    assert not dying.is_paired
    assert not partner.is_paired
    assert_both_paired(again(duet))


def test_cut_after_the_introducer_stored_says_that_the_other_may_be_a_member_already() -> None:
    whole = two_lone().run()
    charter_at = len(whole.carried) - 2
    duet = two_lone().run(cut_at(charter_at))
    assert duet.listener.device.charter.is_member(duet.dialler.device.id)
    assert not duet.dialler.device.charter.is_member(duet.listener.device.id)
    assert "may be a member already" in duet.listener.failed.error.kept
    assert "may have admitted this device already" in duet.dialler.failed.error.kept
    assert not duet.listener.failed.is_try
    healed = again(duet)
    assert_both_paired(healed)
    assert healed.listener.question.is_member
    assert len(healed.carried) == len(whole.carried) - 2


def test_joining_device_that_has_the_charter_joins_though_the_channel_is_cut() -> None:
    duet = two_lone()
    duet.dialler.stores = False
    duet.run()
    duet.cut()
    assert not duet.dialler.has_failed
    duet.dialler.stores = True
    for event in list(duet.dialler.events):
        duet.dialler.device.store_if_asked(event)
    duet.dialler.machine.handle_committed(duet.now)
    duet.dialler.attend(duet.now)
    assert duet.dialler.is_paired
    assert duet.listener.failed.reason is Reason.CUT
    assert_both_paired(again(duet))


def test_author_key_taken_between_the_cut_and_the_second_pairing_is_certified() -> None:
    whole = two_lone().run()
    charter_at = len(whole.carried) - 2
    duet = two_lone().run(cut_at(charter_at))
    phone = duet.dialler.device
    phone.authors = [*phone.authors, signing_key("a newer author")]
    healed = again(duet)
    assert healed.dialler.is_paired
    assert healed.listener.is_paired
    assert set(phone.charter.members[phone.id].authors) == {key.public_key for key in phone.authors}


def test_member_without_the_right_to_admit_gives_a_known_member_the_charter() -> None:
    """The introducer is gone; another member has heard of the admission and hands the charter over."""
    member = Device("Member")
    founder = grown("Founder", member)
    lone = Device("Lone")
    cut = Duet(lone, founder)
    cut.run(lambda role, number, data: None if cut.listener.device.charter.is_member(lone.id) else data)
    assert founder.charter.is_member(lone.id)
    member.take(founder.charter.entries.values())
    assert_both_paired(Duet(lone, member).run())
