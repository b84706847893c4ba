"""Knocking at a door as no browser would: raw requests, over TCP or TLS, one connection each."""

import asyncio
import json
import ssl
from dataclasses import dataclass, field

from edenmesh.web.doors import LoopbackDoor, PhoneDoor
from edenmesh.web.doors.keeping import visitor_with
from edenmesh.web.visiting import Right
from tests.web.matrix import Names, Try


@dataclass(frozen=True)
class Heard:
    """An answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def cookie(self) -> tuple[str, str]:
        """The name and the value of the cookie it sets."""
        name, _, value = self.headers["set-cookie"].partition(";")[0].partition("=")
        return name, value


@dataclass(frozen=True)
class Knocker:
    """Who knocks at a door, and how it is called there."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    scheme: str = field(default="http")

    @property
    def place(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.place}"

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self.host, self.port, ssl=self.tls)

    async def send(self, data: bytes) -> Heard:
        """Send bytes and read one answer to its end."""
        reader, writer = await self.connect()
        try:
            writer.write(data)
            return await read_answer(reader)
        finally:
            writer.close()

    async def ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"", host: str | None = None
    ) -> Heard:
        """One request, as it is written."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.place if host is None else host}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        return await self.send("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    async def enter(self, token: str, **headers: str) -> Heard:
        """Hand in a token as the entrance page does."""
        given = {"Origin": self.origin, "Content-Type": "application/json", "Sec-Fetch-Site": "same-origin", **headers}
        return await self.ask("POST", "/door/enter", given, json.dumps({"token": token}).encode())

    async def entered(self, entrance: str) -> "Session":
        """Come in by an address that lets in."""
        heard = await self.enter(entrance.partition("#")[2])
        assert heard.status == 204, heard
        return Session(self, *heard.cookie)

    async def tried(self, one: Try, names: Names) -> Heard:
        """One of the matrix."""
        lines = [f"{one.method} {one.path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in names.headers(one)]
        if not one.upgrade:
            lines.append("Connection: close")
        return await self.send("\r\n".join([*lines, "", ""]).encode() + names.body(one))


@dataclass(frozen=True)
class Session:
    """Who is in."""

    knocker: Knocker
    name: str
    secret: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Cookie": f"{self.name}={self.secret}"}

    @property
    def token(self) -> str:
        return visitor_with(self.secret, Right.LOOK).token

    async def get(self, path: str) -> Heard:
        return await self.knocker.ask("GET", path, self.headers)

    async def write(self, method: str, path: str, body: object) -> Heard:
        """A request of a page's own program."""
        given = {"Origin": self.knocker.origin, "Content-Type": "application/json", "X-Form-Token": self.token}
        return await self.knocker.ask(method, path, self.headers | given, json.dumps(body).encode())


async def read_answer(reader: asyncio.StreamReader) -> Heard:
    """An answer, to the end that its length says, or to the end of the connection."""
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").rstrip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    length = headers.get("content-length")
    try:
        body = await reader.readexactly(int(length)) if length is not None else await reader.read()
    except asyncio.IncompleteReadError as error:
        body = error.partial
    return Heard(int(first.split()[1]), headers, body)


def at_loopback(door: LoopbackDoor, host: str = "127.0.0.1") -> Knocker:
    return Knocker(host, door.port)


def at_phones(door: PhoneDoor) -> Knocker:
    """Somebody at the phone door who trusts any certificate, as a person does who clicks on."""
    assert door.view is not None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    host, _, port = door.view.addresses[0].removeprefix("https://").rstrip("/").rpartition(":")
    return Knocker(host, int(port), context, "https")
