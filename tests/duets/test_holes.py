"""Versions whose content a giver does not have: known by id, asked for from whoever may hold them, checked, counted."""

from itertools import permutations
from random import Random

import pytest

from edenmesh.core.ids import VersionId
from edenmesh.core.limits import CHUNK_BYTES
from edenmesh.core.reconcile import Gap, HoleKind, Stretch
from edenmesh.core.records import Carried, File
from edenmesh.core.session import closing, giving, taking
from edenmesh.core.session.holes import HoleTaker
from edenmesh.core.wire import (
    HolesFilled,
    HolesHere,
    HolesMissing,
    HolesTaken,
    HolesWanted,
    Part,
    Tally,
)
from tests.duets.duet import Duet, meet, same, split, together
from tests.duets.team import Device, team


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


# --- saboteurs -------------------------------------------------------------------------------------------------------


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
