"""Purge: whole records, this device only; what warns, what is refused, what comes back and what does not."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from edenmesh.core.ids import DestinationId, FileHash, format_id
from edenmesh.core.records import File
from edenmesh.errors import InvalidInput, NotPermitted
from edenmesh.node import Device, Json
from edenmesh.node.deletion.elsewhere import Elsewhere
from edenmesh.standin import StandinServer
from edenmesh.store import Deleted, Delivery, Records, holes
from tests.net.loop import in_loop, until
from tests.node.deleting import SHELTER, acquainted, meet, pin, settle, shown
from tests.node.devices import World, part, states, sync, team
from tests.node.gateway import deliver, pull


def purge(device: Device, uuid: str) -> int:
    return device.deletions.purging.purge([(SHELTER, uuid)], is_unreceived_accepted=True).versions


def fetch(device: Device, uuid: str) -> int:
    return device.deletions.purging.fetch(SHELTER, uuid)


def counts(device: Device) -> tuple[int, int]:
    """Purged versions here, and those wanted again."""
    found = device._parts.store.snapshot.open_counts()
    return found.purged, found.absent


@in_loop
async def test_a_purged_record_does_not_come_back_by_itself_and_stays_elsewhere(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with acquainted(world, "Amina", "Bo", "Chidi") as (amina, bo, chidi):
        uuid = amina.add(SHELTER, {"name": "Arena", "capacity": 12}).uuid
        amina.edit(SHELTER, uuid, {"capacity": 20})
        other = amina.add(SHELTER, {"name": "School"}).uuid
        for device in (bo, chidi):
            await meet(device, amina)
        assert purge(bo, uuid) == 2
        assert [key[1] for key in states(bo)] == [other]
        for device in (amina, chidi, amina):
            await meet(bo, device)
        assert counts(bo) == (2, 0)
        assert shown(bo, uuid) is None
        assert [shown(device, uuid) for device in (amina, chidi)] == ["Arena", "Arena"]
        (view,) = bo.deletions.bin.look().purged
        assert (view.uuid, view.versions, view.has_newer, view.is_automatic) == (uuid, 2, False, False)
        assert view.purged_ms > 0


@in_loop
async def test_a_later_version_is_taken_and_passed_on_and_shown_once_the_rest_is_fetched(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with acquainted(world, "Amina", "Bo", "Chidi") as (amina, bo, chidi):
        uuid = amina.add(SHELTER, {"name": "Arena"}).uuid
        for device in (bo, chidi):
            await meet(device, amina)
        purge(bo, uuid)
        amina.edit(SHELTER, uuid, {"name": "Arena South"})
        await meet(bo, amina)
        (view,) = bo.deletions.bin.look().purged
        assert view.has_newer
        assert shown(bo, uuid) is None
        # Bo passes on what Bo cannot show: Chidi has the rest.
        await meet(chidi, bo)
        assert shown(chidi, uuid) == "Arena South"
        assert fetch(bo, uuid) == 1
        await meet(bo, chidi)
        await until(lambda: shown(bo, uuid) == "Arena South")
        assert counts(bo) == (0, 0)
        assert bo.deletions.bin.look().purged == ()


@in_loop
async def test_who_gets_a_hole_asks_another_holder_for_it(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with acquainted(world, "Amina", "Bo", "Chidi") as (amina, bo, chidi):
        uuid = amina.add(SHELTER, {"name": "Arena"}).uuid
        await meet(bo, amina)
        purge(bo, uuid)
        ended = await meet(chidi, bo)
        assert ended.missing
        assert shown(chidi, uuid) is None
        assert counts(chidi) == (0, 1)
        await meet(chidi, amina)
        assert shown(chidi, uuid) == "Arena"
        assert counts(chidi) == (0, 0)


async def check_refusals(folder: Path) -> None:
    """Who purged a record neither edits nor imports it before fetching it again."""
    world = World(folder)
    async with team(world, "Amina", "Bo") as (amina, bo):
        uuid = amina.add(SHELTER, {"name": "Arena"}).uuid
        await sync(bo, amina)
        document = bo.export()
        purge(bo, uuid)
        amina.edit(SHELTER, uuid, {"name": "Arena South"})
        await until(lambda: bo.deletions.bin.look().purged[0].has_newer)
        before = bo._parts.store.statistics().rows["versions"]
        with pytest.raises(InvalidInput) as caught:
            bo.edit(SHELTER, uuid, {"name": "Mine"})
        assert caught.value.do
        with pytest.raises(InvalidInput) as caught:
            bo.retract(SHELTER, uuid)
        assert caught.value.do
        imported = bo.import_document(document, is_update=True)
        assert (imported.written, imported.problem_count) == (0, 1)
        assert "purged on this device" in imported.problems[0]
        assert bo._parts.store.statistics().rows["versions"] == before
        fetch(bo, uuid)
        await until(lambda: shown(bo, uuid) == "Arena South")
        assert bo.edit(SHELTER, uuid, {"name": "Mine"}).label == "Mine"


@in_loop
async def test_who_purged_a_record_neither_edits_nor_imports_it_before_fetching_it_again(tmp_path: Path) -> None:
    await check_refusals(tmp_path)


async def check_warnings(folder: Path) -> None:
    """What no receipt covers goes only when a person says so, and what nobody else has does not go at all."""
    world = World(folder)
    async with team(world, "Amina", "Bo") as (amina, bo):
        purge_here = amina.deletions.purging
        uuid = amina.add(SHELTER, {"name": "Arena"}).uuid
        view = purge_here.look(SHELTER, uuid)
        assert (view.is_received, view.is_only_copy) == (False, True)
        assert "not known to be on any other device" in view.warnings[0]
        with pytest.raises(NotPermitted, match="No other device") as caught:
            purge_here.purge([(SHELTER, uuid)], is_unreceived_accepted=True)
        assert caught.value.kept == "Nothing was purged."
        await sync(amina, bo)
        view = purge_here.look(SHELTER, uuid)
        # That Bo has a copy does not count.
        assert (view.is_received, view.is_only_copy) == (False, False)
        assert "not known to be at a server" in view.warnings[0]
        with pytest.raises(NotPermitted, match="No receipt covers Arena"):
            purge_here.purge([(SHELTER, uuid)])
        assert shown(amina, uuid) == "Arena"
        assert purge_here.purge([(SHELTER, uuid)], is_unreceived_accepted=True).records == 1


@in_loop
async def test_what_no_receipt_covers_goes_only_when_a_person_says_so_and_an_only_copy_never(tmp_path: Path) -> None:
    await check_warnings(tmp_path)


def _let_copies_count(monkeypatch: pytest.MonkeyPatch) -> None:
    receipt = Delivery(DestinationId(b"d" * 32), True, 0, 0)
    monkeypatch.setattr(Records, "deliveries", lambda self, num: [receipt])


def _forget_who_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Elsewhere, "only_here", lambda self, held: [])


def _forget_what_is_purged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Deleted, "is_purged", lambda self, table, uuid: False)


def _want_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holes, "_PURGED", holes._ABSENT)


@pytest.mark.parametrize(
    ("check", "sabotage"),
    [
        (check_warnings, _let_copies_count),
        (check_warnings, _forget_who_has_it),
        (check_refusals, _forget_what_is_purged),
        (check_refusals, _want_at_once),
    ],
)
@in_loop
async def test_a_device_that_purges_badly_is_caught(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    check: Callable[[Path], Awaitable[None]],
    sabotage: Callable[[pytest.MonkeyPatch], None],
) -> None:
    sabotage(monkeypatch)
    with pytest.raises((AssertionError, IndexError, pytest.fail.Exception)):
        await check(tmp_path)


@in_loop
async def test_a_receipt_licenses_a_purge_and_a_value_still_owed_warns(tmp_path: Path) -> None:
    world = World(tmp_path)
    with StandinServer() as server:
        async with team(world, "Amina", "Bo") as (amina, bo):
            pin(amina, server)
            uuid = bo.add("org_organisation", {"name": "Red Cross"}).uuid
            await settle(bo, amina)
            await part(amina, bo)
            assert (await deliver(amina)).owed_total == 0
            ours = amina.deletions.purging.look("org_organisation", uuid)
            assert (ours.receipts != (), ours.is_only_copy, ours.is_received) == (True, True, False)
            assert "not known to be on any other device" in ours.warnings[0]
            await settle(bo, amina)
            view = bo.deletions.purging.look("org_organisation", uuid)
            assert (view.warnings, view.is_received) == ((), True)
            # Whoever delivered it keeps it until it was read back a second time, and until others know what was seen.
            ours = amina.deletions.purging.look("org_organisation", uuid)
            assert ["a second time" in one for one in ours.warnings] == [True]
            bo.edit("org_organisation", uuid, {"name": "Red Crescent"})
            view = bo.deletions.purging.look("org_organisation", uuid)
            assert not view.is_received
            assert "not known to be at a server" in view.warnings[-1]


@in_loop
async def test_who_purged_a_record_neither_observes_nor_delivers_it(tmp_path: Path) -> None:
    world = World(tmp_path)
    table = "org_organisation"
    with StandinServer() as server:
        async with team(world, "Amina", "Bo") as (amina, bo):
            pin(amina, server)
            uuid = bo.add(table, {"name": "Red Cross"}).uuid
            await settle(bo, amina)
            await deliver(amina)
            await settle(bo, amina)
            amina.deletions.purging.purge([(table, uuid)], is_unreceived_accepted=True)
            bo.edit(table, uuid, {"name": "Red Crescent"})
            await sync(amina, bo)
            store = amina._parts.store
            await pull(amina, "records")
            result = await deliver(amina)
            assert result.sent == 0
            row = store.records.row(table, uuid)
            assert row is not None
            assert [one.op for one in store.records.versions_of(row.num).versions.values()] == ["put"]
            amina.deletions.purging.fetch(table, uuid)
            await until(lambda: (table, uuid) in states(amina))
            assert (await deliver(amina)).delivered == 1


@in_loop
async def test_files_go_with_a_purge_unless_another_record_names_them(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with team(world, "Amina", "Bo") as (amina, bo):
        files = [amina.add_file(content, label="a.jpg") for content in (b"one" * 500, b"two" * 500)]
        records = [amina.add("doc_image", {"name": str(n), "file": _json(file)}).uuid for n, file in enumerate(files)]
        shared = amina.add("doc_image", {"name": "again", "file": _json(files[1])}).uuid
        await sync(bo, amina)
        await until(lambda: all(bo.file(FileHash(file.hash)) for file in files))
        bo.deletions.purging.purge([("doc_image", one) for one in records], is_unreceived_accepted=True)
        assert bo.file(FileHash(files[0].hash)) is None
        assert bo.file(FileHash(files[1].hash)) == b"two" * 500
        assert bo.record("doc_image", shared).label == "again"
        assert all(amina.file(FileHash(file.hash)) for file in files)


def _json(file: File) -> dict[str, Json]:
    return {"file": format_id("h", file.hash), "label": file.label, "media": file.media, "size": file.size}


@in_loop
async def test_records_that_people_parted_are_purged_and_fetched_together(tmp_path: Path) -> None:
    world = World(tmp_path)
    row = b'{"$_cr_shelter": [{"@uuid": "urn:uuid:1", "name": "%s"}]}'
    async with acquainted(world, "Amina", "Bo") as (amina, bo):
        amina.import_document(row % b"One")
        amina.import_document(row % b"Another")
        keeps, leaves = amina.record(SHELTER, "urn:uuid:1").strands
        amina.decisions.part(SHELTER, "urn:uuid:1", keeps.id, [leaves.id])
        await meet(bo, amina)
        both = set(states(bo))
        assert len(both) == 2
        # Versions of each stand under the uuid of the other: part of one would be a record nobody can judge.
        assert purge(bo, "urn:uuid:1") == 3
        assert states(bo) == {}
        assert fetch(bo, "urn:uuid:1") == 3
        await meet(bo, amina)
        assert set(states(bo)) == both
        assert states(bo) == states(amina)
