"""Any bytes to any operation: never a defect, never a 500, always three parts; and bounds are where they are said."""

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from edenmesh.core.ids import FileHash, format_id
from edenmesh.errors import InvalidInput
from edenmesh.web import make_app
from edenmesh.web.api import bounds, operations
from edenmesh.web.api.endpoint import read_body, read_query
from edenmesh.web.api.operation import Asked, Operation
from edenmesh.web.api.record_operations import Decided, NewRecord, Page
from edenmesh.web.jobs import Jobs
from edenmesh.web.visiting import OWNER, admit
from tests.node.devices import World

FUZZ = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
ANSWERED_LATER = ("/api/events", "/api/pairing")
"""These wait for what happens, whatever is asked."""
NETWORK = ("/api/visible", "/api/nearby", "/api/pair", "/api/phones/door")
"""These go to the network where what is asked makes sense; tests of their own do that."""

TEXTS = st.text(max_size=8) | st.sampled_from(["t", "org_facility", "name", "steward", "\ud800", "\0", "urn:uuid:1"])
SCALARS = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=6
)


def bodies(one: Operation) -> st.SearchStrategy[bytes]:
    """Bytes, JSON of any kind, and JSON that has the fields that are asked for with whatever in them."""
    names = [field.encode_name for field in msgspec.structs.fields(one.body)] if one.body is not None else ["x"]
    objects = st.fixed_dictionaries({}, optional={name: fitting(one.body, name) | VALUES for name in names})
    return st.binary(max_size=30) | VALUES.map(_json) | objects.map(_json) | objects.map(_json)


def fitting(kind: type[Asked] | None, name: str) -> st.SearchStrategy[object]:
    """Values that a field may well take."""
    if kind is None:
        return VALUES
    hint = next(field.type for field in msgspec.structs.fields(kind) if field.encode_name == name)
    simple: dict[object, st.SearchStrategy[object]] = {str: TEXTS, bool: st.booleans(), list[str]: st.lists(TEXTS)}
    return simple.get(hint, VALUES)


def _json(value: object) -> bytes:
    return json.dumps(value).encode(errors="surrogatepass")


@contextmanager
def asking(folder: Path) -> Iterator[Any]:
    """A function that sends a request to a device that listens nowhere, as its owner."""
    device = World(folder).make("Amina")
    app = make_app(device, Jobs())

    async def behind_a_door(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - as ASGI has it
        admit(scope, OWNER)
        await app(scope, receive, send)

    transport = httpx.ASGITransport(behind_a_door, raise_app_exceptions=True)

    async def send(method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - as httpx has it
        async with httpx.AsyncClient(transport=transport, base_url="http://device") as http:
            return await http.request(method, path, **more)

    with asyncio.Runner() as runner:
        yield lambda *parts, **more: runner.run(send(*parts, **more))
        runner.run(asyncio.sleep(0))
    device.close()


def judge(response: httpx.Response) -> bool:
    """Whether it was refused; what was refused must be told in three parts and be no defect."""
    assert response.status_code < 500 or response.status_code == 502, response.text
    if response.is_success:
        text = response.content.decode(errors="replace")
        assert '"what": "This program has a defect' not in text
        return False
    said = response.json()
    assert said.keys() == {"error", "what", "kept", "do"}
    assert all(isinstance(part, str) and part for part in said.values())
    assert "defect" not in said["what"]
    return True


@pytest.mark.parametrize("subject", range(4))
def test_any_body_to_any_operation_is_done_or_refused_in_three_parts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, subject: int
) -> None:
    asked = [one for one in operations() if one.path not in (*ANSWERED_LATER, *NETWORK)][subject::4]
    refused = sent = 0
    with asking(tmp_path) as ask:

        @FUZZ
        @given(st.data())
        def fuzz(data: st.DataObject) -> None:
            nonlocal refused, sent
            for one in asked:
                path = one.path.replace("{file}", data.draw(st.sampled_from(["h-x", "%00", ELSEWHERE])))
                query = data.draw(st.dictionaries(st.sampled_from(NAMES), TEXTS, max_size=3)) if one.query else {}
                text = urlencode(query, errors="surrogatepass")
                body = data.draw(bodies(one)) if one.method != "GET" else b""
                refused += judge(ask(one.method, f"{path}?{text}", content=body))
                sent += 1

        fuzz()
    assert sent >= 20 * len(asked)
    assert sent / 10 < refused < sent
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


ELSEWHERE = format_id("h", FileHash(bytes(32)))
NAMES = ["table", "uuid", "limit", "after", "deleted", "format", "label", "media", "name", "seconds", "x"]


def test_a_defect_in_an_operation_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with asking(tmp_path) as ask:
        judge(ask("GET", "/api/tables"))
        monkeypatch.setattr("edenmesh.node.Device.tables", lambda _: 1 // 0)
        with pytest.raises((AssertionError, ZeroDivisionError)):
            judge(ask("GET", "/api/tables"))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{}", "needs 'table'"),
        (b'{"table": 1}', "'table' in the request is wrong: expected str, got int"),
        (b'{"table": "t", "valeus": {}}', "names 'valeus', which means nothing here"),
        (b'{"table": "t", "values": []}', "'values' in the request is wrong"),
        (b'{"table": "t"', "not JSON"),
        (b"\xff", "not JSON"),
        (b"[]", "expected object, got array"),
        (b'{"table": "\\ud800"}', "not JSON"),
        (b'{"table": "t", "values": {"a": NaN}}', "not JSON"),
        (b'{"table": "t", "values": {"a": ' + b"[" * 50_000, "nested more than 16 deep"),
        (b'{"table": "t", "values": {"a": ' + b"[" * 16 + b"]" * 16 + b"}}", "nested more than 16 deep"),
    ],
)
def test_what_cannot_be_read_is_refused_by_the_name_of_its_field(body: bytes, words: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_body(body, NewRecord)
    assert words in refused.value.what
    assert len(refused.value.what) < 400


def test_depth_is_bounded_where_it_is_said() -> None:
    inside = bounds.NESTING_MAX - 1
    body = b'{"table": "t", "values": {"a": ' + b"[" * inside + b"]" * inside + b"}}"
    assert read_body(body, NewRecord).table == "t"
    assert read_body(b'{"table": "t", "uuid": "u", "picks": {"a": ["v", 1]}}', Decided).picks == {"a": ("v", 1)}


def test_a_query_is_read_by_its_types() -> None:
    def read(text: str) -> Page:
        return read_query(QueryParams(text), text, Page)

    assert read("table=t&limit=7&deleted=1") == Page("t", 7, 0, True)
    assert read("table=t&table=u").table == "u"
    for text, words in (
        ("", "needs 'table'"),
        ("table=t&limit=-1", "'limit'"),
        ("table=t&limit=1001", "'limit'"),
        ("table=t&deleted=perhaps", "'deleted'"),
        ("table=t&x=1", "'x'"),
        (f"table={'t' * bounds.QUERY_CHARS_MAX}", "more than 8,192 characters"),
    ):
        with pytest.raises(InvalidInput) as refused:
            read(text)
        assert words in refused.value.what


def test_what_is_not_said_to_be_json_what_is_elsewhere_and_other_methods_are_refused(tmp_path: Path) -> None:
    with asking(tmp_path) as ask:
        for media in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json"):
            said = ask("POST", "/api/records", content=b"{}", headers={"content-type": media})
            assert (said.status_code, judge(said)) == (415, True)
        for media in ("application/json", "Application/JSON; charset=utf-8"):
            assert ask("POST", "/api/records", content=b"{}", headers={"content-type": media}).status_code == 400
        for method, path, status in (
            ("GET", "/api/nothing", 404),
            ("GET", "/api/records/x", 404),
            ("DELETE", "/api/records", 405),
            ("GET", "/api/sync", 405),
            ("BREW", "/api/status", 405),
        ):
            said = ask(method, path)
            assert (said.status_code, judge(said)) == (status, True)
        huge = {"content-length": str(bounds.BODY_BYTES_MAX + 1)}
        assert ask("POST", "/api/records", content=b"{}", headers=huge).status_code == 413
        for path in ("/api/status", "/api/events", "/api/pairing"):
            assert ask("HEAD", path).status_code == 200
