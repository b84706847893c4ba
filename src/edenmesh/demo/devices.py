"""The demo's devices: real processes of the real command, spoken to over their sockets as the commands do."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

import httpx

from edenmesh.cli import ExitCode
from edenmesh.node import Json
from edenmesh.web import ENTRANCE, socket_path

_START_SECONDS: Final = 20.0
_STOP_SECONDS: Final = 10.0
_ASK_SECONDS: Final = 0.05
_LOOPBACK: Final = "127.0.0.1"


class DemoFailed(Exception):
    """Something in the demo did not go as it must; the text says what."""


class DemoDevice:
    """One device in a process of its own. All traffic stays on loopback."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name: Final = name
        self.home: Final = folder / name.lower()
        self._passphrase = folder / f"{name.lower()}.passphrase"
        self._process: subprocess.Popen[bytes] | None = None
        self._log = folder / f"{name.lower()}.log"

    def create(self) -> None:
        """Make the device: `edenmesh init`."""
        descriptor = os.open(self._passphrase, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"the demo's passphrase of {self.name}\n")
        self.command("init", "--name", self.name)

    def start(self) -> None:
        """Switch the device on: `edenmesh run`. Returns when it answers."""
        arguments = [*self._arguments("run"), "--host", _LOOPBACK, "--announce-on", _LOOPBACK]
        transport = httpx.HTTPTransport(uds=str(socket_path(self.home)), retries=0)
        self._client = httpx.Client(transport=transport, base_url="http://edenmesh", timeout=_START_SECONDS)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._await_answer()

    def stop(self) -> None:
        """Switch the device off."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            self._client.close()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_STOP_SECONDS)
        finally:
            # Whatever interrupts the waiting, no device outlives the demo.
            process.kill()
            process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def command(self, *words: str, expected: int = ExitCode.OK) -> str:
        """Run a command against the device, whether it is on or off; returns what it printed."""
        done = subprocess.run(self._arguments(*words), check=False, capture_output=True, text=True)
        if done.returncode != expected:
            raise DemoFailed(f"{self.name}: edenmesh {' '.join(words)} failed:\n{done.stderr or done.stdout}")
        return done.stdout

    def get(self, path: str, **query: str) -> Json:
        """Ask the device."""
        return self._read(self._client.get(path, params=query))

    def post(self, path: str, body: Mapping[str, Json]) -> Json:
        """Tell the device."""
        return self._read(self._client.post(path, json=body))

    def put(self, path: str, body: Mapping[str, Json]) -> Json:
        """Set something on the device."""
        return self._read(self._client.put(path, json=body))

    def patch(self, path: str, body: Mapping[str, Json]) -> Json:
        """Change something on the device."""
        return self._read(self._client.patch(path, json=body))

    def send(self, path: str, content: bytes, **query: str) -> Json:
        """Hand the device bytes."""
        return self._read(self._client.post(path, content=content, params=query))

    def follow(self, path: str, body: Mapping[str, Json] | None = None) -> Iterator[dict[str, Json]]:
        """Lines the device tells as things happen."""
        method = "GET" if body is None else "POST"
        with self._client.stream(method, path, json=body, timeout=None) as response:
            for line in response.iter_lines():
                told = json.loads(line)
                if "error" in told:
                    raise DemoFailed(f"{self.name}: {told['what']} {told['do']}")
                yield told

    def entrance(self) -> str:
        """An address that lets a browser of this machine in once, within ten minutes."""
        told = self.post(ENTRANCE, {})
        if not isinstance(told, dict):
            raise DemoFailed(f"{self.name} gave no address for a browser, but {told!r}")
        return str(told["entrance"])

    def browse(self, path: str) -> str:
        """Enter as a browser does, and look at a page."""
        address, _, token = self.entrance().partition("#")
        origin = address.removesuffix("/door/enter")
        with httpx.Client(base_url=origin, headers={"Origin": origin}, timeout=_START_SECONDS) as browser:
            entered = browser.post("/door/enter", json={"token": token})
            page = browser.get(path)
        if not (entered.is_success and page.status_code == httpx.codes.OK):
            raise DemoFailed(f"{self.name} shows a browser nothing: {entered.status_code}, {page.status_code}")
        return page.text

    def _read(self, response: httpx.Response) -> Json:
        if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR and not response.content.startswith(b"{"):
            raise DemoFailed(f"{self.name} has a defect:\n{self._log.read_text()}")
        told: Json = response.json()
        if isinstance(told, dict) and "error" in told:
            raise DemoFailed(f"{self.name}: {told['what']} {told['do']}")
        return told

    def _arguments(self, *words: str) -> list[str]:
        options = ["--home", str(self.home), "--passphrase-file", str(self._passphrase)]
        return [sys.executable, "-P", "-m", "edenmesh", *words, *options]

    def _await_answer(self) -> None:
        process = self._process
        # The socket appears when the device is ready; asking again is all there is to wait on from outside.
        for _ in range(int(_START_SECONDS / _ASK_SECONDS)):
            if process is not None and process.poll() is not None:
                raise DemoFailed(f"{self.name} did not start:\n{self._log.read_text()}")
            try:
                self.get("/api/status")
            except httpx.TransportError:
                time.sleep(_ASK_SECONDS)
                continue
            return
        raise DemoFailed(f"{self.name} did not answer in {_START_SECONDS:g} seconds:\n{self._log.read_text()}")
