"""Pairing, peers and sync over the sockets of two devices: streams come to an end, and who vanishes hurts nobody."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edenmesh.errors import PairingFailed
from edenmesh.node import Json
from tests.net.loop import in_loop, until
from tests.node.cable import Cable
from tests.node.devices import World, address, pair, running, team
from tests.web.local import Local, refusal, served

HALF = "\ud800"


@asynccontextmanager
async def two(folder: Path) -> AsyncIterator[tuple[Local, Local]]:
    async with (
        running(World(folder), "Amina", "Bo") as (amina, bo),
        served(amina, folder / "amina") as hers,
        served(bo, folder / "bo") as his,
    ):
        yield hers, his


@in_loop
async def test_two_devices_pair_and_sync_over_their_sockets(tmp_path: Path) -> None:
    async with two(tmp_path) as (hers, his):
        shown = await hers.ask("POST", "/api/visible", {"minutes": 5})
        assert isinstance(shown, dict)
        assert shown["qr"] == hers.device.qr()
        waiting = asyncio.create_task(hers.lines("GET", "/api/pairing"))
        await until(lambda: bool(hers.device._pairings._listeners))
        pairing = asyncio.create_task(his.lines("POST", "/api/pair", {"target": address(hers.device)}))
        code = await _code(hers)
        assert code == await _code(his)
        wrong = "000 000" if code != "000 000" else "000 001"
        said = await hers.refused("POST", "/api/pairing/answer", {"code": wrong, "is_same": True})
        assert "not the one shown now" in said
        for local in (hers, his):
            assert await local.ask("POST", "/api/pairing/answer", {"code": code, "is_same": True}) == {}
        assert [list(line) for line in await waiting] == [["waiting"], ["code"], ["paired"]]
        lines = await pairing
        assert [list(line) for line in lines] == [["code"], ["paired"]]
        assert isinstance(lines[-1]["paired"], dict)
        assert lines[-1]["paired"]["name"] == "Amina"
        hers.device.add("org_facility", {"name": "School"})
        for body in ({"peer": "Amina"}, {}):
            last = (await his.lines("POST", "/api/sync", body))[-1]
            assert (last["is_done"], last["missing"], last["ended"]) == (True, [], "")
        assert his.device.status().records == 1
        assert await his.ask("POST", "/api/peers/allow", {"peer": "Amina", "is_allowed": False}) == {}
        assert "not chosen" in refusal((await his.lines("POST", "/api/sync", {"peer": "Amina"}))[-1])
        await his.refused("POST", "/api/peers/revoke", {"peer": "Amina"}, status=403)
        assert await hers.ask("POST", "/api/peers/revoke", {"peer": "Bo"}) == {}
        assert [member.is_revoked for member in hers.device.members()] == [False, True]


@in_loop
async def test_bad_requests_about_people_are_refused(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), served(amina, tmp_path / "amina") as local:
        for path, body in (
            ("/api/visible", {"minutes": "5"}),
            ("/api/visible", {"minutes": True}),
            ("/api/visible", {"minutes": float("nan")}),
            ("/api/pair", {}),
            ("/api/pair", {"target": ""}),
            ("/api/pair", {"target": HALF}),
            ("/api/pairing/answer", {"code": "000 000", "is_same": True}),
            ("/api/peers/allow", {"peer": "nobody"}),
            ("/api/peers/revoke", {"peer": HALF}),
            ("/api/peers/revoke", {"peer": 7}),
        ):
            await local.refused("POST", path, body)
        await local.refused("GET", "/api/nearby?seconds=soon")
        assert await local.ask("GET", "/api/nearby?seconds=1") == []
        await local.refused("POST", "/api/pair", {"target": "127.0.0.1:1"}, status=502)
        for body in ({}, {"peer": "nobody"}):
            [line] = await local.lines("POST", "/api/sync", body)
            assert refusal(line)
        assert not amina.status().visible_until
        assert len(amina.members()) == 1


@in_loop
async def test_events_are_told_as_they_happen_and_end_with_the_device(tmp_path: Path) -> None:
    heard: list[dict[str, Json]] = []
    async with running(World(tmp_path), "Amina") as (amina,):

        async def listen(local: Local) -> None:
            async with local.http.stream("GET", "/api/events") as response:
                async for line in response.aiter_lines():
                    heard.append(json.loads(line))  # noqa: PERF401 - what was heard must be there while it goes on

        async with served(amina, tmp_path / "amina") as local:
            before = len(amina._parts.desk._listeners)
            listening = asyncio.create_task(listen(local))
            await until(lambda: len(amina._parts.desk._listeners) > before)
            amina.add("org_facility", {"name": "School"})
            await until(lambda: {"event": "commit", "records": 1, "has_charter": False} in heard)
        async with asyncio.timeout(5):
            await asyncio.gather(listening, return_exceptions=True)
        assert len(amina._parts.desk._listeners) == before


@in_loop
async def test_who_goes_away_in_the_middle_leaves_nothing_behind(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with two(tmp_path) as (hers, his):
        desk, listeners = hers.device._parts.desk, len(hers.device._parts.desk._listeners)
        for path in ("/api/events", "/api/pairing"):
            async with hers.http.stream("GET", path):
                await until(lambda: len(desk._listeners) + len(hers.device._pairings._listeners) > listeners)
            await until(lambda: len(desk._listeners) + len(hers.device._pairings._listeners) == listeners)
        # Who began a pairing and closed the window cannot answer it any more, so it ends on both devices.
        await hers.device.show(5)
        async with his.http.stream("POST", "/api/pair", content=json.dumps({"target": address(hers.device)})) as lines:
            assert "code" in await anext(lines.aiter_lines())
        for local in (hers, his):
            task = local.device.latest_pairing
            assert task is not None
            with pytest.raises(PairingFailed):
                await task.result()
        # A request of which one half comes, and an answer that nobody waits for.
        for sent in (
            b"POST /api/records HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{",
            b"GET /api/export HTTP/1.",
        ):
            _, writer = await asyncio.open_unix_connection(hers.path)
            writer.write(sent)
            await writer.drain()
            await asyncio.sleep(0.05)
            writer.transport.abort()
        await asyncio.sleep(0.05)
        assert await hers.ask("GET", "/api/tables") == []
        await pair(his.device, hers.device)
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == []


@in_loop
async def test_a_sync_goes_on_though_nobody_looks_any_more(tmp_path: Path) -> None:
    cable = Cable()
    async with team(World(tmp_path, cable), "Amina", "Bo") as (amina, bo), served(bo, tmp_path / "bo") as local:
        rows = [{"@uuid": f"urn:{number}", "name": "x" * 2000} for number in range(2000)]
        amina.import_document(json.dumps({"$_org_facility": rows}).encode())
        body = json.dumps({"peer": "Amina", "address": address(amina)})
        listeners = len(bo._meetings._listeners)
        async with local.http.stream("POST", "/api/sync", content=body):
            await until(lambda: bool(bo.status().connected))
            cable.pinch()
        await until(lambda: len(bo._meetings._listeners) == listeners)
        assert bo.status().records < 2000
        cable.mend()
        await until(lambda: bo.status().records == 2000)


async def _code(local: Local) -> str:
    await until(lambda: (task := local.device.latest_pairing) is not None and task._encounter.shown is not None)
    task = local.device.latest_pairing
    assert task is not None
    return (await task.code()).code
