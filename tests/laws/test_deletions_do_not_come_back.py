"""Deletions do not come back: who retracts having seen all that people gave hides it, whatever gateways send and read.

A gateway that had not heard may send the record again, and a server that was set back has it again. Neither is an edit.
"""

import pytest

from tests.laws.gateway_law import Scene, survey, surveyed
from tests.laws.gateway_saboteurs import as_edit, forget_echoes
from tests.oracle.gateway_worlds import NO_CARE_NEEDED, Care

WELL = Scene(150, 2, NO_CARE_NEEDED)
SET_BACK = Scene(150, 2, Care(edit=0, forget=0, set_back=2))


@pytest.mark.parametrize("scene", [WELL, SET_BACK])
def test_what_was_retracted_stays_so(scene: Scene) -> None:
    found = survey(scene)
    assert found.come_back == []
    assert found.work["retracted"] >= scene.number // 50


def test_a_gateway_that_takes_a_read_for_an_edit_is_caught() -> None:
    assert surveyed(WELL._replace(number=100, observing=as_edit)).come_back


def test_a_program_that_takes_echoes_for_edits_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_echoes(monkeypatch)
    assert surveyed(WELL._replace(number=100)).come_back
