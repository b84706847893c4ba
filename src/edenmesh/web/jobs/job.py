"""One piece of long work: a running generator of updates that any number may follow, and how it ended.

Updates are kept by subject, the last of each: the figures of each peer, of each step. So a job needs the same room
however long it runs and however slowly somebody follows, whoever comes late sees where it stands, and nobody misses
how a subject ended. A follower is told at most TOLD_PER_SECOND_MAX times a second, and of the end at once.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from edenmesh.errors import EdenmeshError
from edenmesh.web.jobs.defects import defect

State: TypeAlias = Literal["running", "done", "failed"]
Subject: TypeAlias = Callable[[object], object]

TOLD_PER_SECOND_MAX: Final = 4
SUBJECTS_MAX: Final = 512
"""Subjects remembered; a sync has one for each peer, a delivery one for each step and table."""
_GAP_SECONDS: Final = 1 / TOLD_PER_SECOND_MAX


@dataclass(frozen=True, slots=True)
class JobView:
    """Where a job stands: its key, its state, the last update of each subject, and what ended it if it failed."""

    key: str
    state: State
    updates: tuple[object, ...]
    error: EdenmeshError | None = None


class Job:
    """Work under way, or done. `wanted` says in what way it was asked for, so that another way is not taken for it."""

    def __init__(self, key: str, wanted: str, views: AsyncGenerator[object], *, on_change: Callable[[], None]) -> None:
        self.key: Final = key
        self.wanted: Final = wanted
        self.is_kept = False
        """Whether it goes on where nobody follows it."""
        self.error: EdenmeshError | None = None
        self._updates: dict[object, tuple[int, object]] = {}
        self._serial = 0
        self._followers = 0
        self._news = asyncio.Event()
        self._over = asyncio.Event()
        self._on_change = on_change
        self._task = asyncio.create_task(self._run(views))
        self._task.add_done_callback(self._end)

    @property
    def is_over(self) -> bool:
        """Whether it has come to its end."""
        return self._over.is_set()

    @property
    def view(self) -> JobView:
        """Where it stands now."""
        state: State = "running" if not self.is_over else "failed" if self.error is not None else "done"
        return JobView(self.key, state, tuple(update for _, update in self._updates.values()), self.error)

    @property
    def latest(self) -> object | None:
        """The last update; the result, where it is done. None before the first."""
        return next(reversed(self._updates.values()))[1] if self._updates else None

    async def follow(self) -> AsyncGenerator[object]:
        """Updates from where it stands to its end. Raises what it raised, after the last one.

        Who leaves a job that is not kept and that nobody else follows ends it.
        """
        self._followers += 1
        try:
            told = 0
            while True:
                is_last = self.is_over
                for serial, update in list(self._updates.values()):
                    if serial > told:
                        told = serial
                        yield update
                if is_last and told == self._serial:
                    break
                await self._gap()
                await self._newer(told)
            if self.error is not None:
                raise self.error
        finally:
            self._followers -= 1
            if not (self._followers or self.is_kept):
                self._task.cancel()

    async def stop(self) -> None:
        """End it now, however far it is."""
        self._task.cancel()
        await asyncio.wait([self._task])

    async def ended(self) -> None:
        """Wait for its end, whatever that is."""
        await self._over.wait()

    async def _run(self, views: AsyncGenerator[object]) -> None:
        try:
            async with aclosing(views):
                async for update in views:
                    self._note(update)
        except EdenmeshError as error:
            self.error = error
        except Exception as error:  # noqa: BLE001 - the edge: a defect ends this job, never the device
            self.error = defect(error)

    def _end(self, task: "asyncio.Task[None]") -> None:
        # A task that is cancelled before its first step never comes to its own words.
        if task.cancelled():
            self.error = EdenmeshError(
                what="This was stopped before it was done.", do="Start it again: what was done is not done twice."
            )
        self._over.set()
        self._tell()

    def _note(self, update: object) -> None:
        subject = subject_of(update)
        self._updates.pop(subject, None)
        self._serial += 1
        self._updates[subject] = (self._serial, update)
        if len(self._updates) > SUBJECTS_MAX:
            del self._updates[next(iter(self._updates))]
        self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
        self._on_change()

    async def _gap(self) -> None:
        """Leave time between two tellings, but none before the end."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_GAP_SECONDS):
                await self._over.wait()

    async def _newer(self, told: int) -> None:
        while told == self._serial and not self.is_over:
            await self._news.wait()


def subject_of(update: object) -> object:
    """What an update is about: of one subject the last update says all that those before it said."""
    return tuple(getattr(update, name, None) for name in ("peer", "step", "table"))
