"""All routes of the API for one device."""

from starlette.routing import Route

from edenmesh.node import Device
from edenmesh.web.api.deletion_routes import DeletionRoutes
from edenmesh.web.api.delivery_routes import DeliveryRoutes
from edenmesh.web.api.people_routes import PeopleRoutes
from edenmesh.web.api.record_routes import RecordRoutes
from edenmesh.web.jobs import Jobs


def api_routes(device: Device, jobs: Jobs) -> list[Route]:
    """The routes of an open device; long work they begin is one of its jobs."""
    return [
        *PeopleRoutes(device, jobs).routes,
        *RecordRoutes(device).routes,
        *DeliveryRoutes(device, jobs).routes,
        *DeletionRoutes(device).routes,
    ]
