"""All operations of the API, and the routes that come from them for one device."""

from collections.abc import Iterator
from typing import Final

from starlette.routing import Route

from edenmesh.node import Device, Json
from edenmesh.web.api.deletion_operations import DeletionOperations
from edenmesh.web.api.destination_operations import DestinationOperations
from edenmesh.web.api.device_operations import DeviceOperations
from edenmesh.web.api.endpoint import Endpoint
from edenmesh.web.api.exchange_operations import ExchangeOperations
from edenmesh.web.api.file_operations import FileOperations
from edenmesh.web.api.intake import Intake
from edenmesh.web.api.live import Live
from edenmesh.web.api.openapi import document
from edenmesh.web.api.operation import Operation, operation, operations_of
from edenmesh.web.api.peer_operations import PeerOperations
from edenmesh.web.api.phone_operations import PhoneOperations
from edenmesh.web.api.record_operations import RecordOperations
from edenmesh.web.api.served import Served
from edenmesh.web.api.team_operations import TeamOperations
from edenmesh.web.jobs import Jobs, Work
from edenmesh.web.visiting import Right


class DescribingOperations:
    """The API about itself."""

    def __init__(self, _served: Served) -> None:
        self._document = openapi()

    @operation("GET", "/api/openapi.json", Right.LOOK)
    def describe(self) -> dict[str, Json]:
        """This description of all operations, in OpenAPI 3.1."""
        return self._document


SUBJECTS: Final = (
    DeviceOperations,
    TeamOperations,
    PeerOperations,
    ExchangeOperations,
    RecordOperations,
    FileOperations,
    DestinationOperations,
    DeletionOperations,
    PhoneOperations,
    DescribingOperations,
)
"""Classes of operations, each about one subject; what the API can do is what they declare."""


def operations() -> list[Operation]:
    """All operations there are."""
    return [one for subject in SUBJECTS for one in operations_of(subject)]


def openapi() -> dict[str, Json]:
    """The OpenAPI document of all of them."""
    return document(operations())


def api_routes(device: Device, jobs: Jobs) -> list[Route]:
    """The routes of an open device; long work they begin is one of its jobs."""
    served = Served(device, jobs, Work(device, jobs), Live(device, jobs))
    found: dict[str, dict[str, tuple[Operation, object]]] = {}
    for subject, one in _bound(served):
        found.setdefault(one.path, {})[one.method] = one, subject
    intake = Intake()
    return [Route(path, Endpoint(there, intake).handle, methods=list(there)) for path, there in found.items()]


def _bound(served: Served) -> Iterator[tuple[object, Operation]]:
    for kind in SUBJECTS:
        subject = kind(served)
        for one in operations_of(kind):
            yield subject, one
