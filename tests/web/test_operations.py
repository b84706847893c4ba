"""The operations of the API: each declared whole, described as it is, refused without its right; no command without."""

import ast
import asyncio
import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_origin

import msgspec
import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp, Message

from edenmesh.errors import EdenmeshError
from edenmesh.node import Json
from edenmesh.web.api import openapi, operations, refuse
from edenmesh.web.api.endpoint import Endpoint
from edenmesh.web.api.intake import Intake
from edenmesh.web.api.openapi import RIGHT
from edenmesh.web.api.operation import Asked, Operation, operation, operations_of
from edenmesh.web.api.routes import SUBJECTS
from edenmesh.web.api.schemas import PLACE
from edenmesh.web.visiting import Right, Visitor, admit
from tests.net.loop import in_loop
from tests.node.devices import World, running
from tests.web.local import served

VERBS = ("get", "post", "put", "patch", "delete")
COMMANDS = Path(__file__).parents[2] / "src" / "edenmesh" / "cli"


class Question(Asked, frozen=True):
    """What a subject of these tests is asked."""

    name: str


class Careless:
    """Operations as nobody should declare them."""

    @operation("GET", "/api/one", Right.LOOK)
    def one(self, query):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        pass

    @operation("POST", "/api/two/{name}", None)  # type: ignore[arg-type]
    def two(self, body: dict[str, str]) -> int:
        """without a full stop"""  # noqa: D400, D403
        return len(body)


def complaints(found: list[Operation]) -> Iterator[str]:
    """What is missing in declarations, each with its operation."""
    for one in found:
        name = f"{one.method} {one.path}"
        if one.right not in set(Right):
            yield f"{name} has no right"
        if not (one.summary.endswith(".") and one.summary[:1].isupper()):
            yield f"{name} has no summary"
        if "return" not in one.hints or one.hints["return"] is object:
            yield f"{name} has no answer type"
        for asked in (one.hints.get("query"), one.hints.get("body")):
            if asked is not None and not (isinstance(asked, type) and issubclass(asked, Asked)):
                yield f"{name} asks for no type"
        named = set(list(inspect.signature(one.function).parameters)[1:])
        if named - one.hints.keys():
            yield f"{name} has parameters without a type"
        if set(re.findall(r"{(\w+)}", one.path)) - set(one.places):
            yield f"{name} does not take all parts of its path"


def requests_of_commands(folder: Path) -> set[tuple[str, str]]:
    """Every request that a command makes, by method and path, read from the source."""
    found: set[tuple[str, str]] = set()
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            texts = [one.value for part in node.args for one in ast.walk(part) if isinstance(one, ast.Constant)]
            places = [one for one in texts if isinstance(one, str) and one.startswith("/api/")]
            verb = node.func.attr.lstrip("_")
            methods = [verb.upper()] if verb in VERBS else [one for one in texts if str(one).lower() in VERBS]
            found |= {(str(method), place) for method in methods for place in places}
    return found


def test_every_operation_has_a_right_a_summary_and_types_and_stands_in_the_document() -> None:
    found = operations()
    assert list(complaints(found)) == []
    assert len(found) >= 63
    document = json.loads(json.dumps(openapi()))
    assert document["openapi"] == "3.1.0"
    described = {(method.upper(), path) for path, there in document["paths"].items() for method in there}
    assert described == {(one.method, one.path) for one in found}
    assert len(described) == len(found), "two operations at one address"
    assert len({one.name for one in found}) == len(found), "two operations of one name"
    for one in found:
        said = document["paths"][one.path][one.method.lower()]
        assert (said["operationId"], said["summary"], said[RIGHT]) == (one.name, one.summary, one.right.name)
        assert said["responses"].keys() == {str(one.status), "default"}
    schemas = document["components"]["schemas"]
    referred = set(re.findall(rf'"{re.escape(PLACE)}(\w+)"', json.dumps(document)))
    assert referred <= schemas.keys()
    assert len(schemas) > 60
    assert all(schema["description"] for schema in schemas.values())


def test_what_is_declared_carelessly_is_complained_of() -> None:
    said = list(complaints(operations_of(Careless)))
    assert [text.split(" ", 2)[2] for text in said] == [
        "has no summary",
        "has no answer type",
        "has parameters without a type",
        "has no right",
        "has no summary",
        "asks for no type",
        "does not take all parts of its path",
    ]


def test_whatever_a_command_asks_of_a_device_is_an_operation() -> None:
    asked = requests_of_commands(COMMANDS)
    assert len(asked) > 50
    assert asked <= {(one.method, one.path) for one in operations()}


def test_a_request_of_a_command_that_is_no_operation_is_seen(tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text(
        'await device.get("/api/nothing")\nlines("PUT", "/api/x")\ndevice.lines("PUT", "/api/x", {"a": "/api/y"})\n'
        'await self._post("/api/a" if b else "/api/c", record)\n'
    )
    found = requests_of_commands(tmp_path)
    assert {("GET", "/api/nothing"), ("PUT", "/api/x"), ("POST", "/api/a"), ("POST", "/api/c")} <= found
    assert not found & {(one.method, one.path) for one in operations()}


@in_loop
async def test_what_a_device_answers_is_what_the_document_says(tmp_path: Path) -> None:
    """Every reading operation, and what is written first: the fields of each answer are those described."""
    async with running(World(tmp_path), "Amina") as (amina,), served(amina, tmp_path / "amina") as local:
        document = await local.ask("GET", "/api/openapi.json")
        assert document == json.loads(json.dumps(openapi()))
        schemas = document["components"]["schemas"]  # type: ignore[index, call-overload]
        added = await local.ask("POST", "/api/records", {"table": "t", "values": {"name": "x"}}, status=201)
        assert isinstance(added, dict)
        names = f"?table=t&uuid={added['uuid']}"
        checked = 0
        for one in operations():
            is_answered_at_once = one.method == "GET" and not one.is_stream and one.media == "application/json"
            if not is_answered_at_once or one.path == "/api/openapi.json":
                continue
            query = names if "uuid" in _fields(one.query) else "?table=t" if "table" in _fields(one.query) else ""
            said = await local.ask("GET", one.path + query)
            schema = document["paths"][one.path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]  # type: ignore[index, call-overload]
            checked += conforms(said, schema, schemas)
        checked += conforms(added, {"$ref": f"{PLACE}RecordView"}, schemas)
        assert checked > 60


def test_an_answer_that_is_not_as_described_is_seen() -> None:
    named: Json = {"X": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}}
    schema: Json = {"$ref": f"{PLACE}X"}
    assert conforms({"a": "b"}, schema, named) == 2
    wrongs: list[Json] = [{}, {"a": 1}, {"a": "b", "c": 1}, [], None]
    for wrong in wrongs:
        with pytest.raises(AssertionError):
            conforms(wrong, schema, named)


def conforms(said: Json, schema: Json, named: Json) -> int:
    """Check an answer against its schema, as far as ours use JSON Schema; how many values were looked at."""
    assert isinstance(schema, dict)
    assert isinstance(named, dict)
    if "$ref" in schema:
        return conforms(said, named[str(schema["$ref"]).removeprefix(PLACE)], named)
    if "anyOf" in schema:
        assert isinstance(schema["anyOf"], list)
        for one in schema["anyOf"]:
            try:
                return conforms(said, one, named)
            except AssertionError:
                continue
        raise AssertionError(said)
    if "enum" in schema:
        assert said in list(schema["enum"])  # type: ignore[arg-type]
        return 1
    kinds = {"string": str, "integer": int, "number": int | float, "boolean": bool, "null": type(None)}
    kind = schema.get("type")
    if kind == "array":
        assert isinstance(said, list)
        items = schema.get("prefixItems") or [schema["items"]] * len(said)
        assert isinstance(items, list)
        assert len(items) == len(said)
        return 1 + sum(conforms(value, item, named) for value, item in zip(said, items, strict=True))
    if kind == "object":
        assert isinstance(said, dict)
        if isinstance(more := schema.get("additionalProperties"), dict):
            return 1 + sum(conforms(value, more, named) for value in said.values())
        properties = schema["properties"]
        assert isinstance(properties, dict)
        assert said.keys() == properties.keys()
        return 1 + sum(conforms(said[name], properties[name], named) for name in said)
    assert kind is None or isinstance(said, kinds[str(kind)])
    return 1


# --- rights -----------------------------------------------------------------------------------------------------------


async def status_of(app: ASGIApp, method: str, path: str, visitor: Visitor | None) -> int:
    """What an application answers to an empty request of a visitor, as a door would hand it in."""
    scope = {"type": "http", "method": method, "path": path, "headers": [], "query_string": b""}
    if visitor is not None:
        admit(scope, visitor)
    statuses: list[int] = []
    heard = asyncio.Event()

    async def receive() -> Message:
        if heard.is_set():
            return {"type": "http.disconnect"}
        heard.set()
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await app(scope, receive, send)
    return statuses[0]


@in_loop
async def test_no_operation_is_reached_without_its_right() -> None:
    reached: list[str] = []
    routes: dict[str, dict[str, tuple[Operation, object]]] = {}
    for subject in SUBJECTS:
        for one in operations_of(subject):
            routes.setdefault(one.path, {})[one.method] = _noting(one, reached), object()
    app = _app([Route(path, Endpoint(there, Intake()).handle, methods=list(there)) for path, there in routes.items()])
    tried = 0
    for one in operations():
        path = one.path.replace("{file}", "h-x")
        for visitor in (None, *(Visitor(right, "phone") for right in Right)):
            reached.clear()
            status = await status_of(app, one.method, path, visitor)
            may = visitor is not None and visitor.may(one.right)
            assert (status != 403) == may, (one.name, visitor)
            assert reached == ([one.name] if may else []), (one.name, visitor)
            tried += 1
    assert tried == 5 * len(operations())


@in_loop
async def test_an_endpoint_that_does_not_ask_for_the_right_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edenmesh.web.api.endpoint.require", lambda *_: Visitor(Right.LOOK))
    reached: list[str] = []
    one = next(one for one in operations() if one.path == "/api/doctor")
    app = _app([Route(one.path, Endpoint({"GET": (_noting(one, reached), object())}, Intake()).handle)])
    assert await status_of(app, "GET", one.path, Visitor(Right.LOOK)) == 200
    assert reached == ["examine"]


def _app(routes: list[Route]) -> Starlette:
    async def handle(_request: object, error: Exception) -> object:
        assert isinstance(error, EdenmeshError)
        return refuse(error)

    return Starlette(routes=routes, exception_handlers={EdenmeshError: handle})  # type: ignore[dict-item]


def _noting(one: Operation, reached: list[str]) -> Operation:
    """The same operation of no device: it only notes that it was called; what it is asked is not read."""

    def noted(_subject: object, **_given: object) -> None:
        reached.append(one.name)

    hints = {name: hint for name, hint in one.hints.items() if name not in ("query", "body", "content", "return")}
    return Operation(
        method=one.method,
        path=one.path,
        right=one.right,
        name=one.name,
        summary=one.summary,
        status=one.status,
        media=one.media,
        bytes_max=one.bytes_max,
        answers=None,
        hints={**hints, "return": type(None)},
        function=noted,
    )


def _fields(kind: type[Asked] | None) -> set[str]:
    assert kind is None or get_origin(kind) is None
    return {one.name for one in msgspec.structs.fields(kind)} if kind is not None else set()
