"""Receipts never lie: where delivered is said, the server held what is shown when anybody known had read it last.

What every last observation saw is told by the world; the observation itself gives only a hash.
"""

import pytest

from edenmesh.core.records import RecordState, Version, state_body
from edenmesh.core.records.states import observation
from tests.laws.gateway_law import CARELESS, Scene, survey, surveyed
from tests.oracle.gateway_worlds import Care

ONE = Scene(600, 1, CARELESS)
TWO = Scene(250, 2, CARELESS)
NEVER_SET_BACK = Scene(100, 2, Care(set_back=0), first=1000)


@pytest.mark.parametrize("scene", [ONE, TWO, NEVER_SET_BACK])
def test_what_is_said_to_be_delivered_was_there_when_it_was_read_last(scene: Scene) -> None:
    found = survey(scene)
    assert found.lies == []
    assert found.work["delivered"] >= scene.number


def test_a_program_that_believes_the_last_read_to_come_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def any_of_them(state: RecordState, versions: dict[bytes, Version], *_: object) -> list[bytes]:
        body = state_body(state.strand) if state.strand is not None else b""
        return [one for one, version in versions.items() if version.about.get("body") == body]

    monkeypatch.setattr(observation, "_confirming", any_of_them)
    assert surveyed(Scene(100, 2, CARELESS)).lies
