"""Two strands are never field-merged until people say that they are one, or a server showed it."""

from collections import Counter

import pytest

from edenmesh.core.records import OBSERVE, content_text
from tests.laws.family_law import StatesOf, merges_all_strands, must_catch, try_law
from tests.oracle.histories import Written
from tests.oracle.identity_worlds import partial_families


def keeps_strands_apart(states_of: StatesOf, held: Written, work: Counter[str]) -> None:
    versions, uncounted = held
    joining = {one for one, version in versions.items() if "same" in version.about and one not in uncounted}
    if joining or any(version.op == OBSERVE for version in versions.values()):
        return
    for state in states_of(versions, uncounted):
        for strand in state.strands:
            begins = {
                frozenset((name, content_text(value)) for name, value in versions[one].set.items())
                for one in strand.firsts
                if not versions[one].parents
            }
            assert len(begins) == 1
            given = {one for field in strand.fields.values() for choice in field.choices for one in choice.given_by}
            assert {one for one in given if not versions[one].parents} <= {*strand.firsts}
            work["strands"] += 1
        work["conflicts"] += len(state.strands) > 1


def test_strands_of_different_content_are_not_merged_before_people_say_so() -> None:
    work = try_law(keeps_strands_apart, partial_families(), examples=400)
    assert work["strands"] >= 80, work
    assert work["conflicts"] >= 30, work


@pytest.mark.parametrize("sabotage", [merges_all_strands])
def test_a_program_that_merges_them_is_caught(sabotage: StatesOf) -> None:
    must_catch(keeps_strands_apart, partial_families(), sabotage)
