"""A conflict needs concurrency: values of one field contradict each other only where no writer saw the other's.

With one exception: a server that shows again what one of us gave before contradicts what replaced it, though whoever
read it had seen both.
"""

from collections import Counter
from itertools import combinations

import pytest

from tests.laws.law import StateOf, must_catch, try_law
from tests.laws.saboteurs import ignores_parents
from tests.oracle.histories import Written, partial_histories
from tests.oracle.record_model import Model


def contradicts_only_the_unseen(state_of: StateOf, held: Written, work: Counter[str]) -> None:
    model = Model(held.versions, held.uncounted)
    for strand in state_of(held.versions, held.uncounted).strands:
        for name, field in strand.fields.items():
            if any(isinstance(choice.content, tuple) for choice in field.choices):
                continue
            for ours, theirs in combinations(field.choices, 2):
                for one in ours.given_by:
                    for other in theirs.given_by:
                        assert one not in model.follows(other, name) or shows_again(model, other, name)
                        assert other not in model.follows(one, name) or shows_again(model, one, name)
                        work["contradictions"] += 1
        work["fields"] += len(strand.fields)


def shows_again(model: Model, one: bytes, name: str) -> bool:
    """Whether it is an observation of what a version of ours below it gave the field."""
    shown = dict(model.assigned(one)).get(name)
    ours = [other for other in model.follows(one, name) if model.versions[other].op != "observe"]
    return model.versions[one].op == "observe" and any(dict(model.assigned(other)).get(name) == shown for other in ours)


def test_values_contradict_only_where_no_writer_saw_the_other() -> None:
    work = try_law(contradicts_only_the_unseen, partial_histories())
    assert work["contradictions"] >= 4, work
    assert work["fields"] >= 100, work


@pytest.mark.parametrize("sabotage", [ignores_parents])
def test_a_program_that_invents_conflicts_is_caught(sabotage: StateOf) -> None:
    must_catch(contradicts_only_the_unseen, partial_histories(), sabotage)
