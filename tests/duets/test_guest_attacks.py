"""What a hostile guest may say: it ends its session or is refused, nothing of it counts, and what is kept is bounded.

The victim is Ana, a member of a grown team; the guest is Cleo, who says by hand what no honest session says.
"""

from collections.abc import Callable

import pytest

from edenmesh.core.ids import AuthorId
from edenmesh.core.reconcile import Hole, HoleKind, Mark, Stretch
from edenmesh.core.records import File
from edenmesh.core.session import Ended, HolesReceived, PartReceived
from edenmesh.core.trust import Frontier, Seal
from edenmesh.core.wire import (
    CharterDone,
    CharterEntries,
    CharterIds,
    FileMissing,
    FileWanted,
    FormBytes,
    Given,
    Have,
    HolesWanted,
    Message,
    Offer,
    Offered,
    Part,
    Tally,
    Vector,
    Want,
    Wish,
    Wished,
)
from tests.duets.guests import SECRET, TABLE, Guests, accept_all, add_form, met, share, tables, two_teams
from tests.duets.team import Device, team

EMPTY = Frontier.EMPTY.root()
ZERO = bytes(32)
OPEN = frozenset({TABLE})


def scene() -> tuple[Guests, Device, Device]:
    """Ana has shared one table with Cleo, and both have come to rest."""
    ana, cleo = two_teams()
    cleo.write(2)
    return share(ana, cleo, shares=OPEN), ana, cleo


def mark_of(device: Device) -> Mark:
    return next(held.mark for held in device.store.log_heads() if held.author == device.author)


def whole_part(device: Device) -> Part:
    log = device.store.logs[device.author, 0]
    versions = [one.encode() if isinstance(one, Hole) else one.data for one in log.versions]
    return Part(device.author, EMPTY, 0, versions, device.last_seal())


def entries(device: Device) -> list[bytes]:
    return [entry.encode() for entry in device.store.charter().entries.values()]


BREACHES: dict[str, Callable[[Device, Device], list[Message]]] = {
    "charter entries of its own team": lambda _, cleo: [CharterEntries(entries(cleo))],
    "charter entries of the victim's team": lambda ana, _: [CharterEntries(entries(ana))],
    "which charter entries it has": lambda *_: [CharterIds([], is_last=True)],
    "that its charter is done": lambda *_: [CharterDone(ZERO)],
    "what members say of their sets": lambda *_: [Have(ZERO, ZERO)],
    "a version vector": lambda ana, _: [Vector(is_last=True, logs=[mark_of(ana)])],
    "that it wants a log as members do": lambda ana, _: [Want(mark_of(ana), 0)],
    "that it wants contents of holes": lambda ana, _: [HolesWanted(mark_of(ana), [Stretch(3, 5)])],
    "a tally": lambda *_: [Tally(charter=ZERO, forms=ZERO, set_hash=ZERO)],
    "versions nobody wished for": lambda _, cleo: [whole_part(cleo)],
    "versions again that were taken": lambda ana, _: [whole_part(ana)],
    "a form nobody wished for": lambda _, cleo: [FormBytes(cleo.store.form_bytes[add_form(cleo, TABLE)])],
    "that it has given what nobody wished for": lambda *_: [Given()],
    "a wish for a form it was not offered": lambda ana, _: [Wish([add_form(ana, SECRET)], is_last=True, logs=[])],
    "wishes without end": lambda *_: [Wish([], is_last=True, logs=[])] * 9,
    "that a file is missing nobody asked for": lambda *_: [FileMissing(ZERO)],
}


@pytest.mark.parametrize("breach", BREACHES)
def test_a_breach_ends_the_session_and_leaves_no_trace(breach: str) -> None:
    duet, ana, cleo = scene()
    before = ana.store.state()
    duet.say(duet.left, *BREACHES[breach](ana, cleo))
    duet.left.speak(duet.now)
    ended = duet.left.ended
    assert isinstance(ended, Ended), f"the session goes on after {breach}"
    assert ended.code in ("protocol", "limit")
    assert not ended.is_by_peer
    assert not duet.left.batches
    if "form" not in breach:
        assert ana.store.state() == before


def test_a_wish_for_what_is_not_shared_is_passed_over() -> None:
    duet, ana, _ = scene()
    hidden, _ = team("Hidden", "Other")
    hidden.write(2)
    count = len(duet.left.messages(Part))
    wishes = [Wished(mark_of(hidden), 0), Wished(mark_of(ana)._replace(root=ZERO), 0)]
    duet.say(duet.left, Wish([], is_last=True, logs=wishes))
    duet.left.speak(duet.now)
    assert duet.left.ended is None
    assert len(duet.left.messages(Part)) == count
    # What it may wish for again it gets again, with the same holes.
    offered = duet.left.messages(Offer)[-1].logs[0].log
    duet.say(duet.left, Wish([], is_last=True, logs=[Wished(offered, 0)]))
    duet.left.speak(duet.now)
    items = duet.left.messages(Part)[-1].versions
    assert sum(len(item) == 33 for item in items) >= 2
    assert not any(b"business" in item for item in items)


def test_a_file_of_what_is_not_shared_is_not_here_for_a_guest() -> None:
    ana, cleo = two_teams()
    secret = ana.store.add_file(b"a face")
    ana.write(table=SECRET, name="x", photo=File(secret, "face.jpg", "image/jpeg", 6))
    duet = share(ana, cleo, shares=OPEN)
    duet.say(duet.left, FileWanted(secret, 0, 6))
    data = duet.left.speak(duet.now)
    assert [one.file for one in duet.left.messages(FileMissing)] == [secret]
    assert b"a face" not in data


def test_versions_under_a_members_name_are_not_wished_for() -> None:
    ana, cleo = two_teams()
    cleo.write(1)
    cleo.store.logs[ana.author, 0] = ana.store.logs[ana.author, 0].copy()
    ana.write(3)
    ben = next(author for author, _ in ana.store.logs if author != ana.author)
    cleo.store.logs[ben, 0] = ana.store.logs[ben, 0].copy()
    duet = share(ana, cleo, shares=frozenset(), theirs=None)
    offered = {log.author for offer in duet.right.messages(Offer) for log, _ in offer.logs}
    assert offered >= {ana.author, ben}
    assert {log.author for wish in duet.left.messages(Wish) for log, _ in wish.logs} == {cleo.author}
    assert ana.store.pen.keys() == {cleo.author}


def test_an_offer_with_a_stolen_name_and_a_log_of_its_own_gains_nothing() -> None:
    duet, ana, cleo = scene()
    before = ana.store.state()
    duet.say(duet.left, Offer([], is_last=True, logs=[Offered(Mark(ana.author, 99, ZERO), 99)]))
    duet.left.speak(duet.now)
    assert duet.left.messages(Wish)[-1].logs == []
    duet.say(duet.left, Given(), whole_part(cleo))
    assert duet.left.ended is not None
    assert ana.store.state() == before


def test_a_seal_that_is_not_its_authors_ends_the_session() -> None:
    ana, cleo = two_teams()
    cleo.write(2)
    duet = Guests(ana, cleo, shares=frozenset(), theirs=None)
    stranger, _ = team("Stranger", "Other")
    stranger.write(2)
    part = whole_part(stranger)
    forged = Seal(AuthorId(part.author), stranger.last_seal().root, cleo.last_seal().signature, 2)
    for _ in range(3):
        duet.step()
    offer = Offer([], is_last=True, logs=[Offered(mark_of(stranger), 2)])
    duet.say(duet.left, offer, Part(part.author, EMPTY, 0, part.versions, forged))
    assert duet.left.ended is not None
    assert stranger.author not in ana.store.pen


def test_a_log_other_than_the_one_accepted_is_refused() -> None:
    ana, cleo = two_teams()
    cleo.write(3)
    share(ana, cleo, shares=frozenset(), theirs=OPEN)
    assert accept_all(ana) == 1
    clone = Device("Cleo", cleo.store.copy())
    clone.store.logs.pop((cleo.author, 0))
    clone.write(6, name="another life")
    before = tables(ana)
    duet = share(ana, clone, shares=frozenset(), theirs=OPEN)
    assert tables(ana) == before
    assert [reason for reason, _ in met(duet.left).refused] == ["another log of their author is here"]
    assert met(duet.right).refused_there > 0


def test_a_guest_that_offers_more_than_it_gives_is_not_asked_for_ever() -> None:
    ana, cleo = two_teams()
    cleo.write(4)
    log = cleo.store.logs[cleo.author, 0]
    duet = Guests(ana, cleo, shares=frozenset(), theirs=OPEN)
    for place in range(1, 4):
        log.versions[place] = Hole(log.versions[place].id, HoleKind.PURGED)
    duet.roundtrip()
    mark = mark_of(cleo)
    for _ in range(5):
        duet.say(duet.left, Offer([], is_last=True, logs=[Offered(mark, 4)]))
        duet.roundtrip()
    assert duet.left.ended is None
    assert sum(len(wish.logs) for wish in duet.left.messages(Wish)) <= 2
    assert len(duet.left.told(PartReceived)) <= 2
    assert not duet.left.told(HolesReceived)


def test_a_revoked_key_is_no_guest() -> None:
    ana, ben = team("Ana", "Ben")
    cleo, _ = team("Cleo", "Dan")
    ana.admit(cleo)
    ana.revoke(cleo)
    duet = Guests(ana, cleo, shares=None).roundtrip()
    assert duet.left.ended is not None
    assert duet.left.ended.code == "revoked"
    assert not duet.left.messages(Offer)
    assert ben.store.pen == cleo.store.pen == {}
