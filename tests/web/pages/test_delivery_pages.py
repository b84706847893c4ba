"""Servers and deliveries at the screen: set up and tested, a plan before, figures, what is left over and why."""

from pathlib import Path

from edenmesh.standin import USERS, StandinServer
from edenmesh.web.visiting import Right
from tests.net.loop import in_loop
from tests.node.devices import World, running
from tests.node.gateway import audit, device_at, import_all, small_dataset
from tests.web.pages.browser import Browser, browsing

TABLE = "org_organisation"


async def set_up(hers: Browser, server: StandinServer) -> None:
    page = await hers.open("/servers/new")
    user = USERS[0]
    page = await hers.press(
        page,
        "/servers/new",
        name="office",
        url=server.url,
        user=user.email,
        password=user.password,
        is_http_allowed="1",
    )
    assert "is let in" in page.text
    assert "not pinned" in page.text


@in_loop
async def test_a_server_is_set_up_tested_pinned_changed_and_forgotten(tmp_path: Path) -> None:
    with StandinServer() as server:
        async with running(World(tmp_path), "Amina") as (amina,), browsing(amina) as hers:
            assert "No server yet" in (await hers.open("/deliveries")).text
            refused = await hers.send("/servers/new", {"name": "", "url": ""}, status=400)
            assert refused.html.count('aria-invalid="true"') == 2
            for fields in ({"url": server.url}, {"url": "rubbish"}, {"url": "ftp://x"}):
                page = await hers.send("/servers/new", {"name": "office", **fields}, status=400)
                assert f'value="{fields["url"]}"' in page.html  # what was typed is there
            assert not amina.destinations()
            await set_up(hers, server)
            # Without a new password the old one stays; the page never shows it.
            page = await hers.open("/servers/new?name=office")
            assert USERS[0].password not in page.html
            await hers.press(page, "/servers/new", user=USERS[0].email, is_http_allowed="1")
            page = await hers.open("/servers/one?name=office&test=1")
            assert "is let in" in page.text
            page = await hers.press(page, "/servers/pin")
            assert amina.destinations()[0].is_pinned
            assert "pinned for the team" in page.text
            await hers.press(page, "/servers/forget", status=400)
            assert amina.destinations()[0].is_set_up
            await hers.press(page, "/servers/forget", sure="1")
            assert not amina.destinations()[0].is_set_up
            await hers.open("/servers/one?name=nobody", status=400)


@in_loop
async def test_a_plan_comes_before_and_a_delivery_says_what_it_did(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        import_all(device, small_dataset())
        async with browsing(device) as hers:
            page = await hers.open("/deliveries")
            owed = device.status().destinations[0].owed
            assert f"{owed} still owed" in page.text
            plan = await hers.open("/deliveries/plan?server=server")
            assert f"Deliver {owed} records" in plan.text
            assert "new there" in plan.text
            assert not any(seen.method == "POST" for seen in server.requests), "a plan sends nothing"
            page = await hers.press(plan, "/deliveries/deliver")
            page = await hers.sees("/deliveries", "nothing owed")
            assert f"{owed} records sent" in page.text
            assert audit(device, server).owed == 0
            plan = await hers.open("/deliveries/plan?server=server")
            assert "Nothing would be sent" in plan.text
            page = await hers.press(await hers.open("/deliveries"), "/deliveries/pull")
            page = await hers.sees("/deliveries", "brought")
            assert "records seen, something new in" in page.text


@in_loop
async def test_what_is_rejected_or_held_is_listed_with_the_reason_and_the_record(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        rejected = device.add(TABLE, {"name": "Aid"}).uuid
        server.faults.stores_nothing = True
        async with browsing(device) as hers:
            await hers.press(await hers.open("/deliveries"), "/deliveries/deliver")
            page = await hers.sees("/deliveries", "1 rejected by the server")
            assert "does not have it" in page.text
            assert any(rejected.rpartition(":")[2] in link for link in page.links)
            assert "nothing owed" not in page.text
            plan = await hers.open("/deliveries/plan?server=server&offline=1")
            assert "in vain so far" in plan.text
            assert "The server was not asked" in plan.text
            server.faults.stores_nothing = False
            page = await hers.press(page, "/deliveries/deliver", "Send the rejected ones once more")
            await hers.sees("/deliveries", "nothing owed")
        assert audit(device, server).false == []


@in_loop
async def test_a_server_that_does_not_answer_is_said_and_nothing_is_lost(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        device.add(TABLE, {"name": "Aid"})
        server.faults.status = 503
        async with browsing(device) as hers:
            plan = await hers.open("/deliveries/plan?server=server")
            assert 'role="alert"' in plan.html
            assert not plan.has_form("/deliveries/deliver")
            assert any("offline=1" in link for link in plan.links)
            await hers.press(await hers.open("/deliveries"), "/deliveries/deliver")
            page = await hers.sees("/deliveries", "503")
            assert 'role="alert"' in page.html
            assert "1 still owed" in page.text
            server.faults.status = None
            await hers.press(page, "/deliveries/deliver", "Deliver")
            await hers.sees("/deliveries", "nothing owed")


@in_loop
async def test_without_the_right_nothing_is_sent_and_no_server_is_seen_into(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        device.add(TABLE, {"name": "Aid"})
        async with browsing(device, right=Right.DECIDE) as phone:
            page = await phone.open("/deliveries")
            assert not page.forms
            seen = 0
            for path in ("/servers/new", "/servers/one?name=server", "/deliveries/plan?server=server"):
                await phone.open(path, status=403)
                seen += 1
            for path in (
                "/deliveries/deliver",
                "/deliveries/pull",
                "/deliveries/stop",
                "/servers/new",
                "/servers/pin",
                "/servers/forget",
            ):
                await phone.send(path, {"server": "server", "name": "server", "sure": "1"}, status=403)
                seen += 1
            assert seen == 9
        async with browsing(device) as hers:
            await hers.send("/deliveries/deliver", {"server": "server", "form_token": "no"}, status=403)
            await hers.send("/deliveries/deliver", {}, status=400)
        assert not server.requests
