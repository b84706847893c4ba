"""Sessions that stay open: an edit arrives as it is made, travels on to whoever is connected, and costs little."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edenmesh.core.ids import AuthorId
from edenmesh.core.session import PartReceived
from edenmesh.core.session.giving import Giver
from edenmesh.core.wire import FileHere, FileMissing, Part, Tally
from tests.duets.duet import Duet, meet, same, together, wait
from tests.duets.team import Device, team
from tests.duets.test_first_sync import form

EDIT_BYTES = 1000


def write(device: Device, count: int = 1) -> None:
    """A person edits while sessions are open."""
    device.write(count)
    device.tell()


def live_edits() -> None:
    """Edits on both sides arrive within one exchange, and cost what they weigh."""
    ana, ben = team("Ana", "Ben")
    ana.write(30)
    duet = meet(ana, ben)
    for number in range(20):
        device, end = ((ana, duet.left), (ben, duet.right))[number % 2]
        before = len(end.sent)
        write(device)
        duet.roundtrip()
        assert ana.ids() == ben.ids()
        assert len(end.sent) - before < EDIT_BYTES
    assert len(ana.ids()) == 50
    assert sum(len(end.told(PartReceived)) for end in duet.ends) == 21
    duet.wait(2)
    assert (duet.left.missing, duet.right.missing) == ((), ())
    assert same(ana, ben)


def test_edits_on_both_sides_arrive_while_the_session_is_open() -> None:
    live_edits()


def test_edits_made_at_the_same_time_cross() -> None:
    ana, ben = team("Ana", "Ben")
    duet = meet(ana, ben)
    ana.write(3)
    ben.write(2)
    ana.tell()
    ben.tell()
    duet.roundtrip().wait(2)
    assert same(ana, ben)
    assert len(ana.ids()) == 5
    assert (duet.left.missing, duet.right.missing) == ((), ())


def test_tallies_are_stated_again_only_when_edits_pause() -> None:
    ana, ben = team("Ana", "Ben")
    duet = meet(ana, ben)
    stated = len(duet.left.messages(Tally))
    for _ in range(10):
        write(ana)
        duet.wait(0.5)
    assert len(duet.left.messages(Tally)) == stated
    duet.wait(2)
    assert len(duet.left.messages(Tally)) == stated + 1
    assert (duet.left.missing, duet.right.missing) == ((), ())


def test_a_third_device_receives_what_is_relayed() -> None:
    ana, ben, cem = team("Ana", "Ben", "Cem")
    west, east = Duet(ana, ben), Duet(ben, cem)
    together(west, east)
    write(ana)
    together(west, east)
    assert ana.ids() == cem.ids()
    write(cem, count=3)
    together(west, east)
    assert len(ana.ids()) == 4
    wait([west, east], 2)
    assert same(ana, cem)
    for end in (*west.ends, *east.ends):
        assert end.missing == ()


def test_a_relayed_photo_follows_its_record() -> None:
    ana, ben, cem = team("Ana", "Ben", "Cem")
    west, east = Duet(ana, ben), Duet(ben, cem)
    together(west, east)
    photo = ana.attach(b"p" * 600_000)
    ana.tell()
    together(west, east)
    assert cem.store.files[photo] == ana.store.files[photo]
    assert len(east.left.messages(FileMissing)) == len(east.left.messages(FileHere)) == 1
    wait([west, east], 2)
    assert east.right.missing == ()


def test_a_circle_of_sessions_comes_to_rest() -> None:
    devices = ana, ben, cem = team("Ana", "Ben", "Cem")
    duets = [Duet(ana, ben), Duet(ben, cem), Duet(cem, ana)]
    together(*duets)
    for device in devices:
        write(device)
        together(*duets)
    wait(duets, 3)
    assert len(ana.ids()) == 3
    assert same(ana, ben)
    assert same(ana, cem)
    parts = sum(len(end.messages(Part)) for duet in duets for end in duet.ends)
    assert 6 <= parts <= 12, "each version crosses each line once, or twice where it met itself"


def test_a_form_added_while_the_session_is_open_arrives() -> None:
    ana, ben = team("Ana", "Ben")
    duet = meet(ana, ben)
    ana.store.add_form(form("org_office"))
    ana.tell()
    duet.roundtrip().wait(2)
    assert same(ana, ben)
    assert len(ben.store.form_bytes) == 1
    assert duet.right.missing == ()


def test_a_new_author_is_heard_of_before_what_it_wrote() -> None:
    ana, ben = team("Ana", "Ben")
    ana.write(2)
    duet = meet(ana, ben)
    ana.take_new_author()
    ana.write(3)
    ana.tell()
    duet.roundtrip().wait(2)
    assert not duet.right.session.progress.refused
    assert len(ben.ids()) == 5
    assert duet.right.missing == ()


def test_what_is_known_of_the_peer_does_not_grow_with_the_session() -> None:
    ana, ben, cem = team("Ana", "Ben", "Cem")
    west, east = Duet(ana, ben), Duet(ben, cem)
    together(west, east)
    for number in range(60):
        write((ana, ben, cem)[number % 3], count=1 + number % 2)
        if number % 4:
            together(west, east)
    together(west, east)
    assert len(ana.ids()) == 90
    for end in (*west.ends, *east.ends):
        giver = end.session._machines.giver
        assert sum(map(len, giver._theirs.values())) <= 6
        assert not giver._unacked
        assert not end.session._machines.taker._ahead


def test_an_edit_looks_up_no_tree_head_of_logs_that_did_not_change(monkeypatch: pytest.MonkeyPatch) -> None:
    ana, ben, *others = team("Ana", "Ben", *(f"Member {number}" for number in range(40)))
    for other in others:
        other.write()
        ana.store.logs[other.author, 0] = other.store.logs[other.author, 0]
    duet = meet(ana, ben)
    assert len(ben.ids()) == 40
    asked: list[AuthorId] = []
    root_at = type(ana.store).root_at

    def counted(store: object, author: AuthorId, branch: int, size: int) -> bytes:
        asked.append(author)
        return root_at(ana.store if store is ana.store else ben.store, author, branch, size)

    monkeypatch.setattr(type(ana.store), "root_at", counted)
    for _ in range(5):
        write(ana)
        duet.roundtrip()
    assert len(ben.ids()) == 45
    assert set(asked) <= {ana.author}
    assert 0 < len(asked) <= 5 * 6


@pytest.mark.parametrize("steps", range(12))
def test_an_edit_at_any_moment_of_the_session_arrives(steps: int) -> None:
    ana, ben = team("Ana", "Ben")
    ana.write(2)
    ben.write(3)
    duet = Duet(ana, ben)
    for _ in range(steps):
        duet.step(chunk_bytes=40)
    write(ana)
    ana.store.add_form(form("org_office"))
    ana.admit(Device("Cem"))
    ana.tell()
    duet.roundtrip().wait(2)
    assert duet.left.ended is duet.right.ended is None
    assert same(ana, ben)
    assert (duet.left.missing, duet.right.missing) == ((), ())


Acts = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["write", "write", "photo", "form", "admit", "author", "step", "step", "settle", "wait"]),
    ),
    max_size=25,
)


@settings(max_examples=80)
@given(Acts)
def test_whatever_happens_while_sessions_are_open_all_end_with_the_same(acts: list[tuple[int, str]]) -> None:
    devices = team("Ana", "Ben", "Cem")
    duets = [Duet(devices[0], devices[1]), Duet(devices[1], devices[2])]
    for number, (place, act) in enumerate(acts):
        device = devices[place]
        if act == "write":
            device.write(1 + number % 3)
        elif act == "photo":
            device.attach(f"photo {number}".encode() * 3000)
        elif act == "form":
            device.store.add_form(form(f"table_{number}"))
        elif act == "author":
            device.take_new_author()
            device.write()
        elif act == "admit" and place == 0:
            device.admit(Device(f"Guest {number}"))
        elif act == "step":
            duets[place % 2].step(chunk_bytes=1 + 97 * number)
            continue
        elif act == "settle":
            together(*duets)
            continue
        elif act == "wait":
            wait(duets, 0.7)
            continue
        device.tell()
    wait(duets, 4)
    for duet in duets:
        assert duet.left.ended is duet.right.ended is None
        assert (duet.left.missing, duet.right.missing) == ((), ())
    assert same(devices[0], devices[1])
    assert same(devices[1], devices[2])


def test_a_giver_that_does_not_look_again_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Giver, "handle_advanced", lambda _: False)
    with pytest.raises(AssertionError):
        live_edits()
