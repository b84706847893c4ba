"""Drives one session over one channel: bytes in and out, batches into the store, events to who listens.

Neither reading nor the clock waits for the writer, so two peers that both send cannot wait for each other, and one
that does not read is given up. Parts go into an open change as they come and become durable together: at the latest
after GROUP_VERSIONS versions or GROUP_SECONDS, and at once when nothing more has arrived, so that a single edit is
durable on the other device within milliseconds.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final, Protocol

from edenmesh.core.limits import CHANNEL_CLOSE_SECONDS_MAX
from edenmesh.core.session import (
    Batch,
    CharterReceived,
    ChunkReceived,
    Ended,
    Event,
    FormReceived,
    HolesReceived,
    PartReceived,
    Progress,
    Session,
)
from edenmesh.errors import EdenmeshError, ProtocolError, StoreError

GROUP_VERSIONS: Final = 32 * 1024
GROUP_SECONDS: Final = 0.5


class Line(Protocol):
    """The open channel to the peer; `net.SecureStream` is one."""

    async def read(self) -> bytes:
        """Plaintext as it comes; empty when no more will."""
        ...

    async def write(self, data: bytes | memoryview) -> None:
        """Send plaintext, waiting while the peer does not keep up."""
        ...

    async def close(self) -> None:
        """Close; never raises."""
        ...


class Ledger(Protocol):
    """Takes batches of one or several sessions and makes them durable together; `node.Desk` is one."""

    def stage(self, owner: object, batch: Batch) -> None:
        """Write a batch into the owner's open change; raises where it cannot, and then nothing staged is kept."""
        ...

    def commit(self, owner: object) -> None:
        """Make everything the owner staged durable; raises where it was undone."""
        ...


class Encounter:
    """One session from the open channel to its end."""

    def __init__(
        self,
        line: Line,
        session: Session,
        ledger: Ledger,
        *,
        clock: Callable[[], float],
        on_event: Callable[[Event], None],
    ) -> None:
        self._line = line
        self._session = session
        self._ledger = ledger
        self._clock = clock
        self._on_event = on_event
        self._wake = asyncio.Event()
        self._is_cut = False
        self._has_arrived = False
        self._writing: asyncio.Task[None] | None = None
        self._staged: list[int] = []
        self._staged_versions = 0
        self._staged_since = 0.0
        self._has_failed = False
        self._text_here = ""
        self._ended: Ended | None = None

    @property
    def progress(self) -> Progress:
        """True figures of the session."""
        return self._session.progress

    def advanced(self) -> None:
        """Something here has grown; tell the peer."""
        self._wake.set()
        try:
            self._session.handle_advanced(self._clock())
        except StoreError as error:
            self._give_up(error)

    def ask_tally(self) -> None:
        """Have both sides state anew what they hold."""
        self._wake.set()
        try:
            self._session.ask_tally(self._clock())
        except StoreError as error:
            self._give_up(error)

    def close(self, code: str, text_there: str, *, text_here: str) -> None:
        """End the session from here; each side gets the words that are true for it."""
        if not self._session.is_over:
            self._text_here = text_here
            self._session.close(code, text_there)
        self._wake.set()

    async def run(self) -> Ended:
        """Run to the end and say how it ended. What was durable stays, whatever happened."""
        reader = asyncio.create_task(self._read())
        try:
            while not (self._session.is_over or self._is_cut):
                try:
                    await self._step()
                except StoreError as error:
                    self._give_up(error)
            self._drain()
            self._commit()
            await self._say_last()
        finally:
            try:
                await _end(reader)
            finally:
                await _end(self._writing)
                await self._line.close()
        return self._ended or Ended("cut", "The connection was lost; what had arrived is kept.", is_by_peer=True)

    async def _step(self) -> None:
        self._drain()
        self._send()
        if not self._staged:
            await self._wait()
            return
        # Give the reader one turn: what has arrived meanwhile becomes durable together with this.
        self._has_arrived = False
        await asyncio.sleep(0)
        has_more = self._has_arrived and self._staged_versions < GROUP_VERSIONS
        if not has_more or self._clock() - self._staged_since > GROUP_SECONDS:
            self._drain()
            self._commit()

    async def _wait(self) -> None:
        deadline = self._session.next_deadline()
        seconds = None if deadline is None else max(0.0, deadline - self._clock())
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            self._session.handle_timer(self._clock())
        self._wake.clear()

    async def _read(self) -> None:
        try:
            while data := await self._line.read():
                self._session.receive_bytes(data, self._clock())
                self._has_arrived = True
                self._wake.set()
        except (ConnectionError, ProtocolError):
            return
        finally:
            self._is_cut = True
            self._wake.set()

    def _send(self) -> None:
        """Send what is due, in a task of its own: a peer that does not read must not keep us from hearing the clock."""
        if self._writing is None and (data := self._session.bytes_to_send(self._clock())):
            self._writing = asyncio.create_task(self._write(data))

    async def _write(self, data: bytes) -> None:
        is_written = False
        try:
            with suppress(ConnectionError):
                await self._line.write(data)
                is_written = True
        finally:
            self._is_cut |= not is_written
            self._writing = None
            self._wake.set()

    async def _say_last(self) -> None:
        """The closing message and the last acks, as far as the line takes them within a moment."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CHANNEL_CLOSE_SECONDS_MAX):
                while not self._is_cut:
                    self._wake.clear()
                    self._send()
                    if self._writing is None:
                        return
                    await self._wake.wait()

    def _drain(self) -> None:
        while (event := self._session.next_event()) is not None:
            if isinstance(event, PartReceived | CharterReceived | FormReceived | HolesReceived | ChunkReceived):
                self._stage(event)
                continue
            if isinstance(event, Ended):
                event = replace(event, text=self._text_here or event.text)
                self._ended = event
            self._on_event(event)

    def _stage(self, batch: Batch) -> None:
        if self._has_failed:
            return
        if not self._staged:
            self._staged_since = self._clock()
        try:
            self._ledger.stage(self, batch)
        except EdenmeshError as error:
            self._give_up(error)
            return
        self._staged.append(batch.batch)
        if isinstance(batch, PartReceived):
            self._staged_versions += len(batch.part.versions)

    def _commit(self) -> None:
        if not self._staged:
            return
        staged, self._staged, self._staged_versions = self._staged, [], 0
        try:
            self._ledger.commit(self)
        except EdenmeshError as error:
            self._give_up(error)
            return
        now = self._clock()
        for batch in staged:
            self._session.handle_committed(batch, now)

    def _give_up(self, error: EdenmeshError) -> None:
        """Nothing staged is durable, so nothing of it is acknowledged; the peer keeps it and gives it again."""
        self._staged, self._staged_versions = [], 0
        self._has_failed = True
        self.close("store", "The other device could not store what it had received.", text_here=str(error))


async def _end(task: "asyncio.Task[None] | None") -> None:
    if task is not None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
