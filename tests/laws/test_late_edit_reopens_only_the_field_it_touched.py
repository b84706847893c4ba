"""A late edit reopens only the field it touched: what a resolution settled elsewhere stays settled."""

from collections import Counter
from typing import NamedTuple

import pytest
from hypothesis import strategies as st

from edenmesh.core.ids import VersionId
from edenmesh.core.records import RESOLVE, StrandState
from tests.laws.law import StateOf, must_catch, try_law
from tests.laws.saboteurs import ignores_parents, writes_whole_rows
from tests.oracle.histories import FIELDS, Written, following, histories


class Case(NamedTuple):
    held: Written
    parent: VersionId
    field: str


@st.composite
def cases(draw: st.DrawFn) -> Case:
    held = draw(histories())
    return Case(held, draw(st.sampled_from(sorted(held.versions))), draw(st.sampled_from(FIELDS)))


def reopens_one_field(state_of: StateOf, case: Case, work: Counter[str]) -> None:
    versions, uncounted = case.held
    before = state_of(versions, uncounted)
    heads = {head for strand in before.strands for head in strand.heads}
    if not heads:
        return
    open_fields = {name for strand in before.strands for name in strand.conflicts}
    resolution, settled = following(versions, heads, op=RESOLVE, values=dict.fromkeys(open_fields, "chosen"))
    strands = {strand.first: strand for strand in state_of(settled, uncounted).strands if resolution in strand.heads}
    assert strands, "nothing follows the resolution"
    assert not any(strand.conflicts for strand in strands.values())
    late, reopened = following(settled, [case.parent], values={case.field: "late"})
    for strand in state_of(reopened, uncounted).strands:
        if late not in strand.heads:
            continue
        work["late edits"] += 1
        work["reopened"] += case.field in strand.conflicts
        work["settled before"] += bool(open_fields)
        assert set(strand.conflicts) <= {case.field}
        if strand.first in strands:
            assert _others(strand, case.field) == _others(strands[strand.first], case.field)


def _others(strand: StrandState, name: str) -> dict[str, object]:
    return {other: field for other, field in strand.fields.items() if other != name}


def test_late_edit_reopens_only_the_field_it_touched() -> None:
    work = try_law(reopens_one_field, cases(), examples=400)
    assert work["late edits"] >= 100, work
    assert work["reopened"] >= 20, work
    assert work["settled before"] >= 10, work


@pytest.mark.parametrize("sabotage", [ignores_parents, writes_whole_rows])
def test_a_program_that_reopens_more_is_caught(sabotage: StateOf) -> None:
    must_catch(reopens_one_field, cases(), sabotage)
