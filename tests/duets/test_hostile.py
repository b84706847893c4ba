"""A member that breaks every rule: the session ends, or goes on unharmed, and nothing unproven is stored."""

from collections.abc import Callable, Iterable
from hashlib import sha256

import pytest

from edenmesh.core.ids import FileHash
from edenmesh.core.limits import (
    CHUNK_BYTES,
    LISTED_IDS_FRAME,
    LOG_BRANCHES_MAX,
    PART_VERSIONS_MAX,
    UNACKED_PARTS_MAX,
)
from edenmesh.core.reconcile import Mark
from edenmesh.core.session import PartReceived, session
from edenmesh.core.session.taking import Taker
from edenmesh.core.trust import Frontier, Seal
from edenmesh.core.wire import (
    CharterEntries,
    Close,
    Differ,
    FileChunk,
    FileWanted,
    Given,
    Have,
    Hello,
    Ids,
    Message,
    Part,
    Ping,
    Pong,
    Vector,
    encode_message,
    frame,
)
from tests.duets.attacks import CONTENT, ORDER, PARTS, ZERO, Scene, changed, next_part, scene
from tests.duets.duet import Duet, meet
from tests.duets.team import Device, team


def attack(on: Scene, messages: Iterable[Message | bytes]) -> None:
    """Say it all; the session ends with a word for the person, says goodbye, and the store is as it was."""
    before = on.ana.store.state()
    for one in messages:
        data = one if isinstance(one, bytes) else frame(encode_message(one))
        on.end.hear(data, on.duet.now)
    assert on.end.ended is not None
    assert on.end.ended.code in ("protocol", "limit")
    assert not on.end.ended.is_by_peer
    assert on.end.ended.text
    on.end.speak(on.duet.now)
    assert isinstance(on.end.said[-1], Close)
    on.end.store(on.duet.now)
    assert on.ana.store.state() == before
    assert on.end.session.is_over


@pytest.mark.parametrize("name", [*PARTS, *ORDER, *CONTENT])
def test_a_broken_rule_ends_the_session_and_leaves_the_store_as_it_was(name: str) -> None:
    on = scene()
    attack(on, {**PARTS, **ORDER, **CONTENT}[name](on))


def test_after_the_end_nothing_is_heard() -> None:
    on = scene()
    attack(on, [Given()])
    said, heard = len(on.end.said), on.end.session.progress.bytes_received
    on.duet.say(on.end, next_part(on.ben), Ping())
    on.end.hear(bytes(10_000_000), on.duet.now)
    on.duet.wait(100)
    assert len(on.end.said) == said
    assert on.end.session.progress.bytes_received == heard
    assert on.end.session._reader.size_bytes == 0


def test_an_honest_session_follows_a_broken_one() -> None:
    on = scene()
    on.ben.write(4)
    attack(on, PARTS["a gap in seq"](on))
    duet = meet(on.ana, on.ben)
    assert duet.left.missing == ()
    assert len(on.ana.ids()) == 9


def test_a_replayed_part_changes_nothing() -> None:
    on = scene()
    part = next_part(on.ben)
    on.duet.say(on.end, part)
    on.end.store(on.duet.now)
    before = on.ana.store.state()
    on.duet.say(on.end, part, part)
    on.end.store(on.duet.now)
    assert on.end.ended is None
    assert on.ana.store.state() == before
    assert len(on.ana.ids()) == 6


def test_a_part_that_is_never_sealed_is_bounded() -> None:
    on = scene()
    said = 0
    while on.end.ended is None:
        on.duet.say(on.end, changed(next_part(on.ben), seal=None, start=2 + said))
        said += 1
        assert said <= PART_VERSIONS_MAX + 1
    assert on.end.ended.code == "limit"
    assert not on.end.told(PartReceived)[1:]


def test_parts_ahead_of_the_disk_are_bounded() -> None:
    on = scene()
    on.end.is_storing = False
    part = next_part(on.ben)
    for number in range(UNACKED_PARTS_MAX + 1):
        assert on.end.ended is None, number
        on.duet.say(on.end, part)
    assert on.end.ended is not None
    assert on.end.ended.code == "limit"


def test_a_vector_of_endless_forks_is_refused() -> None:
    ana, ben = team("Ana", "Ben")
    ana.write()
    duet = Duet(ana, ben)
    duet.right.speak(duet.now)
    duet.say(duet.left, *duet.right.messages(Hello), Have(ZERO, ZERO))
    duet.left.speak(duet.now)
    assert duet.left.messages(Vector)
    forks = [Mark(ben.author, number + 1, ZERO) for number in range(LOG_BRANCHES_MAX + 1)]
    duet.say(duet.left, Vector(is_last=True, logs=forks))
    assert duet.left.ended is not None
    assert duet.left.ended.code == "limit"


def test_a_long_list_costs_no_memory() -> None:
    on = scene()
    log = Mark(on.ben.author, 40 * LISTED_IDS_FRAME, ZERO)
    for number in range(20):
        ids = [sha256(bytes([number, place % 251])).digest() for place in range(LISTED_IDS_FRAME)]
        on.duet.say(on.end, Ids(ids, log, number * LISTED_IDS_FRAME))
    assert on.end.ended is None
    held = on.end.session._machines.taker._list
    assert held is not None
    assert len(held._frontier.peaks) < 30
    assert not held._following


def test_a_flood_of_pings_is_answered_once_for_each_reading() -> None:
    on = scene()
    on.duet.say(on.end, *[Ping()] * 5000)
    on.end.speak(on.duet.now)
    assert len(on.end.messages(Pong)) == 1


def test_who_asks_and_never_listens_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "OUTBOX_BYTES_MAX", 20_000)
    on = scene()
    log = Mark(on.ben.author, 1, Frontier.EMPTY.extended([ZERO]).root())
    for _ in range(400):
        on.duet.say(on.end, Ids([ZERO], log, 0))
    assert on.end.ended is not None
    assert on.end.ended.code == "limit"
    assert on.end.session._outbox.size_bytes < 21_000


def test_what_follows_a_charter_entry_waits_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "UNREAD_BYTES_MAX", 50_000)
    on = scene()
    on.end.is_storing = False
    (entry,) = on.ana.clone().admit(Device("Cem"))
    on.duet.say(on.end, CharterEntries([entry.encode()]))
    for _ in range(200):
        on.duet.say(on.end, next_part(on.ben))
    assert not on.end.told(PartReceived)[1:]
    assert on.end.ended is not None
    assert on.end.ended.code == "limit"


@pytest.mark.parametrize(
    "chunk",
    [
        lambda file, size: FileChunk(b"x" * 100, file, 0, size),
        lambda file, size: FileChunk(b"x" * CHUNK_BYTES, file, 1, size),
        lambda file, size: FileChunk(b"x" * CHUNK_BYTES, file, 0, size + 1),
        lambda _, size: FileChunk(b"x" * CHUNK_BYTES, ZERO, 0, size),
    ],
    ids=["too small", "out of place", "of another size", "of another file"],
)
def test_a_wrong_piece_of_a_wanted_file_ends_the_session(chunk: Callable[[FileHash, int], FileChunk]) -> None:
    ana, ben = team("Ana", "Ben")
    file = ben.attach(bytes(3 * CHUNK_BYTES))
    duet = Duet(ana, ben)
    while not duet.left.messages(FileWanted):
        duet.step()
    on = Scene(duet, ana, ben)
    duet.left.inbox.clear()
    attack(on, [chunk(file, 3 * CHUNK_BYTES)])


def test_a_list_is_given_once_whoever_asks_for_it_how_often() -> None:
    ana, ben = team("Ana", "Ben")
    ana.write(5)
    twin = ana.clone()
    ana.write(2)
    twin.write(6, twin="yes")
    duet = Duet(ana, twin)
    while not duet.right.messages(Differ):
        duet.step()
    (asked,) = duet.right.messages(Differ)
    duet.say(duet.left, asked, asked)
    assert duet.left.ended is not None
    assert ben.id != ana.id


def test_parts_that_change_places_end_the_session_and_the_next_one_repairs() -> None:
    ana, ben = team("Ana", "Ben")
    ben.write(2048)
    duet = Duet(ana, ben)
    while not duet.right.messages(Given):
        for end, other in (duet.ends, duet.ends[::-1]):
            other.inbox += end.speak(duet.now)
        duet.right.hear(bytes(duet.right.inbox), duet.now)
        duet.right.inbox.clear()
        if not duet.right.messages(Vector):
            duet.left.hear(bytes(duet.left.inbox), duet.now)
            duet.left.inbox.clear()
    kinds = [type(message) for message in duet.right.said]
    waiting = [kind for kind in kinds if kind in (Vector, Part)]
    duet.swap(duet.left, waiting.index(Part), len(waiting) - 1)
    duet.roundtrip()
    assert duet.left.ended is not None
    assert duet.left.ended.code == "protocol"
    assert not ana.ids()
    assert meet(ana, ben).left.missing == ()


def test_messages_that_are_lost_on_the_way_are_made_up_for_by_the_next_session() -> None:
    ana, ben = team("Ana", "Ben")
    ben.write(3)
    duet = Duet(ana, ben)
    duet.step()
    duet.step()
    duet.drop()
    duet.roundtrip()
    assert duet.left.missing is None
    assert meet(ana, ben).left.missing == ()


def test_a_taker_that_does_not_check_seals_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Seal, "require_valid", lambda _: None)
    with pytest.raises(AssertionError):
        test_a_broken_rule_ends_the_session_and_leaves_the_store_as_it_was("a forged signature")


def test_a_taker_that_takes_all_parts_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Taker, "_frontier", lambda *_: Frontier.EMPTY)
    with pytest.raises(AssertionError):
        test_a_broken_rule_ends_the_session_and_leaves_the_store_as_it_was("a beginning on a false base")
