"""Devices as people start them: `edenmesh` alone, a process each, on loopback, stopped with the block."""

import json
import signal
import socket
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import httpx

from edenmesh.node import Device, Settings
from edenmesh.store import KeyCost
from edenmesh.web import socket_path
from tests.cli.processes import COMMAND, environ

LOOPBACK: Final = "127.0.0.1"
_SECONDS: Final = 30
_QUICK: Final = KeyCost(memory_kib=32, passes=1, lanes=1)


class Started:
    """One device: a folder of its own, a port for browsers that stays the same, and one for other devices."""

    def __init__(self, folder: Path, name: str, *, is_announcing: bool = True) -> None:
        self.name: Final = name
        self._is_announcing = is_announcing
        self.home: Final = folder / name.lower() / "home"
        self.web_port: Final = free_port()
        self.port: Final = free_port()
        self._user = folder / name.lower()
        self._user.mkdir()
        self._errors = self._user / "errors"
        self._process: subprocess.Popen[str] | None = None
        self.entrance = ""

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        return f"http://{LOOPBACK}:{self.web_port}"

    @property
    def place(self) -> str:
        """Where another device finds it."""
        return f"{LOOPBACK}:{self.port}"

    def make(self) -> None:
        """Make the device beforehand, without a passphrase; for what does not begin at the start screen."""
        Device.create(self.home, name=self.name, passphrase="", settings=self.settings()).close()

    def opened(self) -> Device:
        """The device in this process; only while it is not started."""
        return Device.open(self.home, passphrase="", settings=self.settings())

    @staticmethod
    def settings() -> Settings:
        """Loopback alone, and a key that takes no time."""
        return Settings(host=LOOPBACK, interfaces=(LOOPBACK,), is_announcing=False, key_cost=_QUICK)

    def start(self) -> Self:
        """Type `edenmesh`."""
        words = [*COMMAND, "--no-browser", "--json", "--home", str(self.home), "--host", LOOPBACK]
        words += ["--port", str(self.port), "--announce-on", LOOPBACK, "--web-port", str(self.web_port)]
        words += [] if self._is_announcing else ["--no-announce"]
        with self._errors.open("a") as errors:
            self._process = subprocess.Popen(
                words, stdout=subprocess.PIPE, stderr=errors, text=True, env={**environ(), "HOME": str(self._user)}
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"{self.name} did not start: {self._errors.read_text()}"
        self.entrance = json.loads(line)["address"]
        return self

    def let_in(self) -> str:
        """An address that lets a browser in once; what typing `edenmesh` beside a running device shows."""
        with self._speaking() as client:
            entrance: str = client.post("/door/entrance").json()["entrance"]
        return entrance

    def ask(self, path: str) -> object:
        """What the device says over its socket."""
        with self._speaking() as client:
            told: object = client.get(path).raise_for_status().json()
        return told

    def _speaking(self) -> httpx.Client:
        transport = httpx.HTTPTransport(uds=str(socket_path(self.home)))
        return httpx.Client(transport=transport, base_url="http://edenmesh", timeout=_SECONDS)

    def kill(self) -> None:
        """End it as a power cut does."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it in order. A defect it told of fails the test; what it refused does not."""
        if self._process is not None:
            code = self._end(signal.SIGTERM)
            assert code == 0, f"{self.name} ended with {code}: {self._errors.read_text()}"
            told = self._errors.read_text().splitlines()
            assert all(line.startswith('{"error"') for line in told), "\n".join(told)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.stop()
        else:
            self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(number)
        process.communicate(timeout=_SECONDS)
        return process.returncode


def free_port() -> int:
    """A port of loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port
