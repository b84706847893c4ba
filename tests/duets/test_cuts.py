"""A line that dies after any byte: what was durable stays and is not sent again, and the next session ends the work."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from random import Random

import pytest

from edenmesh.core.ids import VersionId
from edenmesh.core.limits import CHUNK_BYTES
from edenmesh.core.reconcile import Held, Mark, Offer, Roots, Run
from edenmesh.core.records import Carried
from edenmesh.core.session import giving
from tests.duets.duet import Duet, End, meet, same
from tests.duets.team import Device, team


def small() -> tuple[Device, Device]:
    """A small exchange with something of every kind in both directions, a charter entry among it."""
    ana, ben = team("Ana", "Ben")
    ana.admit(Device("Cem"))
    ana.write(2)
    ben.attach(b"a photo")
    return ana, ben


@cache
def filled() -> tuple[Device, Device]:
    ana, ben = team("Ana", "Ben")
    ana.write(2500)
    ben.write(1200)
    ben.attach(bytes(3 * CHUNK_BYTES + 5))
    return ana, ben


def large() -> tuple[Device, Device]:
    ana, ben = filled()
    return ana.clone(), ben.clone()


def bytes_of(device: Device, other: Device) -> int:
    """Bytes of versions that one has and the other lacks."""
    held = other.ids()
    versions = [one for log in device.store.logs.values() for one in log.versions if isinstance(one, Carried)]
    return sum(len(one.data) for one in versions if one.id not in held)


def file_bytes_of(device: Device, other: Device) -> int:
    """Bytes of files that one has whole and that are not durable at the other."""
    durable = {file: len(data) for (file, _), data in other.store.partial.items()}
    durable |= {file: len(data) for file, data in other.store.files.items()}
    return sum(len(data) - durable.get(file, 0) for file, data in device.store.files.items())


def resume(ana: Device, ben: Device) -> Duet:
    """Meet again after a cut: only what is not durable is sent, and then both have everything."""
    versions = [len(ana.ids() - ben.ids()), len(ben.ids() - ana.ids())]
    files = [file_bytes_of(ana, ben), file_bytes_of(ben, ana)]
    duet = meet(ana, ben)
    assert same(ana, ben)
    assert (duet.left.missing, duet.right.missing) == ((), ())
    progress = [end.session.progress for end in duet.ends]
    assert [one.versions_given for one in progress] == versions
    assert [one.file_bytes_given for one in progress] == files
    return duet


def cut_at_every_byte() -> int:
    """Deliver a small exchange byte by byte; wherever it is cut, the next session completes it.

    What is left after a cut are the two stores, so states that were met before are not resumed again.
    """
    ana, ben = small()
    duet = Duet(ana, ben)
    met: list[tuple[object, object]] = []
    delivered = 0
    for end in alternately(duet):
        end.hear(bytes([end.inbox.pop(0)]), duet.now)
        end.store(duet.now)
        delivered += 1
        state = (ana.store.state(), ben.store.state())
        if state not in met:
            met.append(state)
            resume(ana.clone(), ben.clone())
    assert same(ana, ben)
    assert delivered > 2500
    return len(met)


def alternately(duet: Duet) -> Iterator[End]:
    """Ends that have a byte waiting, in turns, until nothing is under way any more."""
    while True:
        for end, other in (duet.ends, duet.ends[::-1]):
            other.inbox += end.speak(duet.now)
        waiting = [end for end in duet.ends if end.inbox]
        if not waiting:
            return
        yield from waiting


def test_a_cut_at_every_byte_resumes() -> None:
    assert cut_at_every_byte() >= 5


def test_a_line_that_dies_resumes() -> None:
    ana, ben = small()
    whole = meet(ana.clone(), ben.clone()).delivered
    cuts = 0
    for size_bytes in range(0, whole, 31):
        one, other = ana.clone(), ben.clone()
        Duet(one, other).cut_after(size_bytes)
        resume(one, other)
        cuts += 1
    assert cuts > 80


@pytest.mark.parametrize("seed", range(4))
def test_cuts_one_after_the_other_never_lose_what_was_durable(seed: int) -> None:
    random = Random(seed)
    ana, ben = small()
    cuts = 0
    held: tuple[set[VersionId], set[VersionId]] = (set(), set())
    for _ in range(40):
        Duet(ana, ben).cut_after(random.randrange(1, 1500))
        now = (ana.ids(), ben.ids())
        assert held[0] <= now[0]
        assert held[1] <= now[1]
        held = now
        cuts += 1
    resume(ana, ben)
    assert cuts == 40


@pytest.mark.parametrize("seed", range(5))
def test_a_cut_anywhere_in_a_large_exchange_costs_at_most_a_part_and_a_chunk(seed: int) -> None:
    random = Random(seed)
    ana, ben = large()
    lacking = bytes_of(ana, ben) + bytes_of(ben, ana) + file_bytes_of(ben, ana)
    logs = ana.store.logs.values()
    part = max(sum(len(one.data) for one in log.versions[:1024] if isinstance(one, Carried)) for log in logs)
    duet = Duet(ana, ben)
    duet.budget = random.randrange(lacking)
    while duet.step(chunk_bytes=random.randrange(1, 100_000)):
        pass
    durable = lacking - bytes_of(ana, ben) - bytes_of(ben, ana) - file_bytes_of(ben, ana)
    assert durable > 0 or duet.delivered < 2 * part
    # One open part each way or one chunk, and 3 bytes a version and 100 a message for their frames.
    framing = 3 * 3701 + 100 * (len(duet.left.said) + len(duet.right.said))
    assert duet.delivered - durable <= 2 * part + CHUNK_BYTES + framing
    resume(ana, ben)


def test_a_file_goes_on_where_it_was_cut() -> None:
    ana, ben = team("Ana", "Ben")
    photo = ana.attach(bytes(range(256)) * 4096)
    Duet(ana, ben).cut_after(700_000)
    (need,) = ben.store.wanted_files()
    assert need.have == 2 * CHUNK_BYTES
    duet = meet(ana, ben)
    assert duet.left.session.progress.file_bytes_given == need.size - need.have
    assert ben.store.files[photo] == ana.store.files[photo]


def test_a_giver_that_begins_anew_each_time_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def from_the_start(ours: Sequence[Held], _: Iterable[Mark], __: Roots) -> Offer:
        return Offer([Run(held.author, held.branch, 0, held.size) for held in ours], [], [])

    monkeypatch.setattr(giving, "compare", from_the_start)
    with pytest.raises(AssertionError):
        cut_at_every_byte()
