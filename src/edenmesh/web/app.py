"""The local API of a device as an ASGI application. Commands speak it over a socket; screens will, too."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from edenmesh.errors import EdenmeshError
from edenmesh.node import Device
from edenmesh.web.answers import defect, refuse
from edenmesh.web.delivery_routes import DeliveryRoutes
from edenmesh.web.people_routes import PeopleRoutes
from edenmesh.web.record_routes import RecordRoutes


def make_app(device: Device) -> Starlette:
    """The application for one open device."""
    routes = [*PeopleRoutes(device).routes, *RecordRoutes(device).routes, *DeliveryRoutes(device).routes]
    return Starlette(routes=routes, exception_handlers={EdenmeshError: _handle_error, Exception: _handle_error})


async def _handle_error(_request: Request, error: Exception) -> Response:
    """An error as JSON; a defect of ours, too, so that whoever asked is told and the device goes on."""
    return refuse(error if isinstance(error, EdenmeshError) else defect(error))
