"""Which decisions contradict each other is what the model says, in sets, of any decisions in any order."""

from collections import Counter
from typing import NamedTuple

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from edenmesh.core.records.states import contradictions
from edenmesh.core.records.states.contradictions import Star, contradicting
from tests.core.records.family_page import FamilyPage
from tests.core.records.pages import OUTSIDE
from tests.oracle import identity_model

ROUNDS = 16
AT_LEAST = {"contradicting": 100, "some hold": 50, "same": 50, "more than one round": 10}


class Said(NamedTuple):
    """A decision on strands by their numbers; `sees` says which earlier decisions it follows."""

    centre: int
    others: frozenset[int]
    is_parting: bool
    sees: int


_strands = st.integers(min_value=0, max_value=6)
_decisions = st.lists(
    st.builds(
        Said,
        centre=_strands,
        others=st.frozensets(_strands, min_size=1, max_size=3),
        is_parting=st.sampled_from((True, True, False)),
        sees=st.sampled_from((0, 1, 3, -1)),
    ),
    min_size=2,
    max_size=10,
)


def follows(said: list[Said]) -> list[set[int]]:
    """For each decision those it follows."""
    below: list[set[int]] = []
    for number, one in enumerate(said):
        seen = {other for other in range(number) if one.sees >> (number - 1 - other) & 1}
        below.append(seen.union(*(below[other] for other in seen)))
    return below


def program_says(said: list[Said]) -> set[int]:
    below = follows(said)
    stars = [
        Star(1 << number, 1 << one.centre, sum(1 << other for other in one.others), one.is_parting)
        for number, one in enumerate(said)
    ]
    above = {1 << n: sum(1 << m for m in range(len(said)) if n in below[m]) for n in range(len(said))}
    gone = contradicting(stars, above)
    return {number for number in range(len(said)) if gone >> number & 1}


def model_says(said: list[Said]) -> tuple[set[int], int]:
    """The decisions that do not hold, and after how many rounds."""
    below = follows(said)
    strand = [frozenset((frozenset((bytes([number]),)),)) for number in range(7)]
    words = [
        identity_model.Word(
            bytes([number]),
            frozenset(next(iter(strand[end])) for end in (one.centre, other)),
            next(iter(strand[other])) if one.is_parting else None,
        )
        for number, one in enumerate(said)
        for other in one.others
    ]
    gone: set[int] = set()
    rounds = 0
    while groups := identity_model._circles(words):
        rounds += 1
        for group in groups:
            numbers = {one[0] for one in group}
            gone |= {one for one in numbers if rounds >= ROUNDS or not any(one in below[other] for other in numbers)}
        words = [word for word in words if word.decision[0] not in gone]
    return gone, rounds


def check_decisions(examples: int) -> Counter[str]:
    work: Counter[str] = Counter()

    @settings(max_examples=examples, database=None, phases=[Phase.generate])
    @given(_decisions)
    def check(said: list[Said]) -> None:
        gone, rounds = model_says(said)
        assert program_says(said) == gone
        work["contradicting"] += bool(gone)
        work["some hold"] += 0 < len(gone) < len(said)
        work["same"] += any(not said[one].is_parting for one in gone)
        work["more than one round"] += rounds > 1

    check()
    return work


def test_decisions_that_contradict_each_other_are_those_of_the_model() -> None:
    work = check_decisions(800)
    assert {name: count for name, count in AT_LEAST.items() if work[name] < count} == {}, work


def keep_what_hangs(same: list[Star], named: int) -> list[Star]:
    """All that is the same is concerned, whether or not it lies between those who leave."""
    return same


def test_a_program_that_takes_back_what_is_not_concerned_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contradictions, "_between_named", keep_what_hangs)
    with pytest.raises(AssertionError):
        check_decisions(800)


def one_after_the_other(count: int) -> list[Said]:
    """Three decisions in a circle, and further ones beside them, each of which follows all before."""
    pairs = [(0, 1), (1, 2), (2, 0), *[(0, 1)] * count]
    return [Said(centre, frozenset((other,)), is_parting=True, sees=-1) for centre, other in pairs[:count]]


@pytest.mark.parametrize(("count", "holding"), [(3, 2), (10, 2), (17, 2), (18, 0), (20, 0)])
def test_from_the_sixteenth_round_on_all_that_contradicts_is_taken_back(count: int, holding: int) -> None:
    said = one_after_the_other(count)
    assert len(said) == count
    assert program_says(said) == model_says(said)[0] == set(range(holding, count))


def test_a_program_that_goes_on_for_another_round_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contradictions, "_ROUNDS", ROUNDS + 1)
    assert program_says(one_after_the_other(18)) == set(range(2, 18))


def test_what_observations_made_one_may_be_called_the_same_beside_a_contradiction() -> None:
    page = FamilyPage()
    well, pump, clinic, school = [page.first(name=name) for name in ("Well", "Pump", "Clinic", "School")]
    page.seen_at(OUTSIDE, well, body=1)
    page.seen_at(OUTSIDE, pump, body=2)
    page.say_same(well, pump)
    contrary = [page.say_different(clinic, school), page.say_different(school, clinic)]
    state = page.states[OUTSIDE]
    assert state.contradictions == tuple(sorted(contrary))
    assert sorted(len(strand.firsts) for strand in state.strands) == [1, 1, 2]


def test_hundreds_of_decisions_that_all_contradict_each_other_are_all_shown() -> None:
    page = FamilyPage()
    firsts = [page.first(name=f"Well {number}") for number in range(60)]
    contrary = [page.say_different(keeper, *(one for one in firsts if one != keeper)) for keeper in firsts]
    assert page.states[OUTSIDE].contradictions == tuple(sorted(contrary))
    assert len(page.states[OUTSIDE].strands) == len(firsts)
