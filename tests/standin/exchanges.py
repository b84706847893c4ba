"""The parts that exchanges with a server are put together from: records, answers, requests."""

import base64
import json
from dataclasses import dataclass, field
from typing import cast
from uuid import NAMESPACE_URL, uuid5

from edenmesh.standin.s3json import Json

URL = "http://eden.example:8080/eden"
NOW = "2031-03-04T10:00:00"
EARLY, MADE, EDITED = "2031-03-01T08:30:00", "2031-03-02T09:15:00", "2031-03-03T17:45:30"

ADMIN, NORMAL = "Basic <admin>", "Basic <normal user>"
KEEPER = "admin@example.com"
UNCACHED = {"cache-control": "no-store, no-cache, must-revalidate, post-check=0, pre-check=0"}
JSON_ANSWER = {"content-type": "application/json", **UNCACHED}
HTML_ANSWER = {"content-type": "text/html; charset=UTF-8"}
Record = dict[str, Json]


def uuid(name: str) -> str:
    """A uuid that follows from a name."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'edenmesh:fixture:{name}')}"


def stamped(name: str, /, **fields: Json) -> Record:
    """A record as a client pushes it."""
    return {"@uuid": uuid(name), "@created_on": EARLY, "@modified_on": MADE, **fields}


def at(stamp: str, record: Record) -> Record:
    """The record with another time of its last edit."""
    return {**record, "@modified_on": stamp}


def to(table: str, name: str, shown: str = "", **more: Json) -> Record:
    """A reference; with its shown text as an export has it."""
    return {"@resource": table, "@uuid": uuid(name), **more, **({"$": shown} if shown else {})}


def both(value: Json, shown: str | None = None) -> Record:
    """A value as an export has it, with its shown text."""
    return {"@value": value, "$": str(value) if shown is None else shown}


def exported(name: str, path: str, /, **fields: Json) -> Record:
    """A record as an export has it."""
    return {
        **fields,
        "@uuid": uuid(name),
        "@mci": "3",
        "@created_on": EARLY,
        "@modified_on": MADE,
        "@url": f"{URL}/{path}",
        "@created_by": KEEPER,
        "@modified_by": KEEPER,
        "@owned_by_user": KEEPER,
    }


def page(results: int, **tables: list[Record]) -> Record:
    """A whole export."""
    records = {f"$_{table}": cast("Json", rows) for table, rows in tables.items()}
    success = "true" if tables else "false"
    return {**records, "@success": success, "@results": str(results), "@domain": "standin", "@url": URL}


def done(records: int, message: str = "", tree: Record | None = None, /, **ids: list[int]) -> Record:
    """The answer to a push."""
    answer: Record = {"status": "success", "statuscode": "200", "records": records}
    answer.update({name: cast("Json", numbers) for name, numbers in ids.items()})
    if message:
        answer["message"] = message
    if tree:
        answer["tree"] = tree
    return answer


@dataclass
class Group:
    """One file."""

    name: str
    exchanges: list[Json] = field(default_factory=list)

    def add(self, name: str, request: Record, response: Record) -> None:
        """Add an exchange."""
        answer = {"status": 200, "headers": cast("Json", JSON_ANSWER), **response, "seconds": 0.1}
        asked = {"method": "GET", "headers": cast("Json", {"Authorization": ADMIN}), "body": None, **request}
        self.exchanges.append({"name": name, "note": None, "request": asked, "response": answer})

    def push(self, name: str, path: str, tree: Json, answer: Record) -> None:
        """Add a push of JSON."""
        headers: Json = {"Content-Type": "application/json", "Authorization": ADMIN}
        request: Record = {"method": "POST", "path": f"/eden/{path}", "headers": headers, "body": tree}
        self.add(name, request, {"body": answer})

    def push_files(self, name: str, path: str, tree: Record, files: dict[str, bytes], created: list[int]) -> None:
        """Add a push of a tree with files."""
        parts: list[Json] = [{"name": "data.s3json", "filename": None, "content_type": None}]
        cast("Record", parts[0])["content"] = json.dumps(tree)
        for file, content in files.items():
            encoded: Json = {"base64": base64.b64encode(content).decode()}
            parts.append({"name": file, "filename": file, "content_type": "image/png", "content": encoded})
        headers: Json = {"Content-Type": "multipart/form-data", "Authorization": ADMIN}
        request: Record = {"method": "POST", "path": f"/eden/{path}", "headers": headers, "body": {"multipart": parts}}
        self.add(name, request, {"body": done(1, created=created)})

    def pull(self, name: str, path: str, answer: Record) -> None:
        """Add a pull."""
        self.add(name, {"path": f"/eden/{path}"}, {"body": answer})

    def refuse(self, name: str, path: str, status: int, text: str, *, login: str | None, **headers: str) -> None:
        """Add a pull that is refused."""
        given: Json = {"Authorization": login} if login else {}
        answer: Json = {**HTML_ANSWER, **{key.replace("_", "-"): value for key, value in headers.items()}}
        self.add(name, {"path": f"/eden/{path}", "headers": given}, {"status": status, "headers": answer, "body": text})
