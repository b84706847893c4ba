"""Quarantined versions keep their place and have no effect: without them, and what follows them, nothing differs."""

from collections import Counter

import pytest

from edenmesh.core.records import Flag
from tests.laws.law import StateOf, must_catch, try_law
from tests.laws.saboteurs import counts_the_quarantined
from tests.oracle.histories import FIELDS, LISTS, Written, histories
from tests.oracle.record_model import Model


def has_no_effect(state_of: StateOf, held: Written, work: Counter[str]) -> None:
    # Everything after a quarantined version is quarantined too, so that leaving it out leaves no gap.
    model = Model(held.versions)
    names = ("", *FIELDS, *LISTS)
    out = {one for one in held.versions if any(({one} | model.follows(one, name)) & held.uncounted for name in names)}
    rest = {one: version for one, version in held.versions.items() if one not in out}
    if not out or not rest or any(model.same(one) & set(rest) for one in out):
        # What is equal to a trusted first version is one with it, and a uuid that either owns is theirs.
        return
    quarantined = state_of(held.versions, frozenset(out))
    trusted = state_of(rest, frozenset())
    assert quarantined.strands == trusted.strands
    carried = (
        Flag.QUARANTINED if all(held.versions[one].is_understood for one in out) else Flag.QUARANTINED | Flag.NEWER
    )
    assert quarantined.flags == trusted.flags | carried
    work["quarantined"] += len(out)
    work["shown"] += any(strand.fields for strand in trusted.strands)


def test_what_does_not_count_changes_no_value_no_head_and_no_strand() -> None:
    work = try_law(has_no_effect, histories(), examples=400)
    assert work["quarantined"] >= 30, work
    assert work["shown"] >= 10, work


@pytest.mark.parametrize("sabotage", [counts_the_quarantined])
def test_a_program_that_lets_the_quarantined_speak_is_caught(sabotage: StateOf) -> None:
    must_catch(has_no_effect, histories(), sabotage)
