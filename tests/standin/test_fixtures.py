"""The stand-in answers our own exchanges, which state by hand what was measured at a real server."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from edenmesh.standin import StandinServer
from tests.standin.breakages import SABOTAGES, Sabotage
from tests.standin.exchanges import NOW, URL
from tests.standin.replay import Clock, Replay, numbered_files
from tests.standin.write_fixtures import FOLDER, write_groups


def _replay(folder: Path = FOLDER) -> Replay:
    clock = Clock(datetime.fromisoformat(NOW).replace(tzinfo=UTC))
    with StandinServer(clock=clock) as server:
        replay = Replay(server, clock, URL)
        for path in numbered_files(folder):
            replay.run(path, {})
    return replay


def test_every_exchange_of_our_own_is_answered_as_stated() -> None:
    replay = _replay()
    assert replay.differences == []
    assert len(replay.compared) == 67


def test_the_files_are_what_their_program_writes() -> None:
    written = write_groups()
    assert {path.name: path.read_text() for path in numbered_files(FOLDER)} == written
    assert len(written) == 7


@pytest.mark.parametrize("sabotage", SABOTAGES, ids=lambda sabotage: sabotage.__name__)
def test_a_broken_rule_is_found(sabotage: Sabotage, monkeypatch: pytest.MonkeyPatch) -> None:
    sabotage(monkeypatch)
    assert _replay().differences


def test_a_wrong_expectation_is_found(tmp_path: Path) -> None:
    for path in numbered_files(FOLDER):
        (tmp_path / path.name).write_text(path.read_text())
    text = (tmp_path / "07-pull.json").read_text()
    (tmp_path / "07-pull.json").write_text(text.replace('"@lat": "55.5000"', '"@lat": "55.5001"', 1))
    differences = _replay(tmp_path).differences
    assert [line.partition(":")[0] for line in differences] == ["07-pull/all"]
