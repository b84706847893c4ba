"""One stand-in and one client for each test."""

from collections.abc import Iterator

import pytest

from edenmesh.standin import StandinServer
from tests.standin.client import Client


@pytest.fixture
def server() -> Iterator[StandinServer]:
    with StandinServer() as running:
        yield running


@pytest.fixture
def client(server: StandinServer) -> Iterator[Client]:
    made = Client(server)
    with made.http:
        yield made
