"""No person's value is passed over silently: it is shown until somebody who saw it, here or there, gives another.

With one gateway in no world. With two that seldom meet it is bounded: what one of them, which had not heard, replaced
at the server may have been given by two people apart, and the one who replaced it knew of one.
"""

import pytest

from tests.laws.gateway_law import CARELESS, Scene, survey, surveyed
from tests.laws.gateway_saboteurs import as_edit, forget_repeats
from tests.oracle.gateway_worlds import Care

ONE = Scene(600, 1, CARELESS)
TWO = Scene(250, 2, CARELESS)
FORGETFUL = Scene(200, 1, Care(0, 0, 4, 0, 0))
PASSED_OVER_MAX = 2


@pytest.mark.parametrize("scene", [ONE, FORGETFUL])
def test_with_one_gateway_no_value_is_passed_over(scene: Scene) -> None:
    found = survey(scene)
    assert found.passed_over == []
    assert found.work["values"] >= 4 * scene.number
    assert found.work["sent"] >= scene.number


def test_with_two_that_seldom_meet_hardly_any_is() -> None:
    found = survey(TWO)
    assert len(found.passed_over) <= PASSED_OVER_MAX
    assert found.work["values"] >= 4 * TWO.number


def test_a_gateway_that_takes_a_read_for_an_edit_is_caught() -> None:
    assert surveyed(Scene(20, 1, CARELESS, observing=as_edit)).passed_over


def test_a_program_in_which_a_value_that_comes_back_wins_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_repeats(monkeypatch)
    assert surveyed(FORGETFUL._replace(number=60)).passed_over
