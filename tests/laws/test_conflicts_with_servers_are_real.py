"""Two that saw the same raise no conflict, and few conflicts are such as a person sees at once not to be any.

Needless is one between a value that only observations gave and one by somebody who had seen the server in that state,
or where all that ever was at the server was ours. One world in fifteen is what the design grants.
"""

import pytest

from tests.laws.gateway_law import CARELESS, Scene, survey, surveyed
from tests.laws.gateway_saboteurs import forget_echoes, forget_twins, without_ends
from tests.oracle.gateway_worlds import NO_CARE_NEEDED, Care, World

TWO = Scene(250, 2, CARELESS)
WELL = Scene(150, 2, NO_CARE_NEEDED)
EDITED = Scene(100, 2, Care(4, 0, 0, 0, 0))
PULLED = 150


@pytest.mark.parametrize("scene", [TWO, WELL, EDITED])
def test_few_conflicts_are_needless(scene: Scene) -> None:
    found = survey(scene)
    assert len(found.needless) <= scene.number // 15
    assert len(found.outlived) <= scene.number // 100


def test_a_program_that_takes_echoes_for_edits_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_echoes(monkeypatch)
    found = surveyed(WELL)
    assert len(found.needless) > WELL.number // 15


def test_a_program_that_never_ends_what_was_seen_is_caught() -> None:
    assert len(surveyed(EDITED._replace(observing=without_ends)).outlived) > EDITED.number // 100


def conflicts_after_pulling(first: int) -> tuple[int, int]:
    """Devices pull what others edit at the server, each for itself; then one edits. Worlds in conflict, and edits."""
    conflicts = edits = 0
    for number in range(first, first + PULLED):
        world = World(number, gateways=3, care=NO_CARE_NEEDED)
        edits += world.pull_apart()
        state = world.state(0)
        conflicts += state is not None and bool(state.flags)
    return conflicts, edits


def test_two_that_pulled_the_same_raise_no_conflict_when_one_of_them_edits() -> None:
    conflicts, edits = conflicts_after_pulling(0)
    assert conflicts == 0
    assert edits >= PULLED


def test_a_program_that_takes_two_reads_of_one_state_for_two_states_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_twins(monkeypatch)
    assert conflicts_after_pulling(0)[0] >= PULLED // 10
