"""The attack matrix of a door: every request there is to try, and which of them may come in, as a plain table.

What may come in is said here again, in other words than the guard's, so that one is checked against the other.
"""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from edenmesh.web.doors.guard import Guard
from edenmesh.web.doors.keeping import visitor_with
from edenmesh.web.visiting import Right, visitor_of

CANARY = "CANARY: a record of this device"
PORT = 40001
SECRET = "secret-of-the-session"
TOKEN = visitor_with(SECRET, Right.RUN).token
OTHER = visitor_with("secret-of-another-session", Right.RUN).token


BAD = {"Access-Control-Allow-Origin": "*", "Server": "x", "Cache-Control": "private, max-age=31536000"}


class Behind:
    """The application behind a door: it has a secret to tell, and remembers whom it told."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        self.heard.append(f"{scope['method']} {scope['path']} {visitor_of(request).account}")
        await request.body()
        await PlainTextResponse(CANARY, headers=BAD)(scope, receive, send)


@dataclass(frozen=True)
class Try:
    """One request. `host`, `origin` and `cookie` are words for what stands there; empty is absent."""

    method: str = "GET"
    path: str = "/api/tables"
    host: str = "own"
    origin: str = ""
    site: str = ""
    cookie: str = "right"
    token: str = ""
    kind: str = ""
    mode: str = ""
    upgrade: bool = False


HOSTS = ("own", "name", "rebound", "portless", "everywhere", "other port", "dotted", "")
ORIGINS = ("", "own", "null", "rebound", "other port", "other scheme")
SITES = ("", "same-origin", "none", "same-site", "cross-site", "SAME-ORIGIN")
COOKIES = ("right", "", "wrong", "other port's")
TOKENS = ("", "right", "wrong")
KINDS = ("", "application/json", "application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x")
FORMS = KINDS[2], KINDS[4]
READS = (("GET", "/api/tables"), ("GET", "/data"), ("GET", "/"), ("HEAD", "/data"))
WRITES = (("POST", "/api/record"), ("POST", "/data"), ("PUT", "/api/record"), ("DELETE", "/api/record"))
STRANGE = (("OPTIONS", "/api/tables"), ("TRACE", "/data"), ("CONNECT", "/data"), ("get", "/data"), ("PROPFIND", "/"))


def all_tries(hosts: tuple[str, ...] = HOSTS) -> Iterator[Try]:
    """Every combination; what a reading request says of its body is nothing."""
    for host, origin, site, cookie in itertools.product(hosts, ORIGINS, SITES, COOKIES):
        made = Try(host=host, origin=origin, site=site, cookie=cookie)
        for (method, path), mode, upgrade in itertools.product(READS, ("", "navigate"), (False, True)):
            yield replace(made, method=method, path=path, mode=mode, upgrade=upgrade)
        for (method, path), token, kind in itertools.product(WRITES, TOKENS, KINDS):
            yield replace(made, method=method, path=path, token=token, kind=kind)
        for method, path in STRANGE:
            yield replace(made, method=method, path=path)


LEGAL = (
    Try(),
    Try(path="/data", site="none", mode="navigate"),
    Try(path="/data", host="name", origin="own", site="same-origin"),
    Try("POST", "/api/record", origin="own", site="same-origin", token="right", kind="application/json"),
    Try("DELETE", "/api/record", origin="own", token="right"),
    Try("POST", "/data", origin="own", site="same-origin", kind=FORMS[0]),
    Try("POST", "/data", host="name", origin="own", kind=FORMS[1]),
)


def near_tries() -> Iterator[Try]:
    """All that differ from a legal one in at most two ways."""
    ways: dict[str, tuple[object, ...]] = {
        "host": HOSTS,
        "origin": ORIGINS,
        "site": SITES,
        "cookie": COOKIES,
        "token": TOKENS,
        "kind": KINDS,
        "upgrade": (False, True),
        "mode": ("", "navigate"),
    }
    seen: set[Try] = set()
    for base in LEGAL:
        for (one, firsts), (other, seconds) in itertools.combinations(ways.items(), 2):
            for first, second in itertools.product(firsts, seconds):
                made = replace(base, **{one: first, other: second})  # type: ignore[arg-type]
                if made not in seen:
                    seen.add(made)
                    yield made


def is_legal(one: Try) -> bool:
    """Whether it may come in: the table of docs/security.md."""
    if one.host not in ("own", "name") or one.cookie != "right" or one.upgrade:
        return False
    if one.method in ("GET", "HEAD"):
        return one.origin in ("", "own") and one.site in ("", "same-origin", "none")
    if one.method not in ("POST", "PUT", "PATCH", "DELETE"):
        return False
    if one.origin != "own" or one.site not in ("", "same-origin"):
        return False
    if one.token:
        bodiless = one.kind == "" and one.method == "DELETE"
        return one.token == "right" and (one.kind == "application/json" or bodiless)
    return one.kind in FORMS and not one.path.startswith("/api/")


@dataclass(frozen=True)
class Names:
    """How one door is called, and what its cookie is."""

    scheme: str = "http"
    own: str = "127.0.0.1"
    name: str = "localhost"
    port: int = PORT
    cookie: str = f"edenmesh-{PORT}"
    secret: str = SECRET
    token: str = TOKEN

    def headers(self, one: Try) -> list[tuple[str, str]]:
        """The headers of a request."""
        hosts = {
            "own": f"{self.own}:{self.port}",
            "name": f"{self.name}:{self.port}",
            "rebound": f"rebound.example:{self.port}",
            "portless": self.own,
            "everywhere": f"0.0.0.0:{self.port}",
            "other port": f"{self.own}:{self.port + 1}",
            "dotted": f"{self.own}.:{self.port}",
        }
        other_scheme = "https" if self.scheme == "http" else "http"
        origins = {
            "own": f"{self.scheme}://{hosts.get(one.host, '')}",
            "null": "null",
            "rebound": f"{self.scheme}://evil.example",
            "other port": f"{self.scheme}://{self.own}:{self.port + 1}",
            "other scheme": f"{other_scheme}://{hosts['own']}",
        }
        cookies = {
            "right": f"language=en; {self.cookie}={self.secret}",
            "wrong": f"{self.cookie}={self.secret[:-1]}x",
            "other port's": f"{self.cookie}1={self.secret}",
        }
        tokens = {"right": self.token, "wrong": OTHER}
        found = [
            ("host", hosts.get(one.host, "")),
            ("origin", origins.get(one.origin, "")),
            ("sec-fetch-site", one.site),
            ("sec-fetch-mode", one.mode),
            ("cookie", cookies.get(one.cookie, "")),
            ("x-form-token", tokens.get(one.token, "")),
            ("content-type", one.kind),
            ("upgrade", "websocket" if one.upgrade else ""),
            ("connection", "Upgrade" if one.upgrade else ""),
        ]
        body = self.body(one)
        if body:
            found.append(("content-length", str(len(body))))
        return [(name, value) for name, value in found if value]

    def body(self, one: Try) -> bytes:
        """Something to do, as the content type says it."""
        if one.method not in ("POST", "PUT"):
            return b""
        return json.dumps({"name": "x"}).encode() if one.kind == "application/json" else b"name=x"


async def asked(guard: Guard, one: Try, names: Names) -> tuple[int, dict[bytes, bytes], bytes]:
    """Hand a request to a guard; status, headers and body of its answer."""
    scope: Scope = {
        "type": "http",
        "method": one.method,
        "path": one.path,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in names.headers(one)],
        "client": ("127.0.0.1", 50000),
    }
    said: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": names.body(one), "more_body": False}

    async def send(message: Message) -> None:
        said.append(message)

    await guard(scope, receive, send)
    body = b"".join(message.get("body", b"") for message in said[1:])
    return said[0]["status"], dict(said[0]["headers"]), body


async def wrongs(guard: Guard, behind: Behind, tries: Iterator[Try], names: Names) -> tuple[list[Try], int, int]:
    """Requests for which the guard and the table differ; how many were tried, and how many of them legal."""
    wrong: list[Try] = []
    count = legal = 0
    for one in tries:
        before = len(behind.heard)
        status, headers, body = await asked(guard, one, names)
        is_in = len(behind.heard) > before
        has_data = CANARY.encode() in body
        says_too_much = any(name.startswith((b"access-control", b"server")) for name in headers)
        is_bare = b"content-security-policy" not in headers or headers.get(b"cache-control") != b"no-store"
        if not (is_in == has_data == is_legal(one)) or says_too_much or is_bare or (status == 200) < is_in:
            wrong.append(one)
        count += 1
        legal += is_legal(one)
    return wrong, count, legal
