"""The client against the stand-in: what it reads and sends, and what it says of every way in which that can fail."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from edenmesh.core.records import Catalogue, File, Form, Reference
from edenmesh.eden import (
    Answer,
    Batch,
    Document,
    EdenClient,
    Refused,
    Row,
    ServerAddress,
    can_be_asked,
    format_pin,
    plan_delivery,
    read_pin,
)
from edenmesh.errors import AnswerNotUnderstood, DestinationUnreachable, EdenmeshError, InvalidInput, LoginRefused
from edenmesh.standin import USERS, StandinServer
from tests.eden.relay import Relay
from tests.net.loop import in_loop

UUID = "urn:uuid:00000000-0000-5000-8000-{:012d}"
NO_FORMS = Catalogue()


@pytest.fixture
def server() -> Iterator[StandinServer]:
    with StandinServer() as running:
        yield running


def address(url: str, **given: str) -> ServerAddress:
    login = {"user": USERS[0].email, "password": USERS[0].password, **given}
    return ServerAddress.parse(url, is_http_allowed=True, **login)


@asynccontextmanager
async def logged_in(server: StandinServer, seconds: float = 5) -> AsyncIterator[EdenClient]:
    async with EdenClient(address(server.url), timeout_seconds=seconds) as client:
        yield client


async def forms_of(client: EdenClient) -> Catalogue:
    forms = [await client.form(listing) for listing in await client.forms()]
    return Catalogue([form for form in forms if isinstance(form, Form)])


async def push(client: EdenClient, rows: list[Row], catalogue: Catalogue, files: dict[bytes, bytes]) -> list[Answer]:
    def content_of(file: File) -> bytes | None:
        return files.get(file.hash)

    answers = [await client.push(batch, content_of, catalogue) for batch in plan_delivery(rows, catalogue)]
    return [answer for answer in answers if isinstance(answer, Answer)]


# --- addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("https://Eden.Example.ORG/eden/", "https://eden.example.org/eden"),
        (" https://eden.example.org:443/eden ", "https://eden.example.org/eden"),
        ("http://127.0.0.1:8200/eden", "http://127.0.0.1:8200/eden"),
        ("https://[::1]:8443/", "https://[::1]:8443"),
        ("https://bücher.example/eden", "https://xn--bcher-kva.example/eden"),
    ],
)
def test_one_server_has_one_address_however_it_is_typed(typed: str, url: str) -> None:
    assert address(typed).url == url
    assert address(typed).id == address(url).id
    assert USERS[0].password not in repr(address(typed))


@pytest.mark.parametrize(
    "typed", ["", "eden", "ftp://x/eden", "https://", "https://me:secret@x/eden", "https://x/eden?a=b", "https://x:a/"]
)
def test_what_is_no_address_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        ServerAddress.parse(typed, is_http_allowed=True)
    assert "https://eden.example.org/eden" in raised.value.do


def test_plain_http_needs_a_word_of_its_own_and_takes_no_pin() -> None:
    with pytest.raises(InvalidInput, match="plain http"):
        ServerAddress.parse("http://127.0.0.1/eden")
    with pytest.raises(InvalidInput, match="https only"):
        ServerAddress.parse("http://127.0.0.1/eden", pin="0" * 64, is_http_allowed=True)


def test_a_pin_is_read_in_both_ways_people_write_it() -> None:
    pin = bytes(range(32))
    for text in (format_pin(pin), pin.hex(), pin.hex(":")):
        assert ServerAddress.parse("https://x/eden", pin=text).pin == pin
    with pytest.raises(InvalidInput, match="not the SHA-256"):
        ServerAddress.parse("https://x/eden", pin=format_pin(pin)[:-4])


@pytest.mark.parametrize("uuid", ["a,b", 'a"b', "a b\n", " a", "NONE", "a*", "a&b=c", "a#b", "a%20"])
def test_a_uuid_that_a_filter_would_misread_is_not_asked_for(uuid: str) -> None:
    assert not can_be_asked(uuid)


# --- reading and writing ----------------------------------------------------------------------------------------------


@in_loop
async def test_forms_are_read_with_their_kinds_and_components() -> None:
    with StandinServer() as server:
        async with logged_in(server) as client:
            catalogue = await forms_of(client)
    assert len(catalogue.forms) == 9
    year = catalogue.field("org_organisation", "year")
    assert year is not None
    assert year.kind == "integer"
    assert catalogue.component("pr_person", "pr_contact") is not None


@in_loop
async def test_what_was_pushed_is_read_back_by_uuid_with_its_components_and_files() -> None:
    picture = b"\x89PNG\r\n\x1a\nnot much of a picture"
    photo = File(b"\1" * 32, 'Zoë\'s "pier".png', "image/png", len(picture))
    master = Reference("event_incident_report", UUID.format(1))
    rows = [
        Row(table="event_incident_report", uuid=UUID.format(1), fields={"name": "Ford", "description": "R & D <b>"}),
        Row(table="doc_image", uuid=UUID.format(2), fields={"$master": master, "name": "Pier", "file": photo}),
    ]
    with StandinServer() as server:
        async with logged_in(server) as client:
            catalogue = await forms_of(client)
            answers = await push(client, rows, catalogue, {photo.hash: picture})
            assert [(answer.is_success, answer.record_count, answer.rejections) for answer in answers] == [
                (True, 1, ())
            ]
            uuids = [UUID.format(1), UUID.format(9)]
            document = await client.read("event_incident_report", uuids, catalogue, ["doc_image"])
            assert isinstance(document, Document)
            assert [row.key for row in document.rows] == [row.key for row in rows]
            assert document.rows[0].fields["description"] == "R & D <b>"
            pending = document.rows[1].files["file"]
            assert await client.download(pending.url) == picture
            assert await client.download("http://192.0.2.1/eden/default/download/" + "x" * 20) == Refused(
                404, "The server answers 404 for a file it named."
            )
            refused = await client.download("http://192.0.2.1/secret.png")
            assert isinstance(refused, Refused)
        assert server.fetched == []


@in_loop
async def test_pages_cover_a_table_once() -> None:
    count = 250
    with StandinServer() as server:
        for number in range(count):
            server.create("org_organisation", {"name": f"O{number}"}, UUID.format(number))
        async with logged_in(server) as client:
            found: list[str] = []
            while len(found) % 200 == 0:
                document = await client.page("org_organisation", len(found), NO_FORMS)
                assert isinstance(document, Document)
                found.extend(row.uuid for row in document.rows if row.table == "org_organisation")
    assert sorted(found) == [UUID.format(number) for number in range(count)]


@in_loop
async def test_what_concerns_one_table_is_a_value_and_no_error() -> None:
    with StandinServer() as server:
        login = address(server.url, user=USERS[1].email, password=USERS[1].password)
        async with EdenClient(login) as client:
            assert await client.read("foo_bar", [UUID.format(1)], NO_FORMS) == Refused(
                404, "The server has no table foo_bar."
            )
            refused = await client.read("event_incident_report", [UUID.format(1)], NO_FORMS)
            assert refused == Refused(
                403, f"The login '{USERS[1].email}' has no right to the table event_incident_report."
            )


# --- what goes wrong --------------------------------------------------------------------------------------------------


async def read_one(client: EdenClient) -> Document | Refused:
    return await client.read("org_organisation", [UUID.format(1)], NO_FORMS)


async def push_one(client: EdenClient) -> Answer | Refused:
    row = Row(table="org_organisation", uuid=UUID.format(1), fields={"name": "One"})
    batch = Batch(controller="org", function="organisation", table="org_organisation", rows=(row,))
    return await client.push(batch, lambda _: None, NO_FORMS)


@pytest.mark.parametrize("is_push", [False, True])
@pytest.mark.parametrize(
    ("switches", "error", "words"),
    [
        ({"answers_html": True}, AnswerNotUnderstood, "not understood"),
        ({"cuts_answer": True}, AnswerNotUnderstood, "broke off in the middle"),
        ({"loses_answer": True}, AnswerNotUnderstood, "broke off in the middle"),
        ({"hangs": True}, DestinationUnreachable, "does not answer"),
        ({"status": 401}, LoginRefused, "does not accept the login"),
        ({"status": 503}, DestinationUnreachable, "not running"),
        ({"status": 303}, AnswerNotUnderstood, "sends us on"),
    ],
)
def test_every_failure_has_its_error_and_clear_words(
    server: StandinServer, is_push: bool, switches: dict[str, object], error: type[EdenmeshError], words: str
) -> None:
    async def run() -> None:
        async with logged_in(server, seconds=0.3) as client:
            with pytest.raises(error, match=words) as raised:
                await (push_one(client) if is_push else read_one(client))
            assert raised.value.kept.startswith("Every record is still here")
            assert raised.value.do
            server.faults.clear()
            assert not isinstance(await read_one(client), Refused)

    for name, value in switches.items():
        setattr(server.faults, name, value)
    asyncio.run(run())


@in_loop
async def test_a_broken_request_is_told_from_a_broken_server() -> None:
    with StandinServer() as server:
        async with logged_in(server) as client:
            server.faults.status = 500
            answer = await push_one(client)
    assert isinstance(answer, Refused)
    assert answer.is_failure
    assert "answers 500" in answer.what


@in_loop
async def test_nobody_there_is_said_so() -> None:
    with StandinServer() as server:
        closed = server.url
    async with EdenClient(address(closed)) as client:
        with pytest.raises(DestinationUnreachable, match="cannot be reached"):
            await client.forms()


@in_loop
async def test_json_that_is_no_export_does_not_mean_that_nothing_is_there() -> None:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
        await writer.drain()
        writer.close()

    portal = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = portal.sockets[0].getsockname()[1]
    async with EdenClient(address(f"http://127.0.0.1:{port}/eden")) as client:
        with pytest.raises(AnswerNotUnderstood, match="no export"):
            await read_one(client)
    portal.close()


@in_loop
async def test_an_endless_answer_is_cut_at_a_bound() -> None:
    async def pour(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        try:
            while True:
                writer.write(b" " * 1_000_000)
                await writer.drain()
        except ConnectionError:
            writer.close()

    endless = await asyncio.start_server(pour, "127.0.0.1", 0)
    port = endless.sockets[0].getsockname()[1]
    async with EdenClient(address(f"http://127.0.0.1:{port}/eden")) as client:
        with pytest.raises(AnswerNotUnderstood, match="more than"):
            await client.forms()
    endless.close()


# --- TLS --------------------------------------------------------------------------------------------------------------


@in_loop
async def test_a_pinned_key_is_believed_though_no_authority_signed_it() -> None:
    with StandinServer() as server:
        async with Relay(server, is_tls=True) as relay:
            async with EdenClient(address(relay.url, pin=format_pin(relay.pin))) as client:
                assert len(await client.forms()) == 9
            assert await read_pin(relay.url, 5) == relay.pin


@in_loop
async def test_with_another_key_nothing_of_ours_leaves() -> None:
    with StandinServer() as server:
        async with Relay(server, is_tls=True) as relay:
            async with EdenClient(address(relay.url, pin="00" * 32)) as client:
                with pytest.raises(DestinationUnreachable, match="not the pinned one") as raised:
                    await client.forms()
            assert format_pin(relay.pin) in raised.value.what
            async with EdenClient(address(relay.url)) as client:
                with pytest.raises(DestinationUnreachable, match="No safe connection"):
                    await client.forms()
            assert bytes(relay.sent) == b""
        assert server.requests == []
