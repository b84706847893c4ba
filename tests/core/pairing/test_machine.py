"""Honest pairings: who joins whom, both front ends, time, and persons who say no."""

from collections.abc import Callable

import pytest

from edenmesh.core.ids import AuthorId, DeviceId
from edenmesh.core.limits import (
    PAIRING_CODE_SECONDS,
    PAIRING_PART_BYTES,
    PAIRING_STEP_SECONDS,
    PAIRING_STRANGER_BYTES_MAX,
)
from edenmesh.core.pairing import Joining, Pairing, Reason, Role, StoreAdmission, key_hash
from edenmesh.core.pairing.events import CompareCode, Paired
from edenmesh.core.pairing.messages import CharterPart, decode_message
from edenmesh.core.pairing.sides import Link
from edenmesh.core.trust import INTRODUCER, draft_admit, leave, revoke, take_roles
from edenmesh.errors import InvalidInput, LocalProtocolError, NotPermitted
from tests.core.pairing.duet import (
    BINDING,
    MESSAGE_MAX,
    NOW,
    Device,
    Duet,
    End,
    assert_both_failed,
    assert_both_paired,
    grown,
    say_no,
    say_nothing,
    say_yes,
    seeded,
    signing_key,
)


def test_of_two_lone_devices_the_dialled_one_is_joined() -> None:
    dialler, listener = Device("Phone"), Device("Laptop", records=2345)
    mesh = listener.mesh
    duet = Duet(dialler, listener).run()
    assert_both_paired(duet)
    assert (duet.dialler.joining, duet.listener.joining) == (Joining.WE_JOIN, Joining.THEY_JOIN)
    assert dialler.mesh == mesh
    assert dialler.charter.is_member(dialler.id)
    assert dialler.charter.members[dialler.id].admitted_by == listener.id
    assert not dialler.charter.may(dialler.id, INTRODUCER)


def test_both_screens_show_one_code_and_the_others_name_and_rounded_counts() -> None:
    duet = Duet(Device("Phone", records=0), Device("Laptop", records=2345)).run()
    ours, theirs = duet.dialler.question, duet.listener.question
    assert ours.code == theirs.code
    assert len(ours.code) == 7
    assert (ours.peer_name, ours.peer_members, ours.peer_records) == ("Laptop", 1, 2000)
    assert (theirs.peer_name, theirs.peer_members, theirs.peer_records) == ("Phone", 1, 0)
    assert ours.must_compare
    assert theirs.must_compare
    assert not theirs.is_scanned
    assert not theirs.is_member


@pytest.mark.parametrize("lone_dials", [True, False])
def test_lone_device_joins_a_grown_mesh_whoever_dials(lone_dials: bool) -> None:
    lone, founder = Device("Lone"), grown("Founder")
    mesh = founder.mesh
    duet = (Duet(lone, founder) if lone_dials else Duet(founder, lone)).run()
    assert_both_paired(duet)
    assert lone.mesh == founder.mesh == mesh
    assert len(founder.charter.members) == 3
    assert founder.charter.standing(AuthorId(lone.authors[0].public_key)).device == lone.id


def test_joining_device_brings_all_its_authors_and_gets_the_tick() -> None:
    keys = [signing_key(f"author {number}") for number in range(3)]
    lone, founder = Device("Lone", authors=keys), Device("Founder")
    duet = Duet(lone, founder)
    duet.listener.gives_introducer = True
    assert_both_paired(duet.run())
    assert set(founder.charter.members[lone.id].authors) == {key.public_key for key in keys}
    assert lone.charter.may(lone.id, INTRODUCER)
    third = Device("Third")
    assert_both_paired(Duet(third, lone).run())
    assert third.charter.members[third.id].admitted_by == lone.id


def test_charter_of_many_devices_comes_in_parts_of_a_bounded_size() -> None:
    founder, lone = Device("Founder"), Device("Lone")
    for number in range(120):
        device, author = signing_key(f"device {number}"), signing_key(f"author {number}")
        draft = draft_admit(
            founder.charter,
            founder.id,
            DeviceId(device.public_key),
            name=f"Device {number}",
            authors=[AuthorId(author.public_key)],
            introducer=False,
        )
        founder.take([draft.signed_by(founder.key, device, author).completed()])
    duet = Duet(lone, founder).run()
    assert_both_paired(duet)
    assert duet.dialler.question.peer_members == 100
    parts = [data for _, data in duet.carried if isinstance(decode_message(data, MESSAGE_MAX), CharterPart)]
    assert len(parts) == 2
    assert all(len(data) <= PAIRING_PART_BYTES + 1024 for data in parts)
    assert len(lone.charter.members) == 122


def test_two_members_of_one_mesh_just_remember_each_other() -> None:
    first, second = Device("First"), Device("Second")
    founder = grown("Founder", first, second)
    first.take(founder.charter.entries.values())
    before = founder.charter.hash
    duet = Duet(first, second).run()
    assert_both_paired(duet)
    assert duet.dialler.joining is duet.listener.joining is Joining.NOBODY_JOINS
    assert duet.dialler.question.is_member
    assert first.charter.hash == before
    assert not any(isinstance(event, StoreAdmission) for end in duet.ends for event in end.events)


def test_devices_of_two_grown_meshes_become_guests_and_hand_over_nothing() -> None:
    camp, hospital = grown("Camp"), grown("Hospital")
    before = camp.charter.hash, hospital.charter.hash
    duet = Duet(camp, hospital).run()
    ends = [end.events for end in duet.ends]
    assert [[type(event) for event in events] for events in ends] == [[CompareCode, Paired]] * 2
    first, second = (events[-1] for events in ends)
    assert isinstance(first, Paired)
    assert isinstance(second, Paired)
    assert first.joining is second.joining is Joining.AS_GUESTS
    assert (first.mesh, second.mesh) == (hospital.mesh, camp.mesh)
    assert first.door == second.door
    assert len(first.door) == 32
    kinds = [type(decode_message(data, MESSAGE_MAX)).__name__ for _, data in duet.carried]
    assert sorted(set(kinds)) == ["Commitment", "Confirmation", "Introduction", "Nonce", "Opening"]
    assert (camp.charter.hash, hospital.charter.hash) == before
    carried = b"".join(data for _, data in duet.carried)
    for device in (camp, hospital):
        assert not any(one.secret in carried for one in device.secrets)
    assert first.door not in carried


def test_guests_compare_the_code_as_members_do() -> None:
    for says_no in (0, 1):
        duet = Duet(grown("Camp"), grown("Hospital"))
        duet.ends[says_no].answer = say_no
        assert_both_failed(duet.run(), Reason.DIFFERENT)
    again, other = Duet(grown("Camp"), grown("Hospital")).run(), Duet(grown("Camp"), grown("Hospital"), seed="x").run()
    events = [event for duet in (again, other) for end in duet.ends for event in end.events]
    doors = {event.door for event in events if isinstance(event, Paired)}
    assert len(doors) == 2, "each pairing has a door of its own"


def test_device_without_the_right_admits_nobody_and_both_screens_say_who_lacks_it() -> None:
    member, lone = Device("Member"), Device("Lone")
    grown("Founder", member)
    duet = Duet(lone, member).run()
    assert_both_failed(duet, Reason.PERMISSION)
    assert duet.dialler.failed.is_remote
    assert duet.dialler.failed.error.what.startswith("The other device may not admit")
    assert duet.listener.failed.error.what.startswith("This device may not admit")


def test_right_that_was_taken_away_admits_nobody() -> None:
    member, lone = Device("Member"), Device("Lone")
    founder = Device("Founder")
    first = Duet(member, founder)
    first.listener.gives_introducer = True
    first.run()
    member.take([take_roles(founder.charter, founder.key, member.id, [INTRODUCER])])
    member.peers.clear()
    assert_both_failed(Duet(lone, member).run(), Reason.PERMISSION)


def test_revoked_device_is_turned_away_before_any_code() -> None:
    stolen = Device("Stolen")
    founder = grown("Founder", stolen)
    founder.take([revoke(founder.charter, founder.key, stolen.id, [])])
    duet = Duet(stolen, founder).run()
    assert_both_failed(duet, Reason.REVOKED)
    assert duet.dialler.failed.is_remote
    assert not founder.peers


def test_device_that_left_cannot_begin() -> None:
    gone = Device("Gone")
    grown("Founder", gone)
    gone.take([leave(gone.charter, gone.key)])
    with pytest.raises(NotPermitted, match="has left its team"):
        Pairing(gone.side, Link(Role.DIALLER, Device("Other").id, BINDING), seeded("x"), NOW)


def test_device_with_an_impossible_name_cannot_begin() -> None:
    side = Device("Good").side._replace(name="bad\nname")
    with pytest.raises(InvalidInput):
        Pairing(side, Link(Role.DIALLER, Device("Other").id, BINDING), seeded("x"), NOW)


def test_device_does_not_pair_with_its_own_key() -> None:
    device = Device("Alone")
    end = End(device, Pairing(device.side, Link(Role.DIALLER, device.id, BINDING), seeded("x"), NOW))
    end.attend(NOW)
    assert end.failed.reason is Reason.PROTOCOL


def scanning(duet: Duet, scanned: bytes) -> Duet:
    """The same duet with a dialler that scanned a QR code."""
    link = Link(Role.DIALLER, duet.listener.device.id, BINDING)
    duet.dialler.machine = Pairing(duet.dialler.device.side, link, seeded("scan"), NOW, scanned=scanned)
    return duet


def test_scanner_need_not_compare_and_the_shower_is_told() -> None:
    listener = Device("Shower")
    duet = scanning(Duet(Device("Scanner"), listener), key_hash(listener.id)).run()
    assert_both_paired(duet)
    assert not duet.dialler.question.must_compare
    assert not duet.dialler.question.is_scanned
    assert duet.listener.question.must_compare
    assert duet.listener.question.is_scanned
    assert duet.dialler.question.code == duet.listener.question.code


def test_scanner_that_reaches_another_device_fails_loudly_on_both_ends() -> None:
    duet = scanning(Duet(Device("Scanner"), Device("Impostor")), key_hash(Device("Shower").id)).run()
    assert_both_failed(duet, Reason.KEY)
    assert not duet.dialler.failed.is_remote
    assert duet.listener.failed.is_remote
    assert not any(b"Scanner" in data for _, data in duet.carried)


def test_scanner_still_waits_for_its_own_person() -> None:
    listener = Device("Shower")
    duet = scanning(Duet(Device("Scanner"), listener), key_hash(listener.id))
    duet.dialler.answer = say_nothing
    duet.run()
    assert not duet.dialler.is_paired
    assert not duet.listener.is_paired


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("other", [say_nothing, say_yes])
def test_no_of_one_person_fails_both_ends(role: Role, other: Callable[[CompareCode], bool | None]) -> None:
    duet = Duet(Device("Phone"), Device("Laptop"))
    refuser, partner = duet.ends if role is Role.DIALLER else reversed(duet.ends)
    refuser.answer = say_no
    partner.answer = other
    duet.run()
    assert_both_failed(duet, Reason.DIFFERENT)
    assert not refuser.failed.is_remote
    assert partner.failed.is_remote
    assert refuser.failed.is_try
    assert partner.failed.is_try


def test_charter_and_secrets_leave_only_after_both_persons_confirmed() -> None:
    for quiet in range(2):
        duet = Duet(Device("Phone"), Device("Laptop"))
        duet.ends[quiet].answer = say_nothing
        duet.run()
        spoken = b"".join(data for _, data in duet.carried)
        for device in (end.device for end in duet.ends):
            assert device.secrets[0].secret not in spoken
            assert device.side.authors[0].public_key not in spoken
            assert device.name.encode() in spoken
        assert not any(isinstance(event, Paired) for end in duet.ends for event in end.events)


def test_late_answer_after_the_other_gave_up_changes_nothing() -> None:
    duet = Duet(Device("Phone"), Device("Laptop"))
    duet.dialler.answer, duet.listener.answer = say_nothing, say_no
    duet.run()
    duet.dialler.machine.confirm(True, duet.now)
    duet.run()
    assert_both_failed(duet, Reason.DIFFERENT)


def test_answer_that_was_not_asked_for_is_our_own_defect() -> None:
    duet = Duet(Device("Phone"), Device("Laptop"))
    with pytest.raises(LocalProtocolError):
        duet.dialler.machine.confirm(True, NOW)
    with pytest.raises(LocalProtocolError):
        duet.dialler.machine.handle_committed(NOW)
    duet.listener.answer = say_nothing
    duet.run()
    with pytest.raises(LocalProtocolError):
        duet.dialler.machine.confirm(False, NOW)


def test_finished_pairing_takes_no_messages_of_the_session() -> None:
    duet = Duet(Device("Phone"), Device("Laptop")).run()
    for end in duet.ends:
        with pytest.raises(LocalProtocolError):
            end.machine.receive_bytes(b"hello", NOW)
        with pytest.raises(LocalProtocolError):
            end.machine.handle_committed(NOW)


def test_code_lives_two_minutes_and_no_message_prolongs_it() -> None:
    duet = Duet(Device("Phone"), Device("Laptop"))
    duet.dialler.answer = duet.listener.answer = say_nothing
    duet.run()
    assert duet.dialler.machine.next_deadline() == NOW + PAIRING_CODE_SECONDS
    assert duet.listener.machine.next_deadline() == NOW + PAIRING_CODE_SECONDS
    duet.wait(PAIRING_CODE_SECONDS - 1)
    duet.listener.machine.confirm(True, duet.now)
    duet.run()
    assert duet.dialler.machine.next_deadline() == NOW + PAIRING_CODE_SECONDS
    assert not duet.dialler.has_failed
    duet.wait(1)
    assert_both_failed(duet.run(), Reason.EXPIRED)
    assert all(end.failed.is_try for end in duet.ends)


def test_yes_after_the_end_of_the_code_comes_too_late_even_if_no_timer_rang() -> None:
    duet = Duet(Device("Phone"), Device("Laptop"))
    duet.dialler.answer = duet.listener.answer = say_nothing
    duet.run()
    duet.now += PAIRING_CODE_SECONDS
    for end in duet.ends:
        end.machine.confirm(True, duet.now)
    assert_both_failed(duet.run(), Reason.EXPIRED)


def test_step_without_a_person_is_given_half_a_minute() -> None:
    duet = Duet(Device("Phone"), Device("Laptop"))
    assert duet.dialler.machine.next_deadline() == NOW + PAIRING_STEP_SECONDS
    duet.wait(PAIRING_STEP_SECONDS)
    for end in duet.ends:
        assert end.failed.reason is Reason.EXPIRED
        assert not end.failed.is_try


def test_stranger_is_given_no_room_for_long_messages() -> None:
    duet = Duet(Device("Phone"), Device("Laptop"))
    duet.listener.machine.receive_bytes(b"\x00" * (PAIRING_STRANGER_BYTES_MAX + 1), NOW)
    duet.listener.attend(NOW)
    assert duet.listener.failed.reason is Reason.PROTOCOL
    assert f"limit of {PAIRING_STRANGER_BYTES_MAX}" in duet.listener.failed.error.what
