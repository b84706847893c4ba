"""Stores and teams for the tests of the store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edenmesh.store import Store
from tests.store.making import Team, make_store


@pytest.fixture
def team() -> Team:
    """A founder and two more members."""
    return Team(3)


@pytest.fixture
def store(tmp_path: Path, team: Team) -> Iterator[Store]:
    """A store that holds the team's charter."""
    with make_store(tmp_path / "store") as made:
        with made.change() as change:
            change.add_charter(team.entries)
        yield made
