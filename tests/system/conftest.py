"""What tests of whole systems share."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.system.namespaces import Network, network_of


@pytest.fixture
def make_network() -> Iterator[Callable[[int], Network]]:
    """Make a network of as many namespaces as asked for; it is removed after the test. Mark such a test with `root`."""
    with ExitStack() as stack:
        yield lambda count: stack.enter_context(network_of(count))
