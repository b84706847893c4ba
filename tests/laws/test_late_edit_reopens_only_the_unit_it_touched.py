"""A late edit of one field of a unit reopens the unit, and nothing that a resolution settled beside it."""

from collections import Counter
from typing import NamedTuple

import pytest
from hypothesis import strategies as st

from edenmesh.core.ids import VersionId
from edenmesh.core.records import RESOLVE, Value
from tests.laws.declared_law import UNIT, declared_state, tears_rows_apart
from tests.laws.law import StateOf, must_catch, try_law
from tests.laws.saboteurs import writes_whole_rows
from tests.oracle.histories import Written, edited_records, following


class Case(NamedTuple):
    held: Written
    parent: VersionId
    field: str


@st.composite
def cases(draw: st.DrawFn) -> Case:
    held = draw(edited_records())
    field = draw(st.sampled_from((*UNIT, "remark")))
    return Case(held, draw(st.sampled_from(sorted(held.versions))), field)


def reopens_one_unit(state_of: StateOf, case: Case, work: Counter[str]) -> None:
    versions, uncounted = case.held
    (before,) = state_of(versions, uncounted).strands
    chosen: dict[str, Value] = dict.fromkeys((*UNIT, "remark"), "chosen")
    _, settled = following(versions, before.heads, op=RESOLVE, values=chosen)
    _, reopened = following(settled, [case.parent], values={case.field: "late"})
    (after,) = state_of(reopened, uncounted).strands
    touched = set(UNIT) if case.field in UNIT else {case.field}
    assert set(after.conflicts) == touched
    for name in touched:
        assert "chosen" in [choice.content for choice in after.fields[name].choices]
    work["units reopened"] += case.field in UNIT
    work["fields reopened"] += case.field not in UNIT
    work["settled before"] += bool(set(before.conflicts) & set(UNIT))


def test_a_late_edit_of_one_field_reopens_its_unit_only() -> None:
    work = try_law(reopens_one_unit, cases(), program=declared_state)
    assert work["units reopened"] >= 80, work
    assert work["fields reopened"] >= 30, work
    assert work["settled before"] >= 30, work


@pytest.mark.parametrize("sabotage", [tears_rows_apart, writes_whole_rows])
def test_a_program_that_reopens_less_or_more_is_caught(sabotage: StateOf) -> None:
    must_catch(reopens_one_unit, cases(), sabotage)
