"""Serving the local API on a socket only this user can open.

The socket stands in the device's folder, or, where that path is too long for one (108 bytes on Linux, unix(7)), in a
private folder for temporary files. Whoever can open it may do what the owner may: it is the owner's by its mode, 0600
in a folder of 0700.
"""

import os
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from edenmesh.errors import ConfigError
from edenmesh.web.doors.serving import Server, running
from edenmesh.web.visiting import OWNER, admit

_PATH_BYTES_MAX: Final = 100


def socket_path(home: Path) -> Path:
    """Where the socket of the device in this folder stands."""
    # However the folder was named, it is one device and has one socket; nor may a link stand for the folder checked.
    path = home.resolve() / "socket"
    if len(os.fsencode(path)) <= _PATH_BYTES_MAX:
        return path
    digest = sha256(os.fsencode(path)).hexdigest()[:24]
    return Path(tempfile.gettempdir()) / f"edenmesh-{os.getuid()}" / digest


@asynccontextmanager
async def serving_socket(app: ASGIApp, home: Path) -> AsyncIterator[Path]:
    """Serve an application while the block runs. Raises ConfigError where the socket cannot be made."""
    path = socket_path(home)
    bound = _bind(path)
    config = uvicorn.Config(_OwnersDoor(app), log_level="critical", lifespan="off", timeout_graceful_shutdown=1)
    try:
        async with running(Server(config), [bound]):
            yield path
    finally:
        with suppress(FileNotFoundError):
            path.unlink()


class _OwnersDoor:
    """Whoever could open the socket is the owner."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        admit(scope, OWNER)
        await self._app(scope, receive, send)


def _bind(path: Path) -> socket.socket:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _require_private(path.parent)
        with suppress(FileNotFoundError):
            path.unlink()
        return _listen(path)
    except OSError as error:
        raise ConfigError(
            what=f"The socket {path} cannot be made ({error.strerror or error}).",
            do="Choose a folder of your own for the device with `--home DIR`.",
        ) from error


def _listen(path: Path) -> socket.socket:
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)
    try:
        bound.bind(os.fspath(path))
        bound.listen()
    except OSError:
        bound.close()
        raise
    finally:
        os.umask(mask)
    return bound


def _require_private(folder: Path) -> None:
    found = folder.lstat()
    if found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise ConfigError(
            what=f"The folder {folder} can be opened by other users.", do=f"Make it private with `chmod 700 {folder}`."
        )
