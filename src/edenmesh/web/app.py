"""The device as an ASGI application: its API and its screens, the same behind every door."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeAlias

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from edenmesh.errors import EdenmeshError, UsageError
from edenmesh.node import Device
from edenmesh.web.api import answer, api_routes, error_view, refuse
from edenmesh.web.doors import serving_socket
from edenmesh.web.jobs import Jobs, defect
from edenmesh.web.pages import Renderer, screen_routes, status_of

Failure: TypeAlias = Callable[[Request, Exception], Awaitable[Response]]


@asynccontextmanager
async def serving(device: Device, home: Path) -> AsyncIterator[Path]:
    """Serve the device on its socket while the block runs. Raises ConfigError where the socket cannot be made."""
    jobs = Jobs()
    try:
        async with serving_socket(make_app(device, jobs), home) as path:
            yield path
    finally:
        await jobs.stop()


def make_app(device: Device, jobs: Jobs) -> Starlette:
    """The application for one open device; whoever serves it ends the jobs in the end."""
    routes, renderer = screen_routes(device, jobs)
    return Starlette(routes=[*api_routes(device, jobs), *routes], exception_handlers=failures(renderer))


def failures(renderer: Renderer) -> dict[int | type[Exception], Failure]:
    """What is answered where no route did: JSON to programs, a screen to people. A defect of ours ends here, too."""

    async def handle_error(request: Request, error: Exception) -> Response:
        told = error if isinstance(error, EdenmeshError) else defect(error)
        if _is_api(request):
            return refuse(told)
        return renderer.failure(request, told, status_of(told) if told is error else 500)

    async def handle_http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        if _is_api(request):
            what = f"The device has no {request.method} at {request.url.path}."
            told = UsageError(what=what, do="See which there are in the reference of the local API.")
            return answer(error_view(told), status)
        what = f"This device has no screen at {request.url.path}."
        return renderer.failure(request, UsageError(what=what, do="Go on from the records, or from the help."), status)

    return {
        EdenmeshError: handle_error,
        HTTPException: handle_http,
        ClientDisconnect: _handle_gone,
        Exception: handle_error,
    }


def _is_api(request: Request) -> bool:
    return request.url.path.startswith("/api/")


async def _handle_gone(_request: Request, _error: Exception) -> Response:
    """Who asked has gone in the middle of it; nobody hears the answer, and nothing was done."""
    return Response(status_code=400)
