"""The loopback door as others find it: other pages, other ports, other users, other ways to speak HTTP."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.types import Receive, Scope, Send

from edenmesh.errors import ConfigError
from edenmesh.net import own_addresses
from edenmesh.node import Settings
from edenmesh.web.doors import LoopbackDoor, serving_loopback
from edenmesh.web.doors.keeping import visitor_with
from edenmesh.web.visiting import Right
from tests.net.loop import in_loop
from tests.node.devices import Clock
from tests.web.knocking import Heard, Knocker, at_loopback, read_answer
from tests.web.matrix import CANARY, Behind, Names, is_legal, near_tries

SAFE = {
    "content-security-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
    "referrer-policy",
    "x-content-type-options",
    "cache-control",
}


@asynccontextmanager
async def opened(
    behind: Behind | None = None, clock: Clock | None = None
) -> AsyncIterator[tuple[LoopbackDoor, Knocker, Behind]]:
    behind = behind or Behind()
    settings = Settings(clock=clock or Clock())
    async with serving_loopback(behind, settings=settings) as door:
        yield door, at_loopback(door), behind


def token_of(door: LoopbackDoor) -> str:
    return door.entrance_url().partition("#")[2]


@in_loop
async def test_over_a_real_socket_too_only_what_is_legal_is_let_in() -> None:
    async with opened() as (door, knocker, behind):
        session = await knocker.entered(door.entrance_url())
        token = visitor_with(session.secret, Right.RUN).token
        names = Names(port=door.port, cookie=session.name, secret=session.secret, token=token)
        told = Counter[int]()
        tries = list(near_tries())
        for one in tries:
            before = len(behind.heard)
            heard = await knocker.tried(one, names)
            is_in = len(behind.heard) > before
            assert is_in == (CANARY.encode() in heard.body) == is_legal(one), (one, heard)
            assert heard.status == 400 or heard.headers.keys() >= SAFE, (one, heard)
            assert not any(name.startswith("access-control") for name in heard.headers)
            told[heard.status] += 1
        assert len(tries) > 1_000
        assert set(told) == {200, 400, 401, 403, 415, 421}
        assert len(behind.heard) == told[200]


@in_loop
async def test_without_a_session_there_is_the_entrance_page_and_the_static_files_and_nothing_else() -> None:
    async with opened() as (_, knocker, behind):
        for path in ("/", "/data", "/data/x/y", "/door/enter", "/door/nothing", "/anything?token=x"):
            heard = await knocker.ask("GET", path)
            assert heard.status == (200 if path == "/door/enter" else 401)
            assert b"Enter this device" in heard.body
        for path in ("/door/enter.js", "/door/enter.css"):
            assert (await knocker.ask("GET", path)).status == 200
        for path in ("/api/tables", "/api/files/h:x"):
            assert (await knocker.ask("GET", path)).status == 401
        for path in ("/static/../api/tables", "/static/..%2fapi/tables", "//static/x", "/static/\\..\\api"):
            assert (await knocker.ask("GET", path)).status == 400
        assert not behind.heard


@in_loop
async def test_a_token_lets_in_once_in_time_and_only_as_the_entrance_page_hands_it_in() -> None:
    clock = Clock()
    async with opened(clock=clock) as (door, knocker, _):
        token = token_of(door)
        assert "set-cookie" not in (await knocker.ask("GET", f"/door/enter?token={token}")).headers
        assert "set-cookie" not in (await knocker.ask("GET", f"/?token={token}")).headers
        headers = {"Origin": knocker.origin, "Content-Type": "application/x-www-form-urlencoded"}
        assert (await knocker.ask("POST", "/door/enter", headers, f"token={token}".encode())).status == 415
        assert (await knocker.ask("POST", "/door/enter", headers, b"x" * 5000)).status == 415
        assert (await knocker.enter(token, Origin="http://evil.example")).status == 403
        assert (await knocker.enter(token, **{"Sec-Fetch-Site": "cross-site"})).status == 403
        assert (await knocker.enter(token)).status == 204
        assert (await knocker.enter(token)).status == 403, "it was used"
        late = token_of(door)
        clock.ahead += 601
        assert (await knocker.enter(late)).status == 403, "it was too old"
        many = [token_of(door) for _ in range(65)]
        assert (await knocker.enter(many[0])).status == 403, "there were more than 64"
        assert (await knocker.enter(many[1])).status == 204


@in_loop
async def test_wrong_tokens_make_a_pause_even_for_right_ones() -> None:
    clock = Clock()
    async with opened(clock=clock) as (door, knocker, _):
        right = token_of(door)
        told = [(await knocker.enter(wrong)).status for wrong in ("", "x", right[:-1], *"abcdefg")]
        assert told == [403] * 10
        assert (await knocker.enter(right)).status == 429
        clock.ahead += 61
        assert (await knocker.enter(right)).status == 204


@in_loop
async def test_a_session_is_never_one_that_was_brought_along() -> None:
    async with opened() as (door, knocker, _):
        name = f"edenmesh-{door.port}"
        heard = await knocker.enter(token_of(door), Cookie=f"{name}=chosen-by-somebody-else")
        assert heard.cookie[1] != "chosen-by-somebody-else"
        assert (await knocker.ask("GET", "/data", {"Cookie": f"{name}=chosen-by-somebody-else"})).status == 401
        flags = heard.headers["set-cookie"].split("; ")[1:]
        assert flags == ["Path=/", "HttpOnly", "SameSite=Strict"]
        first = heard.cookie[1]
        again = await knocker.enter(token_of(door), Cookie=f"{name}={first}")
        assert again.cookie[1] != first
        assert (await knocker.ask("GET", "/data", {"Cookie": f"{name}={first}"})).status == 401, "the old one lives"


@in_loop
async def test_sessions_end_when_left_and_when_nobody_uses_them() -> None:
    clock = Clock()
    async with opened(clock=clock) as (door, knocker, _):
        session = await knocker.entered(door.entrance_url())
        assert (await knocker.ask("GET", "/door/session", session.headers)).status == 204
        assert (await knocker.ask("POST", "/door/leave", session.headers | {"Origin": knocker.origin})).status == 403
        left = await session.write("POST", "/door/leave", {})
        assert left.status == 204
        assert "Max-Age=0" in left.headers["set-cookie"]
        assert (await session.get("/data")).status == 401
        session = await knocker.entered(door.entrance_url())
        clock.ahead += 23 * 3600
        assert (await session.get("/data")).status == 200
        clock.ahead += 23 * 3600
        assert (await session.get("/data")).status == 200
        clock.ahead += 24 * 3600 + 1
        assert (await session.get("/data")).status == 401


@in_loop
async def test_the_cookie_of_another_port_of_this_machine_opens_nothing() -> None:
    async with opened() as (ours, here, behind), opened() as (theirs, there, _):
        session = await there.entered(theirs.entrance_url())
        assert (await here.ask("GET", "/data", session.headers)).status == 401
        assert (await here.ask("GET", "/data", {"Cookie": f"edenmesh-{ours.port}={session.secret}"})).status == 401
        assert not behind.heard
        own = await here.entered(ours.entrance_url())
        both = f"edenmesh-{ours.port}=set-by-the-other; {own.name}={own.secret}"
        assert (await here.ask("GET", "/data", {"Cookie": both})).status == 200, "a cookie beside ours keeps us out"


@in_loop
async def test_it_listens_on_loopback_alone_and_answers_to_its_own_names_alone() -> None:
    async with opened() as (door, knocker, behind):
        session = await knocker.entered(door.entrance_url())
        for address in own_addresses():
            with pytest.raises(OSError, match=r"."):
                await asyncio.open_connection(address, door.port)
        anywhere = Knocker("0.0.0.0", door.port)
        assert (await anywhere.ask("GET", "/data", session.headers)).status == 421
        for host in (
            "rebound.example",
            f"rebound.example:{door.port}",
            f"127.0.0.1.:{door.port}",
            f"LOCALHOST:{door.port}",
        ):
            assert (await knocker.ask("GET", "/data", session.headers, host=host)).status == 421
        for more in ("Host", "Origin", "Sec-Fetch-Site"):
            twice = f"GET /data HTTP/1.1\r\nHost: {knocker.place}\r\nOrigin: {knocker.origin}\r\n"
            twice += f"Sec-Fetch-Site: same-origin\r\n{more}: {knocker.origin}\r\n"
            twice += f"Cookie: {session.name}={session.secret}\r\n\r\n"
            assert (await knocker.send(twice.encode())).status == 400
        assert not behind.heard
        assert (await knocker.ask("GET", "/data", session.headers, host=f"localhost:{door.port}")).status == 200
        assert (await session.get("/data")).status == 200


@in_loop
async def test_a_link_elsewhere_leads_to_the_entrance_even_with_a_session() -> None:
    async with opened() as (door, knocker, behind):
        session = await knocker.entered(door.entrance_url())
        foreign = session.headers | {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
        heard = await knocker.ask("GET", "/", foreign)
        assert b"Enter this device" in heard.body
        for path, mode in (("/data", "navigate"), ("/", "no-cors"), ("/", "cors"), ("/static/x.js", "no-cors")):
            headers = foreign | {"Sec-Fetch-Mode": mode}
            assert (await knocker.ask("GET", path, headers)).status == 403
        assert not behind.heard


@in_loop
async def test_heads_that_are_huge_slow_or_broken_are_dropped_and_the_door_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("edenmesh.web.doors.serving.HEAD_SECONDS_MAX", 0.3)
    monkeypatch.setattr("edenmesh.web.doors.guard.BODY_SECONDS_MAX", 0.3)
    async with opened() as (door, knocker, _):
        session = await knocker.entered(door.entrance_url())
        assert (await knocker.ask("GET", "/data", {"X": "x" * 70_000})).status in (400, 431)
        assert (await knocker.ask("GET", f"/{'x' * 70_000}")).status in (400, 431)
        assert (await knocker.ask("GET", "/data", {f"X{number}": "x" * 90 for number in range(400)})).status == 431
        assert (await knocker.send(b"GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n")).status == 400
        assert (await knocker.ask("GET", "/data", {"Content-Length": "9" * 30})).status == 400
        for begun in (b"", b"GET / HTTP/1.1\r\nHost:"):
            reader, writer = await knocker.connect()
            writer.write(begun)
            assert await asyncio.wait_for(reader.read(), 5) == b""
            writer.close()
        reader, writer = await knocker.connect()
        writer.write(f"GET /door/enter HTTP/1.1\r\nHost: {knocker.place}\r\n\r\n".encode())
        assert (await read_answer(reader)).status == 200
        writer.write(b"GET / HTT")
        assert await asyncio.wait_for(reader.read(), 5) == b"", "the second head of a connection has no deadline"
        writer.close()
        head = f"POST /data HTTP/1.1\r\nHost: {knocker.place}\r\nOrigin: {knocker.origin}\r\nContent-Length: 100\r\n"
        head += (
            f"Content-Type: {'application/x-www-form-urlencoded'}\r\nCookie: {session.name}={session.secret}\r\n\r\nabc"
        )
        reader, writer = await knocker.connect()
        writer.write(head.encode())
        assert CANARY.encode() not in await asyncio.wait_for(reader.read(), 5)
        writer.close()
        assert (await session.get("/data")).status == 200


@in_loop
async def test_connections_are_counted_and_places_are_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edenmesh.web.doors.serving.CONNECTIONS_MAX", 8)
    async with opened() as (_, knocker, _):
        held = [await knocker.connect() for _ in range(8)]
        await until_refused(knocker)
        for _, writer in held:
            writer.close()
        async with asyncio.timeout(10):
            while await is_refused(knocker):  # noqa: ASYNC110 - the other side counts down in its own time
                await asyncio.sleep(0.01)


async def until_refused(knocker: Knocker) -> None:
    async with asyncio.timeout(10):
        while not await is_refused(knocker):  # noqa: ASYNC110 - the other side counts in its own time
            await asyncio.sleep(0.01)


async def is_refused(knocker: Knocker) -> bool:
    try:
        return (await knocker.ask("GET", "/door/enter")).status != 200
    except (OSError, asyncio.IncompleteReadError):
        return True


@in_loop
async def test_leaving_breaks_off_what_still_runs_for_the_session() -> None:
    begun = asyncio.Event()
    broken = asyncio.Event()

    async def stream(scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"line\n", "more_body": True})
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            broken.set()

    async with serving_loopback(stream) as door:
        knocker = at_loopback(door)
        session = await knocker.entered(door.entrance_url())
        waiting = asyncio.create_task(session.get("/api/events"))
        await begun.wait()
        assert (await session.write("POST", "/door/leave", {})).status == 204
        await asyncio.wait_for(broken.wait(), 5)
        assert isinstance(await asyncio.wait_for(waiting, 5), Heard)


@in_loop
async def test_no_log_has_a_token_or_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with opened() as (door, knocker, _):
        logging.getLogger("uvicorn.error").setLevel(logging.DEBUG)
        logging.getLogger("uvicorn.access").setLevel(logging.DEBUG)
        tokens = [token_of(door), token_of(door)]
        assert (await knocker.enter(tokens[1][:-1])).status == 403
        heard = await knocker.enter(tokens[0])
        await knocker.ask("GET", "/data", {"Cookie": f"{heard.cookie[0]}={heard.cookie[1]}"})
        await knocker.ask("GET", f"/door/enter?{tokens[1]}")
        await knocker.send(tokens[1].encode() + b"\r\n\r\n")
        logging.getLogger("edenmesh").warning("something is written down")
        secrets = [*tokens, heard.cookie[1], visitor_with(heard.cookie[1], Right.RUN).token]
    assert "something is written down" in caplog.text
    assert not [one for one in secrets if one in caplog.text]


@in_loop
async def test_a_port_somebody_has_is_refused_in_words() -> None:
    async with opened() as (door, _, behind):
        with pytest.raises(ConfigError, match="somebody else has it") as refused:
            async with serving_loopback(behind, port=door.port):
                raise AssertionError("it serves")
        assert "--web-port" in refused.value.do
