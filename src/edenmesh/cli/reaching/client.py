"""The commands' side of the local API: requests over the socket, answers as types, errors as they were raised."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

import httpx
import msgspec

from edenmesh import errors
from edenmesh.errors import EdenmeshError, LocalProtocolError, StoreError
from edenmesh.node import Json

Kind = TypeVar("Kind")

_CONNECT_SECONDS: Final = 5.0
_GONE: Final = "The device was stopped while the command was under way."


@dataclass(frozen=True, slots=True)
class Answer:
    """What the device answered: as JSON for programs, by `read` as a type to draw."""

    data: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def read(self, kind: type[Kind]) -> Kind:
        """The answer as a type. Raises LocalProtocolError where it is something else."""
        try:
            return msgspec.json.decode(self.data, type=kind)
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            raise LocalProtocolError(
                what=f"The running device answers in another way than this command expects: {error}.",
                do="Both must be of one version: restart the device, then try again.",
            ) from error

    @property
    def value(self) -> Json:
        """The answer as JSON."""
        value: Json = json.loads(self.data)
        return value


class Client:
    """One open device, reached over its socket."""

    def __init__(self, path: Path) -> None:
        # There is no TLS on a socket of this machine, so no list of authorities needs to be read.
        transport = httpx.AsyncHTTPTransport(uds=str(path), verify=False)
        timeout = httpx.Timeout(None, connect=_CONNECT_SECONDS)
        self._http = httpx.AsyncClient(transport=transport, base_url="http://device", timeout=timeout)

    async def close(self) -> None:
        """Close the connection."""
        await self._http.aclose()

    async def get(self, path: str, query: Mapping[str, str | int | Sequence[str]] | None = None) -> Answer:
        """Ask for something."""
        return await self._send("GET", path, query=query)

    async def post(
        self, path: str, body: Mapping[str, Json] | bytes = b"", *, query: Mapping[str, str] | None = None
    ) -> Answer:
        """Have something done."""
        return await self._send("POST", path, body, query=query)

    async def put(self, path: str, body: Mapping[str, Json]) -> Answer:
        """Set something."""
        return await self._send("PUT", path, body)

    async def patch(self, path: str, body: Mapping[str, Json]) -> Answer:
        """Change something."""
        return await self._send("PATCH", path, body)

    async def delete(self, path: str, body: Mapping[str, Json]) -> Answer:
        """Take something away."""
        return await self._send("DELETE", path, body)

    @asynccontextmanager
    async def lines(
        self, method: str, path: str, body: Mapping[str, Json] | None = None
    ) -> AsyncIterator[AsyncIterator[Answer]]:
        """Have something done and hear of it while it goes on: an answer a line, the last one is how it ended."""
        try:
            async with self._http.stream(method, path, content=_content(body or {})) as response:
                if not response.is_success:
                    await response.aread()
                    raise _error_of(response.content, response.status_code)
                yield _lines(response)
        except httpx.TransportError as error:
            raise StoreError(what=_GONE, do="Look how far it came with `edenmesh status`.") from error

    async def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Json] | bytes = b"",
        *,
        query: Mapping[str, str | int | Sequence[str]] | None = None,
    ) -> Answer:
        try:
            response = await self._http.request(method, path, content=_content(body), params=query)
        except httpx.TransportError as error:
            raise StoreError(
                what=_GONE,
                kept="What it had answered is kept; whether this was still done is not known.",
                do="Look with `edenmesh status`, then try again.",
            ) from error
        if not response.is_success:
            raise _error_of(response.content, response.status_code)
        return Answer(response.content, response.headers)


async def is_served(path: Path) -> bool:
    """Whether a device answers on this socket, and is this user's own.

    Into a folder that is not private somebody else could have put a socket, to be told what is meant for the device.
    """
    try:
        folder = path.parent.lstat()
        if folder.st_uid != os.getuid() or folder.st_mode & 0o077:
            return False
        _, writer = await asyncio.open_unix_connection(path)
    except OSError:
        return False
    writer.close()
    return True


async def _lines(response: httpx.Response) -> AsyncIterator[Answer]:
    async for line in response.aiter_lines():
        if not line:
            continue
        answer = Answer(line.encode())
        value = answer.value
        if isinstance(value, dict) and "error" in value:
            raise _error_of(answer.data, 0)
        yield answer


def _content(body: Mapping[str, Json] | bytes) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def _error_of(content: bytes, status: int) -> EdenmeshError:
    """The error the device raised, of the same class and with the same words."""
    try:
        said = json.loads(content)
        kind = getattr(errors, said["error"], EdenmeshError)
        made = kind(what=said["what"], kept=said["kept"], do=said["do"])
    except (ValueError, KeyError, TypeError):
        return LocalProtocolError(
            what=f"The device failed at this in a way it should not ({status}).",
            kept="What it had stored before is kept.",
        )
    return made if isinstance(made, EdenmeshError) else LocalProtocolError(what=str(made))
