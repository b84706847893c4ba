"""HTTP/1.1 around `answers.py`, one thread a connection, and the faults of the connection.

The standard library's server is used, since a fault needs the socket: half an answer, or none, cannot be asked of
a framework. Under `/standin/` another process finds the switches and what people at the server can do. Those paths
ask for no login, so the stand-in belongs on loopback only.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import format_datetime
from http.client import responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR, socket
from threading import Event, Lock
from typing import cast
from urllib.parse import unquote, urlsplit

from edenmesh.standin.answers import Answer, Eden, Request
from edenmesh.standin.people import People
from edenmesh.standin.s3json import Json
from edenmesh.standin.schema import Value
from edenmesh.standin.state import Snapshot

_PAGE = b"<!DOCTYPE html><html><head><title>Welcome</title></head><body>Please accept the terms.</body></html>"
_HTML = "text/html; charset=UTF-8"


@dataclass(frozen=True, slots=True)
class Seen:
    """One request that came in, and the status it was answered with; None when it was not answered."""

    method: str
    path: str
    query: str
    status: int | None


@dataclass(slots=True)
class Desk:
    """What all connections share. `lock` guards the server's state, `stopping` ends every wait."""

    eden: Eden
    people: People
    requests: list[Seen] = field(default_factory=list)
    snapshot: Snapshot | None = None
    lock: Lock = field(default_factory=Lock)
    stopping: Event = field(default_factory=Event)

    def control(self, request: Request) -> Answer:
        """Answer a request below `/standin/`."""
        verb = request.path.removeprefix("/standin/")
        try:
            with self.lock:
                if request.method == "GET":
                    return _json(200, self._show(verb))
                self._do(verb, cast("dict[str, Json]", json.loads(request.body or b"{}")))
                return _json(200, {"done": verb})
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            return _json(400, {"refused": f"{type(error).__name__}: {error}"})

    def _show(self, verb: str) -> Json:
        shown: dict[str, Callable[[], Json]] = {
            "faults": self.eden.faults.encode,
            "requests": lambda: [[seen.method, seen.path, seen.query, seen.status] for seen in self.requests],
            "fetched": lambda: list[Json](self.eden.fetched),
        }
        return shown[verb]()

    def _do(self, verb: str, given: dict[str, Json]) -> None:
        table, uuid = str(given.get("table")), str(given.get("uuid"))
        fields = cast("dict[str, Value | None]", given.get("fields", {}))
        done: dict[str, Callable[[], object]] = {
            "faults": lambda: self.eden.faults.set(given),
            "clear": self.eden.faults.clear,
            "create": lambda: self.people.create(table, fields, uuid if "uuid" in given else None),
            "edit": lambda: self.people.edit(table, uuid, fields),
            "delete": lambda: self.people.delete(table, uuid),
            "forget": lambda: self.people.forget(table, uuid),
            "snapshot": self._take_snapshot,
            "restore": self._restore_snapshot,
        }
        done[verb]()

    def _take_snapshot(self) -> None:
        self.snapshot = self.eden.state.snapshot()

    def _restore_snapshot(self) -> None:
        if self.snapshot is None:
            raise ValueError("no snapshot was taken")
        self.eden.state.restore(self.snapshot)


class Listener(ThreadingHTTPServer):
    """The listening socket and the connections that came of it."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, port: int, desk: Desk) -> None:
        super().__init__(("127.0.0.1", port), Connection)
        self.desk = desk
        self._open: set[socket] = set()

    def process_request(self, request: object, client_address: object) -> None:
        """Start a connection's thread."""
        self._open.add(cast("socket", request))
        super().process_request(cast("socket", request), client_address)

    def shutdown_request(self, request: object) -> None:
        """End a connection."""
        self._open.discard(cast("socket", request))
        super().shutdown_request(cast("socket", request))

    def handle_error(self, request: object, client_address: object) -> None:
        """Pass over clients that went away; anything else is a bug of the stand-in and is shown."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(cast("socket", request), client_address)

    def stop(self) -> None:
        """Close the listening socket and every connection, and wait for their threads."""
        self.desk.stopping.set()
        self.shutdown()
        for connection in list(self._open):
            try:
                connection.shutdown(SHUT_RDWR)
            except OSError:
                self._open.discard(connection)
        self.server_close()


class Connection(BaseHTTPRequestHandler):
    """One connection; it may carry several requests."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Listener

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Say nothing; tests read `StandinServer.requests`."""

    def serve(self) -> None:
        """Answer one request."""
        desk, target = self.server.desk, urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self._read_body()
        if body is None:
            self.close_connection = True
            return
        request = Request(self.command, unquote(target.path), target.query, headers, body)
        if request.path.startswith("/standin/"):
            self._write(desk.control(request))
            return
        with desk.lock:
            is_struck = desk.eden.faults.strike(is_push=request.is_push)
            answer = None if is_struck else desk.eden.answer(request)
        if is_struck:
            answer = self._misbehave(request)
        with desk.lock:
            desk.requests.append(Seen(request.method, request.path, request.query, answer.status if answer else None))
        if answer:
            self._write(answer, is_cut=is_struck and desk.eden.faults.cuts_answer)
        else:
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = serve  # noqa: N815

    def _misbehave(self, request: Request) -> Answer | None:
        """What a fault makes of the answer; None closes the connection without one."""
        desk = self.server.desk
        faults = desk.eden.faults
        if faults.delay_seconds and desk.stopping.wait(faults.delay_seconds):
            return None
        if faults.hangs:
            desk.stopping.wait()
            return None
        if faults.answers_html:
            return Answer(200, _HTML, _PAGE)
        if faults.status:
            return Answer(faults.status, _HTML, f"<h1>{faults.status}</h1>".encode())
        with desk.lock:
            answer = desk.eden.answer(request)
        return None if faults.loses_answer else answer

    def _write(self, answer: Answer, *, is_cut: bool = False) -> None:
        date = format_datetime(self.server.desk.eden.now(), usegmt=True)
        headers = [
            ("Date", date),
            ("Content-Type", answer.content_type),
            ("Content-Length", str(len(answer.body))),
            *answer.headers,
        ]
        head = "".join(f"{name}: {value}\r\n" for name, value in headers)
        body = answer.body[: len(answer.body) // 2] if is_cut else answer.body
        self.close_connection = self.close_connection or is_cut
        try:
            self.wfile.write(f"HTTP/1.1 {answer.status} {responses[answer.status]}\r\n{head}\r\n".encode() + body)
        except OSError:
            self.close_connection = True

    def _read_body(self) -> bytes | None:
        """The body; None when the client went away before its end."""
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            length = int(self.headers.get("Content-Length", "0"))
            body = self.rfile.read(length)
            return body if len(body) == length else None
        chunks = []
        while line := self.rfile.readline().split(b";")[0].strip():
            size = int(line, 16)
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
            if size == 0:
                return b"".join(chunks)
        return None


def _json(status: int, body: Json) -> Answer:
    return Answer(status, "application/json", json.dumps(body).encode())
