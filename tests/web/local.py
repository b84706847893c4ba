"""A device that is served on its socket, and requests to it as another program would make them."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from edenmesh.node import Device, Json
from edenmesh.web import serving


@dataclass(frozen=True)
class Local:
    """One served device, and who asks it."""

    device: Device
    path: Path
    http: httpx.AsyncClient

    async def ask(self, method: str, path: str, body: object = None, *, status: int = 200) -> Json:
        """Ask and return the answer, which must have this status."""
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        response = await self.http.request(method, path, content=content)
        assert response.status_code == status, response.text
        answer: Json = response.json()
        return answer

    async def refused(self, method: str, path: str, body: object = None, *, status: int = 400) -> str:
        """Ask for what is refused, and return what the three parts say."""
        said = await self.ask(method, path, body, status=status)
        assert isinstance(said, dict)
        return refusal(said)

    async def lines(self, method: str, path: str, body: Mapping[str, Json] | None = None) -> list[dict[str, Json]]:
        """Ask for a stream and wait for its end."""
        async with self.http.stream(method, path, content=json.dumps(body or {})) as response:
            assert response.headers["content-type"] == "application/x-ndjson"
            return [json.loads(line) async for line in response.aiter_lines()]


def refusal(said: Mapping[str, Json]) -> str:
    """What an error says, which must have its three parts and be no defect."""
    assert said.keys() == {"error", "what", "kept", "do"}
    assert all(isinstance(part, str) and part for part in said.values())
    assert "defect" not in str(said["what"])
    return f"{said['what']} {said['do']}"


@asynccontextmanager
async def served(device: Device, home: Path) -> AsyncIterator[Local]:
    """The device on its socket while the block runs."""
    async with serving(device, home) as path:
        transport = httpx.AsyncHTTPTransport(uds=str(path), verify=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://device", timeout=10) as http:
            yield Local(device, path, http)
