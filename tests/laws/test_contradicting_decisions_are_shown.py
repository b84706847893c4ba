"""Decisions made at once that contradict each other are a conflict: shown, none of them applied, no strand lost."""

from collections import Counter
from typing import NamedTuple

import pytest
from hypothesis import strategies as st

from edenmesh.core.ids import VersionId
from edenmesh.core.records import Flag, Version
from tests.core.records.family_page import FamilyPage
from tests.core.records.pages import OUTSIDE
from tests.laws.family_law import StatesOf, must_catch, obeys_the_last_to_arrive, shows_one_strand, try_law


class Case(NamedTuple):
    versions: dict[VersionId, Version]
    firsts: list[VersionId]
    decisions: set[VersionId]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Strands in a ring, each decided about with the next one by somebody who saw only these two."""
    page = FamilyPage()
    firsts = [page.first(name=f"Well {number}") for number in range(draw(st.integers(min_value=2, max_value=5)))]
    ring = list(zip(firsts, [*firsts[1:], firsts[0]], strict=True))
    # All leave the next one, but for some that are the same as it: a circle either way.
    is_same = [draw(st.booleans()) for _ in ring[:-1]]
    decisions = {page.say_different(ring[-1][1], ring[-1][0])}
    for (one, other), same in zip(ring, is_same, strict=False):
        decisions.add(page.say_same(one, other) if same else page.say_different(other, one))
    order = draw(st.permutations(list(page.versions)))
    return Case({one: page.versions[one] for one in order}, firsts, decisions)


def shows_contradictions(states_of: StatesOf, case: Case, work: Counter[str]) -> None:
    states = states_of(case.versions, frozenset())
    assert [state.uuid for state in states] == [OUTSIDE]
    state = states[0]
    assert {*state.contradictions} == case.decisions
    assert state.flags & Flag.IDENTITY
    assert sorted(strand.firsts for strand in state.strands) == sorted((one,) for one in case.firsts)
    work["contradictions"] += 1
    work["through others"] += len(case.firsts) > 2


def test_contradicting_decisions_are_shown_and_lose_no_strand() -> None:
    work = try_law(shows_contradictions, cases(), examples=150)
    assert work["contradictions"] >= 100, work
    assert work["through others"] >= 40, work


@pytest.mark.parametrize("sabotage", [obeys_the_last_to_arrive, shows_one_strand])
def test_a_program_that_takes_a_side_is_caught(sabotage: StatesOf) -> None:
    must_catch(shows_contradictions, cases(), sabotage)
