"""Servers over the socket of a device: noted without showing a password, pulled from, delivered to, and refused."""

from pathlib import Path

from edenmesh.standin import USERS, StandinServer
from tests.net.loop import in_loop
from tests.node.devices import World, running
from tests.node.gateway import small_dataset
from tests.web.local import refusal, served

HALF = "\ud800"
USER = USERS[0]


def login(server: StandinServer, name: str = "server") -> dict[str, object]:
    return {
        "name": name,
        "url": server.url,
        "user": USER.email,
        "password": USER.password,
        "is_http_allowed": True,
    }


@in_loop
async def test_records_go_to_a_server_and_come_from_it(tmp_path: Path) -> None:
    dataset = small_dataset()
    with StandinServer() as server:
        async with running(World(tmp_path), "Amina", "Bo") as (amina, bo):
            async with served(amina, tmp_path / "amina") as local:
                noted = await local.ask("PUT", "/api/destinations", login(server))
                assert await local.ask("GET", "/api/destinations") == [noted]
                assert USER.password not in str(noted)
                checks = await local.ask("POST", "/api/destinations/test", {})
                assert isinstance(checks, list)
                assert all(isinstance(check, dict) and check["is_well"] for check in checks)
                for document in dataset.documents.values():
                    amina.import_document(document, files=dataset.photos)
                planned = await local.ask("POST", "/api/deliver/plan", {"offline": True})
                assert isinstance(planned, list)
                assert len(planned) == dataset.records
                lines = await local.lines("POST", "/api/deliver", {"name": "server"})
                result = lines[-1]["result"]
                assert isinstance(result, dict)
                assert (result["delivered"], result["owed_total"]) == (dataset.records, 0)
                assert [line["result"] for line in lines[:-1]] == [None] * (len(lines) - 1)
                assert await local.ask("POST", "/api/deliver/plan", {}) == []
                assert await local.ask("POST", "/api/deliver/lost", {}) == {"answered": 0}
            async with served(bo, tmp_path / "bo") as local:
                await local.ask("PUT", "/api/destinations", login(server))
                [*_, last] = await local.lines("POST", "/api/pull", {"what": "all"})
                assert isinstance(last["result"], dict)
                assert int(str(last["result"]["written"])) >= dataset.records
                assert bo.status().records >= amina.status().records > 20


@in_loop
async def test_a_server_that_is_gone_is_the_last_line_and_nothing_is_lost(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), served(amina, tmp_path / "amina") as local:
        with StandinServer() as server:
            await local.ask("PUT", "/api/destinations", login(server))
        amina.add("org_facility", {"name": "School"})
        for path in ("/api/deliver", "/api/pull"):
            last = (await local.lines("POST", path))[-1]
            assert last["error"] == "DestinationUnreachable"
            assert refusal(last)
        await local.refused("POST", "/api/deliver/plan", {}, status=502)
        assert amina.status().destinations[0].owed == 1
        assert await local.ask("DELETE", "/api/destinations", {"name": "server"}) == {}
        assert await local.ask("GET", "/api/destinations") == []


@in_loop
async def test_bad_requests_about_servers_are_refused(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), served(amina, tmp_path / "amina") as local:
        url = "https://eden.example.org/"
        for body in ({}, {"url": "ftp://x"}, {"url": "http://["}, {"url": url, "name": " "}, {"url": url, "pin": "zz"}):
            await local.refused("PUT", "/api/destinations", body)
        for key in ("name", "url", "user", "password", "pin"):
            await local.refused("PUT", "/api/destinations", {"url": url, key: HALF})
        await local.refused("DELETE", "/api/destinations", {"name": "nobody"})
        for path in ("destinations/test", "deliver/plan", "deliver/lost"):
            assert "No destination is known" in await local.refused("POST", f"/api/{path}", {})
        await local.refused("POST", "/api/pull", {"what": "everything"})
        for path in ("/api/deliver", "/api/pull"):
            [line] = await local.lines("POST", path)
            assert "No destination is known" in refusal(line)
        assert amina.destinations() == []
        checks = await local.ask("GET", "/api/doctor")
        assert isinstance(checks, list)
        assert len(checks) >= 6
