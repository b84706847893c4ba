"""Two people pair two devices at their screens: what each sees and may choose, reloads, doubles, and a wrong code."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from edenmesh.node import CodeView, Device
from edenmesh.web.pages.comparing import OFFERED, codes_offered
from edenmesh.web.visiting import Right
from tests.net.loop import in_loop, until
from tests.node.devices import World, address, running
from tests.web.pages.browser import Browser, Page, browsing

PAIRING = "/nearby/pairing"
ANSWER = "/nearby/pairing/answer"


@dataclass
class Two:
    """Amina is visible, Bo dials."""

    amina: Device
    bo: Device
    hers: Browser
    his: Browser

    async def meet(self, target: str = "") -> tuple[Page, Page]:
        """As far as both screens ask something."""
        await self.hers.press(await self.hers.open("/nearby"), "/nearby/visible")
        page = await self.his.open("/nearby")
        his = await self.his.press(page, "/nearby/pair", target=target or address(self.amina))
        await until(lambda: self.amina.latest_pairing is not None and self.amina.latest_pairing.shown is not None)
        await until(lambda: self.bo.latest_pairing is not None and self.bo.latest_pairing.shown is not None)
        return await self.hers.open("/nearby"), await self.his.open(his.path)

    @property
    def code(self) -> str:
        """The code, as nobody's screen needs to show it to this test."""
        task = self.amina.latest_pairing
        assert task is not None
        assert task.shown is not None
        return task.shown.code


@asynccontextmanager
async def two(folder: Path) -> AsyncIterator[Two]:
    async with (
        running(World(folder), "Amina", "Bo") as (amina, bo),
        browsing(amina) as hers,
        browsing(bo) as his,
    ):
        yield Two(amina, bo, hers, his)


def found_link(page: Page) -> str:
    return next(link for link in page.links if link.startswith(f"{PAIRING}?found="))


@in_loop
async def test_two_people_pair_by_finding_each_code_on_the_other_screen(tmp_path: Path) -> None:
    async with two(tmp_path) as t:
        hers, his = await t.meet()
        assert hers.path == his.path == PAIRING  # her screen goes there by itself
        # The screen that dialled shows the code only among others; hers shows it and asks nothing yet.
        buttons = his.form(ANSWER).buttons
        assert t.code in buttons
        assert len(buttons) == OFFERED + 1
        assert "Which code does the other screen show?" in his.text
        assert "This device joins the team of Amina" in his.text
        assert t.code in hers.text
        assert "Bo joins your team." in hers.text
        assert list(hers.form(ANSWER).buttons) == ["They do not have it"]
        his = await t.his.press(his, ANSWER, t.code)
        assert t.code in his.text
        assert "Waiting for Amina" in his.text
        hers = await t.hers.open(found_link(hers))
        assert hers.html.count(t.code) == 2, "the code stands on the button and in its value, and nowhere else"
        hers = await t.hers.press(hers, ANSWER, t.code, introducer="1")
        await t.hers.sees(PAIRING, "Paired with Bo")
        await t.his.sees(PAIRING, "This device is now in the team of Amina.")
        assert [one.roles for one in t.amina.members() if one.name == "Bo"] == [("introducer",)]
        page = await t.his.press(await t.his.open(PAIRING), "/sync/start")
        assert page.path == "/sync"
        await t.his.sees("/sync", "Everything is on both devices.")


@in_loop
async def test_a_pairing_survives_reloads_second_windows_and_the_back_button(tmp_path: Path) -> None:
    async with two(tmp_path) as t:
        hers, his = await t.meet()
        again = await t.his.open(PAIRING)
        assert again.form(ANSWER).buttons == his.form(ANSWER).buttons  # the same codes in the same order
        task = t.bo.latest_pairing
        # The form that began it is sent once more, as by a reload: nothing begins anew.
        page = await t.his.send("/nearby/pair", {"target": address(t.amina)})
        assert t.bo.latest_pairing is task
        assert page.path == PAIRING
        await t.his.press(his, ANSWER, t.code)
        twice = await t.his.press(his, ANSWER, t.code)  # the back button, and the same button
        assert "Waiting for Amina" in twice.text
        late = await t.his.press(his, ANSWER, "It shows none of these")  # nor does a later word undo the first
        assert "Waiting for Amina" in late.text
        hers = await t.hers.open(found_link(hers))
        await t.hers.press(hers, ANSWER, t.code)
        await t.his.sees(PAIRING, "Paired with Amina")
        assert "Paired with Amina" in (await t.his.press(his, ANSWER, t.code)).text
        assert len(t.amina.members()) == 2


@in_loop
@pytest.mark.parametrize("who", ["dialler", "listener"])
@pytest.mark.parametrize("what", ["another code", "none"])
async def test_a_wrong_code_is_loud_on_both_screens_and_nothing_is_kept(tmp_path: Path, who: str, what: str) -> None:
    async with two(tmp_path) as t:
        hers, his = await t.meet()
        page, browser = (his, t.his) if who == "dialler" else (await t.hers.open(found_link(hers)), t.hers)
        wrong = next(one for one in page.form(ANSWER).buttons if one != t.code and "none" not in one)
        await browser.press(page, ANSWER, wrong if what == "another code" else "It shows none of these")
        for one in (t.hers, t.his):
            seen = await one.sees(PAIRING, "Not paired")
            assert 'role="alert"' in seen.html
            assert "somebody may stand between the two devices" in seen.text
            assert "no record was sent" in seen.text
        assert [len(one.members()) for one in (t.amina, t.bo)] == [1, 1]


@in_loop
async def test_no_answer_is_taken_that_no_comparing_gave(tmp_path: Path) -> None:
    async with two(tmp_path) as t:
        _, his = await t.meet()
        name = dict(his.form(ANSWER).fields)["pairing"]
        for picked in ("", "agreed", "yes", "1", "same"):
            page = await t.his.send(ANSWER, {"pairing": name, "picked": picked}, status=400)
            assert "It was not said which code the other screen shows." in page.text
        for other in ("", "0" * 16):  # another pairing than the one under way
            await t.his.send(ANSWER, {"pairing": other, "picked": t.code}, status=403)
        t.his.token = "another"
        await t.his.send(ANSWER, {"pairing": name, "picked": t.code}, status=403)
        task = t.bo.latest_pairing
        assert task is not None
        assert not task.is_answered


@in_loop
async def test_who_scanned_a_code_only_agrees_and_the_other_screen_still_asks(tmp_path: Path) -> None:
    async with two(tmp_path) as t:
        await t.amina.show(5)
        text = t.amina.qr()
        his = await t.his.send("/nearby/pair", {"target": text})
        await until(lambda: t.amina.latest_pairing is not None and t.amina.latest_pairing.shown is not None)
        his = await t.his.open(PAIRING)
        assert t.code in his.text
        assert "Pair with Amina?" in his.text
        hers = await t.hers.open(PAIRING)
        assert t.code in hers.form(ANSWER).buttons
        await t.his.press(his, ANSWER, "Pair")
        await t.hers.press(hers, ANSWER, t.code)
        await t.his.sees(PAIRING, "Paired with Amina")


@in_loop
async def test_a_pairing_can_be_stopped_and_begun_again(tmp_path: Path) -> None:
    async with two(tmp_path) as t:
        _, his = await t.meet()
        await t.his.press(his, "/nearby/pairing/stop")
        await t.his.sees(PAIRING, "Not paired")
        await t.hers.sees(PAIRING, "Not paired")
        await t.meet()


@in_loop
async def test_where_pairing_is_not_what_the_visitor_may_do_nothing_of_it_is_seen(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), browsing(amina, right=Right.DECIDE) as phone:
        seen = 0
        for path in ("/nearby", PAIRING, "/nearby/scan", "/nearby/hotspot", "/nearby/qr.svg", "/nearby/found"):
            response = await phone.http.get(path)
            assert response.status_code == 403, path
            seen += 1
        for path in ("/nearby/visible", "/nearby/pair", ANSWER, "/nearby/pairing/stop"):
            await phone.send(path, {}, status=403)
            seen += 1
        assert seen == 10
        assert not amina.status().visible_until


def test_codes_to_choose_from_hold_the_right_one_once_and_no_near_one() -> None:
    places = [0] * OFFERED
    for number in range(0, 1_000_000, 1009):
        digits = f"{number:06d}"
        code = CodeView(
            f"{digits[:3]} {digits[3:]}", "Bo", "d-x", "they join", "", 1, 0, must_compare=True, is_scanned=False
        )
        for is_incoming in (True, False):
            offered = codes_offered(code, is_incoming=is_incoming)
            assert offered.count(code.code) == 1
            assert len({one[:3] for one in offered}) == len({one[-3:] for one in offered}) == OFFERED
            places[offered.index(code.code)] += 1
    assert min(places) > sum(places) / OFFERED * 0.8, places  # where it stands says nothing
