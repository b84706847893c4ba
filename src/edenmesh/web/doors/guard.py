"""The guard of a door: what stands between the network and the application, and is asked before anything else.

A web page elsewhere can have a browser send requests here: with cookies, under any name that resolves to this machine
(DNS rebinding), from another port of it. So a request must be addressed to one of this door's own names (Host); what
changes anything must come from a page of this door (Origin, Sec-Fetch-Site) and prove that it was given that page
(the form token); what reads must not come from elsewhere either. Who has no session sees the entrance page and the
static files, nothing else. Invariant: a request that is refused has reached nothing of the device.
"""

import asyncio
from collections.abc import Callable, Container
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Final

import msgspec
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edenmesh.errors import EdenmeshError, InvalidInput, LimitExceeded, NotPermitted
from edenmesh.web.doors.bounds import (
    BODY_BYTES_PER_SECOND_MIN,
    BODY_SECONDS_MAX,
    ENTERING_BYTES_MAX,
    HEAD_BYTES_MAX,
)
from edenmesh.web.doors.entering import ENTRANCE, LEAVING, SESSION, asset, entrance, refusal
from edenmesh.web.doors.head import READS, WRITES, Head
from edenmesh.web.doors.headers import guarding
from edenmesh.web.doors.keeping import Keeper, Session, Tries
from edenmesh.web.doors.serving import counted_host
from edenmesh.web.visiting import Visitor, admit, is_form_token

STATIC: Final = "/static/"
_FORMS: Final = frozenset(("application/x-www-form-urlencoded", "multipart/form-data"))
_SIMPLE: Final = _FORMS | {"text/plain", ""}
"""What a page elsewhere may send without asking first (Fetch standard, "CORS-safelisted request-header")."""
_OPEN: Final = frozenset(("/", ENTRANCE))
"""Where a link elsewhere may lead to: it is shown the entrance page, which then comes from here."""


class _Entering(msgspec.Struct):
    """What the entrance page hands in."""

    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What one door asks: its names as Host has them, its scheme, its cookie, and what an account may send."""

    hosts: Container[str]
    scheme: str
    cookie: str
    cookie_seconds: int = 0
    body_bytes_max: int | None = None
    acting: Callable[[str], AbstractContextManager[object]] = field(default=lambda _account: nullcontext())


class Guard:
    """An ASGI application around another one, which hears only of requests that may come in."""

    def __init__(self, app: ASGIApp, keeper: Keeper, rules: Rules, clock: Callable[[], float]) -> None:
        self._app = app
        self._keeper = keeper
        self._rules = rules
        self._tries = Tries(clock)
        self._running: dict[str, set[asyncio.Task[object]]] = {}

    def end(self, key: str) -> None:
        """Break off what runs for a session that has ended."""
        for task in self._running.get(key, ()):
            task.cancel()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            return
        send = guarding(send, is_kept=scope["path"].startswith(STATIC))
        head = Head.read(scope)
        refused = _contradicting() if head is None else self._refusal(head)
        if head is None or refused is not None:
            await _answer(refused or _contradicting(), scope, receive, send)
        elif head.path.startswith("/door/") or self._is_stranger(head):
            await _answer(await self._at_the_door(head, scope, receive), scope, receive, send)
        elif head.path.startswith(STATIC) and head.is_read:
            await self._app(scope, receive, send)
        else:
            await self._admit(head, scope, receive, send)

    # --- what every request must be -----------------------------------------------------------------------------------

    def _refusal(self, head: Head) -> Response | None:
        rules = self._rules
        if head.size_bytes > HEAD_BYTES_MAX:
            return _refuse(431, head, "The request has longer headers than any browser sends.")
        if head.host not in rules.hosts:
            return _refuse(421, head, "This device is not called that.", do="Open the address that the device shows.")
        if head.asks_upgrade:
            return _refuse(403, head, "This door speaks plain HTTP/1.1 and nothing else.")
        if head.method not in READS | WRITES:
            return _refuse(405, head, "No page of this device asks in this way.")
        if "\\" in head.path or "//" in head.path or ".." in head.path.split("/"):
            return _refuse(400, head, "This is no address of this device.")
        if self._comes_from_elsewhere(head):
            return _refuse(403, head, "This request comes from a page that is not of this device.")
        return None

    def _comes_from_elsewhere(self, head: Head) -> bool:
        own = f"{self._rules.scheme}://{head.host}"
        if not head.is_read:
            return head.origin != own or head.site not in ("", "same-origin")
        if head.origin not in ("", own):
            return True
        return head.site not in ("", "same-origin", "none") and not self._is_link(head)

    def _is_link(self, head: Head) -> bool:
        """Whether somebody followed a link to this device: that shows the entrance page, with or without a session."""
        return head.method == "GET" and head.mode == "navigate" and head.path in _OPEN

    def _is_stranger(self, head: Head) -> bool:
        return head.site not in ("", "same-origin", "none") or (
            self._session(head) is None and not (head.path.startswith(STATIC) and head.is_read)
        )

    # --- who has no session -------------------------------------------------------------------------------------------

    async def _at_the_door(self, head: Head, scope: Scope, receive: Receive) -> Response:
        if head.is_read and (found := asset(head.path)) is not None:
            return found
        if head.path == ENTRANCE and head.method == "POST":
            return await self._enter(head, scope, receive)
        if head.path == SESSION and head.is_read:
            return Response(status_code=204 if self._session(head) is not None else 401)
        if head.path == LEAVING and head.method == "POST":
            return self._leave(head)
        if head.is_read and not head.is_api:
            return entrance(head.language, 200 if head.path == ENTRANCE else 401)
        return _refuse(401, head, "This browser has no session at this device.", do="Enter by its entrance page.")

    async def _enter(self, head: Head, scope: Scope, receive: Receive) -> Response:
        host = counted_host(scope["client"][0]) if scope.get("client") else ""
        if self._tries.is_paused(host):
            return _refuse(429, head, "Too many wrong tokens came from this address.", do="Wait a minute, try again.")
        if head.content_type != "application/json" or head.content_bytes > ENTERING_BYTES_MAX:
            return _refuse(415, head, "A token is handed in as a small JSON object.")
        try:
            body = await _read(_Deadline(receive, ENTERING_BYTES_MAX))
            token = msgspec.json.decode(body, type=_Entering).token
        except (msgspec.DecodeError, LimitExceeded):
            return _refuse(400, head, "A token is handed in as a small JSON object.")
        secret = self._keeper.enter(token)
        if secret is None:
            self._tries.note(host)
            return _refuse(
                403,
                head,
                "This token lets nobody in: it is wrong, too old, or was used.",
                do="Ask the device for a new one.",
            )
        for session in self._sessions(head):
            self._end(session)
        return Response(status_code=204, headers={"Set-Cookie": self._cookie(secret, self._rules.cookie_seconds)})

    def _leave(self, head: Head) -> Response:
        session = self._session(head)
        if session is None or not head.form_token or not is_form_token(session.visitor, head.form_token):
            return _refuse(403, head, "This does not come from a page of this session.")
        self._end(session)
        return Response(status_code=204, headers={"Set-Cookie": self._cookie("", -1)})

    def _end(self, session: Session) -> None:
        self._keeper.leave(session.key)
        self.end(session.key)

    def _cookie(self, secret: str, seconds: int) -> str:
        parts = [f"{self._rules.cookie}={secret}", "Path=/", "HttpOnly", "SameSite=Strict"]
        if self._rules.scheme == "https":
            parts.append("Secure")
        if seconds:
            parts.append(f"Max-Age={max(0, seconds)}")
        return "; ".join(parts)

    # --- who has one --------------------------------------------------------------------------------------------------

    def _sessions(self, head: Head) -> list[Session]:
        """The sessions that the cookies name. Another port of this machine may set one of the same name beside ours."""
        found = (self._keeper.session(value) for name, value in head.cookies if name == self._rules.cookie)
        return [one for one in found if one is not None]

    def _session(self, head: Head) -> Session | None:
        return next(iter(self._sessions(head)), None)

    async def _admit(self, head: Head, scope: Scope, receive: Receive, send: Send) -> None:
        session = self._session(head)
        refused = (
            _refuse(401, head, "This session has ended.") if session is None else self._unproven(head, session.visitor)
        )
        if session is None or refused is not None:
            await _answer(refused or Response(status_code=401), scope, receive, send)
            return
        admit(scope, session.visitor)
        running = self._running.setdefault(session.key, set())
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        try:
            with self._rules.acting(session.visitor.account):
                await self._app(scope, _Deadline(receive, self._rules.body_bytes_max), send)
        except asyncio.CancelledError:
            # A session that was ended breaks off what ran for it; the server closes the connection.
            if self._session(head) is not None:
                raise
            task.uncancel()
        finally:
            running.discard(task)
            if not running:
                self._running.pop(session.key, None)

    def _unproven(self, head: Head, visitor: Visitor) -> Response | None:
        """What is wrong with a request that is to change something; forms of pages are looked into by the pages."""
        size_max = self._rules.body_bytes_max
        if size_max is not None and head.content_bytes > size_max:
            return _refuse(413, head, f"This is larger than {size_max:,} bytes.", do="Send a smaller file.")
        if head.is_read:
            return None
        if head.form_token:
            if not is_form_token(visitor, head.form_token):
                return _refuse(403, head, "This does not come from a page of this session.", do="Open the page anew.")
            if head.content_type in _SIMPLE and (head.content_type or head.content_bytes):
                return _refuse(415, head, "A program's request is JSON, or bytes of a type that says so.")
            return None
        if head.is_api or head.content_type not in _FORMS:
            return _refuse(403, head, "This does not come from a page of this session.", do="Open the page anew.")
        return None


class _Deadline:
    """A `receive` that gives up where a body comes too slowly, and breaks off where it is too long."""

    def __init__(self, receive: Receive, size_max: int | None) -> None:
        self._receive = receive
        self._size_max = size_max
        self._size = 0
        self._is_whole = False
        self._begun = asyncio.get_running_loop().time()

    async def __call__(self) -> Message:
        """The next piece of the request. Raises LimitExceeded."""
        if self._is_whole:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._begun + BODY_SECONDS_MAX + self._size / BODY_BYTES_PER_SECOND_MIN):
                message = await self._receive()
        except TimeoutError:
            raise LimitExceeded(what="The request came too slowly.", do="Come nearer, and send it again.") from None
        self._size += len(message.get("body", b""))
        self._is_whole = not message.get("more_body", False)
        if self._size_max is not None and self._size > self._size_max:
            raise LimitExceeded(what=f"The request is larger than {self._size_max:,} bytes.", do="Send a smaller file.")
        return message


async def _read(receive: Receive) -> bytes:
    """The whole body of a request."""
    body = b""
    while True:
        message = await receive()
        piece: bytes = message.get("body", b"")
        body += piece
        if not message.get("more_body", False):
            return body


async def _answer(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    await response(scope, receive, send)


def _contradicting() -> Response:
    return refusal(400, InvalidInput(what="The request contradicts itself."), is_json=False)


def _refuse(status: int, head: Head, what: str, *, do: str = "Open the address that the device shows.") -> Response:
    error: EdenmeshError = NotPermitted(what=what, kept="Nothing was changed and nothing was read.", do=do)
    return refusal(status, error, is_json=head.is_api)
