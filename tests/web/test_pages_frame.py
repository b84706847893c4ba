"""What all screens have in common: sound HTML, texts that can be translated, policy, caching, unknown addresses."""

import re
from pathlib import Path

import httpx

from edenmesh.node import Device
from edenmesh.web.pages.assets import Assets
from edenmesh.web.visiting import Right, Visitor
from tests.net.loop import in_loop
from tests.node.devices import World, running, team
from tests.web.screen import TOKEN, Browser, Element, Screen, browsed

WORD: re.Pattern[str] = re.compile(r"(?<![\w%])[A-Za-z]*[aeiouAEIOU][A-Za-z]*(?!\w)")
SPOKEN = ("aria-label", "title", "placeholder", "alt", "data-text", "data-lost")
VALUES = frozenset(("qps", "edenmesh"))
FORM = """
format = 1
table = "zz_tbl"
title = "Tbls"
label = "Tbl"
field = [
  { name = "name", type = "string", label = "Nm", required = true },
  { name = "day", type = "date", label = "Dy" },
  { name = "yes", type = "boolean", label = "Ys" },
  { name = "rf", type = "reference zz_tbl", label = "Rf" },
  { name = "pht", type = "upload", label = "Pht" },
  { name = "lns", type = "list:string", label = "Lns" },
]
[[component]]
alias = "prts"
table = "zz_prt"
label = "Prt"
plural = "Prts"
joinby = "tbl_id"
field = [{ name = "name", type = "string", label = "Nm" }]
"""


def unbent(screen: Screen) -> list[str]:
    """English on a screen in the pseudo-language, outside of values (`dir=auto`) and words of the engine (`lang`)."""
    found: list[str] = []
    for text, element in screen.texts:
        if element.tag not in ("script", "style") and not _is_value(element):
            found += [f"<{element.tag}> {word} in {text!r}" for word in _plain(text)]
    for element in screen.elements:
        if not _is_value(element):
            for name in SPOKEN:
                text = element.attributes.get(name, "")
                found += [f"{name}: {word} in {text!r}" for word in _plain(text)]
    return found


def _plain(text: str) -> list[str]:
    return [word for word in WORD.findall(text) if len(word) > 1 and word not in VALUES]


def _is_value(element: Element) -> bool:
    chain = (*element.parents, element)
    return any("dir" in one.attributes and one.tag != "html" for one in chain) or any(
        "lang" in one.attributes and one.tag != "html" for one in chain
    )


async def crawled(browser: Browser, query: str = "") -> dict[str, Screen]:
    """All screens that links lead to from the first one."""
    seen: dict[str, Screen] = {}
    waiting = ["/data"]
    while waiting:
        path = waiting.pop(0)
        place = re.sub(r"\?.*", "", path)
        if place in seen:
            continue
        response = await browser.http.get(f"{path}{'&' if '?' in path else '?'}{query}", follow_redirects=True)
        if not response.headers.get("content-type", "").startswith("text/html"):
            continue
        screen = Screen(response)
        assert response.status_code == 200, f"{path}: {response.status_code} {screen.words}"
        seen[place] = screen
        waiting += [
            one.attributes["href"].partition("#")[0]
            for one in screen.find("a")
            if one.attributes.get("href", "").startswith("/") and not one.attributes["href"].startswith("/forms/export")
        ]
    return seen


def furnished(device: Device) -> str:
    """A device that has something to show on each screen."""
    device.add_form(FORM.encode())
    uuid = device.add("zz_tbl", {"name": "Brt", "day": "2026-11-22", "yes": True}).uuid
    device.add("zz_prt", {"name": "Prt 1", "$master": {"table": "zz_tbl", "uuid": uuid}})
    device.edit("zz_tbl", uuid, {"lns": ["b", "c"]})
    return uuid


@in_loop
async def test_every_screen_is_sound_and_has_no_text_that_cannot_be_translated(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Zz1", "Zz2") as (first, _), browsed(first) as browser:
        furnished(first)
        seen = await crawled(browser, "lang=qps")
        problems = [f"{path}: {one}" for path, screen in seen.items() for one in [*screen.defects(), *unbent(screen)]]
        assert problems == []
        assert len(seen) >= 25, sorted(seen)
        for screen in seen.values():
            [html] = screen.find("html")
            assert (html.attributes["lang"], html.attributes["dir"]) == ("qps", "rtl")
        assert sum(len(screen.texts) for screen in seen.values()) > 1000


def test_a_text_that_was_not_marked_is_seen() -> None:
    html = '<main><h1>[Dàtà~]</h1><p>Plain words</p><p dir="auto">A value</p><img alt="a photo" src="/x"></main>'
    screen = Screen(httpx.Response(200, text=html, request=httpx.Request("GET", "http://device/")))
    assert len(unbent(screen)) == 3
    bad = '<h1>x</h1><p id="a"></p><p id="a" style="x"></p><input name="n"><b onclick="x()"></i><script>1</script>'
    screen = Screen(httpx.Response(200, text=bad, request=httpx.Request("GET", "http://device/")))
    told = "\n".join(screen.defects())
    for part in ("2 times", "has style", "no label", "onclick", "closes what is not open", "inline or from elsewhere"):
        assert part in told


@in_loop
async def test_refused_pages_are_sound_too(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Zz1") as (first,), browsed(first) as browser:
        uuid = furnished(first)
        browser.http.headers["accept-language"] = "qps"
        new = await browser.get("/data/zz_tbl/new")
        screen = await browser.send(new, "/data/zz_tbl/new", {"v.name": "", "v.day": "x"}, status=400)
        assert screen.defects() == []
        assert unbent(screen) == []
        assert screen.find("div", role="alert")
        deleting = await browser.get(f"/data/zz_tbl/{uuid}/delete")
        refused = await browser.send(deleting, f"/data/zz_tbl/{uuid}/delete", {"way": "none"}, status=400)
        assert "No way to delete" in refused.words
        assert refused.defects() == []


@in_loop
async def test_every_answer_forbids_what_is_not_ours_and_nothing_is_kept_by_the_browser(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), browsed(amina) as browser:
        for path in ("/data", "/nowhere", "/data/x/y", "/settings", "/more"):
            headers = (await browser.http.get(path)).headers
            assert "default-src 'none'; script-src 'self'" in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["cache-control"] == "no-store"


@in_loop
async def test_static_files_are_kept_for_good_under_an_address_that_changes_with_them(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), browsed(amina) as browser:
        screen = await browser.get("/data")
        [sheet] = [one for one in screen.find("link", rel="stylesheet") if "screen.css" in one.attributes["href"]]
        address = sheet.attributes["href"]
        answer = await browser.http.get(address)
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-encoding"] == "gzip"
        assert len(answer.content) < 25_000
        old = await browser.http.get(re.sub("/static/[0-9a-f]+/", "/static/0123/", address))
        assert old.headers["cache-control"] == "no-cache"
        for missing in ("/static/0/../app.py", "/static/0/none.css"):
            assert (await browser.http.get(missing)).status_code == 404
    (tmp_path / "screen.css").write_text("a {}")
    before = Assets(tmp_path).address("screen.css")
    (tmp_path / "screen.css").write_text("b {}")
    assert Assets(tmp_path).address("screen.css") != before


@in_loop
async def test_the_first_page_is_small(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), browsed(amina) as browser:
        screen = await browser.get("/data")
        wanted = {one.attributes["href"] for one in screen.find("link")}
        wanted |= {one.attributes["src"] for one in [*screen.find("script"), *screen.find("img")]}
        sizes = [int((await browser.http.get(path)).headers["content-length"]) for path in wanted]
        assert len(screen.html.encode()) + sum(sizes) <= 100_000


@in_loop
async def test_an_address_without_a_screen_is_told_in_words(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), browsed(amina) as browser:
        for path in ("/nowhere", "/data/a/b/c/d/edit/x"):
            response = await browser.http.get(path)
            screen = Screen(response)
            assert response.status_code in (400, 404)
            assert screen.defects() == []
        assert (await browser.get("/", 200)).url.startswith("/data")
        answer = await browser.http.post("/data", data={"form_token": TOKEN})
        assert answer.status_code == 405


@in_loop
async def test_the_language_is_chosen_kept_and_never_one_there_is_not(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), browsed(amina) as browser:
        settings = await browser.get("/settings")
        assert "qps" not in settings.html
        await browser.send(settings, "/settings", {"language": "qps"})
        assert (await browser.get("/data")).find("html")[0].attributes["dir"] == "rtl"
        await browser.send(await browser.get("/settings"), "/settings", {"language": ""})
        assert (await browser.get("/data")).find("html")[0].attributes["lang"] == "en"
        refused = await browser.send(await browser.get("/settings"), "/settings", {"language": "xx"}, status=400)
        assert "not there in that language" in refused.words
        led_on = await browser.get("/?lang=qps")
        assert led_on.find("html")[0].attributes["dir"] == "rtl", "a language asked for is kept where that leads on"


@in_loop
async def test_help_begins_with_the_screen_somebody_comes_from(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), browsed(amina) as browser:
        drafts = await browser.get("/help?of=/drafts")
        assert drafts.find("h2")[-2].text == "Go on with a draft" or "Go on with a draft" in drafts.words[:600]
        for path in ("/data", "/nearby", "/sync", "/conflicts"):
            assert (await browser.get(f"/help?of={path}")).defects() == []


@in_loop
async def test_rights_decide_which_places_are_shown(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,):
        for right, there, away in (
            (Right.LOOK, {"/data", "/settings"}, {"/nearby", "/conflicts", "/drafts", "/phones"}),
            (Right.FILL, {"/data", "/drafts"}, {"/sync", "/conflicts", "/team"}),
            (Right.DECIDE, {"/conflicts"}, {"/nearby", "/bin", "/forms"}),
            (Right.RUN, {"/nearby", "/conflicts", "/bin", "/team", "/phones"}, set[str]()),
        ):
            async with browsed(amina, Visitor(right, "Somebody", TOKEN)) as browser:
                links = {one.attributes["href"] for one in (await browser.get("/more")).find("a")}
                assert there <= links
                assert not away & links
