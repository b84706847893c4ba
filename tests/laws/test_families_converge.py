"""Families converge: devices that hold the same versions show the same records, in whatever order these came."""

from collections import Counter
from typing import NamedTuple

import pytest
from hypothesis import strategies as st

from edenmesh.core.ids import VersionId
from tests.laws.family_law import StatesOf, must_catch, obeys_the_last_to_arrive, try_law
from tests.oracle.histories import Written
from tests.oracle.identity_worlds import partial_families


class Case(NamedTuple):
    held: Written
    order: list[VersionId]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    held = draw(partial_families())
    return Case(held, list(draw(st.permutations(sorted(held.versions)))))


def converges(states_of: StatesOf, case: Case, work: Counter[str]) -> None:
    versions, uncounted = case.held
    states = states_of(versions, uncounted)
    assert states_of({one: versions[one] for one in case.order}, uncounted) == states
    work["several records"] += len(states) > 1
    work["contradictions"] += any(state.contradictions for state in states)


def test_any_order_of_the_same_versions_gives_the_same_records() -> None:
    work = try_law(converges, cases(), examples=300)
    assert work["several records"] >= 60, work
    assert work["contradictions"] >= 8, work


@pytest.mark.parametrize("sabotage", [obeys_the_last_to_arrive])
def test_a_program_that_heeds_the_order_is_caught(sabotage: StatesOf) -> None:
    must_catch(converges, cases(), sabotage)
