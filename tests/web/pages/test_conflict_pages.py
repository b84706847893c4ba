"""Deciding at the screen: what is asked, what each answer writes, undo, stale heads, and one after the other."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from edenmesh.node import Device
from edenmesh.standin import StandinServer
from edenmesh.web.visiting import Right
from tests.net.loop import in_loop
from tests.node.devices import World, part, sync, team
from tests.node.gateway import deliver, device_at, pull
from tests.web.pages.browser import Browser, Page, browsing

TABLE = "org_facility"
OPEN = 20


def at(uuid: str, table: str = TABLE) -> str:
    """The address at which a record is decided about, as a form names it."""
    return f"/conflicts/{table}/{quote(uuid, safe='')}"


async def apart(ours: Device, theirs: Device, *uuids: str) -> None:
    """Both write another name to each, and meet."""
    for uuid in uuids:
        ours.edit(TABLE, uuid, {"name": f"{ours.name}'s name"})
        theirs.edit(TABLE, uuid, {"name": f"{theirs.name}'s name"})
    assert (await sync(theirs, ours)).is_everything
    await part(theirs, ours)


@asynccontextmanager
async def in_conflict(folder: Path, count: int = 1) -> AsyncIterator[tuple[Device, Device, list[str]]]:
    """Amina and Bo, and records of which each has another name."""
    async with team(World(folder), "Amina", "Bo") as (amina, bo):
        uuids = [amina.add(TABLE, {"name": f"School {number}", "comments": "near"}).uuid for number in range(count)]
        assert (await sync(bo, amina)).is_everything
        await part(bo, amina)
        await apart(amina, bo, *uuids)
        yield amina, bo, uuids


def choice(page: Page, uuid: str, name: str, text: str) -> str:
    """What the form says for the value of that text, as a person finds it: by its place."""
    form = page.form(at(uuid))
    offered = form.choices[f"choice.{name}"]
    order = sorted(("Amina's name", "Bo's name"), key=page.html.replace("&#39;", "'").rindex)
    return offered[order.index(text)]


def name_of(device: Device, uuid: str) -> str:
    return device.record(TABLE, uuid).strands[0].fields["name"].text


@in_loop
@pytest.mark.parametrize("who", ["Amina", "Bo"])
async def test_the_value_chosen_is_decided_with_the_heads_that_were_shown(tmp_path: Path, who: str) -> None:
    async with in_conflict(tmp_path) as (amina, bo, [uuid]), browsing(amina) as hers:
        page = await hers.open("/conflicts/next")
        assert page.path == at(uuid).replace("%3A", ":")
        assert "Amina, 20" in page.text.replace("\u2068", "").replace("\u2069", "")
        assert "typed" in page.text
        heads = set(amina.record(TABLE, uuid).heads)
        assert {value for name, value in page.form(at(uuid)).fields if name == "head"} == heads
        # While she looks, a third edit of another field comes: her decision stands, and hides nothing of it.
        bo.edit(TABLE, uuid, {"comments": "far"})
        amina.edit(TABLE, uuid, {"comments": "mine"})
        picked = choice(page, uuid, "name", f"{who}'s name")
        page = await hers.press(page, at(uuid), answers={"choice.name": picked, "why": "I was there"})
        assert "Everything is decided." in page.text
        assert name_of(amina, uuid) == f"{who}'s name"
        history = " ".join(one.text for one in amina.records.history(TABLE, uuid).events)
        assert "I was there" in history
        assert (await sync(bo, amina)).is_everything
        assert name_of(bo, uuid) == f"{who}'s name"
        assert bo.record(TABLE, uuid).strands[0].fields["comments"].is_undecided


@in_loop
async def test_a_value_typed_both_kept_and_undone_at_once(tmp_path: Path) -> None:
    async with in_conflict(tmp_path) as (amina, _, [uuid]), browsing(amina) as hers:
        page = await hers.open(at(uuid))
        page = await hers.press(page, at(uuid), answers={"own.name": "A third name", "both.name": "1"})
        assert name_of(amina, uuid) == "A third name"
        note = amina.record(TABLE, uuid).strands[0].fields["comments"].text
        assert "Amina's name" in note
        assert "Bo's name" in note
        assert "near" in note
        undo = next(form for form in page.forms if "/undo" in form.action)
        page = await hers.send(undo.action, {})
        assert "Undone: it is open again." in page.text
        assert amina.record(TABLE, uuid).strands[0].fields["name"].is_undecided
        assert amina.record(TABLE, uuid).strands[0].fields["comments"].text == "near"


@in_loop
async def test_what_cannot_be_decided_so_is_said_and_what_was_typed_stays(tmp_path: Path) -> None:
    async with in_conflict(tmp_path) as (amina, _, [uuid]):
        async with browsing(amina) as hers:
            page = await hers.open(at(uuid))
            heads = [value for name, value in page.form(at(uuid)).fields if name == "head"]
            typed = {"matter": "name", "fields.name": "name", "choice.name": "own"}
            refused = 0
            for fields, words in (
                ({"head": heads, "why": "perhaps"}, "No choice was given."),
                (
                    {"matter": "name", "fields.name": "name", "choice.name": "own", "own.name": "no heads"},
                    "what was on the screen",
                ),
                ({"head": heads, "matter": "name", "choice.name": "v-rubbish 0"}, ""),
                (
                    {
                        "head": heads,
                        "matter": "name",
                        "choice.name": page.form(at(uuid)).choices["choice.name"][0] + "9",
                    },
                    "no value",
                ),
                ({"head": ["v-" + "a" * 52], **typed, "own.name": "x"}, ""),
            ):
                answer = await hers.send(at(uuid), fields, status=400)
                assert 'role="alert"' in answer.html
                assert words in answer.text
                assert f'name="why" value="{fields.get("why", "")}"' in answer.html
                refused += 1
            assert refused == 5
            await hers.send(at(uuid), {"form_token": "another", "head": heads, "choice.name": "own"}, status=403)
        async with browsing(amina, right=Right.FILL) as phone:
            page = await phone.open(at(uuid))
            assert "Decide" not in page.form(at(uuid)).buttons
            await phone.send(at(uuid), {"head": heads, "own.name": "x"}, status=403)
            await phone.send(f"{at(uuid)}/undo?version={heads[0]}", {}, status=403)
        assert amina.record(TABLE, uuid).strands[0].fields["name"].is_undecided


@in_loop
async def test_a_form_sent_twice_decides_once(tmp_path: Path) -> None:
    async with in_conflict(tmp_path) as (amina, _, [uuid]), browsing(amina) as hers:
        page = await hers.open(at(uuid))
        await hers.press(page, at(uuid), answers={"own.name": "Third"})
        versions = amina.record(TABLE, uuid).versions
        page_after = await hers.press(page, at(uuid), answers={"own.name": "Third"})  # by the back button
        assert "nothing was decided twice" in page_after.text
        assert amina.record(TABLE, uuid).versions == versions
        amina.edit(TABLE, uuid, {"name": "Fourth"})
        await hers.press(page, at(uuid), answers={"own.name": "Fifth"})
        # Decided on what was shown before all that: it stands, and what was written since stands against it.
        view = amina.record(TABLE, uuid)
        assert {one.text for one in view.strands[0].fields["name"].choices} == {"Fourth", "Fifth"}


@in_loop
async def test_many_are_decided_in_a_row_and_skipping_goes_on(tmp_path: Path) -> None:
    async with in_conflict(tmp_path, OPEN) as (amina, _, uuids), browsing(amina) as hers:
        listed = await hers.open("/conflicts")
        assert f"Decide {OPEN} records, one after the other" in listed.text
        page = await hers.open("/conflicts/next")
        page = await hers.open(next(link for link in page.links if link.startswith("/conflicts/next")))
        decided = 0
        while page.path != "/conflicts":
            action = page.forms[-1].action.partition("?")[0]
            page = await hers.press(page, action, answers={"own.name": f"Name {decided}"})
            decided += 1
            assert decided <= OPEN
            if decided < OPEN:
                assert "Decided:" in page.text
        assert decided == OPEN  # the one that was left open comes last
        assert "Nothing to decide" in page.text
        assert sum(one.open for one in amina.tables()) == 0
        assert {name_of(amina, uuid) for uuid in uuids} == {f"Name {number}" for number in range(OPEN)}


@in_loop
@pytest.mark.parametrize("keep", [True, False])
async def test_deleted_by_one_and_edited_by_another(tmp_path: Path, *, keep: bool) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo), browsing(bo) as his:
        uuid = amina.add(TABLE, {"name": "School"}).uuid
        await sync(bo, amina)
        await part(bo, amina)
        amina.retract(TABLE, uuid)
        bo.edit(TABLE, uuid, {"name": "School of Bo"})
        await sync(bo, amina)
        page = await his.open(at(uuid))
        assert "Deleted by one, edited by another" in page.text
        page = await his.press(page, at(uuid), keep="keep" if keep else "delete")
        assert bo.record(TABLE, uuid).strands[0].is_deleted is not keep


async def identity(his: Browser, uuid: str, **answers: str) -> Page:
    page = await his.open(at(uuid))
    return await his.press(page, f"{at(uuid)}/identity", answers=answers)


@in_loop
async def test_same_or_different_side_by_side(tmp_path: Path) -> None:
    uuid = "urn:uuid:11111111-2222-3333-4444-555555555555"
    document = '{"$_org_facility": [{"@uuid": "%s", "name": "%s", "comments": "alike"}]}'
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo), browsing(bo) as his:
        amina.import_document((document % (uuid, "School A")).encode())
        bo.import_document((document % (uuid, "Clinic B")).encode())
        await sync(bo, amina)
        page = await his.open(at(uuid))
        assert "School A" in page.text
        assert "Clinic B" in page.text
        assert page.html.count('class="differs"') == 1  # the name, and not what is alike
        for answers, words in (({}, "same or different"), ({"identity": "different"}, "keeps the uuid")):
            heads = [value for name, value in page.form(f"{at(uuid)}/identity").fields if name == "head"]
            refused = await his.send(f"{at(uuid)}/identity", {"head": heads, **answers}, status=400)
            assert words in refused.text
        strands = {one.fields["name"].text: one.id for one in bo.record(TABLE, uuid).strands}
        page = await identity(his, uuid, identity="different", keeps=strands["School A"])
        assert [one.fields["name"].text for one in bo.record(TABLE, uuid).strands] == ["School A"]
        names = {row.fields["name"] for row in bo.page(TABLE)[0]}
        assert names == {"School A", "Clinic B"}
        await his.send(next(form.action for form in page.forms if "/undo" in form.action), {})
        assert len(bo.record(TABLE, uuid).strands) == 2
        page = await identity(his, uuid, identity="same", why="one building")
        assert "Something else is open about this record." in page.text
        assert {one.text for one in bo.record(TABLE, uuid).strands[0].fields["name"].choices} == {
            "School A",
            "Clinic B",
        }


@in_loop
async def test_all_that_a_server_asks_is_answered_at_once(tmp_path: Path) -> None:
    with StandinServer() as server, device_at(tmp_path, server) as device:
        await pull(device)
        uuids = [device.add("org_organisation", {"name": f"Aid {number}"}).uuid for number in range(3)]
        await deliver(device)
        for uuid in uuids:
            server.forget("org_organisation", uuid)
        await pull(device)
        async with browsing(device) as hers:
            page = await hers.open("/conflicts")
            assert "server has gone back" in page.text
            assert "Of 3 records" in page.text
            one = await hers.open(at(uuids[0], "org_organisation"))
            assert "does not have this record any more" in one.text
            await hers.press(one, at(uuids[0], "org_organisation"), server="delete")
            assert device.record("org_organisation", uuids[0]).strands[0].is_deleted
            page = await hers.open("/conflicts")
            refused = await hers.send("/conflicts/server", {"name": "server"}, status=400)
            assert "It was not said which is right." in refused.text
            page = await hers.press(page, "/conflicts/server", answer="ours")
            assert "Answered for 2 records." in page.text
            assert device.status().open == 0
        async with browsing(device, right=Right.FILL) as phone:
            await phone.send("/conflicts/server", {"name": "server", "answer": "deleted"}, status=403)
        assert (await deliver(device)).owed_total == 0
