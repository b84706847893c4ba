"""Long work that several watch: it runs once, is told in time and not too often, and ends as it was asked to."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from edenmesh.errors import ConfigError, EdenmeshError, PeerUnreachable
from edenmesh.web.jobs import TOLD_PER_SECOND_MAX, Job, Jobs
from edenmesh.web.jobs.job import SUBJECTS_MAX
from edenmesh.web.jobs.jobs import JOBS_MAX
from tests.net.loop import in_loop, until


@dataclass(frozen=True)
class Figure:
    step: str
    done: int


@dataclass
class Bench:
    """Work that a test holds in its hand, and what became of it."""

    begun: int = 0
    closed: int = 0
    told: "asyncio.Queue[object]" = field(default_factory=asyncio.Queue)

    async def work(self) -> AsyncGenerator[object]:
        self.begun += 1
        try:
            while (update := await self.told.get()) is not None:
                if isinstance(update, Exception):
                    raise update
                yield update
        finally:
            self.closed += 1

    def say(self, *updates: object) -> None:
        for update in updates:
            self.told.put_nowait(update)


async def heard(job: Job) -> list[object]:
    return [update async for update in job.follow()]


@in_loop
async def test_a_job_started_twice_runs_once_and_both_hear_it_all() -> None:
    jobs, bench = Jobs(), Bench()
    job = jobs.start("sync", bench.work)
    assert jobs.start("sync", bench.work) is job
    first, second = asyncio.create_task(heard(job)), asyncio.create_task(heard(job))
    bench.say(Figure("read", 1), Figure("sent", 2), None)
    told = [Figure("read", 1), Figure("sent", 2)]
    assert (await first, await second) == (told, told)
    assert (bench.begun, bench.closed) == (1, 1)
    assert jobs.latest("sync") is job
    assert (job.view.state, job.view.updates, job.latest) == ("done", tuple(told), told[-1])
    assert [update async for update in jobs.follow("sync")] == told
    assert jobs.start("sync", bench.work) is not job
    await jobs.stop()
    assert bench.begun == 1, "one that is ended before its first step does nothing"


@in_loop
async def test_a_register_that_forgets_what_runs_would_be_seen_to_start_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs, bench = Jobs(), Bench()
    first = jobs.start("sync", bench.work)
    monkeypatch.setattr(jobs, "_jobs", {})
    second = jobs.start("sync", bench.work)
    await until(lambda: bench.begun == 2)
    for job in (first, second):
        await job.stop()
    assert bench.closed == 2


@in_loop
async def test_work_asked_for_in_another_way_is_refused_while_it_runs() -> None:
    jobs, bench = Jobs(), Bench()
    job = jobs.start("deliver", bench.work, wanted="again")
    with pytest.raises(ConfigError, match="under way already, in another way: again"):
        jobs.start("deliver", bench.work)
    assert jobs.start("deliver", bench.work, wanted="again") is job
    bench.say(None)
    await job.ended()
    assert jobs.start("deliver", bench.work) is not job
    await jobs.stop()


@in_loop
async def test_how_it_failed_is_told_to_all_who_ask_then_and_later() -> None:
    jobs, bench = Jobs(), Bench()
    job = jobs.start("pull", bench.work)
    bench.say(Figure("forms", 1), PeerUnreachable("Nobody answers."))
    for _ in range(3):
        updates = jobs.follow("pull")
        assert await anext(updates) == Figure("forms", 1)
        with pytest.raises(PeerUnreachable, match="Nobody answers"):
            await anext(updates)
    assert job.view.state == "failed"
    assert isinstance(job.view.error, PeerUnreachable)
    defective = jobs.start("other", bench.work)
    bench.say(ZeroDivisionError("a secret"))
    await defective.ended()
    assert "defect: ZeroDivisionError" in str(defective.error)
    assert "a secret" not in str(defective.error)


@in_loop
async def test_updates_are_told_at_once_but_not_more_often_than_people_can_see() -> None:
    jobs, bench = Jobs(), Bench()
    job = jobs.start("sync", bench.work)
    loop = asyncio.get_running_loop()
    times: list[float] = []
    seen: list[object] = []

    async def follow() -> None:
        async for update in job.follow():
            times.append(loop.time())
            seen.append(update)

    following = asyncio.create_task(follow())
    began = loop.time()
    number = 0
    while loop.time() - began < 1.2:
        number += 1
        bench.say(Figure("read", number))
        await asyncio.sleep(0.001)
    bench.say(Figure("sent", 1), None)
    ended = loop.time()
    await following
    assert loop.time() - ended < 0.1, "the end is told at once"
    assert number > 200
    assert 2 <= len(times) - 2 <= TOLD_PER_SECOND_MAX * 1.2 + 1
    assert seen[-2:] == [Figure("read", number), Figure("sent", 1)]
    assert times[0] - began < 0.1
    assert max(after - before for before, after in pairwise(times)) < 0.5


@in_loop
async def test_what_is_remembered_has_a_bound_and_who_is_slow_costs_nothing() -> None:
    jobs, bench = Jobs(), Bench()
    job = jobs.start("sync", bench.work)
    slow = job.follow()
    bench.say(Figure("first", 0))
    assert await anext(slow) == Figure("first", 0)
    bench.say(*(Figure("read", number) for number in range(5000)))
    bench.say(*(Figure(f"step {number}", number) for number in range(2 * SUBJECTS_MAX)), None)
    await job.ended()
    assert len(job.view.updates) == SUBJECTS_MAX
    rest = [update async for update in slow]
    assert len(rest) == SUBJECTS_MAX
    assert rest[-1] == Figure(f"step {2 * SUBJECTS_MAX - 1}", 2 * SUBJECTS_MAX - 1)
    for number in range(3 * JOBS_MAX):
        one = jobs.start(f"job {number}", bench.work)
        bench.say(None)
        await one.ended()
    assert len(jobs.all()) == JOBS_MAX + 1
    assert jobs.latest("sync") is None


@in_loop
@pytest.mark.parametrize("is_kept", [False, True])
async def test_the_last_to_leave_ends_a_job_that_is_not_kept(is_kept: bool) -> None:
    jobs, bench = Jobs(), Bench()
    job = jobs.start("sync", bench.work, is_kept=False)
    followers = [job.follow() for _ in range(2)]
    bench.say(Figure("read", 1))
    for follower in followers:
        assert await anext(follower) == Figure("read", 1)
    if is_kept:
        assert jobs.start("sync", bench.work) is job
    await followers[0].aclose()
    await asyncio.sleep(0.02)
    left = [job.view.state]
    await followers[1].aclose()
    await asyncio.sleep(0.02)
    left.append(job.view.state)
    assert left == ["running", "running" if is_kept else "failed"]
    assert bench.closed == (not is_kept)
    await jobs.stop()
    assert "stopped before it was done" in str(job.error)
    assert bench.closed == 1


@in_loop
async def test_the_stop_of_the_device_ends_all_jobs_and_all_who_follow_hear_so() -> None:
    jobs, benches = Jobs(), [Bench() for _ in range(3)]
    begun = [jobs.start(f"job {number}", bench.work) for number, bench in enumerate(benches)]
    following = [asyncio.create_task(heard(job)) for job in begun]
    await until(lambda: all(bench.begun for bench in benches))
    await jobs.stop()
    said = await asyncio.gather(*following, return_exceptions=True)
    assert all(isinstance(one, EdenmeshError) and "stopped before" in one.what for one in said)
    assert [bench.closed for bench in benches] == [1, 1, 1]


@in_loop
async def test_a_job_within_a_job_is_the_one_that_runs_already() -> None:
    jobs, bench = Jobs(), Bench()

    async def all_in_turn() -> AsyncGenerator[object]:
        async with aclosing(jobs.run("sync Bo", bench.work)) as updates:
            async for update in updates:
                yield update

    alone = jobs.start("sync Bo", bench.work, is_kept=False)
    whole = jobs.start("sync", all_in_turn)
    bench.say(Figure("read", 1), None)
    assert await heard(whole) == [Figure("read", 1)]
    assert (bench.begun, alone.view.state, whole.view.state) == (1, "done", "done")


@in_loop
async def test_who_listens_hears_of_each_change_and_stops_when_they_want() -> None:
    jobs, bench = Jobs(), Bench()
    told: list[tuple[str, str]] = []
    stop: Callable[[], None] = jobs.listen(lambda job: told.append((job.key, job.view.state)))
    job = jobs.start("sync", bench.work)
    bench.say(Figure("read", 1), None)
    await job.ended()
    stop()
    assert told == [("sync", "running"), ("sync", "done")]
    bench.say(None)
    await jobs.start("sync", bench.work).ended()
    assert len(told) == 2
