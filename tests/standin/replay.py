"""Replaying recorded exchanges against the stand-in, and comparing what it answers with what was recorded.

A recorded file is `{"group", "exchanges": [{"name", "request", "response"}]}`; a body is JSON, text,
`{"base64"}` or `{"multipart"}`. Status, headers and body are compared whole, but for these differences, which say
nothing about a server's behaviour:

- `seconds`, and the headers `content-length` and `date`;
- the address of the server in URLs;
- what the server draws at random (a version 4 uuid, the name of a stored file, the end of a site's code): each
  recorded one must always meet the same one of ours, and is replaced by it in the requests that follow;
- the order of the row ids in `created`, `updated` and `deleted`, which the real server leaves open.
"""

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict, cast
from urllib.parse import quote

import httpx

from edenmesh.standin import USERS, StandinServer
from edenmesh.standin.s3json import Json

_RANDOM = re.compile(
    r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|(?<=\.)[0-9a-f]{16}(?=\.)|(?<=^[A-Z]{6})[0-9A-Z]{4}$"
)
_UNCOMPARED_HEADERS = {"content-length", "date"}
_UNORDERED = ("created", "updated", "deleted")
_SHOWN_PLAIN = "   (shown before percent-encoding)"


class RequestRecord(TypedDict):
    method: str
    path: str
    headers: dict[str, str]
    body: Json


class ResponseRecord(TypedDict):
    status: int
    headers: dict[str, str]
    body: Json


class Exchange(TypedDict):
    name: str
    request: RequestRecord
    response: ResponseRecord


@dataclass(slots=True)
class Clock:
    """The stand-in's clock, set by hand."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def set(self, stamp: str) -> None:
        self.now = datetime.fromisoformat(stamp).replace(tzinfo=UTC)


@dataclass(slots=True)
class Replay:
    """One pass through recorded exchanges. `differences` holds a line for each thing that is not as recorded."""

    server: StandinServer
    clock: Clock
    recorded_url: str
    times: Mapping[str, str] = field(default_factory=dict)
    compared: list[str] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    _ours: dict[str, str] = field(default_factory=dict)
    _theirs: dict[str, str] = field(default_factory=dict)

    def run(self, path: Path, not_reproduced: Mapping[str, str]) -> None:
        """Replay one file but for the exchanges named."""
        group, exchanges = read_exchanges(path)
        with httpx.Client(timeout=10, verify=False) as client:
            for exchange in exchanges:
                name = f"{group}/{exchange['name']}"
                if name in not_reproduced:
                    self.passed_over.append(name)
                    continue
                if name in self.times:
                    self.clock.set(self.times[name])
                answer = self._send(client, exchange["request"])
                self.compared.append(name)
                self._compare_answer(name, exchange["response"], answer)

    def _send(self, client: httpx.Client, record: RequestRecord) -> httpx.Response:
        path, _, query = record["path"].partition("?")
        url = self.server.origin + self._translate(path)
        url += f"?{quote(self._translate(query), safe='=&%')}" if query else ""
        content_type, content = self._body(record)
        headers = {"content-type": content_type} if content_type else {}
        for name, value in record["headers"].items():
            if name.lower() == "authorization":
                headers[name] = credentials(value)
            elif name.lower() != "content-type":
                headers[name] = value
        return client.request(record["method"], url, headers=headers, content=content)

    def _body(self, record: RequestRecord) -> tuple[str | None, bytes]:
        body, content_type = record["body"], record["headers"].get("Content-Type")
        if isinstance(body, dict) and "multipart" in body:
            return write_multipart(cast("list[dict[str, Json]]", body["multipart"]), self._translate)
        if body is None:
            return content_type, b""
        text = body if isinstance(body, str) else json.dumps(body)
        if text.endswith(_SHOWN_PLAIN):
            text = quote(text.removesuffix(_SHOWN_PLAIN), safe="=&")
        return content_type, self._translate(text).encode()

    def _translate(self, text: str) -> str:
        text = text.replace(self.recorded_url, self.server.url)
        return _RANDOM.sub(lambda match: self._ours.get(match[0], match[0]), text)

    def _compare_answer(self, name: str, recorded: ResponseRecord, answer: httpx.Response) -> None:
        if answer.status_code != recorded["status"]:
            self._differ(name, "status", recorded["status"], answer.status_code)
        theirs = {k: v for k, v in recorded["headers"].items() if k not in _UNCOMPARED_HEADERS}
        ours = {k.lower(): v for k, v in answer.headers.items() if k.lower() not in _UNCOMPARED_HEADERS}
        self._compare(name, "headers", dict(theirs), dict(ours))
        body = recorded["body"]
        if isinstance(body, dict) and set(body) == {"base64"}:
            self._compare(name, "body", body["base64"], base64.b64encode(answer.content).decode())
        elif isinstance(body, str):
            self._compare(name, "body", body, answer.text)
        else:
            try:
                self._compare(name, "body", body, answer.json())
            except ValueError:
                self._differ(name, "body", body, answer.text)

    def _compare(self, name: str, where: str, theirs: Json, ours: Json) -> None:
        if isinstance(theirs, dict) and isinstance(ours, dict):
            for key in theirs.keys() | ours.keys():
                if key not in ours or key not in theirs:
                    self._differ(name, f"{where}.{key}", theirs.get(key, "(absent)"), ours.get(key, "(absent)"))
                else:
                    self._compare(name, f"{where}.{key}", theirs[key], ours[key])
        elif isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
            if where.rpartition(".")[2] in _UNORDERED:
                theirs, ours = sorted(theirs, key=str), sorted(ours, key=str)
            for position, (their, our) in enumerate(zip(theirs, ours, strict=True)):
                self._compare(name, f"{where}[{position}]", their, our)
        elif isinstance(theirs, str) and isinstance(ours, str):
            if not self._is_same_text(theirs, ours):
                self._differ(name, where, theirs, ours)
        elif theirs != ours or isinstance(theirs, bool) != isinstance(ours, bool):
            self._differ(name, where, theirs, ours)

    def _is_same_text(self, theirs: str, ours: str) -> bool:
        theirs = theirs.replace(self.recorded_url, self.server.url)
        drawn, found = _RANDOM.findall(theirs), _RANDOM.findall(ours)
        if theirs == ours and not drawn:
            return True
        if _RANDOM.sub("*", theirs) != _RANDOM.sub("*", ours) or len(drawn) != len(found):
            return False
        pairs = list(zip(drawn, found, strict=True))
        for their, our in pairs:
            self._ours.setdefault(their, our)
            self._theirs.setdefault(our, their)
        return all(self._ours[their] == our and self._theirs[our] == their for their, our in pairs)

    def _differ(self, name: str, where: str, theirs: Json, ours: Json) -> None:
        self.differences.append(f"{name}: {where}: recorded {json.dumps(theirs)}, answered {json.dumps(ours)}")


def read_exchanges(path: Path) -> tuple[str, list[Exchange]]:
    """The group and the exchanges of one recorded file."""
    document = json.loads(path.read_text())
    return document["group"], document.get("exchanges", [])


def credentials(masked: str) -> str:
    """The header that stands behind a masked one."""
    admin, normal = USERS
    given = {"Basic <admin>": admin.password, "Basic <normal user>": normal.password}
    email = normal.email if masked == "Basic <normal user>" else admin.email
    return "Basic " + base64.b64encode(f"{email}:{given.get(masked, 'wrong')}".encode()).decode()


def write_multipart(parts: list[dict[str, Json]], translate: Callable[[str], str]) -> tuple[str, bytes]:
    """A form of several parts."""
    boundary, pieces = "boundary-of-the-replay", list[bytes]()
    for part in parts:
        disposition = f'form-data; name="{part["name"]}"'
        disposition += f'; filename="{part["filename"]}"' if part["filename"] else ""
        kind = f"\r\nContent-Type: {part['content_type']}" if part["content_type"] else ""
        content = part["content"]
        if isinstance(content, dict):
            data = base64.b64decode(str(content["base64"]))
        else:
            data = translate(str(content)).encode()
        pieces.append(f"--{boundary}\r\nContent-Disposition: {disposition}{kind}\r\n\r\n".encode() + data + b"\r\n")
    return f"multipart/form-data; boundary={boundary}", b"".join(pieces) + f"--{boundary}--\r\n".encode()


def numbered_files(folder: Path) -> Iterator[Path]:
    """The recorded files of a folder, in the order in which they were recorded."""
    return iter(sorted(folder.glob("[0-9][0-9]-*.json")))
