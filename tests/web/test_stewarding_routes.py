"""Decisions of stewards and the quarantine over the socket of a device: what is answered, and what is refused."""

from pathlib import Path

from edenmesh.core.ids import DeviceId, format_id
from tests.net.loop import in_loop
from tests.node.devices import World, running
from tests.store.making import Author
from tests.web.local import served

HALF = "\ud800"


@in_loop
async def test_bad_requests_about_decisions_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), served(amina, tmp_path / "amina") as local:
        entries = len(amina._parts.team.charter.entries)
        asked = 0
        for method, path, body in (
            ("POST", "/api/roles/give", {}),
            ("POST", "/api/roles/give", {"peer": "Amina"}),
            ("POST", "/api/roles/give", {"peer": "nobody", "role": "gateway"}),
            ("POST", "/api/roles/give", {"peer": "Amina", "role": "gateway"}),
            ("POST", "/api/roles/give", {"peer": "Amina", "role": HALF}),
            ("POST", "/api/roles/take", {"peer": 7, "role": "gateway"}),
            ("PUT", "/api/forms/current", {"table": "cr_shelter"}),
            ("PUT", "/api/forms/current", {"table": "cr_shelter", "form": "f-nothing"}),
            ("POST", "/api/destinations/pin", {}),
            ("POST", "/api/destinations/pin", {"name": "nowhere"}),
            ("POST", "/api/destinations/answer", {"name": "nowhere", "answer": "ours"}),
            ("POST", "/api/destinations/answer", {"answer": "perhaps"}),
            ("POST", "/api/quarantine/accept", {"author": "a-nobody"}),
            ("POST", "/api/quarantine/accept", {"author": "a-nobody", "up_to": "3"}),
            ("POST", "/api/quarantine/accept", {"author": "a-nobody", "up_to": True}),
            ("POST", "/api/quarantine/accept", {"author": "a-nobody", "up_to": 10**30}),
            ("POST", "/api/quarantine/discard", {"author": ""}),
            ("POST", "/api/quarantine/discard", []),
        ):
            await local.refused(method, path, body)
            asked += 1
        await local.refused("POST", "/api/roles/take", {"peer": "Amina", "role": "steward"}, status=403)
        assert asked == 18
        assert len(amina._parts.team.charter.entries) == entries
        assert await local.ask("GET", "/api/forms/current") == []


@in_loop
async def test_the_pen_is_shown_accepted_and_thrown_away_over_the_socket(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), served(amina, tmp_path / "amina") as local:
        kept, thrown = Author(77), Author(78)
        for author in (kept, thrown):
            author.write_many(4)
            with amina._parts.desk.writing() as writing:
                assert writing.pen_part(author.part(0, 4), DeviceId(b"g" * 32))
        seen = await local.ask("GET", "/api/quarantine")
        assert isinstance(seen, dict)
        assert isinstance(seen["pen"], list)
        assert len(seen["pen"]) == 2
        named = {"author": format_id("a", kept.id), "up_to": 3}
        assert await local.ask("POST", "/api/quarantine/accept", named) == {"versions": 3}
        assert await local.ask("POST", "/api/quarantine/discard", {"author": format_id("a", thrown.id)}) == {
            "versions": 4
        }
        seen = await local.ask("GET", "/api/quarantine")
        assert isinstance(seen, dict)
        assert (seen["pen"], amina.status().quarantined) == ([], 1)
