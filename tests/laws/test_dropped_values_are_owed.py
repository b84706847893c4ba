"""What a server dropped, forgot or never took is shown as owed: each field that a last read did not show as it is."""

import pytest

from edenmesh.core.records.writing import bodies
from tests.laws.gateway_law import CARELESS, Scene, survey, surveyed
from tests.oracle.gateway_worlds import Care

ONE = Scene(600, 1, CARELESS)
TWO = Scene(250, 2, CARELESS)
DROPPING = Scene(100, 2, Care(edit=1, drop=4))


@pytest.mark.parametrize("scene", [ONE, TWO, DROPPING])
def test_what_a_last_read_did_not_show_is_owed_and_nothing_else(scene: Scene) -> None:
    found = survey(scene)
    assert found.owed_in_secret == []
    assert found.work["owed"] >= 4 * scene.number
    assert found.work["said to be owed and is not"] == 0


def test_a_program_that_takes_what_stands_below_a_read_for_what_it_saw_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def state_below(known: bodies.Known, one: bytes) -> bodies.Texts:
        strand = known.state_at((one,))  # type: ignore[arg-type]
        return bodies.shown_texts(strand) if strand is not None else {}

    monkeypatch.setattr(bodies.Known, "body_seen", state_below)
    assert surveyed(Scene(150, 2, CARELESS)).owed_in_secret
