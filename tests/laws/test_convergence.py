"""Convergence: devices that hold the same versions show the same, in whatever order and pieces these came."""

from collections import Counter
from typing import NamedTuple

import pytest
from hypothesis import strategies as st

from edenmesh.core.ids import VersionId
from edenmesh.core.records import RecordState, Version, record_state
from tests.laws.declared_law import declared_state
from tests.laws.law import StateOf, must_catch, try_law
from tests.laws.saboteurs import trusts_the_arrival
from tests.oracle.histories import Written, partial_histories


class Case(NamedTuple):
    held: Written
    order: list[VersionId]
    cut: int


@st.composite
def cases(draw: st.DrawFn) -> Case:
    held = draw(partial_histories())
    order = draw(st.permutations(sorted(held.versions)))
    return Case(held, list(order), draw(st.integers(min_value=0, max_value=len(order))))


def converges(state_of: StateOf, case: Case, work: Counter[str]) -> None:
    versions, uncounted = case.held
    whole = _drawn(state_of(versions, uncounted))
    shuffled = {one: versions[one] for one in case.order}
    assert _drawn(state_of(shuffled, uncounted)) == whole
    # Two devices: each made or met a part, a version came to both, and each hears the rest from the other.
    first, second = case.order[: case.cut + 1], case.order[case.cut :]
    for one_part, other_part in ((first, second), (second, first)):
        heard = {one: Version.decode(versions[one].encode()) for one in (*one_part, *other_part)}
        assert _drawn(state_of(heard, uncounted)) == whole
    work["histories of 4 and more"] += len(versions) >= 4
    work["open"] += bool(state_of(versions, uncounted).flags)


def _drawn(state: RecordState) -> object:
    """Everything a screen could draw, the order of fields included."""
    return state, [list(strand.fields) for strand in state.strands]


@pytest.mark.parametrize("program", [record_state, declared_state])
def test_any_order_duplication_and_partition_of_the_same_versions_gives_the_same_state(program: StateOf) -> None:
    work = try_law(converges, cases(), program=program)
    assert work["histories of 4 and more"] >= 30, work
    assert work["open"] >= 30, work


@pytest.mark.parametrize("sabotage", [trusts_the_arrival])
def test_a_program_that_depends_on_the_order_is_caught(sabotage: StateOf) -> None:
    must_catch(converges, cases(), sabotage)
