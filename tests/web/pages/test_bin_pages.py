"""What is gone, what has no effect, and phones: the ways back, what is refused, and what is asked before."""

from pathlib import Path

from starlette.applications import Starlette

from edenmesh.node import Device
from edenmesh.web.doors import PhoneDoor
from edenmesh.web.pages.qr import qr_svg
from edenmesh.web.visiting import Right
from tests.net.loop import in_loop, until
from tests.node.devices import World, part, running, sync, team
from tests.node.test_quarantine import cut_off, handed_in
from tests.web.pages.browser import browsing

TABLE = "org_facility"


async def shared(amina: Device, bo: Device, *names: str) -> list[str]:
    """Records that both have."""
    uuids = [amina.add(TABLE, {"name": name}).uuid for name in names]
    assert (await sync(bo, amina)).is_everything
    await part(bo, amina)
    return uuids


@in_loop
async def test_each_kind_of_deletion_stands_alone_with_its_way_back(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo), browsing(bo) as his:
        empty = await his.open("/bin")
        assert "Nothing is deleted for all." in empty.text
        deleted, purged = await shared(amina, bo, "School", "Clinic")
        bo.retract(TABLE, deleted)
        bo.deletions.purging.purge([(TABLE, purged)], is_unreceived_accepted=True)
        page = await his.open("/bin")
        assert "School" in page.text
        assert "Removed here only" in page.text
        page = await his.press(page, "/bin/restore")
        assert "School is there again" in page.text
        assert not bo.record(TABLE, deleted).strands[0].is_deleted
        twice = await his.send("/bin/restore", {"table": TABLE, "uuid": deleted}, status=400)
        assert "is not deleted" in twice.text
        page = await his.press(page, "/bin/fetch")
        assert "are asked for 1 change" in page.text
        await sync(bo, amina)
        await until(lambda: not bo.deletions.bin.look().wanted)
        assert bo.record(TABLE, purged).label == "Clinic"
        assert "Nothing is purged here." in (await his.open("/bin")).text


@in_loop
async def test_an_erasure_is_asked_for_done_and_confirmed_and_never_by_a_slip(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo), browsing(amina) as hers, browsing(bo) as his:
        amina.stewardship.give_role("Bo", "steward")
        [uuid] = await shared(amina, bo, "Person")
        bo.deletions.erasing.ask(TABLE, uuid, "She asked us to.")
        await sync(bo, amina)
        page = await hers.open("/bin")
        assert "She asked us to." in page.text
        refused = await hers.press(page, "/bin/erase", status=400)
        assert "Nothing was erased." in refused.text
        assert not amina.deletions.erasing.erasures()
        page = await hers.press(page, "/bin/erase", sure="1")
        assert "hidden, not destroyed yet" in page.text
        assert not page.has_form("/bin/confirm")  # who erased it is not the second
        await sync(bo, amina)
        page = await his.open("/bin")
        assert "Heard of it: Amina." in page.text
        await his.press(page, "/bin/confirm", status=400)
        page = await his.press(page, "/bin/confirm", sure="1")
        await his.sees("/bin", "destroyed here")
        await his.send("/bin/confirm", {"sure": "1"}, status=400)


@in_loop
async def test_what_has_no_effect_is_accepted_after_it_was_ticked_and_a_guests_thrown_away(tmp_path: Path) -> None:
    async with cut_off(tmp_path) as (amina, _, _), browsing(amina) as hers:
        handed_in(amina, 4)
        page = await hers.open("/quarantine")
        assert "A revocation cut its author off." in page.text
        assert "Guest" in page.text
        author = amina.quarantine.view().held_back[0].author
        guest = amina.quarantine.view().pen[0].author
        refused = await hers.press(page, "/quarantine/accept", status=400, holding={"author": author})
        assert "Tick that it is meant" in refused.text
        await hers.send("/quarantine/accept", {"author": author, "sure": "1", "up_to": "many"}, status=400)
        page = await hers.press(page, "/quarantine/accept", holding={"author": author}, sure="1")
        assert "count from now on" in page.text
        assert not amina.quarantine.view().held_back
        await hers.press(page, "/quarantine/discard", holding={"author": guest}, status=400)
        page = await hers.press(page, "/quarantine/discard", holding={"author": guest}, sure="1")
        assert "4 changes were thrown away." in page.text
        assert "Nothing is without effect" in page.text
        await hers.send("/quarantine/discard", {"author": guest, "sure": "1"}, status=400)


@in_loop
async def test_phones_have_accounts_a_door_and_a_code_that_works_once(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), browsing(amina) as hers:
        assert "cannot serve phones" in (await hers.open("/phones")).text
        amina.accounts.doorway = door = PhoneDoor(Starlette(), amina.accounts)
        try:
            page = await hers.open("/phones")
            for wrong in ({"name": "", "right": "fill"}, {"name": "Cy", "right": "run"}, {"name": "Cy"}):
                await hers.send("/phones/add", wrong, status=400)
            assert not amina.accounts.views()
            page = await hers.press(page, "/phones/add", name="Cy", right="fill")
            assert "Open the door to let it in." in page.text
            page = await hers.press(page, "/phones/open", hours="1")
            assert door.view is not None
            assert door.view.fingerprint in page.text
            page = await hers.press(page, "/phones/enter", status=200)
            [code] = [one for one in page.pictures if one.startswith("data:")]
            again = await hers.press(page, "/phones/enter", status=200)
            assert [one for one in again.pictures if one.startswith("data:")] != [code], "each code works once"
            assert "data:" not in (await hers.open("/phones")).html
            await hers.press(again, "/phones/change", right="decide")
            assert amina.accounts.views()[0].right == "decide"
            page = await hers.open("/phones")
            await hers.press(page, "/phones/revoke", status=400)
            assert not amina.accounts.views()[0].is_revoked
            page = await hers.press(page, "/phones/revoke", sure="1")
            assert amina.accounts.views()[0].is_revoked
            await hers.send("/phones/enter", {"name": "Cy"}, status=400)
            await hers.press(page, "/phones/close")
            assert door.view is None
        finally:
            await door.close()


@in_loop
async def test_whose_device_it_is_not_brings_nothing_back_and_lets_nobody_in(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,):
        uuid = amina.add(TABLE, {"name": "School"}).uuid
        amina.retract(TABLE, uuid)
        named = {
            "table": TABLE,
            "uuid": uuid,
            "sure": "1",
            "author": "a-x",
            "name": "Cy",
            "right": "fill",
            "entry": "e",
        }
        async with browsing(amina, right=Right.FILL) as phone:
            seen = 0
            for path in (
                "/bin/restore",
                "/bin/fetch",
                "/bin/erase",
                "/bin/confirm",
                "/quarantine/accept",
                "/quarantine/discard",
            ):
                await phone.send(path, named, status=403)
                seen += 1
            for path in ("/phones", "/phones/add", "/phones/open", "/phones/enter", "/phones/revoke"):
                await phone.send(path, named, status=405 if path == "/phones" else 403)
                seen += 1
            assert seen == 11
            assert not (await phone.open("/bin")).forms
            await phone.open("/phones", status=403)
        async with browsing(amina) as hers:
            await hers.send("/bin/restore", {**named, "form_token": "no"}, status=403)
        assert amina.record(TABLE, uuid).strands[0].is_deleted
        assert not amina.accounts.views()


def test_a_code_is_a_picture_of_its_own() -> None:
    drawn = qr_svg("EM1:X/1.2.3.4:5").decode()
    assert drawn.startswith("<?xml")
    assert "style" not in drawn
    assert "script" not in drawn
