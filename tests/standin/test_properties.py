"""What holds for any text, any tree and any history, asked of the stand-in without a socket."""

import json
from base64 import b64encode
from datetime import UTC, datetime
from urllib.parse import urlencode
from xml.sax.saxutils import unescape

from hypothesis import given, settings
from hypothesis import strategies as st

from edenmesh.standin import USERS, StandinServer
from edenmesh.standin.answers import Answer, Request
from edenmesh.standin.s3json import Json, NotXml, decode, encode
from tests.standin.client import UUID

LOGIN = {"authorization": "Basic " + b64encode(f"{USERS[0].email}:{USERS[0].password}".encode()).decode()}
PATH = "/eden/org/organisation.s3json"

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"), max_size=60)
printable = texts.filter(lambda text: not any(letter < " " and letter not in "\t\n\r" for letter in text))
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
keys = st.sampled_from(["$_org_organisation", "$k_parent", "@uuid", "@value", "$", "name", "year"]) | texts
trees = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4))
steps = st.lists(
    st.tuples(st.sampled_from(["push", "tombstone", "edit", "forget"]), st.integers(0, 3), st.integers(0, 9)),
    max_size=12,
)


def serve() -> StandinServer:
    """A stand-in that does not listen, with a clock that stands still and nothing at random."""
    return StandinServer(clock=lambda: datetime(2031, 1, 1, tzinfo=UTC), entropy=bytes)


def push(server: StandinServer, tree: Json) -> Answer:
    """Push a tree."""
    return server.eden.answer(Request("POST", PATH, "ignore_errors=1", LOGIN, json.dumps(tree).encode()))


def pull(server: StandinServer, **query: str) -> dict[str, Json]:
    """Pull all organisations."""
    body: dict[str, Json] = json.loads(server.eden.answer(Request("GET", PATH, urlencode(query), LOGIN)).body)
    return body


def record(number: int, **fields: Json) -> dict[str, Json]:
    """A tree with one organisation."""
    return {"$_org_organisation": [{"@uuid": UUID.format(number), **fields}]}


@given(trees)
@settings(max_examples=150)
def test_any_tree_is_answered(tree: Json) -> None:
    answer = push(serve(), tree)
    assert answer.status in (200, 400, 500)
    try:
        root = decode(tree)
    except NotXml:
        assert answer.status == 500
    else:
        assert answer.status == (400 if root is None else 200)
        assert root is None or isinstance(encode(root), dict)


@given(printable.filter(str.strip))
def test_plain_text_comes_back_but_for_its_entities(text: str) -> None:
    server = serve()
    push(server, record(1, name="Aid", comments=text))
    records = pull(server)["$_org_organisation"]
    assert isinstance(records, list)
    assert isinstance(records[0], dict)
    stored = unescape(text, {"&apos;": "'", "&quot;": '"'})
    assert records[0]["comments"] == {"@value": stored, "$": stored}


@given(st.lists(printable.filter(str.strip), min_size=1, max_size=6), st.integers(1, 4))
def test_pages_join_to_the_whole(names: list[str], limit: int) -> None:
    server = serve()
    for number, name in enumerate(names):
        push(server, record(number, name=name))
    whole = pull(server)["$_org_organisation"]
    joined: list[Json] = []
    for start in range(0, len(names), limit):
        page = pull(server, start=str(start), limit=str(limit)).get("$_org_organisation", [])
        assert isinstance(page, list)
        joined.extend(page)
    assert joined == whole


@given(steps, steps)
def test_a_restored_server_shows_what_it_showed_and_goes_on_as_it_would_have(
    before: list[tuple[str, int, int]], after: list[tuple[str, int, int]]
) -> None:
    server = serve()
    _do(server, before)
    shown, snapshot = pull(server), server.snapshot()
    answers = _do(server, after)
    server.restore(snapshot)
    assert pull(server) == shown
    assert _do(server, after) == answers


@given(steps)
def test_what_is_exported_is_unchanged_by_pushing_it_back(history: list[tuple[str, int, int]]) -> None:
    server = serve()
    _do(server, history)
    shown = pull(server)
    push(server, shown)
    assert pull(server) == shown


def _do(server: StandinServer, history: list[tuple[str, int, int]]) -> list[bytes]:
    answers = []
    for verb, number, value in history:
        is_there = UUID.format(number) in server.uuids("org_organisation")
        if verb == "push":
            answers.append(push(server, record(number, name=f"Name {value}", year=1900 + value)).body)
        elif verb == "tombstone":
            answers.append(push(server, record(number, **{"@deleted": "true"})).body)
        elif is_there and verb == "edit":
            server.edit("org_organisation", UUID.format(number), {"acronym": f"A{value}"})
        elif is_there:
            server.forget("org_organisation", UUID.format(number))
    return answers
