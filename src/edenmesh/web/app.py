"""The device as an ASGI application: its API and its screens, the same behind every door."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from edenmesh.errors import EdenmeshError, UsageError
from edenmesh.node import Device
from edenmesh.web.api import answer, api_routes, defect, error_view, refuse
from edenmesh.web.doors import serving_socket


@asynccontextmanager
async def serving(device: Device, home: Path) -> AsyncIterator[Path]:
    """Serve the device on its socket while the block runs. Raises ConfigError where the socket cannot be made."""
    async with serving_socket(make_app(device), home) as path:
        yield path


def make_app(device: Device) -> Starlette:
    """The application for one open device."""
    handlers = {
        EdenmeshError: _handle_error,
        HTTPException: _handle_http,
        ClientDisconnect: _handle_gone,
        Exception: _handle_error,
    }
    return Starlette(routes=api_routes(device), exception_handlers=handlers)


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
