"""No ping-pong: when people have stopped, gateways that deliver, read and hear each other come to rest."""

from collections import Counter
from collections.abc import Mapping, Set
from typing import NamedTuple

from hypothesis import strategies as st
from msgspec.structs import replace

from edenmesh.core.ids import AuthorId, DestinationId, VersionId
from edenmesh.core.records import (
    OBSERVE,
    Choice,
    Content,
    FieldState,
    Pen,
    Reading,
    RecordState,
    Version,
    compose,
    difference,
    observe,
    record_state,
)
from tests.laws.law import StateOf, must_catch, try_law
from tests.oracle.histories import TABLE, VALUES, Written, edited_records

_SERVER = DestinationId(bytes([0xD1]) * 32)
_ROUNDS_MAX = 12


class Case(NamedTuple):
    """What people wrote, what a server held, and which gateway acts when: they hear each other in between or not."""

    held: Written
    server: dict[str, Content]
    turns: list[tuple[int, bool]]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    held = draw(edited_records().filter(lambda held: all(one.op != OBSERVE for one in held.versions.values())))
    server: dict[str, Content] = draw(st.dictionaries(st.sampled_from(("name", "status")), st.sampled_from(VALUES)))
    turns = draw(st.lists(st.tuples(st.integers(min_value=0, max_value=1), st.booleans()), max_size=6))
    return Case(held, server, turns)


class _World:
    """Two gateways and one server, which keeps what it is given, field by field."""

    def __init__(self, state_of: StateOf, case: Case) -> None:
        self.state_of = state_of
        self.held = [dict(case.held.versions), dict(case.held.versions)]
        self.server: dict[str, Content] | None = dict(case.server) or None
        self.stamp = 0
        self.written = 0
        self.pushed = 0

    def act(self, gateway: int) -> None:
        """Read, push what is clean and differs, read back."""
        self._read(gateway)
        state = self.state_of(self.held[gateway], frozenset())
        if state.strand is None or state.flags:
            return
        if self.server != state.strand.values:
            self.server = dict(state.strand.values)
            self.stamp += 1
            self.pushed += 1
            self._read(gateway)

    def meet(self) -> None:
        """Each hears what the other has."""
        whole = {**self.held[0], **self.held[1]}
        self.held = [dict(whole), dict(whole)]

    def _read(self, gateway: int) -> None:
        held = self.held[gateway]
        draft = observe(held, Reading(_SERVER, self.server, f"{self.stamp:04}", "0"))
        if draft is None:
            return
        pen = Pen(AuthorId(bytes([0xE0 + gateway]) * 32), self.written, 0, self.written.to_bytes(16, "big"))
        uuid = next(iter(held.values())).uuid
        carried = compose(pen, TABLE, uuid, draft.change, parents=draft.parents, op=OBSERVE, about=draft.about)
        held[carried.id] = carried.version
        self.written += 1


def comes_to_rest(state_of: StateOf, case: Case, work: Counter[str]) -> None:
    world = _World(state_of, case)
    for gateway, is_meeting in case.turns:
        world.act(gateway)
        if is_meeting:
            world.meet()
    rounds = 0
    before = -1
    while before != world.written + world.pushed:
        before = world.written + world.pushed
        for gateway in (0, 1):
            world.meet()
            world.act(gateway)
        rounds += 1
        assert rounds <= _ROUNDS_MAX, "gateways go on without people"
    work["observations"] += world.written
    work["pushes"] += world.pushed
    world.meet()
    for strand in state_of(world.held[0], frozenset()).strands:
        clean = {name: field.shown for name, field in strand.fields.items() if not field.is_conflict}
        assert difference(strand, clean).is_empty
        work["strands at rest"] += 1


def test_gateways_come_to_rest_when_people_have_stopped() -> None:
    work = try_law(comes_to_rest, cases())
    assert work["observations"] >= 100, work
    assert work["pushes"] >= 30, work
    assert work["strands at rest"] >= 100, work


def test_a_program_that_lets_the_last_word_of_each_gateway_stand_is_caught() -> None:
    must_catch(comes_to_rest, cases(), _touches_the_record)


def _touches_the_record(versions: Mapping[VersionId, Version], uncounted: Set[VersionId]) -> RecordState:
    """Whatever was observed last is not what it shows: each delivery calls for another one."""
    state = record_state(versions, uncounted)
    marked = [
        replace(one, fields={**one.fields, "seen": FieldState((Choice(str(len(versions)), one.heads[:1]),))})
        for one in state.strands
    ]
    return replace(state, strands=tuple(marked))
