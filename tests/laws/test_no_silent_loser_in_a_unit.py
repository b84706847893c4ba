"""No silent loser in a unit: a row that nothing follows is shown, its values side by side."""

from collections import Counter

import pytest

from edenmesh.core.records import OBSERVE, Content, StrandState, canonical_text
from tests.laws.declared_law import DECLARED, UNIT, declared_state, forgets_a_row, tears_rows_apart
from tests.laws.law import StateOf, must_catch, try_law
from tests.oracle.histories import Written, edited_records
from tests.oracle.record_model import Model


def keeps_every_live_row(state_of: StateOf, held: Written, work: Counter[str]) -> None:
    model = Model(held.versions, held.uncounted, DECLARED)
    (strand,) = state_of(held.versions, held.uncounted).strands
    shown = _rows(strand)
    said = {one: rows for one in model.speaking for rows in [model.units.said(one, model.speaking).get(UNIT)] if rows}
    for one, rows in said.items():
        is_followed = any(one in model.follows(other, UNIT) for other in said)
        if is_followed or model.versions[one].op == OBSERVE:
            continue
        assert set(rows) <= shown
        assigned = {*model.versions[one].set, *model.versions[one].unset}
        work["live rows"] += len(rows)
        work["taken over"] += not assigned.issuperset(UNIT)
    work["conflicts"] += len(shown) > 1
    work["undone"] += len(model.speaking) < len(model.counted)


def _rows(strand: StrandState) -> set[tuple[str, ...]]:
    """The rows a person reads off the choices, empty fields among them."""
    columns = [
        [_text(choice.content) for choice in strand.fields[name].choices] for name in UNIT if name in strand.fields
    ]
    if any(len(column) > 1 for column in columns):
        assert len(columns) == len(UNIT), "a field of a unit in conflict is not shown"
        assert len({len(column) for column in columns}) == 1, "values of a unit do not stand side by side"
        return set(zip(*columns, strict=True))
    values = strand.values
    return {tuple(_text(values.get(name)) for name in UNIT)}


def _text(content: Content | None) -> str:
    assert not isinstance(content, tuple)
    return "" if content is None else canonical_text(content)


def test_every_row_that_nothing_follows_is_among_the_choices() -> None:
    work = try_law(keeps_every_live_row, edited_records(), program=declared_state)
    assert work["live rows"] >= 200, work
    assert work["taken over"] >= 50, work
    assert work["conflicts"] >= 40, work
    assert work["undone"] >= 40, work


@pytest.mark.parametrize("sabotage", [forgets_a_row, tears_rows_apart])
def test_a_program_that_loses_a_row_is_caught(sabotage: StateOf) -> None:
    must_catch(keeps_every_live_row, edited_records(), sabotage)
