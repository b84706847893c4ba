"""Holes and peers that ask for too much, give what does not belong, or seal too seldom: bounded, and found out."""

from collections.abc import Callable

import pytest

from edenmesh.core.ids import VersionId
from edenmesh.core.limits import UNACKED_BYTES_MAX
from edenmesh.core.reconcile import Gap, Hole, HoleKind, Mark, Stretch
from edenmesh.core.session import giving, holes
from edenmesh.core.trust import Frontier, Seal
from edenmesh.core.wire import (
    HolesFilled,
    HolesHere,
    HolesMissing,
    HolesTaken,
    HolesWanted,
    Message,
    Part,
)
from tests.duets.attacks import Scene
from tests.duets.duet import Duet, meet, same
from tests.duets.team import Device, team
from tests.duets.test_holes import content, purge
from tests.duets.test_hostile import attack
from tests.oracle.memory_store import MemoryStore

# --- bounds ----------------------------------------------------------------------------------------------------------


def test_long_lists_of_places_are_asked_for_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holes, "HOLE_STRETCHES_MAX", 4)
    ana, ben, _ = team("Ana", "Ben", "Cem")
    ana.write(60)
    meet(ana, ben)
    ben.store.restore(*purge(ben, ana, *range(0, 60, 2)))
    duet = meet(ana, ben)
    assert same(ana, ben)
    assert not ben.store.holes()
    assert len(duet.right.messages(HolesWanted)) == 8


def test_a_giver_waits_for_the_disk_of_a_taker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holes, "UNACKED_BYTES_MAX", 2000)
    ana, ben, _ = team("Ana", "Ben", "Cem")
    ana.write(60)
    meet(ana, ben)
    ben.store.restore(*purge(ben, ana, *range(0, 60, 2)))
    duet = Duet(ana, ben)
    duet.right.is_storing = False
    duet.roundtrip()
    assert 0 < sum(len(one.versions) for one in duet.left.messages(HolesFilled)) < 20
    duet.right.is_storing = True
    duet.roundtrip()
    assert not ben.store.holes()
    assert duet.right.missing == ()


def test_a_part_that_nobody_would_take_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """The author sealed too seldom; what else there is to give is given."""
    ana, ben, cem = team("Ana", "Ben", "Cem")
    ana.write(30)
    meet(ana, cem)
    cem.write(2)
    monkeypatch.setattr(giving, "PART_BYTES_TAKEN", 1000)
    duet = meet(cem, ben)
    assert duet.left.ended is duet.right.ended is None
    assert len(ben.ids()) == 2
    assert duet.right.missing == ("one device holds changes the other does not",)


# --- what a hostile peer may try -------------------------------------------------------------------------------------


def asked() -> tuple[Scene, HolesWanted]:
    """Ana lacks contents of Ben's log and has asked him; he has not answered."""
    ana, ben = team("Ana", "Ben")
    ben.write(10)
    meet(ana, ben)
    ana.store.restore(*purge(ana, ben, 2, 3, 7))
    duet = Duet(ana, ben)
    while not duet.left.messages(HolesWanted):
        duet.step()
    duet.left.inbox.clear()
    (wanted,) = duet.left.messages(HolesWanted)
    return Scene(duet, ana, ben), wanted


LIES: dict[str, Callable[[Device, Mark], list[Message]]] = {
    "another version": lambda ben, log: [HolesFilled(log, [content(ben, 4).data])],
    "the next but one": lambda ben, log: [HolesFilled(log, [content(ben, 3).data])],
    "no version": lambda _, log: [HolesFilled(log, [b"x" * 200])],
    "a hole": lambda ben, log: [HolesFilled(log, [Hole(content(ben, 2).id, HoleKind.ABSENT).encode()])],
    "more than was asked for": lambda ben, log: [HolesFilled(log, [content(ben, place).data for place in (2, 3, 4)])],
    "another log": lambda ben, log: [HolesFilled(log._replace(size=9), [content(ben, 2).data])],
    "missing out of turn": lambda _, log: [HolesMissing(log, [Gap(7, 8, HoleKind.ABSENT)])],
    "missing what was not asked for": lambda _, log: [HolesMissing(log, [Gap(2, 5, HoleKind.ABSENT)])],
    "missing twice": lambda _, log: [HolesMissing(log, [Gap(2, 4, HoleKind.PURGED)])] * 2,
    "an ack for nothing": lambda _, log: [HolesTaken(log, 4)],
    "two lists at once": lambda _, log: [HolesWanted(log, [Stretch(0, 9)]), HolesWanted(log, [Stretch(0, 9)])],
}


@pytest.mark.parametrize("name", LIES)
def test_a_lie_about_holes_ends_the_session_and_leaves_the_store_as_it_was(name: str) -> None:
    on, wanted = asked()
    attack(on, LIES[name](on.ben, wanted.log))
    duet = meet(on.ana, on.ben)
    assert duet.left.missing == ()
    assert not on.ana.store.holes()


def test_what_fills_a_hole_must_be_the_version_whose_id_is_known() -> None:
    """Same author, same seq, valid and newly salted: not the one."""
    on, wanted = asked()
    twin = Device("Ben")
    twin.write(2)
    forged = twin.compose(name="forged")
    assert (forged.version.author, forged.version.seq) == (on.ben.author, 2)
    attack(on, [HolesFilled(wanted.log, [forged.data])])


def test_holes_of_versions_that_were_never_sealed_are_refused() -> None:
    ana, ben = team("Ana", "Ben")
    ben.write(3)
    duet = Duet(ana, ben)
    while not duet.right.messages(Part):
        duet.step()
    (part,) = duet.right.messages(Part)
    assert part.seal is not None
    duet.left.inbox.clear()
    invented = Hole(VersionId(b"i" * 32), HoleKind.ABSENT).encode()
    versions = [*part.versions[:2], invented]
    attack(Scene(duet, ana, ben), [Part(part.author, part.base, 0, versions, part.seal)])
    frontier = Frontier.EMPTY.extended([content(ben, 0).id, content(ben, 1).id, b"i" * 32])
    forged = Seal(part.author, frontier.root(), part.seal.signature, 3)
    on = Scene(Duet(ana, ben), ana, ben)
    while not on.duet.right.messages(Part):
        on.duet.step()
    on.duet.left.inbox.clear()
    attack(Scene(on.duet, ana, ben), [Part(part.author, part.base, 0, versions, forged)])


def test_a_hole_of_an_unknown_kind_ends_the_session() -> None:
    ana, ben = team("Ana", "Ben")
    ben.write(3)
    duet = Duet(ana, ben)
    while not duet.right.messages(Part):
        duet.step()
    (part,) = duet.right.messages(Part)
    duet.left.inbox.clear()
    versions = [*part.versions[:2], content(ben, 2).id + b"\x09"]
    attack(Scene(duet, ana, ben), [Part(part.author, part.base, 0, versions, part.seal)])


def test_endless_news_of_holes_changes_nothing() -> None:
    on, wanted = asked()
    places = [Stretch(place, place + 1) for place in range(0, 10, 2)]
    for _ in range(500):
        on.duet.say(on.end, HolesHere(wanted.log, places))
    assert on.end.ended is None
    assert len(on.end.messages(HolesWanted)) == 1


def test_whoever_wants_holes_of_a_log_that_is_not_here_hears_that_they_are_missing() -> None:
    on, _ = asked()
    log = Mark(on.ana.author, 7, bytes(32))
    on.duet.say(on.end, HolesWanted(log, [Stretch(0, 3), Stretch(5, 7)]))
    on.end.speak(on.duet.now)
    assert on.end.ended is None
    (missing,) = on.end.messages(HolesMissing)
    assert missing.places == [Gap(0, 3, HoleKind.ABSENT), Gap(5, 7, HoleKind.ABSENT)]


def test_fillings_ahead_of_the_disk_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holes, "UNACKED_BYTES_MAX", 300)
    monkeypatch.setattr(holes, "PART_BYTES_MAX", 100)
    on, wanted = asked()
    on.end.is_storing = False
    for place in (2, 3, 7):
        on.duet.say(on.end, HolesFilled(wanted.log, [content(on.ben, place).data]))
    assert on.end.ended is not None
    assert on.end.ended.code == "limit"
    assert UNACKED_BYTES_MAX > 300


# --- a log sealed too seldom -----------------------------------------------------------------------------------------


def test_a_part_across_a_multiple_of_1024_is_refused_and_the_session_goes_on() -> None:
    ana, ben, cem = team("Ana", "Ben", "Cem")
    ben.write(1000)
    meet(ana, ben)
    cem.write(3)
    meet(cem, ben)
    for number in range(100):
        ben.store.append(ben.compose(name=str(number)))
    log = ben.store.logs[ben.author, 0]
    log.seals.append(Seal.sign(ben.author_key, log.frontier(1100)))
    duet = meet(ana, ben)
    assert duet.left.ended is None
    assert duet.left.missing is not None
    assert "100 changes are not taken: their author seals too seldom" in duet.left.missing
    assert len(ana.ids()) == 1003


# --- saboteurs -------------------------------------------------------------------------------------------------------


def test_a_taker_that_does_not_look_at_ids_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MemoryStore, "ids_between", AnyIds())
    with pytest.raises(AssertionError):
        test_what_fills_a_hole_must_be_the_version_whose_id_is_known()


class AnyIds:
    """Ids that equal whatever they are compared with."""

    def __get__(self, *_: object) -> Callable[..., "AnyIds"]:
        return lambda *_: self

    def __eq__(self, _: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]
