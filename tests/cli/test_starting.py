"""`edenmesh` alone, and phones at the command line: browsers and phones get in, and only those who were let in."""

import ssl
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from edenmesh.web.doors.keeping import visitor_with
from edenmesh.web.visiting import Right
from tests.cli.processes import ALONE, Home, make_home

LOOPBACK = ("--host", "127.0.0.1", *ALONE)


@contextmanager
def come_in(entrance: str, verify: ssl.SSLContext | bool = True) -> Iterator[httpx.Client]:
    """Enter as the entrance page does."""
    address, _, token = entrance.partition("/door/enter#")
    with httpx.Client(base_url=address, headers={"Origin": address}, verify=verify) as http:
        answer = http.post("/door/enter", json={"token": token})
        assert answer.status_code == 204, answer.text
        yield http


def test_alone_it_runs_the_device_and_a_second_time_it_only_opens_the_browser(tmp_path: Path) -> None:
    home = make_home(tmp_path, "Amina")
    with home.talk("start", "--no-browser", *LOOPBACK) as talk:
        first = talk.hear("address")
        assert talk.hear("port")
        second = home.spawn("--no-browser", "--json")
        assert second.code == 0, second
        assert second.json["is_open"] is False
        entrances = [first, second.json["address"]]
        assert len(set(entrances)) == 2
        for entrance in entrances:
            with come_in(entrance) as http:
                assert http.get("/api/status").json()["name"] == "Amina"
                assert http.post("/api/visible", json={}).status_code == 403, "no form token was asked for"
        shown = home.spawn("--no-browser")
        assert shown.out.startswith("Open in a browser: http://127.0.0.1:")
        assert home.call("status").code == 0


def test_where_there_is_no_device_yet_the_browser_is_asked_to_make_one(tmp_path: Path) -> None:
    home = Home(tmp_path, "Nobody")
    with home.talk("start", "--no-browser", *LOOPBACK) as talk, come_in(talk.hear("address")) as http:
        page = http.get("/", follow_redirects=True)
        assert page.url.path == "/start"
        assert not (home.path / "key").exists()


def test_the_address_that_lets_in_is_in_no_argument_and_in_a_file_of_the_owners_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, told, browser = make_home(tmp_path, "Amina"), tmp_path / "told", tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$@" > {told}.part && mv {told}.part {told}\n')
    browser.chmod(0o700)
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    with home.talk("start", *LOOPBACK) as talk:
        entrance = talk.hear("address")
        give_up = time.monotonic() + 10
        while not told.exists() and time.monotonic() < give_up:
            time.sleep(0.02)
        address = told.read_text().strip()
        assert address.startswith("file://")
        file = Path(address.removeprefix("file://"))
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
        assert entrance in file.read_text()
        assert entrance.partition("#")[2] not in Path(f"/proc/{talk.process.pid}/cmdline").read_text()
    assert not file.exists()


def test_run_shows_the_address_and_never_what_lets_in(tmp_path: Path) -> None:
    home = make_home(tmp_path, "Amina")
    with home.talk("run", *LOOPBACK) as talk:
        talk.hear("port")
        assert "#" not in talk.hear("address")
        assert home.spawn("--no-browser", "--json").json["address"].count("#") == 1
    with home.talk("run", "--no-web", *LOOPBACK) as talk:
        talk.hear("port")
        home.spawn("--no-browser").refused(1, "without a door for browsers", "edenmesh run --web")


def test_a_phone_is_let_in_fills_a_record_and_is_out_when_revoked(tmp_path: Path) -> None:
    home = make_home(tmp_path, "Amina")
    assert "The door for phones is closed" in home.spawn("phone", "list").out
    home.spawn("phone", "open").refused(1, "does not run")
    with home.running():
        early = home.ask("phone", "add", "Cy", "--right", "look")
        assert early["address"] == ""
        door = home.ask("phone", "open", "--hours", "8")
        assert len(door["fingerprint"]) == 95
        added = home.ask("phone", "add", "Bo's phone")
        with come_in(added["address"], verify=_trusting()) as phone:
            body = {"table": "org_organisation", "values": {"name": "Red Cross"}}
            assert phone.post("/api/records", json=body).status_code == 403
            made = phone.post("/api/records", json=body, headers={"X-Form-Token": _token(phone)})
            assert made.status_code == 201, made.text
            listed = home.spawn("phone", "list").out
            assert "Bo's phone\tfill\tyes" in listed
            assert door["fingerprint"] in listed
            uuid = made.json()["uuid"]
            assert "Bo's phone (account) via Amina" in home.spawn("history", "org_organisation", uuid).out
            assert home.call("phone", "revoke", "Bo's phone").code == 0
            assert phone.get("/api/status").status_code == 401
        home.spawn("phone", "enter", "Bo's phone").refused(1, "was revoked")
        assert home.call("phone", "close").code == 0
        home.spawn("phone", "enter", "Cy").refused(1, "is closed")


def _trusting() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _token(http: httpx.Client) -> str:
    """The token of the session's forms, as the screens have it."""
    (secret,) = http.cookies.values()
    return visitor_with(secret, Right.FILL).token


def test_nothing_of_what_lets_in_stands_in_the_output_of_a_program_nobody_watches(tmp_path: Path) -> None:
    home = make_home(tmp_path, "Amina")
    with home.talk("start", "--no-browser", *LOOPBACK) as talk:
        talk.hear("port")
        shown = home.spawn()
        assert "#" not in shown.out
