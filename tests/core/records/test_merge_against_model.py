"""The state of a record is that of the reference model, for any history."""

from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from edenmesh.core.records import record_state
from edenmesh.core.records.states.plain import plain_strand
from tests.oracle.histories import Written, closed_records, edited_records, partial_histories, plain_records
from tests.oracle.observed_histories import observed_histories
from tests.oracle.record_model import Model, shown_of

EXAMPLES = 600
AT_LEAST = {
    "conflict": 15,
    "identity": 60,
    "contested": 2,
    "deleted": 1,
    "waiting": 40,
    "quarantined": 60,
    "newer": 30,
    "equal firsts": 20,
    "echoes": 8,
    "found": 15,
    "removals": 20,
    "undone": 8,
}


EDITED_AT_LEAST = {"conflict": 60, "deleted": 4, "contested": 10, "removals": 50, "undone": 100, "undone twice": 20}

OBSERVED_AT_LEAST = {
    "conflict": 60,
    "question": 80,
    "twins": 40,
    "circles": 10,
    "found": 60,
    "echoes": 40,
    "ended": 10,
    "weak": 2,
}


PLAIN_AT_LEAST = {"conflict": 40, "plain": 150, "not plain": 50}


def test_state_is_that_of_the_model() -> None:
    work = _compared(st.one_of(*[partial_histories()] * 4, closed_records()))
    assert {name: count for name, count in AT_LEAST.items() if work[name] < count} == {}, work


def test_state_is_that_of_the_model_where_people_take_back_what_was_done() -> None:
    work = _compared(st.one_of(*[edited_records()] * 4, closed_records()))
    assert {name: count for name, count in EDITED_AT_LEAST.items() if work[name] < count} == {}, work


def test_state_is_that_of_the_model_where_servers_are_seen_often() -> None:
    work = _compared(observed_histories())
    assert {name: count for name, count in OBSERVED_AT_LEAST.items() if work[name] < count} == {}, work


def test_state_of_what_is_plain_is_that_of_the_model() -> None:
    work = _compared(plain_records())
    assert {name: count for name, count in PLAIN_AT_LEAST.items() if work[name] < count} == {}, work


def _compared(histories: SearchStrategy[Written]) -> Counter[str]:
    """What there was of each thing, in histories of which the program shows what the model shows."""
    work: Counter[str] = Counter()

    @settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
    @given(histories)
    def check(held: Written) -> None:
        model = Model(held.versions, held.uncounted)
        shown = model.shown()
        assert shown_of(record_state(held.versions, held.uncounted)) == shown
        work.update(shown.words)
        work.update({name: bool(count) for name, count in model.work.items()})
        work["not plain" if held.uncounted or plain_strand(held.versions) is None else "plain"] += 1

    check()
    return work
