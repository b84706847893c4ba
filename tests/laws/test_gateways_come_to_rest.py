"""No endless activity: when people and the server are still, gateways come to rest, and everything gets there.

Where the server is well and people decide what is open, the last thing a gateway does is to see that it holds all.
"""

import pytest

from tests.laws.gateway_law import CARELESS, Scene, survey, surveyed
from tests.laws.gateway_saboteurs import forget_that_it_is_known
from tests.oracle.gateway_worlds import NO_CARE_NEEDED

ONE = Scene(600, 1, CARELESS)
TWO = Scene(250, 2, CARELESS)
WELL = Scene(150, 2, NO_CARE_NEEDED)


@pytest.mark.parametrize("scene", [ONE, TWO, WELL])
def test_gateways_come_to_rest(scene: Scene) -> None:
    found = survey(scene)
    assert found.restless == []
    assert found.work["observe"] >= 2 * scene.number


@pytest.mark.parametrize("scene", [ONE, TWO, WELL])
def test_everything_gets_there_when_people_have_decided(scene: Scene) -> None:
    found = survey(scene)
    assert found.stuck == []
    assert found.work["decisions at last"] >= scene.number // 4


def test_a_gateway_that_writes_down_what_is_known_is_caught() -> None:
    assert surveyed(Scene(20, 1, CARELESS, observing=forget_that_it_is_known)).restless


def test_a_gateway_that_says_nothing_is_caught() -> None:
    assert surveyed(Scene(20, 1, CARELESS, observing=lambda *_: None)).stuck
