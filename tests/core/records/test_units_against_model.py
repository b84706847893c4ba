"""Where forms declare units and protective fields, the state of a record is that of the reference model."""

from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edenmesh.core.ids import FormHash
from edenmesh.core.records import FORM_FORMAT, Declarations, Field, Form, Table, record_state
from tests.oracle.histories import (
    FIELDS,
    LISTS,
    TABLE,
    Written,
    edited_records,
    partial_histories,
    plain_records,
    torn_records,
)
from tests.oracle.record_model import Model, shown_of

AT_LEAST = {"units": 30, "units beside items": 1, "taken over in conflict": 5, "protected": 10, "undone": 30}
PLAIN_AT_LEAST = {"units": 20, "protected": 15}
PROTECTED = ["2", "", "3"]


@st.composite
def declarations(draw: st.DrawFn) -> Declarations:
    """What one form declares that all versions were written with, those that name none."""
    names = draw(st.sampled_from([FIELDS, (*FIELDS, LISTS[0]), (FIELDS[0], "never given"), ()]))
    protective = draw(st.lists(st.sampled_from((*FIELDS, LISTS[0])), unique=True))
    fields = [Field(name=name, kind="string", restrictive=PROTECTED) for name in protective]
    units = [list(names)] if names else []
    return Declarations({FormHash(b""): Form(format=FORM_FORMAT, table=Table(name=TABLE, fields=fields, units=units))})


def test_state_is_that_of_the_model() -> None:
    work = _compared(st.one_of(edited_records(), partial_histories(), torn_records()))
    assert {name: count for name, count in AT_LEAST.items() if work[name] < count} == {}, work


def test_state_of_what_would_be_plain_is_that_of_the_model() -> None:
    work = _compared(plain_records())
    assert {name: count for name, count in PLAIN_AT_LEAST.items() if work[name] < count} == {}, work


def _compared(histories: st.SearchStrategy[Written]) -> Counter[str]:
    """What there was of each thing, in histories of which the program shows what the model shows."""
    work: Counter[str] = Counter()

    @settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
    @given(histories, declarations())
    def check(held: Written, declared_by: Declarations) -> None:
        declared = declared_by.of(TABLE, frozenset([FormHash(b"")]))
        model = Model(held.versions, held.uncounted, declared)
        shown = model.shown()
        assert shown_of(record_state(held.versions, held.uncounted, declared_by)) == shown
        for strand in shown.strands:
            work["units"] += bool(strand.units)
            listed = [name for name, choices in strand.fields.items() if isinstance(choices[-1][0], tuple)]
            work["units beside items"] += any(name in unit for unit in strand.units for name in listed)
            open_fields = {name: choices for name, choices in strand.fields.items() if len(choices) > 1}
            work["protected"] += any(
                choices[0][0] in PROTECTED for name, choices in open_fields.items() if name in declared.restrictive
            )
        work["taken over in conflict"] += bool(model.units.multiplied)
        work["undone"] += bool(model.work["undone"])

    check()
    return work
