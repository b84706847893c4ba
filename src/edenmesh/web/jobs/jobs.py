"""All long work of one device: at most one job for a key, the last of each key remembered for whoever asks later."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final

from edenmesh.errors import ConfigError
from edenmesh.web.jobs.job import Job

JOBS_MAX: Final = 64
"""Jobs that are over and still remembered; the oldest is forgotten first."""


class Jobs:
    """Work under way and done, by key. Ask from one event loop."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._listeners: list[Callable[[Job], None]] = []

    def start(
        self, key: str, make: Callable[[], AsyncGenerator[object]], *, wanted: str = "", is_kept: bool = True
    ) -> Job:
        """The job of this key: the one that runs, else a new one. A kept one goes on though nobody follows it.

        Raises ConfigError where one runs that was `wanted` in another way.
        """
        running = self._jobs.get(key)
        if running is not None and not running.is_over:
            if running.wanted != wanted:
                raise ConfigError(
                    what=f"This is under way already, in another way: {running.wanted or 'as usual'}.",
                    do="Wait until it is done, then start it again.",
                )
            running.is_kept = running.is_kept or is_kept
            return running
        self._jobs.pop(key, None)
        job = Job(key, wanted, make(), on_change=lambda: self._tell(key))
        job.is_kept = is_kept
        self._jobs[key] = job
        self._forget()
        return job

    def latest(self, key: str) -> Job | None:
        """The job of this key that runs, or the last that did."""
        return self._jobs.get(key)

    def all(self) -> list[Job]:
        """All jobs that are remembered, the oldest first."""
        return list(self._jobs.values())

    async def follow(self, key: str) -> AsyncGenerator[object]:
        """Updates of the job of this key, from where it stands to its end; none where there is no such job.

        Raises what the job raised.
        """
        job = self._jobs.get(key)
        if job is not None:
            async with aclosing(job.follow()) as updates:
                async for update in updates:
                    yield update

    async def run(
        self, key: str, make: Callable[[], AsyncGenerator[object]], *, wanted: str = ""
    ) -> AsyncGenerator[object]:
        """Start a job, or find it running, and follow it to its end; where all its followers leave, so does it."""
        async with aclosing(self.start(key, make, wanted=wanted, is_kept=False).follow()) as updates:
            async for update in updates:
                yield update

    def listen(self, listener: Callable[[Job], None]) -> Callable[[], None]:
        """Call `listener` with each job that has begun, got further or ended; the function returned stops that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def stop(self) -> None:
        """End all that runs."""
        for job in self.all():
            await job.stop()

    def _forget(self) -> None:
        over = [key for key, job in self._jobs.items() if job.is_over]
        for key in over[: max(0, len(over) - JOBS_MAX)]:
            del self._jobs[key]

    def _tell(self, key: str) -> None:
        job = self._jobs.get(key)
        if job is not None:
            for listener in list(self._listeners):
                listener(job)
