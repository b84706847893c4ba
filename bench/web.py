"""The screens in a real browser: how soon the first page can be used on a slow phone, and what watching a sync costs.

The phone is a quarter as fast as this machine, as the browser slows itself down (`Emulation.setCPUThrottlingRate`); a
page can be used when it is drawn, its scripts have run and the browser is idle. A sync is watched on the taker's Sync
screen; its cost is how much longer it takes than one that nobody watches, and how much more of the processor the
device's process takes. The two take turns, so that what else the machine does meets both, and the quickest of each are
compared, which it met least; giver, taker and browser share the machine's cores.
"""

import json
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

import httpx
from playwright.async_api import Browser, Page, async_playwright

from bench.figures import Figure
from bench.first_sync import write_records
from bench.pairs import make_pair, open_device
from bench.processes import MeasurementError, running
from edenmesh.web import LoopbackDoor, serving_all, socket_path

_SLOWER: Final = 4
_LOADS: Final = 9
_SYNCS: Final = 7
_RECORDS: Final = 50_000
_IDLE: Final = "() => new Promise((done) => requestIdleCallback(() => done(performance.now())))"
_COUNT: Final = """() => {
  window.updates = 0;
  const part = document.querySelector("[data-live~=job]");
  new MutationObserver(() => { window.updates += 1; }).observe(part, {childList: true});
}"""


async def measure(count: int = _RECORDS) -> list[Figure]:
    """The figures of the screens."""
    with tempfile.TemporaryDirectory() as name:
        giver_folder, taker_folder = await make_pair(Path(name))
        write_records(giver_folder, count)
        async with browsing() as browser:
            usable = await _load(browser, giver_folder)
            async with running("bench.giver", str(giver_folder)) as giver:
                address = f"127.0.0.1:{int((await giver.hear())['port'])}"
                rounds = [await _take_twice(browser, taker_folder, address) for _ in range(_SYNCS)]
                giver.let_end()
                await giver.hear()
    rates = [watched.updates / watched.seconds for _, watched in rounds]
    slower = [(watched.seconds / alone.seconds - 1) * 100 for alone, watched in rounds]
    busier = [(watched.busy / alone.busy - 1) * 100 for alone, watched in rounds]
    alone, watched = (min(one[place].seconds for one in rounds) for place in (0, 1))
    return [
        Figure("web_usable_4x_slower_ms", median(usable), "ms", len(usable), min(usable), max(usable)),
        Figure("web_sync_updates", median(rates), "updates/s", _SYNCS, min(rates), max(rates)),
        Figure("web_sync_slower_by", (watched / alone - 1) * 100, "%", _SYNCS, min(slower), max(slower)),
        Figure("web_sync_busier_by", median(busier), "%", _SYNCS, min(busier), max(busier)),
    ]


@asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    """Debian's chromium while the block runs."""
    path = shutil.which("chromium")
    if path is None:
        raise MeasurementError("chromium is missing")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        yield browser
        await browser.close()


async def _enter(browser: Browser, door: LoopbackDoor | None) -> Page:
    if door is None:
        raise MeasurementError("the device has no door for browsers")
    page = await browser.new_page(viewport={"width": 390, "height": 844})
    await page.goto(door.entrance_url())
    await page.wait_for_url("**/data")
    return page


async def _load(browser: Browser, folder: Path) -> list[float]:
    """Milliseconds until the first page can be used, by a browser that holds nothing of it."""
    taken: list[float] = []
    async with open_device(folder) as device, serving_all(device, folder) as door:
        page = await _enter(browser, door)
        session = await page.context.new_cdp_session(page)
        await session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        await session.send("Emulation.setCPUThrottlingRate", {"rate": _SLOWER})
        for _ in range(_LOADS):
            await page.reload()
            taken.append(await page.evaluate(_IDLE))
        await page.context.close()
    return taken


class _Taken(NamedTuple):
    """A sync: how long it took, seconds of the processor in this process, and updates that a browser showed."""

    seconds: float
    busy: float
    updates: int


async def _take_twice(browser: Browser, folder: Path, address: str) -> tuple[_Taken, _Taken]:
    """A sync that nobody watches, and one that is watched."""
    return await _take(folder, address, None), await _take(folder, address, browser)


async def _take(folder: Path, address: str, browser: Browser | None) -> _Taken:
    fresh = folder.with_name("fresh")
    shutil.copytree(folder, fresh)
    try:
        async with open_device(fresh) as device, serving_all(device, fresh) as door:
            page = None
            if browser is not None:
                page = await _enter(browser, door)
                await page.goto(page.url.replace("/data", "/sync"))
                await page.wait_for_selector("[data-live~=job]", state="attached")
                await page.evaluate(_COUNT)
            busy = time.process_time()
            seconds = await _sync(fresh, address)
            busy = time.process_time() - busy
            updates: int = await page.evaluate("window.updates") if page is not None else 0
            if page is not None:
                await page.context.close()
            return _Taken(seconds, busy, updates)
    finally:
        shutil.rmtree(fresh)


async def _sync(home: Path, address: str) -> float:
    """Seconds of one sync, begun as a command begins it: it is a job, as the screens' are."""
    transport = httpx.AsyncHTTPTransport(uds=str(socket_path(home)))
    async with httpx.AsyncClient(transport=transport, base_url="http://edenmesh", timeout=None) as client:
        begun = time.perf_counter()
        last = ""
        async with client.stream("POST", "/api/sync", json={"peer": "Giver", "address": address}) as answer:
            async for line in answer.aiter_lines():
                last = line
        seconds = time.perf_counter() - begun
    told = json.loads(last)
    if not told["is_done"] or told["missing"]:
        raise MeasurementError(f"the sync ended without everything: {last}")
    return seconds
