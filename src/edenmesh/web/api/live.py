"""What happens on the device, told to any number of readers as states: of each subject the last one wins.

One watch looks at the device at most LOOKS_PER_SECOND times a second while anybody reads, whatever happens meanwhile.
Readers ask it for what is newer than what they were told, so a reader that is slow costs no memory and hears, when it
reads on, how things stand then. A phone's account hears nothing of pairings and jobs, which its rights do not cover.
"""

import asyncio
from collections.abc import AsyncGenerator, Collection, Iterator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from edenmesh.errors import EdenmeshError, StoreError
from edenmesh.node import CodeView, Device, Json, PairedView, PairingTask
from edenmesh.store import Committed
from edenmesh.web.api.answers import error_view
from edenmesh.web.jobs import Job, Jobs, State
from edenmesh.web.visiting import Right, Visitor

LOOKS_PER_SECOND: Final = 4
HEARTBEAT_SECONDS: Final = 15.0
SUBJECTS_MAX: Final = 256
_STATUS_SHARE: Final = 50
"""Of so many seconds at most one goes into counting: on a large store the counts come less often."""
_STATUS_SECONDS_MAX: Final = 2.0
"""What no event announces, as that this device is visible no more, is seen after so long."""


class Topic(StrEnum):
    """What may be heard of."""

    STATUS = "status"
    JOB = "job"
    PAIRING = "pairing"
    COMMIT = "commit"


RIGHT_OF: Final = {
    Topic.STATUS: Right.LOOK,
    Topic.COMMIT: Right.LOOK,
    Topic.JOB: Right.RUN,
    Topic.PAIRING: Right.RUN,
}


@dataclass(frozen=True, slots=True)
class Counts:
    """The figures a screen shows beside its ways: all of them, whatever is looked at."""

    name: str
    members: int
    connected: int
    records: int
    open: int
    owed: int
    quarantined: int
    files_missing: int
    visible_until: float


@dataclass(frozen=True, slots=True)
class JobNews:
    """Where a job stands, by its last update."""

    key: str
    state: State
    update: object | None
    error: dict[str, Json] | None


@dataclass(frozen=True, slots=True)
class PairingNews:
    """Where the pairing under way stands: begun, code, paired or failed."""

    state: str
    is_incoming: bool
    code: CodeView | None = None
    paired: PairedView | None = None
    error: dict[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class CommitNews:
    """How many commits there were since this device was served, and how many records they touched."""

    commits: int
    records: int


@dataclass(frozen=True, slots=True)
class News:
    """One thing told: what about, and how it stands."""

    topic: Topic
    view: object


class Live:
    """The watch of one device."""

    def __init__(self, device: Device, jobs: Jobs) -> None:
        self._device = device
        self._jobs = jobs
        self._told: dict[tuple[Topic, str], tuple[int, News]] = {}
        self._serial = 0
        self._news = asyncio.Event()
        self._readers = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._commits = CommitNews(0, 0)
        self._changed: set[str] = set()
        self._pairing: PairingTask | None = None
        self._is_due = True
        self._counted, self._cost = 0.0, 0.0

    async def follow(
        self, visitor: Visitor, topics: Collection[Topic] = frozenset(Topic)
    ) -> AsyncGenerator[News | None]:
        """How things stand, then what changes, as far as the visitor may hear of it; None where all is still."""
        self._readers += 1
        if self._readers == 1:
            self._begin()
        try:
            told = 0
            while True:
                for serial, news in self._newer(told):
                    told = serial
                    if news.topic in topics and visitor.may(RIGHT_OF[news.topic]):
                        yield news
                with suppress(TimeoutError):
                    async with asyncio.timeout(HEARTBEAT_SECONDS):
                        await self._wait(told)
                        continue
                yield None
        finally:
            self._readers -= 1
            if not self._readers:
                self._end()

    async def _wait(self, told: int) -> None:
        while told == self._serial:
            await self._news.wait()

    def _newer(self, told: int) -> Iterator[tuple[int, News]]:
        yield from sorted((one for one in self._told.values() if one[0] > told), key=lambda one: one[0])

    def _begin(self) -> None:
        latest = self._device.latest_pairing
        self._pairing = latest if latest is not None and latest.is_over else None
        self._is_due = True
        self._changed = {job.key for job in self._jobs.all() if not job.is_over}
        self._tasks = [asyncio.create_task(one) for one in (self._watch(), self._drain())]

    def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks = []
        self._told.clear()
        # Who reads next has been told nothing, and there is nothing to tell yet: that is to wait, not to look again.
        self._serial = 0

    async def _drain(self) -> None:
        """Hear every event at once, so that none waits anywhere: what is kept of them does not grow."""
        async with aclosing(self._device.subscribe()) as events:
            async for event in events:
                self._is_due = True
                if isinstance(event, Committed):
                    self._commits = CommitNews(self._commits.commits + 1, self._commits.records + len(event.records))

    async def _watch(self) -> None:
        stop = self._jobs.listen(self._note_job)
        try:
            while True:
                self._look()
                await asyncio.sleep(1 / LOOKS_PER_SECOND)
        finally:
            stop()

    def _note_job(self, job: Job) -> None:
        self._changed.add(job.key)

    def _look(self) -> None:
        """See what is new since the last look."""
        changed, self._changed = self._changed, set()
        for key in changed:
            job = self._jobs.latest(key)
            if job is not None:
                error = None if job.error is None else error_view(job.error)
                self._tell(Topic.JOB, JobNews(key, job.view.state, job.latest, error), key)
        if self._commits.commits:
            self._tell(Topic.COMMIT, self._commits)
        task = self._device.latest_pairing
        if task is not None and task is not self._pairing:
            self._pairing = task
            self._tasks = [*(one for one in self._tasks if not one.done()), asyncio.create_task(self._pair(task))]
        self._count()

    def _count(self) -> None:
        now = asyncio.get_running_loop().time()
        idle = now - self._counted
        if idle < self._cost * _STATUS_SHARE or not (self._is_due or idle >= _STATUS_SECONDS_MAX):
            return
        self._is_due = False
        with suppress(StoreError):
            self._tell(Topic.STATUS, counts_of(self._device))
        self._counted = asyncio.get_running_loop().time()
        self._cost = self._counted - now

    async def _pair(self, task: PairingTask) -> None:
        """Tell of one pairing, from the first to the last."""
        self._tell_pairing(task, PairingNews("begun", task.is_incoming))
        code: CodeView | None = None
        try:
            code = await task.code()
            self._tell_pairing(task, PairingNews("code", task.is_incoming, code))
            paired = await task.result()
            self._tell_pairing(task, PairingNews("paired", task.is_incoming, code, paired))
        except EdenmeshError as error:
            self._tell_pairing(task, PairingNews("failed", task.is_incoming, code, error=error_view(error)))

    def _tell_pairing(self, task: PairingTask, news: PairingNews) -> None:
        if task is self._pairing:
            self._tell(Topic.PAIRING, news)

    def _tell(self, topic: Topic, view: object, subject: str = "") -> None:
        known = self._told.get((topic, subject))
        if known is not None and known[1].view == view:
            return
        self._told.pop((topic, subject), None)
        self._serial += 1
        self._told[topic, subject] = self._serial, News(topic, view)
        if len(self._told) > SUBJECTS_MAX:
            del self._told[next(iter(self._told))]
        self._news.set()
        self._news = asyncio.Event()


def counts_of(device: Device) -> Counts:
    """The figures now. Raises StoreError."""
    seen = device.status()
    return Counts(
        name=seen.name,
        members=seen.members,
        connected=len(seen.connected),
        records=seen.records,
        open=seen.open,
        owed=sum(one.owed for one in seen.destinations),
        quarantined=seen.quarantined,
        files_missing=seen.files_missing,
        visible_until=seen.visible_until,
    )
