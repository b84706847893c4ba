"""Two devices always tell whether they use one identifier for different data; equal data raises no question."""

from collections import Counter
from typing import NamedTuple

import pytest
from hypothesis import strategies as st

from edenmesh.core.ids import VersionId
from edenmesh.core.records import PUT, Change, Flag, Value, Version
from tests.core.records.pages import OUTSIDE, Page
from tests.laws.family_law import StatesOf, merges_all_strands, must_catch, shows_one_strand, try_law


class Case(NamedTuple):
    """What each of two devices imported under one uuid and wrote since."""

    ours: dict[VersionId, Version]
    theirs: dict[VersionId, Version]
    is_same: bool


_contents: st.SearchStrategy[dict[str, Value]] = st.dictionaries(
    st.sampled_from(("name", "depth")), st.sampled_from((1, "1", "2")), min_size=1, max_size=2
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    begins = [draw(_contents), draw(_contents)]
    page, sides = Page(OUTSIDE), list[dict[VersionId, Version]]()
    for content in begins:
        last = page.write(PUT, (), Change(set=content))
        known = [last]
        for number in range(draw(st.integers(min_value=0, max_value=2))):
            last = page.put(last, status=str(number))
            known.append(last)
        sides.append({one: page.versions[one] for one in known})
    texts = [{name: str(value) for name, value in content.items()} for content in begins]
    return Case(sides[0], sides[1], texts[0] == texts[1])


def detects(states_of: StatesOf, case: Case, work: Counter[str]) -> None:
    for held in ({**case.ours, **case.theirs}, {**case.theirs, **case.ours}):
        (state,) = states_of(held, frozenset())
        assert bool(state.flags & Flag.IDENTITY) == (not case.is_same)
        assert len(state.strands) == (1 if case.is_same else 2)
    work["same"] += case.is_same
    work["different"] += not case.is_same


def test_both_devices_see_that_one_uuid_means_different_data_and_only_then() -> None:
    work = try_law(detects, cases())
    assert work["same"] >= 10, work
    assert work["different"] >= 60, work


@pytest.mark.parametrize("sabotage", [merges_all_strands, shows_one_strand])
def test_a_program_that_does_not_notice_is_caught(sabotage: StatesOf) -> None:
    must_catch(detects, cases(), sabotage)
