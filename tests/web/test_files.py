"""Files over HTTP: whole, in ranges and not again; shown only where nothing can come of it; never whole in memory."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edenmesh.core.ids import FileHash, format_id, parse_id
from edenmesh.core.limits import CHUNK_BYTES
from edenmesh.web.api import bounds, file_operations, intake
from edenmesh.web.api.file_operations import disposition, media_at, range_asked
from tests.net.loop import in_loop
from tests.node.devices import World, running
from tests.web.local import Local, served

PNG = b"\x89PNG\r\n\x1a\n"
TAG = '"h-x"'


def asked(text: str, size: int, **headers: str) -> tuple[int, int] | None:
    return range_asked({"range": text, **headers}, size, TAG)


@pytest.mark.parametrize(
    ("text", "size", "expected"),
    [
        ("bytes=0-0", 10, (0, 1)),
        ("bytes=0-9", 10, (0, 10)),
        ("bytes=0-10", 10, (0, 10)),
        ("bytes=9-9", 10, (9, 10)),
        ("bytes=3-", 10, (3, 10)),
        ("bytes=-3", 10, (7, 10)),
        ("bytes=-30", 10, (0, 10)),
        ("bytes=10-", 10, (10, 10)),
        ("bytes=10-12", 10, (10, 10)),
        ("bytes=-0", 10, (10, 10)),
        ("bytes=0-0", 0, (0, 0)),
        ("bytes=-1", 0, (0, 0)),
        ("bytes=5-4", 10, None),
        ("bytes=0-1,3-4", 10, None),
        ("bytes=-", 10, None),
        ("bytes=", 10, None),
        ("lines=0-1", 10, None),
        ("bytes=٠-١", 10, None),
        ("bytes=+1-2", 10, None),
        ("bytes=1-2 3", 10, None),
        (f"bytes={'9' * 19}-", 10, (10, 10)),
        (f"bytes={'9' * 99}-", 10, None),
        ("", 10, None),
    ],
)
def test_a_range_is_read_as_rfc_9110_says(text: str, size: int, expected: tuple[int, int] | None) -> None:
    assert asked(text, size) == expected


def test_a_range_of_an_older_content_is_none() -> None:
    assert asked("bytes=0-1", 10, **{"if-range": TAG}) == (0, 2)
    for other in ('"h-y"', f"W/{TAG}", "Mon, 23 Nov 2026 00:00:00 GMT"):
        assert asked("bytes=0-1", 10, **{"if-range": other}) is None


@settings(max_examples=300)
@given(st.binary(max_size=40), st.integers(0, 45), st.integers(0, 45))
def test_what_is_cut_out_is_what_the_range_names(content: bytes, first: int, last: int) -> None:
    found = asked(f"bytes={first}-{last}", len(content))
    if last < first:
        assert found is None
    else:
        assert found is not None
        assert content[slice(*found)] == content[first : last + 1]
    start, stop = asked(f"bytes=-{last}", len(content)) or (0, 0)
    assert content[start:stop] == (content[-last:] if last else b"")


@settings(max_examples=300)
@given(st.text(max_size=60))
def test_any_header_is_a_range_within_the_file_or_none(text: str) -> None:
    found = asked(f"bytes={text}", 7)
    assert found is None or 0 <= found[0] <= found[1] <= 7


@settings(max_examples=300)
@given(st.text(min_size=1, max_size=300), st.booleans())
def test_no_name_breaks_out_of_its_header(name: str, is_shown: bool) -> None:
    said = disposition(name, is_shown=is_shown)
    assert said.isascii()
    assert said.isprintable()
    kind, plain, encoded = said.split("; ")
    assert kind == ("inline" if is_shown else "attachment")
    assert plain.count('"') == 2
    assert not {"/", "\\"} & set(plain + unquote(encoded))
    if not {"/", "\\"} & set(name) and len(name) < 200 and name.isprintable():
        assert unquote(encoded.removeprefix("filename*=UTF-8''")) == name


def test_only_pictures_that_browsers_draw_are_shown() -> None:
    shown = {
        PNG: "image/png",
        b"\xff\xd8\xff\xe0": "image/jpeg",
        b"GIF89a": "image/gif",
        b"RIFF\0\n\0\0WEBPVP8 ": "image/webp",
    }
    for beginning, media in shown.items():
        assert media_at(beginning + b"<script>") == media
    for other in (b"", b"<svg xmlns=", b"<html>", b"%PDF-1.7", b"RIFF\0\0\0\0WAVE", b" " + PNG, b"\x89PNG"):
        assert media_at(other) == "application/octet-stream"


@in_loop
async def test_a_file_is_given_whole_in_parts_and_not_again(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), served(amina, tmp_path / "amina") as local:
        content = PNG + bytes(range(256)) * 3000
        path = await _keep(local, content, "photo.png")
        size, tag = len(content), f'"{path.rpartition("/")[2]}"'
        whole = await local.http.get(path)
        assert (whole.status_code, sha256(whole.content).digest()) == (200, sha256(content).digest())
        assert whole.headers["content-type"] == "image/png"
        assert whole.headers["content-disposition"] == "inline"
        assert whole.headers["cache-control"] == "private, max-age=31536000, immutable"
        assert (whole.headers["etag"], whole.headers["accept-ranges"]) == (tag, "bytes")
        assert whole.headers["x-content-type-options"] == "nosniff"
        head = await local.http.head(path)
        assert (head.content, head.headers["content-length"]) == (b"", str(size))
        again = await local.http.get(path, headers={"If-None-Match": f'"h-other", W/{tag}'})
        assert (again.status_code, again.content) == (304, b"")
        named = await local.http.get(path, params={"name": 'a"\r\nX: y.png'})
        assert named.headers["content-disposition"].startswith('inline; filename="a___X_ y.png"')
        assert await _wrong_parts(local, path, content) == []
        none = await local.http.get(path, headers={"Range": f"bytes={size}-"})
        assert (none.status_code, none.headers["content-range"]) == (416, f"bytes */{size}")
        assert none.json()["error"] == "InvalidInput"


@in_loop
async def test_a_range_that_is_off_by_one_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), served(amina, tmp_path / "amina") as local:
        content = PNG + bytes(range(256)) * 3000
        path = await _keep(local, content, "photo.png")

        def one_short(headers: httpx.Headers, size: int, tag: str) -> tuple[int, int] | None:
            found = range_asked(headers, size, tag)
            return None if found is None else (found[0], max(found[0], found[1] - 1))

        monkeypatch.setattr(file_operations, "range_asked", one_short)
        assert len(await _wrong_parts(local, path, content)) > 10


@in_loop
async def test_an_empty_file_and_one_that_is_not_here(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), served(amina, tmp_path / "amina") as local:
        path = await _keep(local, b"", "nothing.txt")
        for headers, status in (({}, 200), ({"Range": "bytes=0-"}, 416), ({"Range": "bytes=-1"}, 416)):
            response = await local.http.get(path, headers=headers)
            assert response.status_code == status
        for name in ("zzz", format_id("h", FileHash(bytes(32))), "h-", "..%2fkey"):
            said = await local.http.get(f"/api/files/{name}")
            assert said.status_code in (400, 404)
            assert said.json().keys() == {"error", "what", "kept", "do"}


@in_loop
async def test_a_large_file_goes_out_piece_by_piece(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), served(amina, tmp_path / "amina") as local:
        size = 24 << 20
        path = await _keep(local, bytes(size), "film.mp4")
        loop_turns = 0

        async def turn() -> None:
            nonlocal loop_turns
            while True:
                loop_turns += 1
                await asyncio.sleep(0)

        turning = asyncio.create_task(turn())
        tracemalloc.start()
        received = 0
        async with local.http.stream("GET", path) as response:
            async for piece in response.aiter_raw():
                received += len(piece)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        turning.cancel()
        assert received == size
        assert peak < size / 4
        assert loop_turns > size / CHUNK_BYTES


@in_loop
async def test_what_is_too_large_is_refused_before_it_is_taken(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), served(amina, tmp_path / "amina") as local:
        said = await local.http.post("/api/forms", content=bytes(bounds.FORM_FILE_BYTES_MAX + 1))
        assert said.status_code == 413
        assert "the most that is taken at once" in said.json()["what"]

        sent = 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal sent
            while sent < 256 << 20:
                sent += 1 << 16
                yield bytes(1 << 16)

        with_no_length = await local.http.post("/api/records", content=endless())
        assert with_no_length.status_code == 413
        assert bounds.BODY_BYTES_MAX < sent < 2 * bounds.BODY_BYTES_MAX
        said = await local.http.post("/api/files", params={"label": "x" * 300}, content=b"x")
        assert said.status_code == 400
        assert "'label'" in said.json()["what"]
        assert amina.files.size(FileHash(sha256(b"x").digest())) is None


@in_loop
async def test_all_that_is_handed_in_at_once_has_a_bound_and_is_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "BODIES_BYTES_MAX", 3 << 20)
    async with running(World(tmp_path), "Amina") as (amina,), served(amina, tmp_path / "amina") as local:
        is_first_sent, may_end = asyncio.Event(), asyncio.Event()

        async def slowly() -> AsyncIterator[bytes]:
            yield bytes(2 << 20)
            is_first_sent.set()
            await may_end.wait()
            yield b"x"

        first = asyncio.create_task(local.http.post("/api/files", content=slowly()))
        await is_first_sent.wait()
        await asyncio.sleep(0.05)
        second = await local.http.post("/api/files", content=bytes(2 << 20))
        assert (second.status_code, second.json()["what"]) == (503, "Too much is handed in at this moment.")
        may_end.set()
        assert (await first).status_code == 201
        for _ in range(5):
            assert (await local.http.post("/api/files", content=bytes(2 << 20))).status_code == 201


async def _wrong_parts(local: Local, path: str, content: bytes) -> list[str]:
    """Which ranges are not given as they must be, at the edges of the file and of the pieces it lies in."""
    size, wrong = len(content), []
    edges = [0, 1, 7, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, size - 2, size - 1]
    ranges = [(first, last) for first in edges for last in edges if first <= last]
    assert len(ranges) > 40
    for first, last in ranges:
        part = await local.http.get(path, headers={"Range": f"bytes={first}-{last}"})
        said = (part.status_code, part.headers.get("content-range"), part.content)
        if said != (206, f"bytes {first}-{last}/{size}", content[first : last + 1]):
            wrong.append(f"{first}-{last}")
    return wrong


async def _keep(local: Local, content: bytes, label: str) -> str:
    kept = await local.http.post("/api/files", params={"label": label}, content=content)
    assert kept.status_code == 201
    said = kept.json()
    assert (said["size"], parse_id("h", said["file"])) == (len(content), sha256(content).digest())
    return f"/api/files/{said['file']}"
