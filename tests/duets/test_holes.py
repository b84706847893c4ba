"""Versions whose content a giver does not have: known by id, asked for from whoever may hold them, checked, counted."""

from collections.abc import Callable
from itertools import permutations
from random import Random

import pytest

from edenmesh.core.ids import VersionId
from edenmesh.core.limits import CHUNK_BYTES, UNACKED_BYTES_MAX
from edenmesh.core.reconcile import Gap, Hole, HoleKind, Mark, Stretch
from edenmesh.core.records import Carried, File
from edenmesh.core.session import closing, giving, holes, taking
from edenmesh.core.session.holes import HoleTaker
from edenmesh.core.trust import Frontier, Seal
from edenmesh.core.wire import (
    HolesFilled,
    HolesHere,
    HolesMissing,
    HolesTaken,
    HolesWanted,
    Message,
    Part,
    Tally,
)
from tests.duets.attacks import Scene
from tests.duets.duet import Duet, meet, same, split, together
from tests.duets.team import Device, team
from tests.duets.test_hostile import attack
from tests.oracle.memory_store import MemoryStore


def content(device: Device, place: int) -> Carried:
    """A version of the device's own log that is held here."""
    one = device.store.logs[device.author, 0].versions[place]
    assert isinstance(one, Carried)
    return one


def purge(device: Device, author: Device, *places: int, kind: HoleKind = HoleKind.PURGED) -> list[VersionId]:
    """Take the contents of an author's versions from a device."""
    log = device.store.logs[author.author, 0]
    for place in places:
        one = log.versions[place]
        assert isinstance(one, Carried)
        act = device.store.purge if kind is HoleKind.PURGED else device.store.hide
        act(one.version.table, one.version.uuid)
    return [log.versions[place].id for place in places]


def three() -> tuple[Device, Device, Device]:
    """Ana wrote ten versions, Ben holds them all, Cem has met nobody."""
    ana, ben, cem = team("Ana", "Ben", "Cem")
    ana.write(10)
    meet(ana, ben)
    return ana, ben, cem


def kinds_of(device: Device) -> set[HoleKind]:
    return set(device.store.holes().values())


def counted(*duets: Duet) -> list[int]:
    """How many versions and holes' contents each end was given."""
    return [end.session.progress.versions_taken for duet in duets for end in duet.ends]


# --- filled by a third device ----------------------------------------------------------------------------------------


def test_what_one_device_purged_another_fills() -> None:
    ana, ben, cem = three()
    purged = purge(ben, ana, 2, 3, 7)
    first = meet(ben, cem)
    assert dict.fromkeys(purged, HoleKind.ABSENT) == cem.store.holes()
    assert not first.right.messages(HolesWanted), "who gave holes is not asked for them"
    assert first.right.missing == (
        "3 changes are known and not held by either device",
        "3 changes are purged on the other device",
    )
    assert first.left.missing == ("3 changes are known and not held by either device", "3 changes are purged here")
    second = meet(cem, ana)
    assert not cem.store.holes()
    assert second.left.missing == second.right.missing == ()
    (wanted,) = second.left.messages(HolesWanted)
    assert wanted.places == [Stretch(2, 4), Stretch(7, 8)]
    (held,) = ana.store.log_heads()
    assert wanted.log == held.mark
    given = [one for message in second.right.messages(HolesFilled) for one in message.versions]
    assert given == [content(ana, place).data for place in (2, 3, 7)]
    assert not second.right.messages(Part), "nothing durable is sent again"
    assert [message.stop for message in second.left.messages(HolesTaken)] == [4, 8]
    third = meet(cem, ana)
    assert not third.left.messages(HolesWanted)


def test_a_device_that_lacks_all_contents_passes_the_ids_on() -> None:
    ana, ben, cem = three()
    purge(ben, ana, *range(10))
    dan = Device("Dan")
    ana.admit(dan)
    for one in (ben, cem, dan):
        one.store.add_charter(ana.store.charter().entries.values())
    meet(ben, cem)
    meet(cem, dan)
    assert len(dan.store.holes()) == 10
    duet = meet(dan, ana)
    assert duet.left.missing == ()
    assert duet.left.messages(HolesWanted)[0].places == [Stretch(0, 10)]
    assert meet(dan, cem).right.missing == ()
    assert not cem.store.holes()


def test_a_purged_record_is_fetched_again_when_it_is_wanted() -> None:
    ana, ben, _ = three()
    (one,) = purge(ben, ana, 4)
    quiet = meet(ana, ben)
    assert not quiet.right.messages(HolesWanted)
    assert quiet.right.missing == ("1 change is purged here",)
    ben.store.restore(one)
    duet = meet(ana, ben)
    assert duet.right.missing == duet.left.missing == ()
    assert not ben.store.holes()


def test_a_purged_record_is_fetched_in_a_session_that_is_open() -> None:
    ana, ben, _ = three()
    (one,) = purge(ben, ana, 4)
    duet = meet(ana, ben)
    ben.store.restore(one)
    ben.tell()
    duet.roundtrip().wait(3)
    assert not ben.store.holes()
    assert duet.left.missing == duet.right.missing == ()


def test_what_two_devices_lack_of_each_other_crosses() -> None:
    ana, ben, cem = three()
    ben.write(10)
    meet(ana, ben)
    ana.store.restore(*purge(ana, ben, 1, 2, 9))
    ben.store.restore(*purge(ben, ana, 0, 1, 5))
    duet = meet(ana, ben)
    assert same(ana, ben)
    assert not ana.store.holes()
    assert not ben.store.holes()
    assert duet.left.missing == duet.right.missing == ()
    assert counted(duet) == [3, 3]
    assert cem.ids() == set()


def test_a_later_version_of_a_purged_record_is_taken_and_passed_on() -> None:
    ana, ben, cem = three()
    purge(ben, ana, 4)
    ana.write(2)
    meet(ana, ben)
    meet(ben, cem)
    assert len(cem.ids()) == 11


def test_files_named_by_what_fills_a_hole_are_asked_for() -> None:
    ana, ben, cem = team("Ana", "Ben", "Cem")
    file = ana.attach(bytes(2 * CHUNK_BYTES))
    meet(ana, ben)
    purge(ben, ana, 0)
    meet(ben, cem)
    assert cem.store.wanted_files() == []
    duet = meet(ana, cem)
    assert duet.right.missing == ()
    assert cem.store.files[file] == bytes(2 * CHUNK_BYTES)
    assert isinstance(content(ana, 0).version.set["photo"], File)


# --- live ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_told_by_part", [True, False])
def test_news_of_what_came_later_is_passed_on_while_sessions_are_open(is_told_by_part: bool) -> None:
    ana, ben, cem = three()
    purge(ben, ana, 2, 3)
    if not is_told_by_part:
        meet(ben, cem)
    with_cem = Duet(ben, cem).roundtrip()
    if is_told_by_part:
        assert not with_cem.right.messages(HolesWanted)
    assert len(cem.store.holes()) == 2
    ben.store.restore(*ben.store.holes())
    with_ana = Duet(ana, ben)
    together(with_cem, with_ana)
    for duet in (with_cem, with_ana):
        duet.wait(3)
    assert not ben.store.holes()
    assert not cem.store.holes()
    assert with_cem.left.messages(HolesHere)[0].places == [Stretch(2, 4)]
    assert with_cem.right.missing == with_cem.left.missing == ()


def test_news_is_not_given_to_whom_another_gave_it() -> None:
    ana, ben, cem = three()
    purge(ben, ana, 2, 3)
    with_cem = Duet(ben, cem).roundtrip()
    with_ana = Duet(ana, cem)
    together(with_cem, with_ana)
    assert not cem.store.holes()
    ben.store.restore(*ben.store.holes())
    ben.tell()
    together(with_cem, with_ana)
    assert not ben.store.holes(), "Cem has it now, and Ben asks"
    assert not with_cem.left.messages(HolesFilled)
    assert counted(with_ana)[1] == 2


# --- erased ----------------------------------------------------------------------------------------------------------


def test_what_was_erased_is_not_asked_for_again_while_a_steward_has_erased() -> None:
    ana, ben, cem = three()
    purge(ben, ana, 2, 3, kind=HoleKind.ERASED)
    for one in (ana, ben, cem):
        one.store.has_erasure = True
    duet = meet(ben, cem)
    assert duet.left.missing == duet.right.missing == ()
    again = meet(ben, cem)
    assert not again.right.messages(HolesWanted)
    # Ana has not heard of it: she is asked, once, and may have it.
    purge(ana, ana, 2, kind=HoleKind.ERASED)
    third = meet(ana, cem)
    assert third.right.messages(HolesWanted)[0].places == [Stretch(2, 4)]
    assert third.left.messages(HolesMissing)[0].places == [Gap(2, 3, HoleKind.ERASED)]
    assert len(cem.store.holes()) == 1
    assert not meet(ana, cem).right.messages(HolesWanted)


def test_what_is_said_to_be_erased_counts_as_absent_where_nobody_has_erased() -> None:
    ana, ben, cem = three()
    purge(ben, ana, 2, kind=HoleKind.ERASED)
    duet = meet(ben, cem)
    assert duet.right.missing == ("1 change is known and not held by either device",)
    assert meet(ana, cem).right.missing == ()


# --- cuts ------------------------------------------------------------------------------------------------------------


def holed() -> tuple[Device, Device]:
    """Ana and Ben each hold what the other lacks, and each has a version the other has not heard of."""
    ana, ben, _ = three()
    ben.write(5)
    meet(ana, ben)
    ana.write(1)
    ana.store.restore(*purge(ana, ben, 1, 3))
    ben.store.restore(*purge(ben, ana, 0, 1, 5, 9))
    return ana, ben


def test_a_cut_at_every_message_resumes_and_sends_nothing_durable_again() -> None:
    cuts = 0
    whole = meet(*holed())
    total = sum(len(list(split(bytes(end.sent)))) for end in whole.ends)
    for stop in range(1, total):
        ana, ben = holed()
        duet = Duet(ana, ben)
        heard = 0
        while heard < stop:
            said = [end.speak(duet.now) for end in duet.ends]
            for end, data in zip(duet.ends, reversed(said), strict=True):
                for one in split(data):
                    if heard < stop:
                        end.hear(one, duet.now)
                        heard += 1
            moved = [end.store(duet.now) for end in duet.ends]
            if not any(moved) and not any(said):
                break
        lacking = [len(ben.ids() - ana.ids()), len(ana.ids() - ben.ids())]
        rest = meet(ana, ben)
        assert counted(rest) == lacking
        assert same(ana, ben)
        assert rest.left.missing == rest.right.missing == ()
        cuts += 1
    assert cuts > 15


@pytest.mark.parametrize("seed", range(6))
def test_devices_that_purge_and_meet_at_random_come_to_hold_what_any_of_them_holds(seed: int) -> None:
    """Whoever purges wants it back in the end; what anybody held is then held by all."""
    random = Random(seed)
    devices = team("Ana", "Ben", "Cem", "Dan")
    met = filled = 0
    for _ in range(40):
        device = random.choice(devices)
        act = random.randrange(4)
        if act == 0:
            device.write(random.randrange(1, 4))
        elif act == 1 and len(device.ids()) > 3:
            # Never the last copy.
            one, version = random.choice(sorted(device.store.versions().items(), key=lambda each: each[0]))
            if any(one in other.ids() for other in devices if other is not device):
                device.store.purge(version.table, version.uuid)
        else:
            other = random.choice([each for each in devices if each is not device])
            duet = Duet(device, other)
            if random.random() < 0.3:
                duet.cut_after(random.randrange(4000))
            else:
                duet.roundtrip()
            filled += sum(len(end.messages(HolesTaken)) for end in duet.ends)
            met += 1
    for device in devices:
        device.store.restore(*device.store.holes())
    for _ in range(3):
        for left, right in permutations(devices, 2):
            meet(left, right)
    held = set().union(*(device.ids() for device in devices))
    assert all(device.ids() == held for device in devices)
    assert all(not device.store.holes() for device in devices)
    assert met > 10
    assert filled > 0 or seed


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


def test_a_tally_that_does_not_count_absent_holes_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closing, "Tally", lambda **fields: Tally(**{**fields, "absent": 0, "purged": 0}))
    with pytest.raises(AssertionError):
        test_what_one_device_purged_another_fills()


def test_a_taker_that_asks_whoever_gave_the_holes_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    class Forgetful(dict[object, object]):
        def get(self, *_: object) -> object:
            return _[1] if len(_) > 1 else None

    before = taking.Taker.__init__

    def made(self: taking.Taker, *parts: object, **more: object) -> None:
        before(self, *parts, **more)  # type: ignore[arg-type]
        object.__setattr__(self, "told", Forgetful())

    monkeypatch.setattr(taking.Taker, "__init__", made)
    with pytest.raises(AssertionError):
        test_what_one_device_purged_another_fills()


def test_a_taker_that_never_asks_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HoleTaker, "look", lambda _: None)
    with pytest.raises(AssertionError):
        test_what_one_device_purged_another_fills()


def test_a_giver_that_forgets_what_it_told_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(giving.Giver, "tell", lambda *_: None)
    with pytest.raises((AssertionError, IndexError)):
        test_news_of_what_came_later_is_passed_on_while_sessions_are_open(True)
