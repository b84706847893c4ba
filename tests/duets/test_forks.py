"""A cloned store writes with the same key: both branches are kept, everywhere, and nothing common is sent twice."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edenmesh.core.session import giving, listing
from edenmesh.core.session.listing import OpenList
from edenmesh.core.wire import Differ, Ids, Want
from tests.duets.duet import Duet, meet, same, together, wait
from tests.duets.team import Device, team


def cloned(common: int, left: int, right: int) -> tuple[Device, Device, Device]:
    """A device, its clone, and a third; the first two have gone their own ways after a common beginning."""
    ana, ben = team("Ana", "Ben")
    ana.write(common)
    twin = ana.clone()
    ana.write(left)
    twin.write(right, twin="yes")
    return ana, twin, ben


def branches(device: Device, author: Device) -> list[int]:
    return sorted(log.sealed for (one, _), log in device.store.logs.items() if one == author.author)


def given_versions(duet: Duet) -> list[int]:
    return [end.session.progress.versions_given for end in duet.ends]


def both_branches_meet() -> None:
    """Whoever is longer, both branches end on both sides, and the common beginning stays where it is."""
    met = 0
    for common, left, right in ((10, 3, 3), (10, 5, 3), (10, 3, 5), (0, 2, 2), (1500, 10, 20)):
        ana, twin, _ = cloned(common, left, right)
        duet = Duet(ana, twin).roundtrip()
        assert same(ana, twin)
        assert branches(ana, ana) == sorted([common + left, common + right])
        assert given_versions(duet) == [left, right]
        assert (duet.left.missing, duet.right.missing) == ((), ())
        progress = duet.left.session.progress
        assert progress.versions_taken == right <= progress.versions_to_take
        again = meet(ana, twin)
        assert given_versions(again) == [0, 0]
        met += 1
    assert met == 5


def test_both_branches_of_a_cloned_store_end_on_both_sides() -> None:
    both_branches_meet()


def test_a_third_device_gets_both_branches_from_one_that_has_them() -> None:
    ana, twin, ben = cloned(10, 4, 6)
    meet(ana, twin)
    duet = meet(ana, ben)
    assert same(ana, ben)
    assert branches(ben, ana) == [14, 16]
    assert len(ben.ids()) == 20
    assert duet.right.missing == ()


def test_a_third_device_that_holds_one_branch_gets_the_rest_of_the_other() -> None:
    ana, twin, ben = cloned(10, 4, 6)
    meet(ana, ben)
    duet = meet(twin, ben)
    assert given_versions(duet) == [6, 4]
    assert same(twin, ben)
    duet = meet(ana, ben)
    assert given_versions(duet) == [0, 6]
    assert same(ana, ben)


def test_three_branches_meet_in_pairs() -> None:
    ana, twin, _ = cloned(5, 7, 2)
    triplet = twin.clone()
    triplet.write(4, third="yes")
    twin.write(3)
    for one, other in ((ana, twin), (twin, triplet), (ana, triplet), (ana, twin)):
        duet = meet(one, other)
        assert (duet.left.missing, duet.right.missing) == ((), ())
        assert same(one, other)
    assert branches(ana, ana) == [10, 11, 12]


@pytest.mark.parametrize("right", [1, 4, 9])
def test_a_fork_that_turns_up_while_a_session_is_open_is_passed_on(right: int) -> None:
    ana, twin, ben = cloned(10, 4, right)
    west = meet(ana, ben)
    east = Duet(ben, twin)
    together(west, east)
    assert branches(ana, ana) == sorted([14, 10 + right])
    wait([west, east], 2)
    assert same(ana, twin)
    for end in (*west.ends, *east.ends):
        assert end.missing == ()
        assert end.ended is None


def test_a_fork_grows_while_it_is_listed() -> None:
    ana, twin, _ = cloned(10, 3, 3)
    duet = Duet(ana, twin)
    while not duet.left.messages(Ids):
        duet.step()
    twin.write(5, twin="still")
    twin.tell()
    ana.write(2)
    ana.tell()
    duet.roundtrip().wait(2)
    assert same(ana, twin)
    assert branches(ana, ana) == [15, 18]
    assert (duet.left.missing, duet.right.missing) == ((), ())


def test_a_long_list_comes_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "LISTED_IDS_FRAME", 7)
    ana, twin, _ = cloned(40, 5, 9)
    duet = meet(ana, twin)
    assert len(duet.right.messages(Ids)) == 7
    assert len(duet.left.messages(Differ)) + len(duet.right.messages(Differ)) == 1
    assert {message.start for message in duet.left.messages(Want)} == {40}
    assert same(ana, twin)


def test_a_log_too_long_to_be_listed_is_given_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(giving, "LISTED_IDS_MAX", 12)
    ana, twin, _ = cloned(10, 3, 5)
    duet = meet(ana, twin)
    assert not duet.left.messages(Ids)
    assert same(ana, twin)
    assert given_versions(duet) == [13, 15]
    assert (duet.left.missing, duet.right.missing) == ((), ())


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 12)), max_size=14))
def test_clones_of_clones_always_come_together(acts: list[tuple[int, int, int]]) -> None:
    ana, ben = team("Ana", "Ben")
    stores = [ana, ana.clone(), ana.clone(), ben]
    for number, (one, other, count) in enumerate(acts):
        device = stores[one]
        if count == 0 and one < 3 and other < 3:
            stores[other] = device.clone()
        elif count > 6 and one != other:
            duet = meet(device, stores[other])
            assert duet.left.ended is duet.right.ended is None
            assert same(device, stores[other])
            assert (duet.left.missing, duet.right.missing) == ((), ())
        elif len(branches(device, device)) < 2:
            device.write(1 + count % 3, by=str(number))
    for _ in range(2):
        for one, other in ((0, 1), (1, 2), (2, 3), (3, 0)):
            meet(stores[one], stores[other])
    assert all(same(stores[0], device) for device in stores[1:])


def test_a_taker_that_does_not_compare_the_list_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OpenList, "common", lambda _: 0)
    with pytest.raises(AssertionError):
        both_branches_meet()
