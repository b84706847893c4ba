"""The stand-in as a process and as an object: starting, stopping, and what people at the server do."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

import edenmesh
from edenmesh.standin import FORMS, USERS, StandinServer
from tests.standin.client import UUID, Client, organisation
from tests.standin.replay import Clock

SOURCE = str(Path(edenmesh.__path__[0]).parent)
ENVIRONMENT = {**os.environ, "PYTHONPATH": SOURCE}


async def _read_forms() -> int:
    async with StandinServer() as server, httpx.AsyncClient() as client:
        answer = await client.get(f"{server.url}/mobile/forms.json")
        return len(answer.json())


def test_it_serves_an_event_loop_that_started_it() -> None:
    assert asyncio.run(_read_forms()) == len(FORMS) == 9


def test_two_servers_hold_records_of_their_own(client: Client) -> None:
    client.push("org_organisation", organisation(1))
    with StandinServer() as other:
        assert other.url != client.server.url
        assert other.uuids("org_organisation") == []
    assert client.server.uuids("org_organisation") == [UUID.format(1)]


def test_it_stops_with_connections_open_and_can_start_again_with_its_records() -> None:
    server = StandinServer().start()
    client = Client(server)
    with client.http:
        client.push("org_organisation", organisation(1))
        server.stop()
        port = int(server.origin.rpartition(":")[2])
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0
        with server:
            assert server.origin.endswith(f":{port}")
            assert [record["@uuid"] for record in client.pull("org_organisation")] == [UUID.format(1)]


def test_a_body_that_breaks_off_is_not_taken_for_a_request(server: StandinServer) -> None:
    with socket.create_connection(("127.0.0.1", int(server.origin.rpartition(":")[2]))) as connection:
        connection.sendall(b"POST /eden/org/organisation.s3json HTTP/1.1\r\nContent-Length: 400\r\n\r\n{")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""
    assert server.requests == []


def test_a_body_in_chunks_is_read(client: Client) -> None:
    pieces = iter([b'{"$_org_organisation": [{"@uuid": "urn:uuid:1", ', b'"name": "Chunks"}]}'])
    answer = client.http.post(client.address("org_organisation"), content=pieces)
    assert answer.json()["created"] == [1]


def test_people_edit_delete_and_make_records_at_the_server() -> None:
    clock = Clock(datetime(2031, 1, 1, tzinfo=UTC))
    with StandinServer(clock=clock) as server:
        uuid = server.create("org_organisation", {"name": "Made here", "acronym": "MH"})
        clock.now += timedelta(minutes=5)
        server.edit("org_organisation", uuid, {"name": "Changed here", "acronym": None})
        record = server.record("org_organisation", uuid)
        assert record is not None
        assert (record["name"], record["@modified_on"]) == ("Changed here", "2031-01-01T00:05:00")
        assert (record["@created_on"], record["@modified_by"]) == ("2031-01-01T00:00:00", USERS[0].email)
        assert "acronym" not in record
        office = server.create("org_office", {"name": "Hut", "organisation_id": uuid})
        hut = server.record("org_office", office)
        assert hut is not None
        assert hut["$k_organisation_id"] == {"@resource": "org_organisation", "@uuid": uuid, "$": "Changed here"}
        server.delete("org_office", office)
        assert server.record("org_office", office) is None
        with pytest.raises(KeyError):
            server.edit("org_organisation", uuid, {"colour": "red"})


def test_a_forgotten_record_leaves_no_trace_and_a_deleted_one_keeps_its_row(client: Client) -> None:
    client.push("org_organisation", organisation(1), organisation(2))
    client.server.forget("org_organisation", UUID.format(1))
    client.server.delete("org_organisation", UUID.format(2))
    answer = client.push("org_organisation", organisation(1), organisation(2))
    assert (answer["created"], answer["updated"]) == ([3], [2])


def test_a_server_set_back_has_its_older_state_and_row_ids_again(client: Client) -> None:
    client.push("org_organisation", organisation(1, name="First"))
    before = client.server.snapshot()
    client.push("org_organisation", organisation(1, name="Second"), organisation(2))
    client.server.restore(before)
    assert [record["name"] for record in client.pull("org_organisation")] == ["First"]
    assert client.push("org_organisation", organisation(3))["created"] == [2]


def test_what_people_do_can_be_asked_for_over_http(client: Client) -> None:
    controls = f"{client.server.origin}/standin"
    uuid = UUID.format(7)
    steps = [
        ("create", {"table": "org_organisation", "uuid": uuid, "fields": {"name": "One"}}),
        ("snapshot", {}),
        ("edit", {"table": "org_organisation", "uuid": uuid, "fields": {"name": "Two"}}),
        ("delete", {"table": "org_organisation", "uuid": uuid}),
        ("restore", {}),
    ]
    for verb, body in steps:
        assert client.http.post(f"{controls}/{verb}", json=body).json() == {"done": verb}
    assert [record["name"] for record in client.pull("org_organisation")] == ["One"]
    client.http.post(f"{controls}/forget", json={"table": "org_organisation", "uuid": uuid})
    assert client.server.uuids("org_organisation") == []
    assert client.http.post(f"{controls}/edit", json={"table": "org_castle", "uuid": uuid}).status_code == 400
    assert client.http.post(f"{controls}/dance").status_code == 400


def test_requests_are_counted_by_method_and_path(client: Client) -> None:
    client.push("org_organisation", organisation(1))
    client.pull("org_organisation")
    client.pull("pr_person")
    assert client.server.count("GET") == 2
    assert client.server.count("POST", "/org/organisation.s3json") == 1
    assert [seen.status for seen in client.server.requests] == [200, 200, 200]


def test_it_runs_by_hand_and_stops_at_a_signal() -> None:
    command = [sys.executable, "-W", "error", "-m", "edenmesh.standin"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        forms = httpx.get(f"{url}/mobile/forms.json").json()
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=10)
    assert forms[0]["t"] == "org_organisation"
    assert (process.returncode, errors) == (0, "")


def test_a_taken_port_is_told_in_words() -> None:
    with StandinServer() as server:
        port = server.origin.rpartition(":")[2]
        command = [sys.executable, "-m", "edenmesh.standin", "--port", port]
        finished = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False, env=ENVIRONMENT)
    assert finished.returncode == 1
    assert f"port {port}" in finished.stderr
    assert "Traceback" not in finished.stderr
