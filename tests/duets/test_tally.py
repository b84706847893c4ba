"""The tally: "everything" only where it is so, whatever was cut before, and else the reasons."""

from random import Random
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edenmesh.core.ids import FileHash
from edenmesh.core.limits import TALLY_TABLES_MAX
from edenmesh.core.records import File
from edenmesh.core.session import OpenCounts, Tallied, closing
from edenmesh.core.wire import Tally
from tests.duets.duet import Duet, meet, same
from tests.duets.team import Device, team
from tests.duets.test_first_sync import form
from tests.oracle.memory_store import MemoryStore

World: TypeAlias = tuple[list[tuple[int, str, int]], list[int], int]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """What two devices did before they met, where their meetings were cut, and a seed for the pieces."""
    acts = draw(
        st.lists(
            st.tuples(
                st.integers(0, 1),
                st.sampled_from(["write", "photo", "lost photo", "form", "admit", "author", "unnamed"]),
                st.integers(1, 4),
            ),
            max_size=10,
        )
    )
    return acts, draw(st.lists(st.integers(0, 6000), max_size=4)), draw(st.integers(0, 99))


def live_through(acts: list[tuple[int, str, int]]) -> list[Device]:
    devices = team("Ana", "Ben")
    for number, (place, act, count) in enumerate(acts):
        device = devices[place]
        if act == "write":
            device.write(count)
        elif act == "photo":
            device.attach(f"photo {number}".encode() * 100 * count)
        elif act == "lost photo":
            device.write(photo=File(FileHash(bytes([number]) * 32), "photo.jpg", "image/jpeg", count))
        elif act == "form":
            device.store.add_form(form(f"table_{number}"))
        elif act == "admit" and place == 0:
            device.admit(Device(f"Guest {number}"))
        elif act == "author":
            device.take_new_author()
        elif act == "unnamed":
            device.life += 100
            device.write(count)
            device.life -= 100
    return devices


def tally_is_true(world: World) -> int:
    """After any cuts, the last word on both sides is "everything" exactly where both hold the same, whole."""
    acts, cuts, seed = world
    random = Random(seed)
    ana, ben = live_through(acts)
    told = 0
    for cut in cuts:
        duet = Duet(ana, ben)
        duet.budget = cut
        while duet.step(chunk_bytes=random.randrange(1, 2000)):
            pass
        told += sum(len(end.told(Tallied)) for end in duet.ends)
    duet = meet(ana, ben)
    for end in duet.ends:
        assert end.missing is not None
        assert (end.missing == ()) == same(ana, ben)
        told += len(end.told(Tallied))
    return told


@settings(max_examples=100)
@given(worlds())
def test_everything_is_said_exactly_where_it_is_so(world: World) -> None:
    assert tally_is_true(world) >= 2


def test_reasons_are_told_one_by_one() -> None:
    ana, ben = live_through([(0, "lost photo", 1), (0, "unnamed", 2), (1, "unnamed", 1), (1, "write", 3)])
    duet = meet(ana, ben)
    assert duet.left.missing == (
        "one device holds changes the other does not",
        "1 change is not taken: the team does not know their author",
        "1 file is not here whole",
        "1 file is not whole on the other device",
    )


def test_what_was_purged_is_said_on_both_sides(monkeypatch: pytest.MonkeyPatch) -> None:
    ana, ben = team("Ana", "Ben")
    monkeypatch.setattr(
        ana.store, "open_counts", lambda: OpenCounts(waiting=1, quarantined=2, purged=2, files_missing=0)
    )
    duet = meet(ana, ben)
    assert duet.left.missing == ("2 changes are purged here",)
    assert duet.right.missing == ("2 changes are purged on the other device",)


def test_both_sides_keep_what_both_have_stated() -> None:
    ana, ben = team("Ana", "Ben")
    ana.write(3, table="pr_person", name="x")
    duet = meet(ana, ben)
    ours, theirs = duet.left.told(Tallied)[-1], duet.right.told(Tallied)[-1]
    assert (ours.ours, ours.theirs) == (theirs.theirs, theirs.ours)
    assert ours.ours.records == {"pr_person": 3}
    assert ours.ours.set_hash != ours.theirs.set_hash, "the same set has two names, so that none can be echoed"


def test_an_echo_of_our_own_tally_is_not_everything() -> None:
    ana, ben = team("Ana", "Ben")
    ana.write(3)
    duet = meet(ana, ben)
    (stated,) = duet.left.messages(Tally)
    duet.say(duet.left, stated)
    duet.wait(2)
    assert duet.left.told(Tallied)[-1].missing == ("one device holds changes the other does not",)


def test_a_tally_is_past_as_soon_as_something_is_written() -> None:
    ana, ben = team("Ana", "Ben")
    duet = meet(ana, ben)
    stated = duet.right.messages(Tally)[-1]
    ana.write()
    duet.say(duet.left, stated)
    told = [one.is_everything for one in duet.left.told(Tallied)]
    assert True not in told[1:], "nothing is said on the strength of a past tally"
    ana.tell()
    duet.roundtrip().wait(2)
    assert duet.left.missing == ()


def test_an_asked_tally_is_answered_at_once() -> None:
    ana, ben = team("Ana", "Ben")
    duet = meet(ana, ben)
    duet.left.session.ask_tally(duet.now)
    duet.roundtrip()
    assert len(duet.left.told(Tallied)) == 2
    assert duet.left.missing == ()
    assert len(duet.right.messages(Tally)) == 2


def test_tallies_do_not_answer_each_other_for_ever() -> None:
    ana, ben = team("Ana", "Ben")
    duet = meet(ana, ben)
    for _ in range(5):
        duet.left.session.ask_tally(duet.now)
        duet.right.session.ask_tally(duet.now)
        duet.roundtrip()
    duet.wait(30)
    assert max(len(end.messages(Tally)) for end in duet.ends) <= 12


def test_a_flood_of_tallies_is_answered_once_for_each_reading() -> None:
    ana, ben = team("Ana", "Ben")
    duet = meet(ana, ben)
    (stated,) = duet.right.messages(Tally)
    duet.say(duet.left, *[stated] * 1000)
    duet.left.speak(duet.now)
    assert len(duet.left.messages(Tally)) <= 3


def test_a_tally_of_very_many_tables_names_the_largest() -> None:
    ana, ben = team("Ana", "Ben")
    counts = {f"table_{number}": number for number in range(1, TALLY_TABLES_MAX + 500)}
    ana.store.counts = lambda: counts  # type: ignore[method-assign]
    duet = meet(ana, ben)
    (stated,) = duet.left.messages(Tally)
    assert len(stated.records) == TALLY_TABLES_MAX
    assert max(stated.records.values()) == max(counts.values())
    assert duet.right.missing == ()


# --- saboteurs --------------------------------------------------------------------------------------------------------

LACKING: World = ([(0, "write", 3), (0, "unnamed", 2)], [], 0)
FILELESS: World = ([(0, "lost photo", 3)], [], 0)


def test_a_tally_that_always_says_everything_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closing, "_missing", lambda *_: [])
    with pytest.raises(AssertionError, match="false everything"):
        tally_is_true(LACKING)


def test_a_tally_blind_to_files_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MemoryStore, "open_counts", lambda _: OpenCounts(0, 0, 0, 0))
    with pytest.raises(AssertionError, match="false everything"):
        tally_is_true(FILELESS)


def test_a_tally_that_is_never_stated_again_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closing.Tallies, "expire", lambda *_, **__: None)
    monkeypatch.setattr(closing.Tallies, "_holds", lambda *_: True)
    ana, ben = team("Ana", "Ben")
    duet = meet(ana, ben)
    ana.write()
    with pytest.raises(AssertionError):
        assert_retold(duet, ana)


def assert_retold(duet: Duet, device: Device) -> None:
    device.tell()
    duet.roundtrip().wait(2)
    assert len(duet.left.told(Tallied)) == 2
