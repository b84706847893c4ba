"""A link between two devices on loopback that can be slow, and can be cut in the middle."""

import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Event, Thread
from types import TracebackType
from typing import Final, Self

from tests.browser.devices import LOOPBACK

_PIECE: Final = 16_384


class Bridge:
    """Passes on what comes to a port of its own, up to some bytes; then holds it until it is let go, or cut."""

    def __init__(self, port: int, *, held_after: int) -> None:
        self._target = port
        self._left = held_after
        self._free = Event()
        self._open: list[socket.socket] = []
        self._threads: list[Thread] = []
        self._listening = socket.create_server((LOOPBACK, 0))
        self.place: Final = f"{LOOPBACK}:{self._listening.getsockname()[1]}"

    def let_go(self) -> None:
        """Pass on what is held, and all that comes."""
        self._free.set()

    def cut(self) -> None:
        """End all that goes over it, and let nothing over it any more."""
        for one in (self._listening, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._free.set()

    def __enter__(self) -> Self:
        self._begin(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()
        for thread in self._threads:
            thread.join()
        for one in (self._listening, *self._open):
            one.close()

    def _begin(self, work: Callable[[], None]) -> None:
        thread = Thread(target=work)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                self._open.append(near)
                far = socket.create_connection((LOOPBACK, self._target))
                self._open.append(far)
                self._begin(partial(self._pass, near, far))
                self._begin(partial(self._pass, far, near))

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(_PIECE):
                self._left -= len(data)
                if self._left < 0:
                    self._free.wait()
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
