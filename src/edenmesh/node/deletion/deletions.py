"""The three deletions of a device put together, and its clockwork: running time, arrivals, rules in quiet moments."""

import asyncio
from contextlib import suppress
from typing import Final

from edenmesh.errors import EdenmeshError
from edenmesh.node.deletion.automatic import Automatic
from edenmesh.node.deletion.bin import Bin
from edenmesh.node.deletion.elsewhere import Elsewhere
from edenmesh.node.deletion.erasing import Erasing
from edenmesh.node.deletion.purging import Purging
from edenmesh.node.meeting import Meetings
from edenmesh.node.parts import Parts
from edenmesh.node.records import Decisions, RecordDesk
from edenmesh.store import Committed, Stage

_TICK_SECONDS: Final = 60.0
_QUIET_SECONDS: Final = 3.0
"""So long nothing is to have been written before rules are applied."""


class Deletions:
    """Purging, erasing, the bin and the rules of one device."""

    def __init__(self, parts: Parts, records: RecordDesk, decisions: Decisions, meetings: Meetings) -> None:
        self._elsewhere: Final = Elsewhere(parts)
        meetings.listen(self._elsewhere.hear)
        self.purging: Final = Purging(parts, records, self._elsewhere)
        self.erasing: Final = Erasing(parts, records)
        self.bin: Final = Bin(parts, records, decisions, self.erasing)
        self.automatic: Final = Automatic(parts, self.purging)
        self._parts = parts
        self._records = records
        self._clock = parts.settings.clock
        self._ticked = self._clock()
        self._written = self._clock()
        self._has_arrived = True
        self._task: asyncio.Task[None] | None = None
        parts.desk.listen(self._handle_committed)

    def given_to(self, table: str, uuid: str) -> tuple[str, ...]:
        """Names of other members known to have all of a record. Raises InvalidInput where it is not here."""
        _, _, held = self._records.find(table, uuid)
        return tuple(self._parts.team.name_of(device) for device in self._elsewhere.holders(held))

    def start(self) -> None:
        """Count running time from now on, and apply rules when nothing else goes on."""
        if self._task is not None:
            return
        self._ticked = self._clock()
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Stop, and note how long this device has run."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None
            with suppress(EdenmeshError):
                self.tick()

    def tick(self) -> None:
        """Note running time and what has come; destroy what is due. A turn of the clockwork without the rules."""
        now = self._clock()
        elapsed_ms, self._ticked = int((now - self._ticked) * 1000), now
        store, wall_clock = self._parts.store, self._parts.settings.wall_clock
        is_pending = any(one.stage is Stage.HIDDEN for one in store.deleted.erasures().values())
        if is_pending or self._has_arrived:
            with self._parts.desk.writing() as writing:
                writing.run_on(elapsed_ms)
                writing.note_arrivals(int(wall_clock() * 1000))
            self._has_arrived = False
        # What a session has staged is an open change of this very thread, for which the store would wait for ever.
        self._parts.desk.settle()
        store.settle_destroyed()

    async def _run(self) -> None:
        while True:
            # A disk that is full now may not be so the next time.
            with suppress(EdenmeshError):
                self.tick()
                if self._clock() - self._written >= _QUIET_SECONDS:
                    self.automatic.take_turn()
            await asyncio.sleep(_TICK_SECONDS)

    def _handle_committed(self, committed: Committed) -> None:
        if committed.records:
            self._written = self._clock()
            self._has_arrived = True
