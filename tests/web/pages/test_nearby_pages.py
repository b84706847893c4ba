"""Being visible, the QR code of this moment, scanning one by frames, and a hotspot's two codes."""

import base64
import re
from pathlib import Path

import segno

from edenmesh.core.limits import SCAN_PIXELS_MAX
from edenmesh.web.pages.hotspot_pages import wifi_text
from edenmesh.web.pages.qr import qr_svg
from edenmesh.web.pages.scan_pages import read_qr
from edenmesh.web.visiting import Right
from tests.net.loop import in_loop
from tests.node.devices import World, address, running
from tests.web.pages.browser import Browser, browsing

FRAME = "/nearby/scan/frame"


def frame(text: str, *, scale: int = 5, quiet: int = 6) -> tuple[bytes, int]:
    """What a camera sees of a QR code on a screen: grey pixels of a square, and its side."""
    rows = [[bool(cell) for cell in row] for row in segno.make(text, micro=False, error="m").matrix]
    side = (len(rows) + 2 * quiet) * scale
    pixels = bytearray(b"\xd2" * side * side)
    for y, row in enumerate(rows):
        for x, is_dark in enumerate(row):
            for line in range(scale):
                start = ((y + quiet) * scale + line) * side + (x + quiet) * scale
                if is_dark:
                    pixels[start : start + scale] = b"\x2a" * scale
    return bytes(pixels), side


async def send_frame(
    browser: Browser, pixels: bytes, side: int, *, token: str = "", status: int = 200
) -> dict[str, object]:
    response = await browser.http.post(
        f"{FRAME}?width={side}&height={side}", content=pixels, headers={"X-Form-Token": token or browser.token}
    )
    assert response.status_code == status, response.text
    answer: dict[str, object] = response.json()
    return answer


@in_loop
async def test_being_visible_shows_the_code_of_this_moment_and_ends(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), browsing(amina) as hers:
        page = await hers.open("/nearby")
        assert "Be visible for 5 minutes" in page.text
        assert not page.pictures[1:]
        page = await hers.press(page, "/nearby/visible")
        assert address(amina) in page.text
        shown = [one for one in page.pictures if "qr.svg" in one]
        first = await hers.http.get(shown[0])
        text = amina.qr()
        assert first.content == qr_svg(text)
        assert "no-store" in first.headers["cache-control"]
        # Shown anew, the door has another secret: the picture has another address, and holds the new text.
        page = await hers.press(page, "/nearby/visible")
        again = [one for one in page.pictures if "qr.svg" in one]
        second = await hers.http.get(again[0])
        assert amina.qr() != text
        assert again != shown
        assert second.content == qr_svg(amina.qr()) != first.content
        assert (await hers.http.get(shown[0])).content == second.content, "an old address never shows an old secret"
        page = await hers.press(page, "/nearby/hidden")
        assert not amina.status().visible_until
        assert (await hers.http.get(again[0])).status_code == 400
        await hers.send("/nearby/visible", {"form_token": "no"}, status=403)
        assert not amina.status().visible_until


@in_loop
async def test_an_address_that_means_nothing_is_said_at_its_field_and_kept(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), browsing(amina) as hers:
        for typed in ("nobody nowhere", "127.0.0.1:1", "EM1:rubbish"):
            page = await hers.send("/nearby/pair", {"target": typed}, status=400)
            assert f'value="{typed}"' in page.html
            assert 'role="alert"' in page.html
        page = await hers.send("/nearby/pair", {"target": " "}, status=400)
        assert 'aria-invalid="true"' in page.html
        assert amina.latest_pairing is None


@in_loop
async def test_a_frame_of_the_camera_gives_the_text_that_pairs(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina", "Bo") as (amina, bo), browsing(bo) as his:
        await amina.show(5)
        answer = await send_frame(his, *frame(amina.qr()))
        assert answer == {"text": amina.qr(), "is_ours": True}
        page = await his.press(await his.open("/nearby/scan"), "/nearby/pair", target=str(answer["text"]))
        assert "Pair with Amina?" in (await his.sees(page.path, "Pair with Amina?")).text
        assert await send_frame(his, *frame("WIFI:T:WPA;S:net;;")) == {"text": "WIFI:T:WPA;S:net;;", "is_ours": False}
        assert await send_frame(his, b"\x80" * 10_000, 100) == {"text": "", "is_ours": False}


@in_loop
async def test_frames_are_bounded_and_come_from_a_page_of_ours(tmp_path: Path) -> None:
    async with (
        running(World(tmp_path), "Amina") as (amina,),
        browsing(amina) as hers,
        browsing(amina, right=Right.DECIDE) as phone,
    ):
        pixels, side = frame("EM1:X")
        assert "page of this device" in str(await send_frame(hers, pixels, side, token="another", status=403))
        await send_frame(phone, pixels, side, status=403)
        for wrong, at in ((pixels[:-1], side), (pixels + b"\0", side), (b"", 21), (b"\0" * 400, 20)):
            assert "frame" in str(await send_frame(hers, wrong, at, status=400))
        large = int(SCAN_PIXELS_MAX**0.5) + 1
        assert "too large" in str(await send_frame(hers, b"", large, status=400))
        for query in ("", "?width=a&height=b", "?width=-30&height=30", f"?width={'9' * 30}&height=30"):
            response = await hers.http.post(FRAME + query, content=pixels, headers={"X-Form-Token": hers.token})
            assert response.status_code == 400


def test_a_picture_with_two_codes_gives_ours() -> None:
    (one, side), (two, _) = frame("EM1:OURS/1.2.3.4:5"), frame("WIFI:S:n;;")
    assert read_qr(one + two, side, side * 2) == read_qr(two + one, side, side * 2) == "EM1:OURS/1.2.3.4:5"


@in_loop
async def test_a_hotspot_is_two_codes_on_a_page_and_kept_nowhere(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), browsing(amina) as hers:
        page = await hers.open("/nearby/hotspot")
        assert all(words in page.text for words in ("Android phone", "iPhone", "Laptop with Linux"))
        page = await hers.press(page, "/nearby/hotspot", status=200, network='Amina; "field"', password="river bank 7")
        drawn = [base64.b64decode(one.partition(",")[2]) for one in page.pictures if one.startswith("data:")]
        assert drawn == [qr_svg(wifi_text('Amina; "field"', "river bank 7")), qr_svg(amina.qr())]
        assert wifi_text('Amina; "field"', "a:b") == 'WIFI:T:WPA;S:Amina\\; \\"field\\";P:a\\:b;;'
        again = await hers.open("/nearby/hotspot")
        assert "river bank 7" not in again.html
        assert "data:" not in again.html
        for typed in ({"network": "", "password": ""}, {"network": "n" * 33}, {"network": "n", "password": "short"}):
            refused = await hers.send("/nearby/hotspot", typed, status=400)
            assert "data:" not in refused.html
            assert re.search(r'aria-invalid="true"', refused.html)
