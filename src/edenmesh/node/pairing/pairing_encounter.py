"""Drives one pairing over one channel: frames in and out, the person's answer in, durable steps into the store."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from edenmesh.core.pairing import CompareCode, Failed, Paired, Pairing, StoreAdmission, StoreMembership
from edenmesh.core.trust import CharterEntry
from edenmesh.core.wire import FrameReader, frame
from edenmesh.errors import InvalidInput, ProtocolError
from edenmesh.node.meeting import Line

Outcome = Paired | Failed


class PairingEncounter:
    """One pairing from the open channel to two peers, or to a loud failure."""

    def __init__(
        self,
        line: Line,
        pairing: Pairing,
        *,
        clock: Callable[[], float],
        store_admission: Callable[[CharterEntry], None],
        store_membership: Callable[[StoreMembership], None],
    ) -> None:
        self._line = line
        self._pairing = pairing
        self._clock = clock
        self._store_admission = store_admission
        self._store_membership = store_membership
        self._reader = FrameReader()
        self._reader.widen()
        self._wake = asyncio.Event()
        self._outcome: Outcome | None = None
        self._is_answered = False
        self.code: Final[asyncio.Future[CompareCode]] = asyncio.get_running_loop().create_future()

    @property
    def shown(self) -> str | None:
        """The code on the screen, or None where there is none yet."""
        return self.code.result().code if self.code.done() and not self.code.cancelled() else None

    @property
    def is_answered(self) -> bool:
        """Whether the person's answer is in."""
        return self._is_answered

    def answer(self, is_same: bool, *, gives_introducer: bool = False) -> None:
        """The person's answer, once `code` is there. Raises InvalidInput where none is asked for."""
        if not self.code.done() or self._is_answered:
            raise InvalidInput(what="There is no code to answer now.", do="See where the pairing stands on the screen.")
        self._is_answered = True
        self._pairing.confirm(is_same, self._clock(), gives_introducer=gives_introducer)
        self._wake.set()

    def give_up(self) -> None:
        """Nobody is there to answer any more. What was answered already goes on."""
        if not self._is_answered:
            self._pairing.handle_closed()
            self._wake.set()

    async def run(self) -> Outcome:
        """Run to the end."""
        reader = asyncio.create_task(self._read())
        try:
            while self._outcome is None:
                self._wake.clear()
                self._drain()
                await self._send()
                if self._outcome is None:
                    await self._wait()
            await self._send()
        finally:
            self.code.cancel()
            reader.cancel()
            try:
                with suppress(asyncio.CancelledError):
                    await reader
            finally:
                await self._line.close()
        return self._outcome

    async def _wait(self) -> None:
        deadline = self._pairing.next_deadline()
        seconds = None if deadline is None else max(0.0, deadline - self._clock())
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            self._pairing.handle_timer(self._clock())

    async def _read(self) -> None:
        try:
            with suppress(ConnectionError, ProtocolError):
                while data := await self._line.read():
                    self._reader.receive_bytes(data)
                    while (body := self._reader.next_body()) is not None and not self._pairing.is_over:
                        self._pairing.receive_bytes(body, self._clock())
                    self._wake.set()
        finally:
            self._pairing.handle_closed()
            self._wake.set()

    async def _send(self) -> None:
        data = b"".join(frame(message) for message in self._pairing.messages_to_send())
        if data:
            with suppress(ConnectionError):
                await self._line.write(data)

    def _drain(self) -> None:
        while (event := self._pairing.next_event()) is not None:
            match event:
                case CompareCode():
                    self.code.set_result(event)
                case StoreAdmission():
                    self._store_admission(event.entry)
                    self._pairing.handle_committed(self._clock())
                    self._wake.set()
                case StoreMembership():
                    self._store_membership(event)
                    self._pairing.handle_committed(self._clock())
                    self._wake.set()
                case Paired() | Failed():
                    self._outcome = event
