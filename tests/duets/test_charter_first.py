"""Who may speak with whom: charters are brought up to each other first, and strangers learn nothing."""

import pytest

from edenmesh.core.session import CharterReceived, PartReceived, PeerHolds, PeerWaits, Session, charter
from edenmesh.core.session.charter import CharterExchange
from edenmesh.core.trust import INTRODUCER, give_roles, leave
from edenmesh.core.wire import CharterEntries, CharterIds, Have, Hello, Part, blinded, encode_message, frame
from tests.duets.duet import Duet, End, meet, same
from tests.duets.team import Device, founded, join, team


def newcomer(member: Device, name: str = "Noor") -> Device:
    """A device that one member has admitted, and nobody else has heard of."""
    device = Device(name)
    member.admit(device)
    join(device, member)
    return device


def secrets_of(*devices: Device) -> list[bytes]:
    """What a stranger must not see: ids, keys, names, hashes and contents that these devices hold."""
    secrets: list[bytes] = []
    for device in devices:
        known = device.store.charter()
        secrets += [*known.entries, known.hash, *device.ids(), *device.store.form_bytes]
        for member in known.members.values():
            secrets += [member.device, member.name.encode(), *member.authors]
        secrets += [root for held in device.store.log_heads() for root in (held.author, held.root)]
    return secrets


def stranger_learns_nothing(stranger: Device, member: Device) -> End:
    """A stranger meets a member; the session ends, nothing is stored, and what it was sent names nothing."""
    before = member.store.state()
    duet = Duet(stranger, member).roundtrip()
    end = duet.right
    assert end.ended is not None
    assert member.store.state() == before
    known = {secret for secret in secrets_of(stranger) if secret}
    told = [secret for secret in secrets_of(member) if secret not in known and secret in end.sent]
    assert not told
    assert len(end.sent) < 500
    assert {type(message).__name__ for message in end.said} <= {"Hello", "CharterIds", "CharterDone", "Close"}
    return end


# --- members ----------------------------------------------------------------------------------------------------------


def test_differing_charters_are_equal_before_any_data() -> None:
    ana, ben, cem = team("Ana", "Ben", "Cem")
    ana.admit(Device("Dora"), Device("Elif"))
    cem.take_new_author()
    cem.write(3)
    join(ben, cem)
    ana.write(2)
    ben.store.logs.update(cem.store.logs)
    duet = Duet(ana, ben).roundtrip()
    assert same(ana, ben)
    assert len(ana.store.charter().members) == 5
    for end in duet.ends:
        kinds = [type(message) for message in end.said]
        assert kinds.index(CharterEntries) < kinds.index(Have) < kinds.index(Part)
    assert (duet.left.missing, duet.right.missing) == ((), ())
    assert sum(len(message.entries) for message in duet.left.messages(CharterEntries)) == 2
    assert sum(len(message.entries) for message in duet.right.messages(CharterEntries)) == 1


def test_equal_charters_are_not_named() -> None:
    duet = meet(*team("Ana", "Ben"))
    assert not duet.left.messages(CharterIds)


def test_a_charter_that_grew_between_the_hellos_and_the_comparison_is_passed_on() -> None:
    ana, ben = team("Ana", "Ben")
    duet = Duet(ana, ben)
    entries = ana.admit(Device("Cem"))
    ben.store.add_charter(entries)
    duet.roundtrip().wait(2)
    assert (duet.left.missing, duet.right.missing) == ((), ())


def test_a_charter_of_one_side_that_grew_after_its_hello_arrives() -> None:
    ana, ben = team("Ana", "Ben")
    duet = Duet(ana, ben)
    ana.admit(Device("Cem"))
    duet.roundtrip().wait(2)
    assert same(ana, ben)
    assert (duet.left.missing, duet.right.missing) == ((), ())


def test_news_of_the_charter_travel_while_the_session_is_open() -> None:
    ana, ben = team("Ana", "Ben")
    duet = meet(ana, ben)
    ana.admit(Device("Cem"))
    ana.tell()
    duet.roundtrip().wait(2)
    assert same(ana, ben)
    assert len(duet.right.told(CharterReceived)) == 1


def test_a_member_nobody_has_chosen_waits_for_the_tap() -> None:
    ana, ben = team("Ana", "Ben")
    ana.write()
    duet = Duet(ana, ben, is_chosen=(True, False)).roundtrip()
    assert len(duet.right.told(PeerWaits)) == 1
    assert duet.right.ended is not None
    assert duet.left.ended is not None
    assert (duet.right.ended.code, duet.left.ended.code) == ("waiting", "waiting")
    assert (duet.right.ended.is_by_peer, duet.left.ended.is_by_peer) == (False, True)
    assert not duet.right.told(PartReceived)
    assert not duet.right.messages(Have)


# --- strangers --------------------------------------------------------------------------------------------------------


def test_a_new_member_hands_in_what_makes_it_one_and_waits_for_the_tap() -> None:
    ana, ben = team("Ana", "Ben")
    noor = newcomer(ana)
    noor.write()
    duet = Duet(noor, ben, is_chosen=(True, False)).roundtrip()
    assert ben.store.charter().is_member(noor.id)
    assert len(duet.right.told(PeerWaits)) == 1
    assert duet.left.ended is not None
    assert duet.left.ended.code == "waiting"
    (received,) = duet.right.told(CharterReceived)
    assert len(received.entries) == 1, "only what is new is stored"
    assert not duet.right.messages(CharterEntries)
    duet = Duet(noor, ben).roundtrip()
    assert same(noor, ben)


def test_two_newcomers_who_have_not_heard_of_each_other_part_without_harm() -> None:
    ana, ben = team("Ana", "Ben")
    make_introducer(ana, ben)
    noor, omar = newcomer(ana, "Noor"), newcomer(ben, "Omar")
    end = stranger_learns_nothing(noor, omar)
    assert end.ended is not None
    assert end.ended.code == "not_member"


def test_a_stranger_that_names_our_mesh_learns_nothing() -> None:
    ana, ben = team("Ana", "Ben")
    ben.write(3)
    mallory = Device("Mallory")
    join(mallory, ana)
    end = stranger_learns_nothing(mallory, ben)
    assert end.ended is not None
    assert end.ended.code == "not_member"


def test_a_stranger_of_another_mesh_learns_nothing() -> None:
    _, ben = team("Ana", "Ben")
    ben.write(3)
    end = stranger_learns_nothing(founded("Mallory"), ben)
    assert end.ended is not None
    assert end.ended.code == "other_mesh"


def test_a_revoked_device_is_a_stranger() -> None:
    ana, ben, cem = team("Ana", "Ben", "Cem")
    entry = ana.revoke(cem)
    ben.store.add_charter([entry])
    ben.write(2)
    end = stranger_learns_nothing(cem, ben)
    assert end.ended is not None
    assert end.ended.code == "not_member"


def test_a_stranger_that_hands_in_junk_leaves_nothing_behind() -> None:
    _, ben = team("Ana", "Ben")
    before = ben.store.state()
    foreign = [*founded("Mole").store.charter().entries.values()]
    duet = call_on(ben)
    duet.say(duet.right, CharterIds([entry.id for entry in foreign], is_last=True))
    duet.say(duet.right, CharterEntries([entry.encode() for entry in foreign]))
    assert duet.right.ended is not None
    assert duet.right.ended.code == "protocol"
    assert ben.store.state() == before


def test_a_stranger_that_hands_in_more_than_it_named_is_cut_off() -> None:
    ana, ben = team("Ana", "Ben")
    (entry,) = ana.admit(Device("Noor"))
    duet = call_on(ben)
    duet.say(duet.right, CharterIds([b"i" * 32], is_last=True), CharterEntries([entry.encode()]))
    assert duet.right.ended is not None
    assert "had not named" in duet.right.ended.text


def test_a_stranger_may_hand_in_only_so_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charter, "STRANGER_CHARTER_BYTES_MAX", 4000)
    ana, ben = team("Ana", "Ben")
    before = ben.store.state()
    entries = ana.admit(*(Device(f"Noor {number}") for number in range(12)))
    duet = call_on(ben)
    duet.say(duet.right, CharterIds([entry.id for entry in entries], is_last=True))
    for entry in entries:
        duet.say(duet.right, CharterEntries([entry.encode()]))
    assert duet.right.ended is not None
    assert duet.right.ended.code == "limit"
    assert ben.store.state() == before


def call_on(member: Device) -> Duet:
    """A stranger that knows the mesh has said hello, and goes on by hand."""
    mesh = member.store.charter().mesh
    assert mesh is not None
    duet = Duet(Device("Mallory"), member)
    nonce = b"n" * 16
    duet.say(duet.right, Hello(blinded(nonce, b"c" * 32), blinded(nonce, mesh), nonce, 0, [1]))
    return duet


def make_introducer(founder: Device, device: Device) -> None:
    founder.store.add_charter([give_roles(founder.store.charter(), founder.key, device.id, [INTRODUCER])])
    join(device, founder)


# --- leaving ----------------------------------------------------------------------------------------------------------


def revoked_in_mid_session() -> Duet:
    ana, ben, cem = team("Ana", "Ben", "Cem")
    duet = meet(ben, cem)
    entry = ana.revoke(cem)
    ben.store.add_charter([entry])
    ben.tell()
    cem.write(2)
    cem.tell()
    duet.roundtrip()
    assert duet.left.ended is not None
    assert duet.left.ended.code == "revoked"
    assert duet.right.ended is not None
    assert duet.right.ended.is_by_peer
    assert not ben.ids()
    return duet


def test_a_revocation_ends_an_open_session() -> None:
    revoked_in_mid_session()


def test_a_revocation_that_the_peer_itself_brings_ends_the_session_before_its_later_versions() -> None:
    ana, ben, cem = team("Ana", "Ben", "Cem")
    duet = meet(ben, cem)
    entry = ana.revoke(cem)
    cem.write(2)
    cem.tell()
    later = duet.right.speak(duet.now)
    assert Part in [type(message) for message in duet.right.said]
    duet.left.hear(frame(encode_message(CharterEntries([entry.encode()]))) + later, duet.now)
    duet.roundtrip()
    assert duet.left.ended is not None
    assert duet.left.ended.code == "revoked"
    assert ben.store.charter().is_revoked(cem.id)
    assert not ben.ids()


def test_a_device_that_left_is_out() -> None:
    ana, ben = team("Ana", "Ben")
    duet = meet(ana, ben)
    ben.store.add_charter([leave(ben.store.charter(), ben.key)])
    ben.tell()
    duet.roundtrip()
    assert ana.store.charter().hash == ben.store.charter().hash
    assert duet.left.ended is not None
    assert duet.left.ended.code == "revoked"


# --- authors ----------------------------------------------------------------------------------------------------------


def test_versions_of_an_author_the_charter_does_not_name_are_refused() -> None:
    ana, ben = team("Ana", "Ben")
    ana.write(2)
    ana.life = 7
    ana.write(3)
    duet = meet(ana, ben)
    assert len(ben.ids()) == 2
    assert sum(duet.right.session.progress.refused.values()) == 3
    assert duet.left.missing == ("one device holds changes the other does not",)
    assert duet.right.missing is not None
    assert "3 changes are not taken: the team does not know their author" in duet.right.missing
    assert duet.left.ended is duet.right.ended is None
    ana.life = 0
    ana.write()
    ana.tell()
    duet.roundtrip()
    assert len(ben.ids()) == 3, "the others go on"


def test_versions_of_an_author_nobody_names_lie_in_the_pen_and_are_taken_once() -> None:
    ana, ben = team("Ana", "Ben")
    ana.life = 7
    ana.write(1500)
    duet = meet(ana, ben)
    (author,) = ben.store.pen
    assert ben.store.penned_size(author) == 1500
    assert not ben.ids()
    assert not duet.left.told(PeerHolds), "nothing of it is acknowledged"
    again = meet(ana, ben)
    assert not again.right.told(PartReceived), "what lies in the pen is refused at once"
    ana.write(2)
    meet(ana, ben)
    assert ben.store.penned_size(author) == 1502
    assert not ben.ids()


def test_a_part_of_an_author_nobody_names_is_checked_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    ana, ben = team("Ana", "Ben")
    ana.life = 7
    ana.write(3)
    true = ana.store.versions_between
    monkeypatch.setattr(ana.store, "versions_between", lambda *where: true(*where)[::-1])
    duet = Duet(ana, ben).roundtrip()
    assert duet.right.ended is not None
    assert duet.right.ended.code == "protocol"
    assert not ben.store.pen


def test_versions_of_a_named_author_that_is_cut_off_are_taken_and_passed_on() -> None:
    ana, ben, cem = team("Ana", "Ben", "Cem")
    cem.write(4)
    meet(ana, cem)
    ana.revoke(cem)
    duet = meet(ana, ben)
    assert len(ben.ids()) == 4
    assert (duet.left.missing, duet.right.missing) == ((), ())


# --- saboteurs --------------------------------------------------------------------------------------------------------


def test_a_session_that_tells_strangers_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    start = CharterExchange.start

    def start_openly(self: CharterExchange, *, is_equal: bool) -> None:
        start(self, is_equal=is_equal)
        self._outbox.send(CharterIds([*self._snapshot.charter().entries], is_last=True))

    monkeypatch.setattr(CharterExchange, "start", start_openly)
    with pytest.raises(AssertionError):
        test_a_revoked_device_is_a_stranger()


def test_a_session_deaf_to_revocations_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "_is_still_welcome", lambda _: True)
    with pytest.raises(AssertionError):
        revoked_in_mid_session()
