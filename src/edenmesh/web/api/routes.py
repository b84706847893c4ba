"""All routes of the API for one device."""

from starlette.routing import Route

from edenmesh.node import Device
from edenmesh.web.api.deletion_routes import DeletionRoutes
from edenmesh.web.api.delivery_routes import DeliveryRoutes
from edenmesh.web.api.people_routes import PeopleRoutes
from edenmesh.web.api.record_routes import RecordRoutes


def api_routes(device: Device) -> list[Route]:
    """The routes of an open device."""
    return [
        *PeopleRoutes(device).routes,
        *RecordRoutes(device).routes,
        *DeliveryRoutes(device).routes,
        *DeletionRoutes(device).routes,
    ]
