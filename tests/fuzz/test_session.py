"""Any bytes, and real messages in any order, into a session in any state: it never raises, stores only the proven.

The messages are those of real sessions between the same two devices, so that many of them fit for a while.
"""

from functools import cache
from random import Random
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edenmesh.core.limits import OUTBOX_BYTES_MAX
from edenmesh.core.reconcile import Hole
from edenmesh.core.records import version_id
from edenmesh.core.session import Ended, HolesReceived, PartReceived, Tallied
from edenmesh.core.trust import Seal
from edenmesh.core.wire import Message, encode_message, frame
from tests.duets.attacks import CONTENT, ORDER, PARTS, scene
from tests.duets.duet import Duet, End, meet
from tests.duets.team import Device, team
from tests.duets.test_first_sync import form
from tests.duets.test_hole_lies import LIES, asked
from tests.duets.test_holes import purge
from tests.oracle.memory_store import MemoryStore
from tests.vectors.make_frames import examples


class Cast(NamedTuple):
    """The two devices before they met, and all that was said in sessions between them, and against the rules."""

    ana: Device
    ben: Device
    said: list[Message]


@cache
def cast() -> Cast:
    ana, ben, dan = team("Ana", "Ben", "Dan")
    dan.write(6)
    for one in (ana, ben):
        meet(dan, one)
    ana.store.restore(*purge(ana, dan, 1, 2, 5))
    ben.store.restore(*purge(ben, dan, 2))
    ana.write(4)
    twin = ana.clone()
    ana.write(2)
    ana.admit(Device("Cem"))
    ben.write(3)
    ben.attach(b"photo" * 200)
    ben.store.add_form(form("org_facility"))
    one, other = ana.clone(), ben.clone()
    said: list[Message] = []
    for left, right in ((one, other), (one, twin), (one, other)):
        duet = meet(left, right)
        right.write(2, late="yes")
        right.tell()
        duet.roundtrip().wait(2)
        said += [message for end in duet.ends for message in end.said]
    duet = meet(ana.clone(), dan.clone())
    said += [message for end in duet.ends for message in end.said]
    holed, wanted = asked()
    said += [message for lie in LIES.values() for message in lie(holed.ben, wanted.log)]
    on = scene()
    for attack in (PARTS | ORDER | CONTENT).values():
        said += [message for message in attack(on) if not isinstance(message, bytes)]
    return Cast(ana, ben, [*said, *examples()])


ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.integers(0, 10_000), st.just(0)),
        st.tuples(st.just("mix"), st.integers(0, 10_000), st.integers(0, 10_000)),
        st.tuples(st.just("flip"), st.integers(0, 10_000), st.integers(0, 100_000)),
        st.tuples(st.just("noise"), st.integers(0, 10_000), st.integers(0, 40)),
        st.tuples(st.sampled_from(["honest", "speak", "store", "write"]), st.just(0), st.just(0)),
        st.tuples(st.just("time"), st.integers(1, 20), st.just(0)),
    ),
    max_size=30,
)


def mixed(message: Message, donor: Message) -> Message:
    """The message with those fields of another that have the same name and fit."""
    fields = {name: getattr(donor, name) for name in donor.__struct_fields__ if name in message.__struct_fields__}
    try:
        return msgspec.structs.replace(message, **fields)
    except (TypeError, ValueError):
        return message


def bytes_of(act: str, one: int, other: int) -> bytes:
    said = cast().said
    message = said[one % len(said)]
    if act == "mix":
        message = mixed(message, said[other % len(said)])
    data = frame(encode_message(message))
    if act == "flip":
        place = 4 + other % (len(data) - 4)
        data = data[:place] + bytes([data[place] ^ (1 + one % 255)]) + data[place + 1 :]
    if act == "noise":
        data = bytes((one * number) % 251 for number in range(other))
    return data


def perform(end: End, duet: Duet, act: str, one: int, other: int) -> None:
    if act in ("say", "mix", "flip", "noise"):
        end.hear(bytes_of(act, one, other), duet.now)
    elif act == "honest":
        duet.step()
    elif act == "speak":
        end.speak(duet.now)
    elif act == "store":
        end.store(duet.now)
    elif act == "write":
        end.device.write()
        end.device.tell()
    elif act == "time":
        duet.now += one
        end.session.handle_timer(duet.now)
        end.collect()


def require_proven(store: MemoryStore) -> None:
    """Every log is sealed to its end by an author the charter names, and every entry belongs to the mesh."""
    charter = store.charter()
    assert store.entries.keys() == charter.entries.keys()
    for (author, _), log in store.logs.items():
        assert charter.standing(author).is_named
        seal = log.seals[-1]
        Seal.require_valid(seal)
        assert (seal.author, seal.size) == (author, len(log.versions))
        assert seal.root == log.root(seal.size)
        for seq, one in enumerate(log.versions):
            assert isinstance(one, Hole) or (one.version.author, one.version.seq) == (author, seq)
            assert isinstance(one, Hole) or version_id(one.data) == one.id


def survive(acts: list[tuple[str, int, int]], *, steps: int) -> End:
    """Nothing raises, nothing unproven is stored, the session ends at most once and keeps within its bounds."""
    ana, ben, _ = cast()
    duet = Duet(ana.clone(), ben.clone())
    end = duet.left
    for _ in range(steps):
        duet.step()
    for act, one, other in acts:
        before = len(end.device.ids())
        perform(end, duet, act, one, other)
        assert len(end.device.ids()) >= before
        assert end.session._outbox.size_bytes < OUTBOX_BYTES_MAX
    end.speak(duet.now)
    end.store(duet.now)
    require_proven(end.device.store)
    assert len(end.told(Ended)) <= 1
    assert end.session.is_over == bool(end.told(Ended))
    assert (end.session.next_deadline() is None) == end.session.is_over
    return end


@settings(max_examples=250)
@given(ACTS, st.integers(0, 12))
def test_a_session_survives_whatever_it_hears(acts: list[tuple[str, int, int]], steps: int) -> None:
    survive(acts, steps=steps)


def test_every_message_in_every_state_is_taken_or_refused() -> None:
    """Each message, alone, in each state that an honest session passes through."""
    ana, ben, said = cast()
    kinds: dict[str, set[str]] = {}
    heard = 0
    for steps in range(0, 14, 2):
        for message in {type(one): one for one in said}.values():
            duet = Duet(ana.clone(), ben.clone())
            for _ in range(steps):
                duet.step(chunk_bytes=1 << 16)
            duet.say(duet.left, message)
            duet.left.speak(duet.now)
            duet.left.store(duet.now)
            duet.right.inbox.clear()
            require_proven(duet.left.device.store)
            outcome = duet.left.ended.code if duet.left.ended else "goes on"
            kinds.setdefault(outcome, set()).add(type(message).__name__)
            heard += 1
    assert heard >= 7 * 25
    assert {"protocol", "goes on", "other_mesh"} <= kinds.keys()


def test_chance_leads_deep_into_sessions() -> None:
    """Where the fuzzer gets: sessions that end for a fault, that store parts, that come to a tally."""
    random = Random(7)
    kinds = ["honest"] * 16 + ["say", "say", "mix", "flip", "speak", "store", "write", "time"]
    ends = []
    for number in range(60):
        acts = [(random.choice(kinds), random.randrange(19), random.randrange(100_000)) for _ in range(18)]
        ends.append(survive(acts, steps=number % 15))
    assert sum(end.ended is not None for end in ends) > 30
    assert sum(bool(end.told(PartReceived)) for end in ends) > 20
    assert sum(bool(end.told(HolesReceived)) for end in ends) > 5
    assert sum(bool(end.told(Tallied)) for end in ends) > 5


def test_a_session_that_takes_unproven_parts_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Seal, "require_valid", lambda _: None)
    on = scene()
    (forged,) = PARTS["a forged signature"](on)
    assert not isinstance(forged, bytes)
    on.duet.say(on.end, forged)
    on.end.store(on.duet.now)
    monkeypatch.undo()
    with pytest.raises(Exception, match="is not theirs"):
        require_proven(on.ana.store)
