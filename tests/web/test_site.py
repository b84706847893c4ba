"""A device from its first start on: made in the browser, locked, unlocked, and the same after a restart."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from edenmesh.node import Device
from edenmesh.web.site import Site
from tests.net.loop import in_loop
from tests.node.devices import World
from tests.web.screen import Browser, browsing

RIGHT = {"name": "Amina", "passphrase": "four blue words here", "again": "four blue words here"}


@asynccontextmanager
async def at_site(world: World) -> AsyncIterator[tuple[Site, Browser]]:
    async with Site(world.folder / "home", world.settings()) as site, browsing(site) as browser:
        yield site, browser


@in_loop
async def test_a_device_is_made_in_the_browser_locked_and_unlocked(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with at_site(world) as (site, browser):
        start = await browser.get("/")
        assert start.url == "/start"
        assert start.defects() == []
        data = await browser.send(start, "/start", RIGHT)
        assert data.url.startswith("/data")
        assert "nothing here yet" in data.words
        assert site.device is not None
        assert site.device.status().port
        site.device.add("org_facility", {"name": "School"})
        assert (await browser.get("/start", 404)).status == 404
    async with at_site(world) as (site, browser):
        locked = await browser.get("/data/org_facility")
        assert locked.defects() == []
        assert "locked" in locked.words
        assert site.device is None
        wrong = await browser.send(locked, "/unlock", {"passphrase": "four red words"}, status=500)
        assert "passphrase" in wrong.words.lower()
        assert "four red" not in wrong.html
        opened = await browser.send(wrong, "/unlock", {"passphrase": RIGHT["passphrase"]})
        assert opened.url.startswith("/data/org_facility")
        assert "School" in opened.words


@in_loop
async def test_without_a_passphrase_the_device_opens_by_itself(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with at_site(world) as (_, browser):
        start = await browser.get("/start")
        nearby = await browser.send(start, "/start", {"name": "Bo", "without": "1", "team": "join"})
        assert nearby.url.startswith("/nearby")
    async with at_site(world) as (site, browser):
        assert site.device is not None
        assert (await browser.get("/")).url.startswith("/data")


@in_loop
async def test_what_does_not_fit_is_said_at_its_field_and_makes_nothing(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with at_site(world) as (site, browser):
        start = await browser.get("/start")
        for changes, name in (
            ({**RIGHT, "name": " "}, "name"),
            ({**RIGHT, "name": "x" * 500}, "name"),
            ({**RIGHT, "passphrase": "short", "again": "short"}, "passphrase"),
            ({**RIGHT, "again": "four blue words"}, "again"),
            ({"name": "Amina"}, "passphrase"),
            ({**RIGHT, "without": "1"}, "without"),
        ):
            screen = await browser.send(start, "/start", changes, status=400)
            assert screen.problem(name), changes
            assert screen.defects() == []
            assert RIGHT["passphrase"] not in screen.html
            assert screen.value("name") == [changes["name"]]
        forged = await browser.post(start, "/start", {**RIGHT, "form_token": "another"})
        assert forged.status_code == 403
        assert not site.has_store


@in_loop
async def test_a_shut_device_answers_no_program_and_a_second_start_makes_no_second_device(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with at_site(world) as (site, browser):
        for path in ("/api/tables", "/api/status", "/api/records?table=x"):
            answer = await browser.http.get(path)
            assert (answer.status_code, answer.json()["error"]) == (409, "ConfigError")
        start = await browser.get("/start")
        await browser.send(start, "/start", RIGHT)
        device = site.device
        again = await browser.post(start, "/start", {**RIGHT, "name": "Second"})
        assert again.status_code == 404
        assert site.device is device
        assert device is not None
        assert device.name == "Amina"


@in_loop
async def test_what_opens_with_the_device_is_told_and_all_is_closed_in_the_end(tmp_path: Path) -> None:
    world = World(tmp_path)
    told: list[str] = []

    async def on_opened(device: Device) -> None:
        told.append(device.name)

    site = Site(tmp_path / "home", world.settings(), on_opened=on_opened)
    async with site, browsing(site) as browser:
        await browser.send(await browser.get("/"), "/start", RIGHT)
        assert told == ["Amina"]
    assert site.device is None
    reopened = Device.open(tmp_path / "home", passphrase=RIGHT["passphrase"], settings=world.settings())
    reopened.close()
