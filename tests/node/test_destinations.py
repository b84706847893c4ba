"""Destinations: what a device notes of servers, and what it finds out about one without changing anything there."""

from pathlib import Path

import pytest

from edenmesh.errors import InvalidInput, UsageError
from edenmesh.node import Device, plain
from edenmesh.standin import USERS, StandinServer
from tests.eden.relay import Relay
from tests.net.loop import in_loop
from tests.node.gateway import deliver, device_at


def set_other(device: Device, name: str, url: str, pin: str = "") -> None:
    user = USERS[0]
    device.set_destination(
        name, url, user=user.email, password=user.password, pin=pin, is_http_allowed=url.startswith("http:")
    )


def test_a_destination_is_shown_without_its_password_and_kept_under_one_name(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        set_other(device, "server", "https://eden.example.org/eden/")
        set_other(device, "camp", "https://camp.example.org/eden")
        assert [(one.name, one.url) for one in device.destinations()] == [
            ("camp", "https://camp.example.org/eden"),
            ("server", "https://eden.example.org/eden"),
        ]
        assert USERS[0].password not in str(plain(device.destinations()))
        with pytest.raises(UsageError, match="Several destinations") as raised:
            device.exchanges.send_again()
        assert "camp, server" in raised.value.do
        device.exchanges.destinations.drop("camp")
        with pytest.raises(UsageError, match="no destination called 'camp'"):
            device.exchanges.send_again("camp")
        with pytest.raises(InvalidInput, match="needs a name"):
            set_other(device, "  ", "https://eden.example.org/eden")


@in_loop
async def test_a_good_server_passes_every_check(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        checks = await device.exchanges.destinations.test()
        assert [(one.name, one.is_well) for one in checks] == [
            ("connection", True),
            ("Sahana Eden", True),
            ("login", True),
        ]
        assert not any(seen.method != "GET" for seen in server.requests)


@in_loop
async def test_each_thing_that_is_wrong_is_named_with_what_to_do(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        server.faults.answers_html = True
        checks = await device.exchanges.destinations.test()
        assert [(one.name, one.is_well, bool(one.do)) for one in checks][-1] == ("Sahana Eden", False, True)
        server.faults.clear()
        device.set_destination("server", server.url, user="me", password="wrong", is_http_allowed=True)
        checks = await device.exchanges.destinations.test()
        assert [(one.name, one.is_well, bool(one.do)) for one in checks][-1] == ("login", False, True)
        limited = USERS[1]
        device.set_destination(
            "server", server.url, user=limited.email, password=limited.password, is_http_allowed=True
        )
        checks = await device.exchanges.destinations.test()
        assert "event_incident_report" in checks[-1].text
        closed = server.url
    with StandinServer() as other, device_at(tmp_path / "b", other) as device:
        set_other(device, "server", closed)
        checks = await device.exchanges.destinations.test()
        assert [(one.name, one.is_well, bool(one.do)) for one in checks] == [("connection", False, True)]


@in_loop
async def test_a_key_is_shown_to_be_pinned_and_then_holds(tmp_path: Path) -> None:
    with StandinServer() as server:
        async with Relay(server, is_tls=True) as relay:
            with device_at(tmp_path, server) as device:
                set_other(device, "server", relay.url)
                checks = await device.exchanges.destinations.test("server")
                assert [(one.name, one.is_well) for one in checks] == [("key", True), ("connection", False)]
                pin = checks[0].text.split()[4].rstrip(";")
                set_other(device, "server", relay.url, pin)
                assert all(one.is_well for one in await device.exchanges.destinations.test("server"))
                device.add("org_organisation", {"name": "Aid"})
                assert (await deliver(device)).owed_total == 0
                set_other(device, "server", relay.url, "00" * 32)
                checks = await device.exchanges.destinations.test("server")
                assert [(one.name, one.is_well) for one in checks] == [("key", False), ("connection", False)]
