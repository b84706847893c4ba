"""Silence, pings and patience: who is gone is noticed, who is only slow is not given up."""

import pytest

from edenmesh.core.limits import (
    CHARTER_SECONDS_MAX,
    CHUNK_BYTES,
    SILENCE_SECONDS_MAX,
    SILENCE_SECONDS_PING,
    STRANGER_SECONDS_MAX,
)
from edenmesh.core.session import Ended, Session
from edenmesh.core.wire import CharterIds, Ping, Pong
from tests.duets.duet import Duet, meet, wait
from tests.duets.team import Device, team
from tests.duets.test_charter_first import call_on


def test_an_idle_session_lives_on_pings() -> None:
    duet = meet(*team("Ana", "Ben"))
    sent = [len(end.sent) for end in duet.ends]
    duet.wait(600)
    assert duet.left.ended is duet.right.ended is None
    pings = [len(end.messages(Ping)) for end in duet.ends]
    assert 20 <= sum(pings) <= 2 * 600 / SILENCE_SECONDS_PING
    assert sum(len(end.messages(Pong)) for end in duet.ends) == sum(pings)
    assert all(len(end.sent) - before < 1500 for end, before in zip(duet.ends, sent, strict=True))


def gone_is_noticed() -> None:
    duet = meet(*team("Ana", "Ben"))
    duet.budget = duet.delivered
    start = duet.now
    duet.wait(SILENCE_SECONDS_MAX - 0.5)
    assert duet.left.ended is None
    duet.wait(1)
    for end in duet.ends:
        assert end.ended is not None
        assert end.ended.code == "silent"
        assert end.session.next_deadline() is None
    assert duet.now - start < SILENCE_SECONDS_MAX + 1


def test_a_peer_that_is_gone_is_noticed() -> None:
    gone_is_noticed()


def test_a_side_that_only_sends_hears_from_one_that_only_takes() -> None:
    """A large file over a slow line: the giver hears that the taker lives, though it has nothing to say."""
    ana, ben = team("Ana", "Ben")
    file = ana.attach(bytes(12 * CHUNK_BYTES))
    duet = Duet(ana, ben)
    while file not in ben.store.files:
        for end, other in ((duet.left, duet.right), (duet.right, duet.left)):
            other.inbox += end.speak(duet.now)
            data = bytes(other.inbox[:9000])
            del other.inbox[:9000]
            if data:
                other.hear(data, duet.now)
            other.store(duet.now)
        duet.now += 1.0
        for end in duet.ends:
            due = end.session.next_deadline()
            assert due is not None, "nobody is given up"
            if due <= duet.now:
                end.session.handle_timer(duet.now)
                end.collect()
    assert duet.now > 5 * SILENCE_SECONDS_MAX
    assert duet.right.messages(Ping)


def test_a_peer_that_never_says_hello_is_given_up() -> None:
    ana, ben = team("Ana", "Ben")
    duet = Duet(ana, ben)
    for _ in range(int(STRANGER_SECONDS_MAX) + 1):
        duet.now += 1.0
        duet.left.hear(b"\0", duet.now) if duet.now < 5 else None
        duet.left.session.handle_timer(duet.now)
        duet.left.collect()
    assert duet.left.ended is not None
    assert duet.left.ended.code == "silent"


def test_a_stranger_that_stays_silent_but_alive_is_given_up() -> None:
    _, ben = team("Ana", "Ben")
    duet = call_on(ben)
    duet.say(duet.right, CharterIds([b"i" * 32], is_last=True))
    for _ in range(int(STRANGER_SECONDS_MAX / 5) + 1):
        duet.now += 5.0
        duet.say(duet.right, Ping())
        duet.right.session.handle_timer(duet.now)
        duet.right.collect()
    assert duet.right.ended is not None
    assert duet.right.ended.code == "silent"


def test_a_member_may_take_its_time_over_a_long_charter() -> None:
    ana, ben = team("Ana", "Ben")
    ana.admit(Device("Cem"))
    duet = Duet(ana, ben)
    duet.right.is_storing = False
    duet.wait(3 * STRANGER_SECONDS_MAX)
    duet.right.is_storing = True
    duet.right.store(duet.now)
    duet.wait(2)
    assert duet.left.ended is duet.right.ended is None
    assert (duet.left.missing, duet.right.missing) == ((), ())


def test_a_member_that_names_charter_entries_and_never_sends_them_is_given_up() -> None:
    ana, ben = team("Ana", "Ben")
    ana.admit(Device("Cem"))
    duet = Duet(ana, ben)
    hello = duet.right.speak(duet.now)
    duet.left.hear(hello, duet.now)
    named = [*ana.store.charter().entries, b"n" * 32]
    duet.say(duet.left, CharterIds(sorted(named), is_last=True))
    ended_at = 0.0
    while not duet.left.session.is_over:
        duet.now += 5.0
        duet.say(duet.left, Ping())
        duet.left.session.handle_timer(duet.now)
        duet.left.collect()
        ended_at = duet.now
    assert ended_at == CHARTER_SECONDS_MAX
    assert [end.code for end in duet.left.told(Ended)] == ["charter"]


def test_a_deadline_is_met_by_one_call() -> None:
    """Whatever is due is done when the timer goes off, or a driver would turn in circles."""
    ana, ben = team("Ana", "Ben")
    duet = meet(ana, ben)
    calls = 0
    for number in range(30):
        if number % 7 == 0:
            ana.write()
            ana.tell()
        for end in duet.ends:
            due = end.session.next_deadline()
            assert due is not None
            duet.now = max(duet.now, due)
            end.session.handle_timer(duet.now)
            end.collect()
            later = end.session.next_deadline()
            assert later is not None
            assert later > duet.now
            calls += 1
        duet.roundtrip()
    assert calls == 60
    assert duet.left.ended is None


def test_a_session_that_does_not_watch_the_clock_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "handle_timer", lambda *_: None)
    monkeypatch.setattr(Session, "next_deadline", lambda _: None)
    with pytest.raises(AssertionError):
        gone_is_noticed()


def test_several_sessions_wait_together() -> None:
    ana, ben, cem = team("Ana", "Ben", "Cem")
    duets = [Duet(ana, ben), Duet(ben, cem)]
    wait(duets, 100)
    assert all(end.ended is None for duet in duets for end in duet.ends)
