"""How a law is tried: on many histories, counting its work; and on broken programs, which it must catch."""

from collections import Counter
from collections.abc import Callable, Mapping, Set
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy

from edenmesh.core.ids import VersionId
from edenmesh.core.records import RecordState, Version, record_state

Case = TypeVar("Case")
StateOf = Callable[[Mapping[VersionId, Version], Set[VersionId]], RecordState]
Law = Callable[[StateOf, Case, Counter[str]], None]


def try_law(
    law: Law[Case], cases: SearchStrategy[Case], examples: int = 200, program: StateOf = record_state
) -> Counter[str]:
    """Try a law of the program on many cases. Returns what it counted."""
    return _try(law, cases, program, settings(max_examples=examples))


def must_catch(law: Law[Case], cases: SearchStrategy[Case], sabotage: StateOf) -> None:
    """The law must find a case in which a broken program breaks it."""
    with pytest.raises(AssertionError):
        _try(law, cases, sabotage, settings(max_examples=2000, phases=[Phase.generate], derandomize=True))


def _try(law: Law[Case], cases: SearchStrategy[Case], state_of: StateOf, bounds: settings) -> Counter[str]:
    work: Counter[str] = Counter()

    @settings(bounds, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
    @given(cases)
    def check(case: Case) -> None:
        law(state_of, case, work)

    check()
    return work
