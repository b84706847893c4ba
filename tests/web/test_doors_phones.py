"""The phone door: accounts of a real device over TLS, each with its rights, out at once when it is revoked."""

import asyncio
import os
import ssl
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from edenmesh.errors import ConfigError
from edenmesh.node import Device
from edenmesh.web import serving_all
from edenmesh.web.doors import PhoneDoor, serving_phones
from edenmesh.web.doors.keeping import visitor_with
from edenmesh.web.visiting import Right
from tests.net.loop import in_loop, until
from tests.node.devices import World
from tests.web.knocking import Knocker, Session, at_phones
from tests.web.matrix import CANARY, Behind, Names, is_legal, near_tries


@dataclass(frozen=True)
class Phones:
    """A device whose door for phones stands open."""

    device: Device
    door: PhoneDoor
    knocker: Knocker

    async def phone(self, name: str, right: str = "fill") -> Session:
        """A phone that has come in with a new account."""
        self.device.accounts.add(name, right)
        return await self.enter(name)

    async def enter(self, name: str) -> Session:
        return await self.knocker.entered(self.device.accounts.entrance(name))


@asynccontextmanager
async def opened(world: World, *, is_new: bool = True) -> AsyncIterator[Phones]:
    device = world.make("Amina") if is_new else world.reopen("Amina")
    async with device, serving_all(device, world.folder / "amina", web_port=None):
        door = device.accounts.doorway
        assert isinstance(door, PhoneDoor)
        await door.open()
        yield Phones(device, door, at_phones(door))


@in_loop
async def test_over_tls_too_only_what_is_legal_is_let_in(tmp_path: Path) -> None:
    device, behind = World(tmp_path).make("Amina"), Behind()
    async with serving_phones(behind, device.accounts) as door:
        await door.open()
        knocker = at_phones(door)
        device.accounts.add("Bo")
        session = await knocker.entered(device.accounts.entrance("Bo"))
        assert session.name == f"__Host-edenmesh-{knocker.port}"
        names = Names(
            scheme="https",
            name="127.0.0.1",
            port=knocker.port,
            cookie=session.name,
            secret=session.secret,
            token=visitor_with(session.secret, Right.FILL).token,
        )
        told = Counter[int]()
        for one in list(near_tries())[::4]:
            before = len(behind.heard)
            heard = await knocker.tried(one, names)
            assert (len(behind.heard) > before) == (CANARY.encode() in heard.body) == is_legal(one), (one, heard)
            told[heard.status] += 1
        assert told.total() > 500
        assert 0 < told[200] == len(behind.heard)
        assert all(line.endswith(" Bo") for line in behind.heard)
        for host in ("localhost", "amina.local", "rebound.example"):
            heard = await knocker.ask("GET", "/data", session.headers, host=f"{host}:{knocker.port}")
            assert heard.status == 421
    device.close()


@in_loop
async def test_a_login_lets_one_phone_in_once_and_in_time(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with opened(world) as phones:
        phones.device.accounts.add("Bo")
        entrance = phones.device.accounts.entrance("Bo")
        assert entrance.startswith(f"{phones.knocker.origin}/door/enter#")
        login = entrance.partition("#")[2]
        heard = await phones.knocker.enter(login)
        flags = set(heard.headers["set-cookie"].split("; ")[1:])
        assert flags == {"Path=/", "HttpOnly", "SameSite=Strict", "Secure", "Max-Age=2592000"}
        assert (await phones.knocker.enter(login)).status == 403, "it was replayed"
        late = phones.device.accounts.entrance("Bo").partition("#")[2]
        world.clock.ahead += 601
        assert (await phones.knocker.enter(late)).status == 403, "it was too old"
        gone = phones.device.accounts.entrance("Bo").partition("#")[2]
        phones.device.accounts.revoke("Bo")
        assert (await phones.knocker.enter(gone)).status == 403, "its account is revoked"


@in_loop
async def test_an_account_does_what_its_right_allows_and_what_it_writes_is_marked(tmp_path: Path) -> None:
    async with opened(World(tmp_path)) as phones:
        record = {"table": "org_organisation", "values": {"name": "Red Cross"}}
        look, fill = await phones.phone("Cy", "look"), await phones.phone("Bo's phone", "fill")
        assert (await look.get("/api/tables")).status == 200
        assert (await look.write("POST", "/api/records", record)).status == 403
        assert not phones.device.tables()
        assert (await fill.write("POST", "/api/records", record)).status == 201
        (row,), _ = phones.device.page("org_organisation")
        (event,) = phones.device.records.history("org_organisation", row.uuid).events
        assert event.by == "Bo's phone (account) via Amina"
        phones.device.accounts.change("Cy", "fill")
        assert (await look.write("POST", "/api/records", record)).status == 201
        owners = (
            ("GET", "/api/phones"),
            ("POST", "/api/phones"),
            ("POST", "/api/phones/door"),
            ("POST", "/api/phones/enter"),
            ("POST", "/api/visible"),
            ("POST", "/api/peers/revoke"),
            ("POST", "/door/entrance"),
        )
        decide = await phones.phone("Di", "decide")
        for session in (look, fill, decide):
            for method, path in owners:
                told = await session.get(path) if method == "GET" else await session.write(method, path, {"name": "Cy"})
                assert told.status in (401, 403, 404, 405), (path, told)
        assert {one.name for one in phones.device.accounts.views()} == {"Cy", "Bo's phone", "Di"}


@in_loop
async def test_a_revoked_account_is_out_at_once_open_streams_and_all(tmp_path: Path) -> None:
    async with opened(World(tmp_path)) as phones:
        bo, cy = await phones.phone("Bo"), await phones.phone("Cy")
        streams = [await _streaming(phones.knocker, one) for one in (bo, cy)]
        phones.device.accounts.revoke("Bo")
        assert await asyncio.wait_for(_rest(streams[0][0]), 5) is not None
        assert (await bo.get("/api/tables")).status == 401
        written = await bo.write("POST", "/api/records", {"table": "org_organisation", "values": {"name": "x"}})
        assert written.status == 401
        assert not phones.device.tables()
        assert (await cy.get("/api/tables")).status == 200
        assert not streams[1][0].at_eof(), "the stream of another account ended, too"
        anew = await phones.enter("Cy")
        await asyncio.wait_for(_rest(streams[1][0]), 5)
        assert (await cy.get("/api/tables")).status == 401, "one account has two phones"
        assert (await anew.get("/api/tables")).status == 200
        for _, writer in streams:
            writer.close()


@in_loop
async def test_a_phone_stays_let_in_when_the_device_starts_again_and_nothing_in_the_store_lets_in(
    tmp_path: Path,
) -> None:
    world = World(tmp_path)
    async with opened(world) as phones:
        bo = await phones.phone("Bo")
        before = phones.door.view
        assert before is not None
    async with opened(world, is_new=False) as phones:
        assert phones.door.view is not None
        assert (phones.door.view.addresses, phones.door.view.fingerprint) == (before.addresses, before.fingerprint)
        assert (await bo.get("/api/tables")).status == 200
        noted = phones.device._parts.store.notes.meta("accounts")
        assert noted is not None
        stolen = sha256(bo.secret.encode()).digest()
        assert stolen in noted
        cookies = {"Cookie": f"{bo.name}={stolen.hex()}"}
        assert (await phones.knocker.ask("GET", "/api/tables", cookies)).status == 401
        world.clock.ahead += 31 * 24 * 3600
        assert (await bo.get("/api/tables")).status == 401


@in_loop
async def test_the_door_is_closed_until_it_is_opened_and_closes_in_time_with_all_that_runs(tmp_path: Path) -> None:
    device = World(tmp_path).make("Amina")
    async with device, serving_all(device, tmp_path / "amina", web_port=None):
        door = device.accounts.door
        assert isinstance(door, PhoneDoor)
        assert door.view is None
        device.accounts.add("Bo")
        with pytest.raises(ConfigError, match="is closed"):
            device.accounts.entrance("Bo")
        for hours in (-1.0, float("nan"), 1e9):
            with pytest.raises(ConfigError, match="cannot stand open"):
                await door.open(hours)
        await door.open(1.5 / 3600)
        knocker = at_phones(door)
        bo = await knocker.entered(device.accounts.entrance("Bo"))
        reader, writer = await _streaming(knocker, bo)
        await until(lambda: door.view is None)
        await asyncio.wait_for(_rest(reader), 5)
        writer.close()
        with pytest.raises(OSError, match=r"."):
            await knocker.connect()
        await door.open()
        await door.close()
        assert door.view is None
        with pytest.raises(OSError, match=r"."):
            await knocker.connect()


@in_loop
async def test_its_certificate_is_the_one_shown_and_its_key_is_never_left_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    seen: list[tuple[int, int, bytes]] = []
    load = ssl.SSLContext.load_cert_chain

    def watched(self: ssl.SSLContext, certfile: Path, password: bytes) -> None:
        seen.append((certfile.stat().st_mode & 0o777, certfile.parent.stat().st_mode & 0o777, certfile.read_bytes()))
        load(self, certfile, password=password)

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", watched)
    async with opened(World(tmp_path)) as phones:
        (mode, folder_mode, content), *others = seen
        assert (mode, folder_mode, others) == (0o600, 0o700, [])
        assert b"ENCRYPTED PRIVATE KEY" in content
        assert os.listdir(tmp_path) == ["amina"]  # noqa: PTH208 - names are all that is asked
        _, writer = await phones.knocker.connect()
        secured = writer.get_extra_info("ssl_object")
        shown = sha256(secured.getpeercert(binary_form=True)).digest()
        writer.close()
        assert phones.door.view is not None
        assert bytes.fromhex(phones.door.view.fingerprint.replace(":", "")) == shown
        assert secured.version() == "TLSv1.3"
        careful = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        with pytest.raises(ssl.SSLError):
            await asyncio.open_connection(phones.knocker.host, phones.knocker.port, ssl=careful)
        plain = Knocker(phones.knocker.host, phones.knocker.port)
        with pytest.raises((OSError, asyncio.IncompleteReadError)):
            await plain.ask("GET", "/")


@in_loop
async def test_one_address_gets_so_many_connections_and_large_bodies_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edenmesh.web.doors.phone_door.CONNECTIONS_ADDRESS_MAX", 4)
    monkeypatch.setattr("edenmesh.web.doors.phone_door.BODY_BYTES_ACCOUNT_MAX", 1000)
    async with opened(World(tmp_path)) as phones:
        bo = await phones.phone("Bo")
        values = {"table": "org_organisation", "values": {"name": "x" * 2000}}
        assert (await bo.write("POST", "/api/records", values)).status == 413
        held = [await phones.knocker.connect() for _ in range(3)]
        held.append(await asyncio.open_connection(phones.knocker.host, phones.knocker.port))
        with pytest.raises((OSError, asyncio.IncompleteReadError)):
            await bo.get("/api/tables")
        for _, writer in held:
            writer.close()


async def _streaming(knocker: Knocker, session: Session) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A stream of events that has begun."""
    reader, writer = await knocker.connect()
    head = f"GET /api/events HTTP/1.1\r\nHost: {knocker.place}\r\nCookie: {session.name}={session.secret}\r\n\r\n"
    writer.write(head.encode())
    assert b" 200 " in await reader.readline()
    await reader.readuntil(b"\r\n\r\n")
    return reader, writer


async def _rest(reader: asyncio.StreamReader) -> bytes:
    """What comes until the connection ends, however it does."""
    data = b""
    try:
        while piece := await reader.read(4096):
            data += piece
    except (OSError, ssl.SSLError):
        pass
    return data
