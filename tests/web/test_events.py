"""What happens on a device, told as it happens: by topic, to whom it may be told, never more than is listened to."""

import asyncio
import dataclasses
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edenmesh.node import Device, Json
from edenmesh.web.api import live as watch
from edenmesh.web.api.events import EVENTS_KEPT, asks_for_stream, lines_of, stream, topics_named
from edenmesh.web.api.live import LOOKS_PER_SECOND, RIGHT_OF, JobNews, Live, News, Topic
from edenmesh.web.jobs import Jobs
from edenmesh.web.visiting import OWNER, Right, Visitor
from tests.net.loop import in_loop, until
from tests.node.devices import World, address, begin, running, team
from tests.web.local import Local, served

PHONE = Visitor(Right.LOOK, "phone")
ACCEPT = {"Accept": "text/event-stream"}


@dataclass
class Heard:
    """What a reader of server-sent events has heard."""

    events: list[tuple[str, dict[str, Json]]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    comments: int = 0

    def of(self, topic: str) -> list[dict[str, Json]]:
        return [data for name, data in self.events if name == topic]

    def take(self, block: str) -> None:
        if block.startswith("event: "):
            name, data = block.split("\n")
            self.events.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
            self.times.append(time.monotonic())
        self.comments += block == ":"


@asynccontextmanager
async def listening(local: Local) -> AsyncIterator[Heard]:
    """Server-sent events, heard while the block runs."""
    heard = Heard()

    async def listen() -> None:
        text = ""
        async with local.http.stream("GET", "/api/events", headers=ACCEPT) as response:
            assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
            assert response.headers["cache-control"] == "no-store"
            async for piece in response.aiter_text():
                *blocks, text = (text + piece).split("\n\n")
                for block in blocks:
                    heard.take(block)

    task = asyncio.create_task(listen())
    try:
        await until(lambda: bool(heard.of("status")))
        yield heard
    finally:
        task.cancel()
        await asyncio.wait([task])


@in_loop
async def test_commits_and_counts_are_told_together_and_not_too_often(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), served(amina, tmp_path / "amina") as local:
        async with listening(local) as heard:
            assert heard.of("status")[0]["records"] == 0
            began = time.monotonic()
            written = 0
            while time.monotonic() - began < 1.0:
                amina.add("org_facility", {"name": f"School {written}"})
                written += 1
                await asyncio.sleep(0.002)
            await until(lambda: heard.of("commit")[-1:] == [{"commits": written, "records": written}])
            await until(lambda: heard.of("status")[-1]["records"] == written)
            seconds = time.monotonic() - began
            told = len(heard.of("commit"))
        assert written > 40
        assert 2 <= told <= LOOKS_PER_SECOND * seconds + 1
        assert len(heard.of("status")) <= LOOKS_PER_SECOND * seconds + 2


@in_loop
async def test_a_pairing_is_told_from_the_code_to_the_end_but_not_to_a_phone(tmp_path: Path) -> None:
    async with (
        running(World(tmp_path), "Amina", "Bo") as (amina, bo),
        served(amina, tmp_path / "amina") as local,
        listening(local) as heard,
        phone_of(amina) as phone,
    ):
        ours, theirs = await begin(bo, amina)
        await until(lambda: [one["state"] for one in heard.of("pairing")][-1:] == ["code"])
        code = heard.of("pairing")[-1]["code"]
        assert isinstance(code, dict)
        assert code["code"] == (await theirs.code()).code
        standing = await local.ask("GET", "/api/pairing/latest")
        assert standing == {"is_incoming": True, "is_answered": False, "is_over": False, "code": code}
        for task in (ours, theirs):
            task.answer(True)
        await until(lambda: [one["state"] for one in heard.of("pairing")][-1:] == ["paired"])
        paired = heard.of("pairing")[-1]["paired"]
        assert isinstance(paired, dict)
        assert paired["name"] == "Bo"
        await until(lambda: phone.of("status")[-1]["members"] == 2)
        assert phone.of("pairing") == phone.of("job") == []


@in_loop
async def test_whoever_begins_a_pairing_it_is_told_and_so_is_its_failure(tmp_path: Path) -> None:
    async with (
        running(World(tmp_path), "Amina", "Bo") as (amina, bo),
        served(amina, tmp_path / "amina") as local,
        listening(local) as heard,
    ):
        ours, theirs = await begin(amina, bo)
        await until(lambda: [one["state"] for one in heard.of("pairing")][-1:] == ["code"])
        assert heard.of("pairing")[-1]["is_incoming"] is False
        theirs.answer(False)
        await until(lambda: [one["state"] for one in heard.of("pairing")][-1:] == ["failed"])
        error = heard.of("pairing")[-1]["error"]
        assert isinstance(error, dict)
        assert error["error"] == "PairingFailed"
        assert ours.is_over


@in_loop
async def test_a_sync_is_told_to_all_who_look_while_it_runs_once(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo), served(bo, tmp_path / "bo") as local:
        rows = [{"@uuid": f"urn:{number}", "name": "x" * 300} for number in range(3000)]
        amina.import_document(json.dumps({"$_org_facility": rows}).encode())
        body = {"peer": "Amina", "address": address(amina)}
        async with listening(local) as heard, listening(local) as other:
            first, second = await asyncio.gather(*(local.lines("POST", "/api/sync", body) for _ in range(2)))
            assert first[-1] == second[-1]
            assert (first[-1]["is_done"], first[-1]["missing"]) == (True, [])
            for one in (heard, other):
                await until(lambda one=one: [job["state"] for job in one.of("job")][-1:] == ["done"])  # type: ignore[misc]
                assert one.of("job")[-1]["update"] == first[-1]
                assert {job["key"] for job in one.of("job")} == {f"sync {bo.peers()[0].device}"}
        jobs = await local.ask("GET", "/api/jobs")
        assert isinstance(jobs, list)
        assert [one["state"] for one in jobs if isinstance(one, dict)] == ["done"]
        assert bo.status().records == 3000


@in_loop
async def test_a_sync_that_somebody_else_follows_goes_on_when_one_leaves(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo), served(bo, tmp_path / "bo") as local:
        content = json.dumps({"peer": "Amina", "address": address(amina)})
        begun: list[int] = []
        release = asyncio.Event()
        syncing = bo.sync

        async def slow(peer: str, *, address: str = "") -> AsyncGenerator[object]:
            begun.append(1)
            async for update in syncing(peer, address=address):
                yield update
                await release.wait()

        bo.sync = slow  # type: ignore[method-assign,assignment]
        async with local.http.stream("POST", "/api/sync", content=content) as stays:
            lines = stays.aiter_lines()
            async with local.http.stream("POST", "/api/sync", content=content) as leaves:
                assert await anext(leaves.aiter_lines())
            release.set()
            told = [json.loads(line) async for line in lines]
        assert told[-1]["is_done"]
        assert begun == [1]
        release.clear()
        async with local.http.stream("POST", "/api/sync", content=content) as leaves:
            assert await anext(leaves.aiter_lines())
        jobs = await local.ask("GET", "/api/jobs")
        await asyncio.sleep(0.05)
        jobs = await local.ask("GET", "/api/jobs")
        assert isinstance(jobs, list)
        assert [one["state"] for one in jobs if isinstance(one, dict)] == ["failed"]
        assert len(begun) == 2


@in_loop
async def test_all_are_synced_with_in_turn_though_one_is_away(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo", "Cleo") as (amina, bo, cleo):
        await bo.stop()
        async with served(amina, tmp_path / "amina") as local:
            async for _ in cleo.sync("Amina", address=address(amina)):
                pass
            lines = await local.lines("POST", "/api/sync", {})
            done = {str(line["peer"]): line for line in lines if line["is_done"]}
            assert done.keys() == {"Bo", "Cleo"}
            assert "does not answer" in str(done["Bo"]["ended"])
            assert done["Cleo"]["missing"] == []


@in_loop
async def test_who_reads_slowly_keeps_nothing_waiting_and_hears_how_it_stands(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,):
        live = Live(amina, Jobs())
        slow = live.follow(OWNER)
        assert isinstance(await anext(slow), News)
        for number in range(300):
            amina.add("org_facility", {"name": f"School {number}"})
            await asyncio.sleep(0)
        await until(lambda: live._commits.commits == 300)
        await asyncio.sleep(2 / LOOKS_PER_SECOND)
        assert len(live._told) <= 2
        rest = [await anext(slow) for _ in range(2)]
        views = {str(news.topic): news.view for news in rest if news is not None}
        assert getattr(views["commit"], "records", 0) == 300
        assert getattr(views["status"], "records", 0) == 300
        await slow.aclose()
        assert live._readers == 0
        await until(lambda: not live._told)


@in_loop
async def test_counting_takes_a_small_share_of_the_time_however_large_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spent = 0.0

    def slow(device: Device) -> watch.Counts:
        nonlocal spent
        began = time.perf_counter()
        time.sleep(0.02)
        spent += time.perf_counter() - began
        return dataclasses.replace(counts, records=len(told))

    async with running(World(tmp_path), "Amina") as (amina,):
        counts, told = watch.counts_of(amina), list[object]()
        monkeypatch.setattr(watch, "counts_of", slow)
        live, began = Live(amina, Jobs()), time.perf_counter()
        async with aclosing(live.follow(OWNER)) as news:
            while time.perf_counter() - began < 2.5:
                amina.add("org_facility", {"name": "School"})
                told.append(await anext(news))
        assert len(told) > 4
        assert 0.02 <= spent < 0.05 * (time.perf_counter() - began)


@in_loop
async def test_states_of_many_jobs_have_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "SUBJECTS_MAX", 5)
    async with running(World(tmp_path), "Amina") as (amina,):
        live = Live(amina, Jobs())
        for number in range(50):
            live._tell(Topic.JOB, JobNews(f"sync {number}", "done", None, None), f"sync {number}")
        assert len(live._told) == 5
        assert live._serial == 50
        live._tell(Topic.JOB, JobNews("sync 49", "done", None, None), "sync 49")
        assert live._serial == 50, "what has not changed is not told again"


@in_loop
async def test_lines_that_nobody_reads_are_bounded_and_said_to_be_missing(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,):
        lines = lines_of(amina, OWNER)
        first = asyncio.ensure_future(anext(lines))
        await asyncio.sleep(0)
        await until(lambda: len(amina._parts.desk._listeners) > 0)
        amina.add("t", {"name": "first"})
        assert await first == {"event": "commit", "records": 1, "has_charter": False}
        for number in range(EVENTS_KEPT + 50):
            amina.add("t", {"name": f"{number}"})
            if number % 100 == 0:
                await asyncio.sleep(0)
        await asyncio.sleep(0.05)
        assert await anext(lines) == {"event": "missed", "events": 50}
        told = [await anext(lines) for _ in range(EVENTS_KEPT)]
        assert all(isinstance(one, dict) and one["event"] == "commit" for one in told)
        await lines.aclose()


@in_loop
async def test_where_all_is_still_a_heartbeat_says_that_the_line_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "HEARTBEAT_SECONDS", 0.3)
    async with running(World(tmp_path), "Amina") as (amina,), served(amina, tmp_path / "amina") as local:
        async with listening(local) as heard:
            await until(lambda: heard.comments >= 2)
        assert len(heard.events) <= 2


@in_loop
async def test_who_names_topics_hears_of_no_other(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), served(amina, tmp_path / "amina") as local:
        heard = Heard()
        async with local.http.stream("GET", "/api/events?topics=commit,job", headers=ACCEPT) as response:
            amina.add("org_facility", {"name": "School"})
            async for line in response.aiter_lines():
                heard.events += [(line.removeprefix("event: "), {})] if line.startswith("event: ") else []
                if heard.events:
                    break
        assert heard.events == [("commit", {})]
        said = await local.http.get("/api/events?topics=weather,commit", headers=ACCEPT)
        assert said.status_code == 400
        assert "'weather'" in said.json()["what"]
        assert topics_named("") == topics_named(",") == frozenset(Topic)


def test_only_who_may_run_the_device_hears_of_pairings_and_jobs() -> None:
    assert {topic for topic, right in RIGHT_OF.items() if PHONE.may(right)} == {Topic.STATUS, Topic.COMMIT}
    assert RIGHT_OF.keys() == set(Topic)
    assert asks_for_stream("text/html, text/event-stream;q=0.9")
    assert asks_for_stream("Text/Event-Stream")
    assert not asks_for_stream("*/*")
    assert not asks_for_stream("text/event-streams")


@in_loop
async def test_a_watch_that_told_everybody_everything_would_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "RIGHT_OF", dict.fromkeys(Topic, Right.LOOK))
    async with running(World(tmp_path), "Amina", "Bo") as (amina, bo), phone_of(amina) as phone:
        ours, _ = await begin(bo, amina)
        await until(lambda: bool(phone.of("pairing")))
        ours.answer(False)


@asynccontextmanager
async def phone_of(device: Device) -> AsyncIterator[Heard]:
    """What a phone's account that may look hears, while the block runs."""
    heard = Heard()

    async def listen() -> None:
        async with aclosing(stream(Live(device, Jobs()), PHONE)) as blocks:  # type: ignore[type-var]
            async for block in blocks:
                heard.take(block.decode().removesuffix("\n\n"))

    task = asyncio.create_task(listen())
    try:
        await until(lambda: bool(heard.of("status")))
        yield heard
    finally:
        task.cancel()
        await asyncio.wait([task])
