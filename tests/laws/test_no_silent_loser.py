"""No silent loser: a value that nothing causally follows is shown, among others where there are others."""

from collections import Counter

import pytest

from edenmesh.core.records import OBSERVE, RecordState
from tests.laws.law import StateOf, must_catch, try_law
from tests.laws.saboteurs import drops_a_live_value, trusts_the_clock
from tests.oracle.histories import Written, partial_histories
from tests.oracle.record_model import Model


def keeps_every_live_value(state_of: StateOf, held: Written, work: Counter[str]) -> None:
    model = Model(held.versions, held.uncounted)
    state = state_of(held.versions, held.uncounted)
    said = [(one, name, text) for one in model.counted for name, text in model.assigned(one)]
    for one, name, text in (triple for triple in said if triple[0] in model.speaking):
        later = [other for other, field, _ in said if field == name and other in model.speaking]
        is_followed = any(one in model.follows(other, name) for other in later)
        if is_followed or model.observed.is_ended(one, name):
            continue
        if _is_said_by_us(model, one, [other for other, *rest in said if rest == [name, text]]):
            continue
        work["live values"] += 1
        if text:
            assert one in _givers(state, name)
        elif state.strand is not None and name in state.strand.fields:
            # An emptiness is shown beside the values it contradicts.
            work["emptied and set"] += 1
            assert one in _givers(state, name) or isinstance(state.strand.fields[name].shown, tuple)
    items = [(one, name, text) for one in model.counted for name, text in model.added(one)]
    for one, name, text in (triple for triple in items if triple[0] in model.speaking):
        same = [other for other, *rest in items if rest == [name, text]]
        if not model.is_removed((one, name, text), model.speaking) and not _is_said_by_us(model, one, same):
            work["live items"] += 1
            assert one in _givers(state, name)
    work["conflicts"] += any(strand.conflicts for strand in state.strands)


def _is_said_by_us(model: Model, one: bytes, same: list[bytes]) -> bool:
    """Whether an observation found what one of us says: then it may be an echo."""
    return model.versions[one].op == OBSERVE and any(model.versions[other].op != OBSERVE for other in same)


def _givers(state: RecordState, name: str) -> set[bytes]:
    fields = [strand.fields[name] for strand in state.strands if name in strand.fields]
    return {one for field in fields for choice in field.choices for one in choice.given_by}


def test_every_value_that_nothing_follows_is_among_the_choices() -> None:
    work = try_law(keeps_every_live_value, partial_histories(), examples=400)
    assert work["live values"] >= 200, work
    assert work["live items"] >= 30, work
    assert work["conflicts"] >= 2, work


@pytest.mark.parametrize("sabotage", [drops_a_live_value, trusts_the_clock])
def test_a_program_that_loses_a_value_is_caught(sabotage: StateOf) -> None:
    must_catch(keeps_every_live_value, partial_histories(), sabotage)
