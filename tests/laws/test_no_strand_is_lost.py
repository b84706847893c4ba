"""No strand is lost: whatever was imported, decided and undone, all that nobody replaced is shown under some uuid."""

from collections import Counter

import pytest

from edenmesh.core.records import OBSERVE
from tests.laws.family_law import StatesOf, forgets_leavers, must_catch, shows_one_strand, try_law
from tests.oracle.histories import Written
from tests.oracle.identity_worlds import partial_families
from tests.oracle.record_model import Model


def loses_nothing(states_of: StatesOf, held: Written, work: Counter[str]) -> None:
    model = Model(held.versions, held.uncounted)
    strands = [(state.uuid, strand) for state in states_of(held.versions, held.uncounted) for strand in state.strands]
    for first in model.firsts & model.counted:
        assert len([uuid for uuid, strand in strands if first in strand.firsts]) == 1
        work["first versions"] += 1
    given = {
        (one, name)
        for _, strand in strands
        for name, field in strand.fields.items()
        for choice in field.choices
        for one in choice.given_by
    }
    ours = [one for one in model.speaking if model.versions[one].op != OBSERVE]
    said = [(one, name) for one in model.speaking for name in model.versions[one].set]
    for one in ours:
        for name in model.versions[one].set:
            if not any(name == other and one in model.follows(later) for later, other in said):
                assert (one, name) in given
                work["values that nothing followed"] += 1
    work["several records"] += len({uuid for uuid, _ in strands}) > 1


def test_everything_is_shown_under_some_uuid() -> None:
    work = try_law(loses_nothing, partial_families(), examples=300)
    assert work["first versions"] >= 300, work
    assert work["values that nothing followed"] >= 300, work
    assert work["several records"] >= 50, work


@pytest.mark.parametrize("sabotage", [shows_one_strand, forgets_leavers])
def test_a_program_that_loses_a_strand_is_caught(sabotage: StatesOf) -> None:
    must_catch(loses_nothing, partial_families(), sabotage)
