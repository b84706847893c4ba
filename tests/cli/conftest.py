"""What the tests of the command line share: one pair of devices for the tests of a file, as making them takes time."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from edenmesh.demo.dataset import Dataset, make_dataset
from tests.cli.processes import Home, init, make_home, pair


@dataclass(frozen=True)
class Duo:
    """Two paired devices: Ada runs, Ben is opened by each of his commands."""

    ada: Home
    ben: Home
    folder: Path
    dataset: Dataset
    codes: tuple[str, str]
    sentences: tuple[str, str]

    def sync(self, code: int = 0) -> dict[str, object]:
        """Ben syncs with Ada; how it ended."""
        address = f"127.0.0.1:{self.ada.port}"
        done = self.ben.call("sync", "Ada", "--address", address, "--no-announce", "--json")
        assert done.code == code, done
        last: dict[str, object] = json.loads(done.out.splitlines()[-1])
        return last


@pytest.fixture(scope="module")
def duo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Duo]:
    folder = tmp_path_factory.mktemp("duo")
    dataset = make_dataset(7, people=20, facilities=5, reports=3)
    ada, ben = init(folder, "Ada"), make_home(folder, "Ben")
    with ada.running():
        codes = pair(ada, ben)
        yield Duo(
            ada,
            ben,
            folder,
            dataset,
            codes=(codes[0]["code"], codes[1]["code"]),
            sentences=(codes[0]["sentence"], codes[1]["sentence"]),
        )
