"""A resolution settles what it saw, and nothing it did not: values it follows are gone, others contradict it."""

from collections import Counter
from typing import NamedTuple

import pytest
from hypothesis import strategies as st

from edenmesh.core.ids import VersionId
from edenmesh.core.records import RESOLVE
from tests.laws.law import StateOf, must_catch, try_law
from tests.laws.saboteurs import drops_a_live_value, ignores_parents, trusts_the_clock
from tests.oracle.histories import FIELDS, Written, following, histories
from tests.oracle.record_model import Model


class Case(NamedTuple):
    held: Written
    seen: frozenset[VersionId]
    made: int


@st.composite
def cases(draw: st.DrawFn) -> Case:
    held = draw(histories())
    seen = draw(st.frozensets(st.sampled_from(sorted(held.versions)), min_size=1, max_size=3))
    return Case(held, seen, draw(st.integers(min_value=0, max_value=20)))


def settles_what_it_saw(state_of: StateOf, case: Case, work: Counter[str]) -> None:
    versions, uncounted = case.held
    chosen = dict.fromkeys(FIELDS, "chosen")
    resolution, settled = following(versions, case.seen, op=RESOLVE, values=chosen, made=case.made)
    model = Model(settled, uncounted)
    strands = [strand for strand in state_of(settled, uncounted).strands if resolution in strand.heads]
    assert strands, "something follows the resolution"
    for strand in strands:
        for name in FIELDS:
            givers = {one for choice in strand.fields[name].choices for one in choice.given_by}
            assert resolution in givers
            assert givers.isdisjoint(model.follows(resolution))
            work["settled"] += 1
            work["contradicted"] += len(givers) > 1


def test_a_resolution_settles_what_it_saw() -> None:
    work = try_law(settles_what_it_saw, cases())
    assert work["settled"] >= 200, work
    assert work["contradicted"] >= 20, work


@pytest.mark.parametrize("sabotage", [drops_a_live_value, ignores_parents, trusts_the_clock])
def test_a_program_that_does_not_heed_what_was_seen_is_caught(sabotage: StateOf) -> None:
    must_catch(settles_what_it_saw, cases(), sabotage)
