"""To undo is to have what would be shown had the version never counted, and to undo the undo is to have it again."""

from collections import Counter
from typing import NamedTuple

import pytest
from hypothesis import strategies as st

from edenmesh.core.encoding import Plain
from edenmesh.core.ids import VersionId
from edenmesh.core.records import OBSERVE, RESOLVE, RecordState, record_state
from tests.laws.declared_law import declared_state
from tests.laws.law import StateOf, must_catch, try_law
from tests.laws.saboteurs import forgets_undos, undoes_all_that_followed
from tests.oracle.histories import Written, edited_records, following
from tests.oracle.record_model import Model


class Case(NamedTuple):
    held: Written
    undone: VersionId


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Records that no server was asked about: what a server echoes of us outlives an undo."""
    ours = edited_records().filter(lambda held: all(one.op != OBSERVE for one in held.versions.values()))
    held = draw(ours)
    strand = record_state(held.versions).strands[0]
    if draw(st.booleans()):
        chosen = dict.fromkeys(strand.conflicts, "chosen")
        resolution, settled = following(held.versions, strand.heads, op=RESOLVE, values=chosen)
        return Case(Written(settled, frozenset()), resolution)
    return Case(held, draw(st.sampled_from([one for one, version in held.versions.items() if version.parents])))


def brings_back(state_of: StateOf, case: Case, work: Counter[str]) -> None:
    versions, _ = case.held
    shown = state_of(versions, frozenset())
    if Model(versions).is_undone(case.undone):
        return
    heads = shown.strands[0].heads
    undo, after = following(versions, heads, op=RESOLVE, about={"undoes": list[Plain]([case.undone])})
    without = state_of(versions, frozenset([case.undone]))
    assert _drawn(state_of(after, frozenset())) == _drawn(without)
    _, again = following(after, [undo], op=RESOLVE, about={"undoes": list[Plain]([undo])})
    assert _drawn(state_of(again, frozenset())) == _drawn(shown)
    work["undos"] += 1
    work["seen"] += _drawn(without) != _drawn(shown)
    work["deletions"] += bool(shown.strands[0].retracts) != bool(without.strands[0].retracts)
    work["conflicts brought back"] += bool(set(without.strands[0].conflicts) - set(shown.strands[0].conflicts))
    work["undos undone"] += "undoes" in versions[case.undone].about


def _drawn(state: RecordState) -> object:
    """All that is shown of the record, the heads aside."""
    (strand,) = state.strands
    return strand.fields, strand.conflicts, strand.retracts, strand.concurrent_edits


@pytest.mark.parametrize("program", [record_state, declared_state])
def test_undo_brings_back_exactly_what_was_before_and_its_undo_what_it_took(program: StateOf) -> None:
    work = try_law(brings_back, cases(), program=program)
    assert work["undos"] >= 100, work
    assert work["seen"] >= 30, work
    assert work["deletions"] >= 3, work
    assert work["conflicts brought back"] >= 3, work
    assert work["undos undone"] >= 10, work


@pytest.mark.parametrize("sabotage", [forgets_undos, undoes_all_that_followed])
def test_a_program_that_undoes_too_little_or_too_much_is_caught(sabotage: StateOf) -> None:
    must_catch(brings_back, cases(), sabotage)
