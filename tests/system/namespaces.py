"""A network of its own for a test: namespaces on a bridge, made by `ip` and removed at the end.

Nothing is created in the namespace of the machine itself, so no traffic can leave; each namespace sees its loopback and
one adapter, `eth0`. CLOCK_MONOTONIC is shared, so times of several processes can be subtracted. Pathname sockets cross
namespaces. Needs root and the `ip` command of iproute2.
"""

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import IO, Self

ROOT = Path(__file__).parents[2]


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


class Program:
    """A process in a namespace. It tells what happens in lines of JSON, each an `event`, and ends with its input."""

    def __init__(self, namespace: str, module: str, *arguments: str) -> None:
        environment = dict(os.environ, PYTHONPATH=f"{ROOT / 'src'}:{ROOT}", PYTHONUNBUFFERED="1")
        self._process = subprocess.Popen(
            ["ip", "netns", "exec", namespace, sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=environment,
        )
        self._events: queue.Queue[dict[str, object]] = queue.Queue()
        self._passed: list[dict[str, object]] = []
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(BrokenPipeError):
            self._end_of_input()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reading.join()
        self._output().close()

    @property
    def exit_code(self) -> int | None:
        return self._process.returncode

    def expect(self, event: str, seconds: float = 20, **fields: object) -> dict[str, object]:
        """Wait for an event with these fields; others stay for later, in their order."""
        deadline = monotonic() + seconds
        waiting, self._passed = self._passed, []
        while True:
            if waiting:
                said = waiting.pop(0)
            else:
                try:
                    said = self._events.get(timeout=max(0.0, deadline - monotonic()))
                except queue.Empty:
                    raise AssertionError(f"no {event} {fields} within {seconds} s, but {self._passed}") from None
            if said["event"] == event and fields.items() <= said.items():
                self._passed += waiting
                return said
            self._passed.append(said)

    def _read(self) -> None:
        for line in self._output():
            self._events.put(json.loads(line))

    def _output(self) -> IO[bytes]:
        if self._process.stdout is None:
            raise AssertionError("started with a pipe")
        return self._process.stdout

    def _end_of_input(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()


@dataclass(frozen=True)
class Network:
    """Namespaces numbered from 1, each with `eth0` at 10.77.0.<number>/24 on one bridge."""

    prefix: str
    count: int

    def namespace(self, number: int) -> str:
        return f"{self.prefix}-{number}"

    def address(self, number: int) -> str:
        return f"10.77.0.{number}"

    def start(self, number: int, module: str, *arguments: str) -> Program:
        """Run a module of Python in a namespace."""
        return Program(self.namespace(number), module, *arguments)

    def unplug(self, number: int) -> None:
        """Take the adapter down; it keeps its IPv4 address."""
        self.ip(number, "link", "set", "eth0", "down")

    def plug(self, number: int) -> None:
        """Bring the adapter up again."""
        self.ip(number, "link", "set", "eth0", "up")

    def give_address(self, number: int) -> None:
        self.ip(number, "address", "add", f"{self.address(number)}/24", "dev", "eth0")

    def take_address(self, number: int) -> None:
        self.ip(number, "address", "delete", f"{self.address(number)}/24", "dev", "eth0")

    def ip(self, number: int, *arguments: str) -> None:
        """Run `ip` inside a namespace."""
        ip("-n", self.namespace(number), *arguments)


@contextmanager
def network_of(count: int) -> Iterator[Network]:
    """Make a network with this many namespaces."""
    network = Network(f"em{os.getpid()}", count)
    bridge = f"{network.prefix}-bridge"
    try:
        ip("netns", "add", bridge)
        # Without snooping the bridge passes multicast to everybody, as a hotspot does.
        ip("-n", bridge, "link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
        ip("-n", bridge, "link", "set", "br0", "up")
        for number in range(1, count + 1):
            name, port = network.namespace(number), f"port{number}"
            ip("netns", "add", name)
            network.ip(number, "link", "set", "lo", "up")
            ip("-n", bridge, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", name)
            ip("-n", bridge, "link", "set", port, "master", "br0", "up")
            network.give_address(number)
            network.plug(number)
        yield network
    finally:
        for name in (bridge, *map(network.namespace, range(1, count + 1))):
            subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)
