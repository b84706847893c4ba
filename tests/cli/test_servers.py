"""Delivery at the command line: to our stand-in for a Sahana Eden, and to servers that are none."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from edenmesh.demo.dataset import make_dataset
from edenmesh.standin import USERS, StandinServer
from tests.cli.processes import Home, make_home


class WebPage(BaseHTTPRequestHandler):
    """A server that answers everything with a page for people."""

    def do_GET(self) -> None:
        content = b"<html><body>Welcome to the hotel's network</body></html>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Say nothing."""


@pytest.fixture
def hotel() -> Iterator[str]:
    """The address of such a server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), WebPage) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def office(tmp_path: Path) -> Home:
    """A device with a few records."""
    home = make_home(tmp_path, "Office")
    dataset = make_dataset(3, people=8, facilities=4, reports=0)
    for table in ("org_organisation", "org_facility", "pr_person"):
        file = tmp_path / f"{table}.s3json"
        file.write_bytes(dataset.documents[table])
        home.ask("import", str(file))
    return home


def name_server(home: Home, url: str) -> None:
    password = home.path.parent / "password"
    password.write_text(f"{USERS[0].password}\n")
    password.chmod(0o600)
    words = ("--url", url, "--allow-http", "--user", USERS[0].email, "--password-file", str(password))
    assert home.ask("destination", "set", "lab", *words)["name"] == "lab"


def test_what_is_delivered_was_planned_and_read_back(office: Home) -> None:
    server = StandinServer()
    server.start()
    try:
        name_server(office, server.url)
        listed = office.ask("destination", "list")
        assert [one["name"] for one in listed] == ["lab"]
        assert USERS[0].password not in str(listed)
        assert all(one["is_well"] for one in office.ask("destination", "test"))
        plan = office.ask("deliver", "--plan")
        records = office.ask("status")["records"]
        assert {one["action"] for one in plan} == {"create"}
        assert len(plan) == records >= 50
        shown = office.call("deliver", "--plan", "--offline")
        assert shown.code == 0
        assert len(shown.out.splitlines()) == records + 1

        done = office.spawn("deliver")
        assert done.code == 0, done
        assert f"Delivered {records:,} records, all read back" in done.out
        assert "0 are still owed" in done.out
        owed = office.ask("status")["destinations"][0]
        assert (owed["delivered"], owed["owed"]) == (records, 0)
        pulled = office.call("pull", "--only", "records")
        assert pulled.code == 0, pulled
        assert "records seen" in pulled.out
    finally:
        server.stop()
    before = office.ask("record", "list")
    office.ask("record", "add", "org_organisation", "name=Late")
    office.call("deliver").refused(1, "still owed")
    assert office.ask("status")["destinations"][0]["owed"] == 1
    assert len(office.ask("record", "list")) == len(before)
    assert office.call("destination", "remove", "lab").code == 0
    office.call("deliver").refused(2, "No destination is known", "destination set")


def test_a_page_for_people_is_no_server_and_nothing_counts_as_delivered(office: Home, hotel: str) -> None:
    name_server(office, hotel)
    checks = office.ask("destination", "test", code=1)
    assert [one["name"] for one in checks if not one["is_well"]]
    office.call("deliver").refused(1, "still owed")
    office.call("pull").refused(1)
    owed = office.ask("status")["destinations"][0]
    assert (owed["delivered"], owed["owed"] > 50) == (0, True)


def test_a_server_without_tls_is_named_on_purpose_only(office: Home) -> None:
    office.call("destination", "set", "lab", "--url", "http://127.0.0.1:1").refused(1, "http")
    assert office.ask("destination", "list") == []
