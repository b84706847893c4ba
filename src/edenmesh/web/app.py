"""The local API of a device as an ASGI application. Commands speak it over a socket; screens will, too."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from edenmesh.errors import EdenmeshError, UsageError
from edenmesh.node import Device
from edenmesh.web.answers import answer, defect, error_view, refuse
from edenmesh.web.deletion_routes import DeletionRoutes
from edenmesh.web.delivery_routes import DeliveryRoutes
from edenmesh.web.people_routes import PeopleRoutes
from edenmesh.web.record_routes import RecordRoutes


def make_app(device: Device) -> Starlette:
    """The application for one open device."""
    routes = [
        *PeopleRoutes(device).routes,
        *RecordRoutes(device).routes,
        *DeliveryRoutes(device).routes,
        *DeletionRoutes(device).routes,
    ]
    handlers = {
        EdenmeshError: _handle_error,
        HTTPException: _handle_http,
        ClientDisconnect: _handle_gone,
        Exception: _handle_error,
    }
    return Starlette(routes=routes, exception_handlers=handlers)


async def _handle_error(_request: Request, error: Exception) -> Response:
    """An error as JSON; a defect of ours, too, so that whoever asked is told and the device goes on."""
    return refuse(error if isinstance(error, EdenmeshError) else defect(error))


async def _handle_gone(_request: Request, _error: Exception) -> Response:
    """Who asked has gone in the middle of it; nobody hears the answer, and nothing was done."""
    return Response(status_code=400)


async def _handle_http(request: Request, error: Exception) -> Response:
    """An address or a method there is not, in the same three parts."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    what = f"The device has no {request.method} at {request.url.path}."
    return answer(
        error_view(UsageError(what=what, do="See which there are in the reference of the local API.")), status
    )
