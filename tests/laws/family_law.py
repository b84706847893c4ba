"""How a law of families is tried: on many families, counting its work; and on broken programs, which it must catch."""

from collections import Counter
from collections.abc import Callable, Mapping, Set
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy
from msgspec.structs import replace

from edenmesh.core.ids import VersionId
from edenmesh.core.records import PUT, RESOLVE, Flag, RecordState, Version, left_uuid, record_states

Case = TypeVar("Case")
Versions = Mapping[VersionId, Version]
States = tuple[RecordState, ...]
StatesOf = Callable[[Versions, Set[VersionId]], States]
Law = Callable[[StatesOf, Case, Counter[str]], None]


def try_law(law: Law[Case], cases: SearchStrategy[Case], examples: int = 200) -> Counter[str]:
    """Try a law of the program on many cases. Returns what it counted."""
    return _try(law, cases, record_states, settings(max_examples=examples))


def must_catch(law: Law[Case], cases: SearchStrategy[Case], sabotage: StatesOf) -> None:
    """The law must find a case in which a broken program breaks it."""
    with pytest.raises(AssertionError):
        _try(law, cases, sabotage, settings(max_examples=2000, phases=[Phase.generate], derandomize=True))


def _try(law: Law[Case], cases: SearchStrategy[Case], states_of: StatesOf, bounds: settings) -> Counter[str]:
    work: Counter[str] = Counter()

    @settings(bounds, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
    @given(cases)
    def check(case: Case) -> None:
        law(states_of, case, work)

    check()
    return work


def merges_all_strands(versions: Versions, uncounted: Set[VersionId]) -> States:
    """What stands under one uuid is one record, whoever began it: later first versions follow the earlier ones."""
    firsts = sorted(
        (one for one, version in versions.items() if not version.parents), key=lambda one: versions[one].seq
    )
    before = dict(zip(firsts[1:], firsts, strict=False))
    rewired = {
        one: replace(version, op=PUT, parents=[before[one]], about={}) if one in before else version
        for one, version in versions.items()
    }
    return record_states(rewired, uncounted)


def shows_one_strand(versions: Versions, uncounted: Set[VersionId]) -> States:
    """Of strands under one uuid it shows the first."""
    states = record_states(versions, uncounted)
    return tuple(replace(state, strands=state.strands[:1], flags=state.flags & ~Flag.IDENTITY) for state in states)


def forgets_leavers(versions: Versions, uncounted: Set[VersionId]) -> States:
    """It looks only under the uuids where something was first written."""
    left = {left_uuid(one) for one in versions}
    return tuple(state for state in record_states(versions, uncounted) if state.uuid not in left)


def obeys_the_last_to_arrive(versions: Versions, uncounted: Set[VersionId]) -> States:
    """Of all decisions that came it heeds the last."""
    decisions = [one for one, version in versions.items() if {"same", "leaves"} & version.about.keys()]
    stripped = {
        one: replace(version, about={}) if one in decisions[:-1] and version.op == RESOLVE else version
        for one, version in versions.items()
    }
    return record_states(stripped, uncounted)


def lets_decisions_lapse(versions: Versions, uncounted: Set[VersionId]) -> States:
    """A decision holds as long as it names all strands there are."""
    firsts = {one for one, version in versions.items() if not version.parents}
    stripped = {
        one: replace(version, about={})
        if "leaves" in version.about and firsts - {version.resolution.keeps, *version.resolution.leaves}
        else version
        for one, version in versions.items()
    }
    return record_states(stripped, uncounted)
