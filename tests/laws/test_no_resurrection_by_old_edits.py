"""No resurrection: what a retract covers does not come back by versions it saw, late as they may come.

Nor by late clocks; only a later put or resolve lifts it.
"""

from collections import Counter
from typing import NamedTuple

import pytest
from hypothesis import strategies as st

from edenmesh.core.ids import VersionId
from edenmesh.core.records import RETRACT, Version
from tests.laws.law import StateOf, must_catch, try_law
from tests.laws.saboteurs import ignores_parents, trusts_the_clock
from tests.oracle.histories import Written, following, histories


class Case(NamedTuple):
    held: Written
    made: int
    order: list[VersionId]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    held = draw(histories())
    order = draw(st.permutations(sorted(held.versions)))
    return Case(held, draw(st.integers(min_value=0, max_value=20)), list(order))


def stays_deleted(state_of: StateOf, case: Case, work: Counter[str]) -> None:
    versions, uncounted = case.held
    heads = {head for strand in state_of(versions, uncounted).strands for head in strand.heads}
    if not heads:
        return
    retract, after = following(versions, heads, op=RETRACT, made=case.made)
    held: dict[VersionId, Version] = {retract: after[retract]}
    for one in case.order:
        held[one] = versions[one]
        state = state_of(held, uncounted)
        if retract not in state.waiting:
            assert all(strand.is_deleted for strand in state.strands if retract in strand.heads)
            work["late versions"] += 1
    assert all(strand.is_deleted for strand in state_of(held, uncounted).strands)
    work["retracts"] += 1
    latest = max(version.made for version in versions.values())
    work["retracts by a slow clock"] += after[retract].made < latest
    lift, lifted = following(after, [retract])
    assert not any(strand.is_deleted for strand in state_of(lifted, uncounted).strands if lift in strand.heads)


def test_a_retract_covers_what_its_author_saw_whenever_it_comes() -> None:
    work = try_law(stays_deleted, cases())
    assert work["retracts"] >= 100, work
    assert work["retracts by a slow clock"] >= 10, work
    assert work["late versions"] >= 100, work


@pytest.mark.parametrize("sabotage", [trusts_the_clock, ignores_parents])
def test_a_program_that_brings_deleted_records_back_is_caught(sabotage: StateOf) -> None:
    must_catch(stays_deleted, cases(), sabotage)
