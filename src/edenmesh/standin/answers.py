"""The server itself, without sockets: one request in, one answer out.

Status codes, headers and bodies are those of the real server, odd ones included: a push whose JSON could be read
is answered 200 whatever became of it, and JSON sometimes comes labelled as HTML.
"""

import json
import mimetypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast
from urllib.parse import parse_qsl

from edenmesh.standin.accounts import User, identify
from edenmesh.standin.deleting import INTEGRITY_ERROR, delete, is_restricted
from edenmesh.standin.exporting import Exporter
from edenmesh.standin.faults import Faults
from edenmesh.standin.forms import Form, describe_form, list_forms
from edenmesh.standin.importing import import_tree
from edenmesh.standin.multipart import read_parts
from edenmesh.standin.queries import Query, read_filters
from edenmesh.standin.reading import Setting
from edenmesh.standin.s3json import Json, Node, NotXml, decode
from edenmesh.standin.schema import Key, Table
from edenmesh.standin.state import State
from edenmesh.standin.values import file_name

_HTML = "text/html; charset=UTF-8"
_JSON = "application/json"
_UNCACHED: tuple[tuple[str, str], ...] = (
    ("Cache-Control", "no-store, no-cache, must-revalidate, post-check=0, pre-check=0"),
)
_PLAIN: tuple[tuple[str, str], ...] = ()
_CONTROLLERS_ONLY = ("admin", "default", "mobile", "sync")


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; `headers` have names in small letters, `path` is decoded."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """The query part, decoded."""
        return parse_qsl(self.query, keep_blank_values=True)

    @property
    def is_push(self) -> bool:
        """Whether the request may change something."""
        return self.method in ("POST", "PUT", "DELETE") and "$search" not in dict(self.parameters)


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


class NoSource(ValueError):
    """A push without anything to import."""


@dataclass(slots=True)
class Eden:
    """A stand-in for one Sahana Eden server. `now` reads the clock; `entropy` gives that many random bytes.

    `fetched` lists the addresses that pushed records made the server follow; it follows none but its own.
    """

    state: State
    users: tuple[User, ...]
    forms: tuple[Form, ...]
    faults: Faults
    now: Callable[[], datetime]
    entropy: Callable[[int], bytes]
    domain: str
    base_url: str = "http://127.0.0.1/eden"
    fetched: list[str] = field(default_factory=list)

    def answer(self, request: Request) -> Answer:
        """Answer a request below `/eden`."""
        path = request.path.removeprefix("/eden/")
        if path.startswith("mobile/forms."):
            return self._answer_forms(request, path.removeprefix("mobile/forms."))
        if path.startswith("default/download/"):
            return self._answer_download(path.removeprefix("default/download/"))
        name, _, suffix = path.partition(".")
        controller, function, *rest = [*name.split("/"), "", ""]
        table = self.state.tables.get(f"{controller}_{function}")
        if table is None or not table.is_served:
            return self._answer_unknown(controller, function)
        user = identify(self.users, request.headers.get("authorization", ""))
        if user is None:
            headers = (("WWW-Authenticate", 'Basic realm="eden"'),)
            return Answer(401, _HTML, b"Authentication Required", headers)
        if not user.may_read(table) or (request.is_push and not user.is_admin):
            return Answer(403, _HTML, b"Insufficient Privileges")
        return self._answer_user(request, user, table, (rest[0], suffix))

    def _answer_user(self, request: Request, user: User, table: Table, target: tuple[str, str]) -> Answer:
        part, suffix = target
        if (part, suffix) == ("mform", "json"):
            return _json(200, dict(describe_form(table, self.forms, self.state.tables)), _UNCACHED)
        if not suffix and request.is_push:
            location = f"/eden/{table.controller}/{table.function}/%5Bid%5D/read"
            location += f"?{request.query}" if request.query else ""
            body = f'You are being redirected <a href="{location}">here</a>'
            return Answer(303, _HTML, body.encode(), (("Location", location),))
        if suffix != "s3json":
            return Answer(501, "text/plain", b"The stand-in speaks S3JSON only")
        if request.method == "DELETE":
            return self._answer_delete(request, user, table)
        if request.is_push:
            return self._answer_push(request, user, table)
        return self._answer_pull(request, user, table, part)

    def _answer_forms(self, request: Request, suffix: str) -> Answer:
        if suffix != "json":
            return _refusal(415, "Invalid request format")
        if request.method != "GET":
            return _refusal(405, "Unsupported request method")
        return _json(200, list_forms(self.forms, self.state.tables), _UNCACHED)

    def _answer_download(self, name: str) -> Answer:
        content = self.state.files.get(name)
        if content is None:
            return Answer(404, _HTML, b"<html><body><h1>404 NOT FOUND</h1></body></html>")
        sent_as = file_name(name)
        headers = (("Cache-Control", "private"), ("Content-Disposition", f'attachment; filename="{sent_as}"'))
        return Answer(200, mimetypes.guess_type(sent_as)[0] or "application/octet-stream", content, headers)

    def _answer_unknown(self, controller: str, function: str) -> Answer:
        controllers = {*_CONTROLLERS_ONLY, *(table.controller for table in self.state.tables.values())}
        unknown = "function" if controller in controllers else "controller"
        text = f"invalid {unknown} ({controller}/{function})"
        body = f"<html><body><h1>{text}</h1></body></html>"
        return Answer(404, _HTML, body.encode(), (("web2py_error", text),))

    def _answer_pull(self, request: Request, user: User, table: Table, row_id: str) -> Answer:
        parameters, headers = request.parameters, _UNCACHED
        if request.method == "POST":
            parameters = [*parameters, *parse_qsl(request.body.decode(errors="replace"))]
            headers = _PLAIN
        exporter = Exporter(self.state, self.domain, self.base_url)
        if not row_id:
            return _json(200, exporter.export(table, Query.decode(parameters), user.may_see), headers)
        row = self.state.get(Key(table.name, int(row_id))) if row_id.isdigit() else None
        if row is None or row.is_deleted or not user.may_see(row):
            return _json(404, {"status": "failed", "statuscode": "404"})
        exported = exporter.export(table, Query.decode(parameters), lambda other: other.key == row.key)
        return _json(200, exported, headers)

    def _answer_delete(self, request: Request, user: User, table: Table) -> Answer:
        query = Query(filters=read_filters(request.parameters))
        rows = query.select(self.state, table, user.may_see)
        message = INTEGRITY_ERROR if any(is_restricted(self.state, row) for row in rows) else None
        if message or not rows:
            error: dict[str, Json] = {"message": message} if message else {}
            return _json(404, {"status": "failed", "statuscode": "404", **error})
        for row in rows:
            delete(self.state, row, user.email, self._moment())
        message = table.deleted if len(rows) == 1 else f"{len(rows)} records deleted"
        body: dict[str, Json] = {"status": "success", "statuscode": "200", "message": message}
        return Answer(200, "text/html", json.dumps(body).encode(), _UNCACHED)

    def _answer_push(self, request: Request, user: User, table: Table) -> Answer:
        try:
            root, files = _read_source(request)
        except NotXml:
            return Answer(500, _HTML, b"<html><body><h1>Internal error</h1>Ticket issued</body></html>")
        except NoSource as error:
            body: dict[str, Json] = {"status": "failed", "statuscode": "400", "message": str(error)}
            return _json(400, body, (("web2py_error", str(error)),))
        except ValueError as error:
            body = {"status": "failed", "statuscode": "400", "message": str(error)}
            return Answer(400, _HTML, json.dumps(body).encode())
        before = self.state.snapshot() if self.faults.stores_nothing else None
        ignores_errors = "ignore_errors" in dict(request.parameters)
        setting = self._setting(user, files)
        report = import_tree(self.state, table, root, setting, ignore_errors=ignores_errors)
        if before is not None:
            self.state.restore(before)
        return _json(200, report.encode(), _UNCACHED)

    def _setting(self, user: User, files: Mapping[str, bytes]) -> Setting:
        return Setting(
            user.email,
            {other.email for other in self.users},
            self.domain,
            self._moment(),
            self.entropy,
            self._fetch,
            files,
            self.faults.drops_field,
            self.faults.strips_text,
            self.faults.refuse_one_uuid(),
        )

    def _moment(self) -> datetime:
        return self.now().replace(microsecond=0)

    def _fetch(self, url: str) -> bytes | None:
        self.fetched.append(url)
        return self.state.files.get(url.removeprefix(f"{self.base_url}/default/download/"))


def _read_source(request: Request) -> tuple[Node, dict[str, bytes]]:
    content_type = request.headers.get("content-type", "")
    source, files = request.body, dict[str, bytes]()
    if content_type.startswith("multipart/"):
        parts = read_parts(request.body, content_type)
        files = {part.filename: part.content for part in parts if part.filename}
        sources = [part.content for part in parts if (part.filename or part.name).endswith(".s3json")]
        if not sources:
            raise NoSource("Invalid source")
        source = sources[0]
    root = decode(cast("Json", json.loads(source)))
    if root is None:
        raise NoSource("Invalid source")
    return root, files


def _json(status: int, body: Json, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    return Answer(status, _JSON, json.dumps(body, separators=(",", ":")).encode(), headers)


def _refusal(status: int, text: str) -> Answer:
    return Answer(status, "text/plain", text.encode(), (("web2py_error", text),))
