"""Lists as people use them: found by what they remember of a record, in any order, true while a device is busy."""

import asyncio
from pathlib import Path

import pytest

from edenmesh.errors import InvalidInput
from edenmesh.node import Device, Json, Query
from tests.net.loop import in_loop, until
from tests.node.devices import World, running

TABLE = "cr_shelter"
FORM = b"""\
format = 1
table = "cr_shelter"

[[field]]
name = "name"
type = "string"
[[field]]
name = "capacity"
type = "integer"
[[field]]
name = "kind"
type = "string"
options = [["1", "School building"], ["2", "Tent"]]
[[field]]
name = "note"
type = "text"
[[field]]
name = "open"
type = "boolean"
"""
ROWS: list[dict[str, Json]] = [
    {"name": "\u00d6stra skolan", "capacity": 120, "kind": "1", "note": "water by the river", "open": True},
    {"name": "Camp North", "capacity": 9, "kind": "2", "note": "kitchen"},
    {"name": "camp south", "capacity": 40, "kind": "2", "open": False},
    {"name": "Annex", "note": "no kind known, +47 555 01"},
]


def names(device: Device, query: Query, **page: int) -> list[str]:
    """What records a search finds, by their names."""
    return [str(row.fields["name"]) for row in device.records.search(TABLE, query, **page).rows]


def filled(device: Device) -> dict[str, str]:
    """Four shelters; their uuids by name."""
    device.add_form(FORM)
    return {str(row["name"]): device.add(TABLE, row).uuid for row in ROWS}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_each_word_may_be_the_beginning_of_one_and_marks_and_case_do_not_matter(world: World) -> None:
    device = world.make("Amina")
    uuids = filled(device)
    found = {
        "ostra": ["\u00d6stra skolan"],
        "SKO RIV": ["\u00d6stra skolan"],
        "camp": ["Camp North", "camp south"],
        "school": ["\u00d6stra skolan"],
        "47 555": ["Annex"],
        uuids["Annex"].removeprefix("urn:uuid:")[:8]: ["Annex"],
        "nowhere": [],
        "river kitchen": [],
        '" OR *': [],
    }
    for text, expected in found.items():
        assert names(device, Query(text)) == expected, text
    assert names(device, Query("")) == ["Annex", "Camp North", "camp south", "\u00d6stra skolan"]
    device.close()


def test_lists_are_sorted_by_size_by_text_and_by_when(world: World) -> None:
    device = world.make("Amina")
    uuids = filled(device)
    assert names(device, Query(order="capacity")) == ["Camp North", "camp south", "\u00d6stra skolan", "Annex"]
    assert names(device, Query(order="capacity", is_descending=True))[1:] == [
        "\u00d6stra skolan",
        "camp south",
        "Camp North",
    ]
    assert names(device, Query(order="kind"))[-1] == "camp south", "options are sorted as people read them"
    world.clock.ahead += 60
    device.edit(TABLE, uuids["Camp North"], {"capacity": 300})
    assert names(device, Query(order="$changed", is_descending=True))[0] == "Camp North"
    assert names(device, Query(order="capacity", is_descending=True))[1] == "Camp North"
    device.close()


def test_lists_are_narrowed_by_values_and_paged(world: World) -> None:
    device = world.make("Amina")
    filled(device)
    assert names(device, Query(having={"kind": "2"})) == ["Camp North", "camp south"]
    assert names(device, Query("south", having={"kind": "2"})) == ["camp south"]
    assert names(device, Query(having={"open": True})) == ["\u00d6stra skolan"]
    assert names(device, Query(having={"open": False})) == ["camp south"]
    assert names(device, Query(having={"capacity": 40})) == ["camp south"]
    assert names(device, Query(), limit=2, offset=1) == ["Camp North", "camp south"]
    page = device.records.search(TABLE, Query(), limit=2)
    assert (page.total, page.unlisted) == (4, 0)
    for wrong in (Query(order="nosuch"), Query(having={"nosuch": "1"}), Query(having={"capacity": "many"})):
        with pytest.raises(InvalidInput):
            device.records.search(TABLE, wrong)
    assert device.records.search("no_such_table", Query()).total == 0
    device.close()


def test_deleted_records_are_listed_where_asked_for(world: World) -> None:
    device = world.make("Amina")
    uuids = filled(device)
    device.retract(TABLE, uuids["Annex"])
    assert "Annex" not in names(device, Query())
    assert "Annex" in names(device, Query(with_deleted=True))
    device.close()


def test_another_form_gives_other_words_to_find_by(world: World) -> None:
    device = world.make("Amina")
    filled(device)
    assert names(device, Query("shed")) == []
    device.add_form(FORM.replace(b"School building", b"Shed"))
    seen = {tuple(names(device, Query(text))) for text in ("shed", "school")}
    assert seen == {(), ("\u00d6stra skolan",)}, "one of the two forms gives the words, and only that"
    device.close()


def test_who_searches_a_list_that_is_not_whole_yet_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edenmesh.node.records.listing._AT_ONCE", 3)
    device = world.make("Amina")
    filled(device)
    assert device.records.search(TABLE, Query()).unlisted == 1
    whole = device.records.search(TABLE, Query())
    assert (whole.total, whole.unlisted) == (4, 0)
    device.close()


@in_loop
async def test_a_running_device_lists_by_itself_in_a_quiet_moment(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with running(world, "Amina") as (device,):
        filled(device)
        store = device._parts.store
        assert store.listings.count_unlisted(TABLE) == 4
        await until(lambda: store.listings.count_unlisted(TABLE) == 0)
        device.add(TABLE, {"name": "later"})
        assert store.listings.count_unlisted(TABLE) == 1
        await asyncio.sleep(0)
        await until(lambda: store.listings.count_unlisted(TABLE) == 0)


def test_no_list_knows_a_word_of_what_was_erased(world: World) -> None:
    device = world.make("Amina")
    uuids = filled(device)
    assert names(device, Query("kitchen")) == ["Camp North"]
    link = device._parts.store._database.writer
    assert link.rows("SELECT 1 FROM listings WHERE words LIKE '%kitchen%'")
    device.deletions.erasing.erase(TABLE, uuids["Camp North"])
    assert names(device, Query("kitchen", with_deleted=True)) == []
    cells = [cell for (cell,) in link.rows("SELECT block FROM listed_words_data")]
    assert not link.rows("SELECT 1 FROM listings WHERE words LIKE '%kitchen%'")
    assert cells
    assert not any(b"kitchen" in cell for cell in cells)
    device.close()
