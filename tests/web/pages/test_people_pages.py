"""Peers, the team and sync at the screen: what is done, what is refused, and what a result says."""

import json
from pathlib import Path
from uuid import UUID

from edenmesh.web.visiting import Right
from tests.net.loop import in_loop, until
from tests.node.devices import World, address, is_connected, pair, part, running, sync, team
from tests.node.test_guests import SHELTER, guest_of, two_teams
from tests.web.pages.browser import browsing

TABLE = "org_facility"
COUNT = 6000


@in_loop
async def test_a_peer_is_stopped_allowed_and_barred_after_its_consequences_were_ticked(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo), browsing(amina) as hers:
        await sync(bo, amina)
        page = await hers.open("/peers")
        assert "Bo" in page.text
        assert "everything was on both devices" in page.text
        link = next(one for one in page.links if one.startswith("/peers/d-"))
        page = await hers.open(link)
        page = await hers.press(page, f"{link}/stop")
        assert "exchanges nothing with it any more" in page.text
        assert not amina.peers()[0].is_allowed
        await until(lambda: not is_connected(amina, bo))
        await hers.press(page, f"{link}/allow", "Exchange with it")
        assert amina.peers()[0].is_allowed
        page = await hers.open(f"{link}/revoke")
        assert "Its key never comes back." in page.text
        refused = await hers.press(page, f"{link}/revoke", status=400)
        assert "Tick that you know what it means" in refused.text
        assert not amina.peers()[0].is_revoked
        await hers.send(f"{link}/revoke", {"understood": "1", "form_token": "another"}, status=403)
        assert not amina.peers()[0].is_revoked
        page = await hers.press(page, f"{link}/revoke", understood="1")
        assert "Bo is barred." in page.text
        assert amina.peers()[0].is_revoked
        assert not page.has_form(f"{link}/allow")
        twice = await hers.send(f"{link}/allow", {}, status=403)
        assert "not a member" in twice.text


@in_loop
async def test_who_may_only_look_changes_nothing_about_people(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo), browsing(amina, right=Right.DECIDE) as phone:
        peer = f"/peers/{amina.peers()[0].device}"
        seen = 0
        for path in ("/peers", peer, "/team", "/sync"):
            page = await phone.open(path)
            assert not page.forms, path
            seen += 1
        for path in (
            f"{peer}/allow",
            f"{peer}/stop",
            f"{peer}/revoke",
            "/team/give",
            "/team/take",
            "/sync/start",
        ):
            await phone.send(path, {"understood": "1", "member": bo.name, "role": "gateway"}, status=403)
            seen += 1
        assert seen == 10
        assert amina.peers()[0].is_allowed
        await phone.open("/peers/d-nobody", status=400)


@in_loop
async def test_roles_are_given_and_taken_and_a_lone_steward_is_warned(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo), browsing(amina) as hers, browsing(bo) as his:
        page = await hers.open("/team")
        assert "make a second steward" in page.text
        device = next(one.device for one in amina.members() if one.name == "Bo")
        for role in ("gateway", "introducer", "steward"):
            page = await hers.press(page, "/team/give", holding={"member": device, "role": role})
        assert next(one.roles for one in amina.members() if one.name == "Bo") == ("steward", "introducer", "gateway")
        assert "make a second steward" not in page.text
        page = await hers.press(page, "/team/take", holding={"member": device, "role": "gateway"})
        assert next(one.roles for one in amina.members() if one.name == "Bo") == ("steward", "introducer")
        twice = await hers.send("/team/take", {"member": device, "role": "gateway"}, status=400)
        assert "is not a gateway" in twice.text
        await hers.send("/team/give", {"member": device, "role": "queen"}, status=400)
        own = next(one.device for one in bo.members() if one.name == "Bo")
        await his.send("/team/give", {"member": own, "role": "steward"}, status=403)  # he has not heard of his roles


@in_loop
async def test_a_sync_says_everything_only_where_it_is(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo), browsing(bo) as his:
        uuids = [amina.add(TABLE, {"name": f"School {number}"}).uuid for number in range(30)]
        bo.add(TABLE, {"name": "Store"})
        page = await his.press(await his.open("/sync"), "/sync/start", "Sync now")
        page = await his.sees("/sync", "Everything is on both devices.")
        assert "30 changes received" in page.text
        assert "1 given" in page.text
        bo.deletions.purging.purge([(TABLE, uuids[0])], is_unreceived_accepted=True)
        page = await his.sees("/sync", "Sync now")
        await his.press(page, "/sync/start", "Sync now")
        page = await his.sees("/sync", "Not everything is on both devices yet:")
        assert "Everything is on both devices." not in page.text
        assert "purged" in page.text


@in_loop
async def test_a_sync_that_finds_nobody_is_said_and_taken_up_by_the_same_button(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo), browsing(bo) as his:
        amina.add(TABLE, {"name": "School"})
        await amina.stop()
        page = await his.press(await his.open("/sync"), "/sync/start", "Sync now")
        page = await his.sees("/sync", "The exchange did not come to its end.")
        assert "does not answer" in page.text
        assert "Everything" not in page.text
        await amina.start()
        page = await his.press(page, "/sync/start", "Sync there", address=address(amina), peer=bo.peers()[0].device)
        await his.sees("/sync", "Everything is on both devices.")


@in_loop
async def test_a_sync_that_is_cut_goes_on_where_it_stopped_and_begins_once(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo), browsing(bo) as his:
        rows = [{"@uuid": f"urn:uuid:{UUID(int=number)}", "comments": "x" * 300} for number in range(COUNT)]
        amina.import_document(json.dumps({f"$_{TABLE}": rows}).encode())
        page = await his.open("/sync")
        await his.press(page, "/sync/start", "Sync now")
        job = his.jobs.latest("sync")
        await his.press(page, "/sync/start", "Sync now")  # a second press, another window
        assert his.jobs.latest("sync") is job
        await until(lambda: sum(one.records for one in bo.tables()) > 0)
        await part(bo, amina)
        page = await his.sees("/sync", "The exchange did not come to its end.")
        assert "it goes on where it stopped" in page.text
        assert "Everything" not in page.text
        had = sum(one.records for one in bo.tables())
        assert had < COUNT
        page = await his.sees("/sync", "Sync now")
        await his.press(page, "/sync/start", "Sync now")
        page = await his.sees("/sync", "Everything is on both devices.")
        assert f"{COUNT - had} changes received" in page.text


@in_loop
async def test_a_guest_is_given_what_is_ticked_and_let_go(tmp_path: Path) -> None:
    async with (
        running(World(tmp_path), "Amina", "Bo", "Cleo", "Dan") as (amina, bo, cleo, dan),
        browsing(amina) as hers,
    ):
        await two_teams(amina, bo, cleo, dan)
        link = f"/peers/{guest_of(amina, 'Cleo').device}"
        page = await hers.open(link)
        assert "guest" in page.text
        page = await hers.press(page, f"{link}/share", table=SHELTER)
        assert guest_of(amina, "Cleo").shares == (SHELTER,)
        assert 'value="cr_shelter" checked' in page.html
        await hers.send(f"{link}/share", {"table": SHELTER, "form_token": "another"}, status=403)
        async with browsing(cleo) as theirs:
            await theirs.press(await theirs.open("/sync"), "/sync/start", "Sync with all")
            page = await theirs.sees("/sync", "A guest gets what is shared with it, and no more.")
            assert "in the pen here" in page.text
        page = await hers.open(f"{link}/revoke")
        await hers.press(page, f"{link}/revoke", status=400)
        page = await hers.press(page, f"{link}/revoke", understood="1")
        assert "no guest of this device any more" in page.text
        assert [one.name for one in amina.peers()] == ["Bo"]


@in_loop
async def test_where_there_is_nobody_the_way_to_somebody_is_shown(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), browsing(amina) as hers:
        for path in ("/sync", "/peers"):
            assert "/nearby" in (await hers.open(path)).links
        await hers.send("/sync/start", {})
        await hers.sees("/sync", "no peer to sync with")


@in_loop
async def test_a_guest_is_shown_as_one_with_what_it_is_given(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina", "Bo", "Cleo", "Dan") as (amina, bo, cleo, dan):
        await pair(bo, amina)
        await pair(dan, cleo)
        await pair(cleo, amina)
        amina.guests.share("Cleo", [TABLE])
        async with browsing(amina) as hers:
            page = await hers.open("/peers")
            assert "guest" in page.text
            assert "not in the team" not in page.text
            guest = next(one for one in amina.peers() if one.is_guest)
            page = await hers.open(f"/peers/{guest.device}")
            assert TABLE in page.text
            assert "In the pen here" in page.text


@in_loop
async def test_an_exchange_is_stopped_for_now_and_a_peer_is_blocked_at_the_screen(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo), browsing(amina) as hers, browsing(bo) as his:
        await sync(bo, amina)
        await until(lambda: is_connected(amina, bo))
        page = await hers.press(await hers.open("/sync"), "/sync/stop", "Stop for now")
        assert "stopped for now" in page.text
        assert not is_connected(amina, bo)
        assert "stopped for now" in (await his.open("/sync")).text
        await hers.press(page, "/sync/start", "Sync now")
        page = await hers.sees("/sync", "Everything is on both devices.")
        link = f"/peers/{amina.peers()[0].device}"
        page = await hers.press(await hers.open(link), f"{link}/block", "Block it")
        assert "blocked here" in page.text
        assert not page.has_form(f"{link}/allow")
        await until(lambda: not is_connected(amina, bo))
        assert "blocked here" in (await hers.open("/peers")).text
        page = await hers.press(page, f"{link}/unblock", "Lift the block")
        assert "blocked here" not in page.text
        assert amina.peers()[0].is_allowed
