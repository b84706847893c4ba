"""Records on screens: every kind of field goes in and comes out, refusals keep what was typed, nothing is doubled."""

import json
from pathlib import Path

import httpx

from edenmesh.node import Device, Json
from edenmesh.web.visiting import Right, Visitor
from tests.net.loop import in_loop
from tests.node.devices import World, running
from tests.web.screen import TOKEN, Browser, Screen, browsed

FORM = """
format = 1
table = "event_incident_report"
title = "Incident reports"
label = "Incident report"
field = [
  { name = "name", type = "string", label = "What happened", required = true },
  { name = "comments", type = "text", label = "Description" },
  { name = "people", type = "integer", label = "People affected" },
  { name = "depth", type = "double", label = "Depth" },
  { name = "closed", type = "boolean", label = "Closed" },
  { name = "day", type = "date", label = "Day" },
  { name = "moment", type = "datetime", label = "When" },
  { name = "status", type = "integer", label = "Status", options = [[1, "New"], [2, "Done"]], default = "1" },
  { name = "level", type = "string", label = "Level", options = [
    ["a", "A"], ["b", "B"], ["c", "C"], ["d", "D"], ["e", "E"], ["f", "F"], ["g", "G"], ["h", "H"]] },
  { name = "needs", type = "list:string", label = "Needs", options = [["water", "Water"], ["food", "Food"]] },
  { name = "tags", type = "list:string", label = "Tags" },
  { name = "organisation_id", type = "reference org_organisation", label = "Organisation" },
  { name = "photo", type = "upload", label = "Photo" },
  { name = "code", type = "string", label = "Code", locked = true },
]
[[component]]
alias = "person"
table = "event_report_person"
label = "Person met"
plural = "People met"
joinby = "report_id"
field = [
  { name = "name", type = "string", label = "Name", required = true },
  { name = "phone", type = "string", label = "Phone" },
]
"""
TABLE = "event_incident_report"
HERE = f"/data/{TABLE}"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
)
FULL: dict[str, str | list[str]] = {
    "v.name": "Flooded <road> & \"bridge\" 'é'",
    "v.comments": "first line\nsecond line",
    "v.people": "12",
    "v.depth": "0.50",
    "v.closed": "false",
    "v.day": "2026-11-22",
    "v.moment": "2026-11-22T14:30",
    "v.status": "2",
    "v.level": "h",
    "v.needs": ["food", "water"],
    "v.tags": "red\nblue",
}


def prepared(device: Device) -> str:
    """A device with the form and an organisation to refer to; returns the value that names it."""
    device.add_form(FORM.encode())
    return f"org_organisation/{device.add('org_organisation', {'name': 'Relief Arda'}).uuid}"


def values(device: Device, uuid: str) -> dict[str, Json]:
    return {name: one.value for name, one in device.record(TABLE, uuid).strands[0].fields.items()}


def only(device: Device) -> str:
    rows, _ = device.records.page(TABLE)
    assert len(rows) == 1
    return rows[0].uuid


async def opened(browser: Browser) -> Screen:
    screen = await browser.get(f"{HERE}/new")
    assert "key=" in screen.url
    assert screen.defects() == []
    return screen


@in_loop
async def test_every_kind_of_field_goes_in_and_is_shown(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), browsed(amina) as browser:
        organisation = prepared(amina)
        screen = await opened(browser)
        assert screen.value("v.status") == ["1"]
        shown = await browser.send(
            screen,
            f"{HERE}/new",
            {**FULL, "v.organisation_id": organisation, "p.person.0.v.name": "Bo", "p.person.0.v.phone": "+1 555"},
            files={"file.v.photo": ("well.png", PNG, "image/png")},
        )
        assert shown.defects() == []
        uuid = only(amina)
        kept = values(amina, uuid)
        assert kept["name"] == FULL["v.name"]
        assert kept["comments"] == "first line\nsecond line"
        assert (kept["people"], kept["depth"], kept["closed"]) == (12, "0.5", False)
        assert (kept["day"], kept["status"], kept["level"]) == ("2026-11-22", 2, "h")
        assert (kept["needs"], kept["tags"]) == (["food", "water"], ["blue", "red"])
        assert isinstance(kept["organisation_id"], dict)
        assert f"org_organisation/{kept['organisation_id']['uuid']}" == organisation
        photo = kept["photo"]
        assert isinstance(photo, dict)
        assert (photo["label"], photo["media"], photo["size"]) == ("well.png", "image/png", len(PNG))
        for told in ("Saved on this device.", "Done", "H", "Food", "Relief Arda", "People met", "+1 555", "14:30"):
            assert told in shown.words, told
        [row] = amina.records.page("event_report_person")[0]
        assert row.fields["$master"] == {"table": TABLE, "uuid": uuid}
        [picture] = [one for one in shown.find("img") if one.attributes["src"].startswith("/photos/")]
        answer = await browser.http.get(picture.attributes["src"])
        assert (answer.content, answer.headers["content-type"]) == (PNG, "image/png")


@in_loop
async def test_an_edit_shows_what_is_there_and_writes_only_what_was_changed(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), browsed(amina) as browser:
        organisation = prepared(amina)
        await browser.send(
            await opened(browser),
            f"{HERE}/new",
            {**FULL, "v.organisation_id": organisation, "p.person.0.v.name": "Bo"},
            files={"file.v.photo": ("well.png", PNG, "image/png")},
        )
        uuid = only(amina)
        before, versions = values(amina, uuid), amina.record(TABLE, uuid).versions
        edit = await browser.get(f"{HERE}/{uuid}/edit")
        assert edit.defects() == []
        same = await browser.send(edit, f"{HERE}/{uuid}/edit")
        assert "Saved" in same.words
        assert (values(amina, uuid), amina.record(TABLE, uuid).versions) == (before, versions)
        edit = await browser.get(f"{HERE}/{uuid}/edit")
        changed = await browser.send(
            edit,
            f"{HERE}/{uuid}/edit",
            {"v.people": "", "v.needs": ["water"], "remove.v.photo": "1", "p.person.0.v.phone": "007", "v.moment": ""},
        )
        assert "Undo" in changed.words
        after = values(amina, uuid)
        touched = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
        assert touched == {"people", "needs", "photo", "moment"}
        assert after["needs"] == ["water"]
        [row] = amina.records.page("event_report_person")[0]
        assert (row.fields["name"], row.fields["phone"]) == ("Bo", "007")
        undone = await browser.send(changed, f"{HERE}/{uuid}/history?version=")
        assert values(amina, uuid) == before
        assert "Undone" in undone.words
        edit = await browser.get(f"{HERE}/{uuid}/edit")
        await browser.send(edit, f"{HERE}/{uuid}/edit", {"p.person.0.drop": "1"})
        assert amina.records.page("event_report_person")[0] == []


@in_loop
async def test_a_refused_page_keeps_all_that_was_typed_and_says_why_at_each_field(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), browsed(amina) as browser:
        prepared(amina)
        typed: dict[str, str | list[str]] = {
            **FULL,
            "v.name": "",
            "v.people": "many",
            "v.depth": "deep",
            "v.day": "yesterday",
            "v.moment": "noon",
            "v.level": "zz",
            "p.person.0.v.phone": "a number without a name",
        }
        screen = await browser.send(
            await opened(browser),
            f"{HERE}/new",
            typed,
            files={"file.v.photo": ("well.png", PNG, "image/png")},
            status=400,
        )
        assert screen.defects() == []
        assert amina.records.page(TABLE)[0] == []
        for name in ("v.name", "v.people", "v.depth", "v.day", "v.moment", "v.level", "p.person.0.v.name"):
            assert screen.problem(name), name
            assert screen.find("a", href=f"#f-{name}"), name
        assert "many" in screen.problem("v.people")
        for name in ("v.comments", "v.people", "v.depth", "v.status", "v.tags", "p.person.0.v.phone"):
            assert "\n".join(screen.value(name)) == typed[name], name
        assert sorted(screen.value("v.needs")) == ["food", "water"]
        assert json.loads(screen.value("v.photo")[0])["label"] == "well.png"
        right = {"v.name": "Well", "v.people": "3", "v.depth": "1", "v.day": "", "v.moment": "", "v.level": "a"}
        await browser.send(screen, f"{HERE}/new", {**right, "p.person.0.v.name": "Bo"})
        kept = values(amina, only(amina))
        assert (kept["people"], kept["comments"]) == (3, FULL["v.comments"])
        assert isinstance(kept["photo"], dict)


@in_loop
async def test_a_page_sent_twice_makes_one_record_and_leads_to_it(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), browsed(amina) as browser:
        prepared(amina)
        screen = await opened(browser)
        first = await browser.post(screen, f"{HERE}/new", {"v.name": "Once", "p.person.0.v.name": "Bo"})
        again = await browser.post(screen, f"{HERE}/new", {"v.name": "Once more", "p.person.0.v.name": "Cy"})
        back = await browser.get(screen.url)
        uuid = only(amina)
        assert values(amina, uuid)["name"] == "Once"
        assert len(amina.records.page("event_report_person")[0]) == 1
        for answer in (first, again):
            assert answer.status_code == 303
            assert answer.headers["location"].startswith(f"{HERE}/{uuid}")
        assert back.url.startswith(f"{HERE}/{uuid}")
        assert "saved already" in back.words


@in_loop
async def test_a_form_without_the_token_of_its_page_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), browsed(amina) as browser:
        prepared(amina)
        screen = await opened(browser)
        for token in ("", "another", TOKEN[:-1], "é"):
            answer = await browser.post(screen, f"{HERE}/new", {"v.name": "Forged", "form_token": token})
            assert answer.status_code == 403
            assert "Forged" in answer.text
        assert amina.records.page(TABLE)[0] == []
        assert amina.entries.drafts.drafts("") == []


@in_loop
async def test_what_somebody_else_changed_meanwhile_is_not_written_over_unseen(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), browsed(amina) as browser:
        prepared(amina)
        uuid = amina.add(TABLE, {"name": "Well", "people": 1, "level": "a"}).uuid
        edit = await browser.get(f"{HERE}/{uuid}/edit")
        amina.edit(TABLE, uuid, {"people": 2, "level": "b"})
        refused = await browser.send(edit, f"{HERE}/{uuid}/edit", {"v.people": "3", "v.name": "Deep well"}, status=400)
        assert "2" in refused.problem("v.people")
        assert refused.problem("v.level") == ""
        assert refused.value("v.people") == ["3"]
        await browser.send(refused, f"{HERE}/{uuid}/edit")
        assert values(amina, uuid) | {} == {"name": "Deep well", "people": 3, "level": "b"}


@in_loop
async def test_finding_and_adding_rows_work_without_scripts_and_keep_what_was_typed(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), browsed(amina) as browser:
        prepared(amina)
        for number in range(30):
            amina.add("org_organisation", {"name": f"Depot x{number:02}"})
        screen = await opened(browser)
        found = await browser.send(
            screen,
            f"{HERE}/new",
            {"v.name": "Typed", "find.v.organisation_id": "depot x29", "do": "find:v.organisation_id"},
        )
        options = [one.text.strip() for one in found.find("label", class_="choice")]
        assert "Depot x29" in options
        assert "Depot x03" not in options
        assert found.value("v.name") == ["Typed"]
        more = await browser.send(found, f"{HERE}/new", {"do": "add:person", "p.person.0.v.name": "Bo"})
        assert more.value("p.person.rows") == ["2"]
        assert more.value("p.person.0.v.name") == ["Bo"]
        fragment = await browser.http.get(f"{HERE}/find?field=organisation_id&name=v.organisation_id&q=depot%20x11")
        assert "Depot x11" in fragment.text
        assert "Depot x12" not in fragment.text


@in_loop
async def test_drafts_outlive_a_restart_and_are_thrown_away_or_become_one_record(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with running(world, "Amina") as (amina,), browsed(amina) as browser:
        prepared(amina)
        screen = await opened(browser)
        answer = await browser.post(
            screen,
            f"{HERE}/new",
            {"v.name": "Begun", "do": "keep"},
            files={"file.v.photo": ("well.png", PNG, "image/png")},
        )
        assert json.loads(answer.json()["files"]["v.photo"]["text"])["label"] == "well.png"
        other = await opened(browser)
        listed = await browser.send(other, f"{HERE}/new", {"v.name": "Another", "do": "draft"})
        assert listed.url.startswith("/drafts")
        assert "Another" in listed.words
    async with world.reopen("Amina") as amina, browsed(amina) as browser:
        listed = await browser.get("/drafts")
        assert {"Begun", "Another"} <= {one.text.strip() for one in listed.find("span", class_="name")}
        begun = await browser.get(screen.url)
        assert begun.value("v.name") == ["Begun"]
        assert "not saved yet" in begun.words
        await browser.send(begun, f"{HERE}/new")
        kept = values(amina, only(amina))
        assert kept["name"] == "Begun"
        assert isinstance(kept["photo"], dict)
        late = await browser.post(begun, f"{HERE}/new", {"v.name": "Typed in another tab", "do": "keep"})
        assert late.status_code == 200
        listed = await browser.get("/drafts")
        assert [one.text.strip() for one in listed.find("span", class_="name")] == ["Another"]
        await browser.send(listed, "/drafts")
        assert amina.entries.drafts.drafts("") == []
        assert len(amina.records.page(TABLE)[0]) == 1


@in_loop
async def test_drafts_are_each_accounts_own(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,):
        prepared(amina)
        hana, iker = (Visitor(Right.FILL, name, TOKEN) for name in ("Hana", "Iker"))
        async with browsed(amina, hana) as browser:
            screen = await opened(browser)
            await browser.send(screen, f"{HERE}/new", {"v.name": "Hana's own", "do": "draft"})
        async with browsed(amina, iker) as browser:
            assert "own" not in (await browser.get("/drafts")).words
            assert (await browser.get(screen.url)).value("v.name") == [""]
        async with browsed(amina, hana) as browser:
            await browser.send(await browser.get(screen.url), f"{HERE}/new")
        told = amina.records.history(TABLE, only(amina)).events[0]
        assert "Hana" in told.text


@in_loop
async def test_who_may_only_look_sees_no_buttons_and_is_refused(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,):
        prepared(amina)
        uuid = amina.add(TABLE, {"name": "Well"}).uuid
        async with browsed(amina, Visitor(Right.LOOK, "Guest", TOKEN)) as browser:
            for path in ("/data", HERE, f"{HERE}/{uuid}", f"{HERE}/{uuid}/history"):
                screen = await browser.get(path)
                assert [one for one in screen.forms if one.method == "post"] == []
                for word in ("New record", "Change", "Delete", "Undo"):
                    assert word not in screen.words
            for path in (f"{HERE}/new", f"{HERE}/{uuid}/edit", f"{HERE}/{uuid}/delete", "/drafts", "/forms"):
                assert "may not do this" in (await browser.get(path, 403)).words
            for path in (f"{HERE}/new?key={'0' * 32}", f"{HERE}/{uuid}/delete", f"{HERE}/{uuid}/history", "/forms"):
                answer = await browser.http.post(path, data={"form_token": TOKEN, "v.name": "Forged", "way": "retract"})
                assert answer.status_code == 403, path
        assert values(amina, uuid) == {"name": "Well"}
        assert len(amina.records.page(TABLE)[0]) == 1


@in_loop
async def test_a_page_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,), browsed(amina) as browser:
        prepared(amina)
        screen = await opened(browser)
        large = b"x" * (65 * 1024 * 1024)
        answer = await browser.post(screen, f"{HERE}/new", files={"file.v.photo": ("a.png", large, "image/png")})
        assert answer.status_code == 400
        assert "megabytes" in answer.text
        many: httpx.Response = await browser.http.post(
            f"{HERE}/new?key={'1' * 32}", data={f"f{number}": "x" for number in range(5000)}
        )
        assert many.status_code == 400
        assert amina.records.page(TABLE)[0] == []
