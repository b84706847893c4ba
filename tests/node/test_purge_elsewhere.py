"""A purge gives up nothing that no other member is known to hold: it would leave a hole that nobody can fill."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from edenmesh.core.ids import VersionId, format_id
from edenmesh.core.records import Version
from edenmesh.core.trust import Charter
from edenmesh.errors import NotPermitted
from edenmesh.node import Device, Json, PurgeResult
from edenmesh.node.deletion import elsewhere
from edenmesh.node.deletion.elsewhere import Elsewhere
from edenmesh.node.parts import replace_peer
from edenmesh.standin import StandinServer
from tests.net.loop import in_loop, until
from tests.node.deleting import SHELTER, acquainted, meet, pin, settle, shown
from tests.node.devices import World, part, running, team
from tests.node.gateway import deliver

ORGANISATION = "org_organisation"


def only_here(device: Device, uuid: str, table: str = SHELTER) -> bool:
    return device.deletions.purging.look(table, uuid).is_only_copy


def purge(device: Device, *uuids: str, table: str = SHELTER) -> PurgeResult:
    return device.deletions.purging.purge([(table, one) for one in uuids], is_unreceived_accepted=True)


async def check_sealed(folder: Path) -> None:
    """A seal gives nothing to anybody; what a member has made durable may go, also after a restart."""
    world = World(folder)
    async with acquainted(world, "Amina", "Bo") as (amina, bo):
        given = amina.add(SHELTER, {"name": "Arena"}).uuid
        await meet(amina, bo)
        kept = amina.add(SHELTER, {"name": "School"}).uuid
        amina._parts.desk.seal()
        assert (only_here(amina, given), only_here(amina, kept)) == (False, True)
        with pytest.raises(NotPermitted, match="No other device of the team is known to have all of School") as caught:
            purge(amina, kept)
        assert "Sync with another device" in caught.value.do
        # No rule and no other way of a program gets past that.
        assert amina.deletions.purging.remove([(SHELTER, kept)], 0, is_automatic=True).records == 0
        amina.edit(SHELTER, given, {"capacity": 3})
        assert only_here(amina, given)
        assert not only_here(bo, given)  # Amina wrote it
        await meet(amina, bo)
        await amina.stop()
        amina.close()
        again = world.reopen("Amina")
        assert not only_here(again, given)
        assert purge(again, given, kept).records == 2
        again.close()


async def check_revoked(folder: Path) -> None:
    """What a device has that was revoked since is out of reach: what it wrote, and what it was given."""
    world = World(folder)
    async with acquainted(world, "Amina", "Bo") as (amina, bo):
        given = amina.add(SHELTER, {"name": "Arena"}).uuid
        theirs = bo.add(SHELTER, {"name": "School"}).uuid
        await meet(amina, bo)
        assert not only_here(amina, given)
        assert not only_here(amina, theirs)
        amina.revoke("Bo")
        assert only_here(amina, given)
        assert only_here(amina, theirs)


async def check_files(folder: Path) -> None:
    """A record is given when its files are, too."""
    world = World(folder)
    async with team(world, "Amina", "Bo") as (amina, bo):
        file = amina.add_file(b"one" * 500, label="a.jpg")
        shown_as: Json = {"file": format_id("h", file.hash), "label": "a.jpg", "media": file.media, "size": file.size}
        image = amina.add("doc_image", {"name": "A", "file": shown_as}).uuid
        shelter = amina.add(SHELTER, {"name": "Arena"}).uuid
        await settle(amina, bo)
        await until(lambda: not only_here(amina, image, "doc_image"))
        await part(amina, bo)
        note = amina._parts.team.peer_note(bo.device_id)
        # As if the two had been parted when the records were there, and the file was not.
        amina._parts.team.note(replace_peer(note, has_files=()))
        assert only_here(amina, image, "doc_image")
        assert not only_here(amina, shelter)
        await settle(amina, bo)
        await until(lambda: not only_here(amina, image, "doc_image"))


@in_loop
async def test_a_seal_gives_nothing_to_anybody_and_what_a_member_has_may_go(tmp_path: Path) -> None:
    await check_sealed(tmp_path)


@in_loop
async def test_what_a_revoked_device_has_is_out_of_reach(tmp_path: Path) -> None:
    await check_revoked(tmp_path)


@in_loop
async def test_a_record_is_known_to_be_elsewhere_when_its_files_are(tmp_path: Path) -> None:
    await check_files(tmp_path)


def _take_all_for_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Elsewhere, "only_here", lambda self, held: [])


def _take_a_seal_for_given(monkeypatch: pytest.MonkeyPatch) -> None:
    def is_sealed(self: Elsewhere, _logs: object, _one: VersionId, version: Version) -> bool:
        return any(log.author == version.author for log in self._parts.store.snapshot.log_heads())

    monkeypatch.setattr(Elsewhere, "_covers", is_sealed)


def _forget_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Elsewhere, "_note", lambda self, peer, same, files=(): None)


def _reach_the_revoked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Charter, "is_member", lambda self, device: device in self.members)


def _forget_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elsewhere, "files_of", lambda version: [])


@pytest.mark.parametrize(
    ("check", "sabotage"),
    [
        (check_sealed, _take_all_for_given),
        (check_sealed, _take_a_seal_for_given),
        (check_sealed, _forget_at_the_end),
        (check_revoked, _reach_the_revoked),
        (check_files, _forget_files),
    ],
)
@in_loop
async def test_a_device_that_takes_too_much_for_given_is_caught(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    check: Callable[[Path], Awaitable[None]],
    sabotage: Callable[[pytest.MonkeyPatch], None],
) -> None:
    sabotage(monkeypatch)
    with pytest.raises((AssertionError, NotPermitted, pytest.fail.Exception)):
        await check(tmp_path)


@in_loop
async def test_of_several_records_those_go_that_others_have_and_the_rest_is_named(tmp_path: Path) -> None:
    async with acquainted(World(tmp_path), "Amina", "Bo") as (amina, bo):
        given = amina.add(SHELTER, {"name": "Arena"}).uuid
        await meet(amina, bo)
        kept = amina.add(SHELTER, {"name": "School"}).uuid
        done = purge(amina, given, kept)
        assert (done.records, [view.uuid for view in done.kept]) == (1, [kept])
        assert (shown(amina, given), shown(amina, kept)) == (None, "School")


@in_loop
async def test_what_was_seen_at_a_server_goes_when_others_know_and_can_be_fetched_whole(tmp_path: Path) -> None:
    world = World(tmp_path)
    with StandinServer() as server:
        async with team(world, "Amina", "Bo") as (amina, bo):
            pin(amina, server)
            uuid = bo.add(ORGANISATION, {"name": "Red Cross"}).uuid
            await settle(bo, amina)
            await part(amina, bo)
            assert (await deliver(amina)).owed_total == 0
            # The only word of what the server holds is here: nobody could fill the hole.
            assert only_here(amina, uuid, ORGANISATION)
            with pytest.raises(NotPermitted):
                purge(amina, uuid, table=ORGANISATION)
            await settle(amina, bo)
            await until(lambda: not only_here(amina, uuid, ORGANISATION))
            before = len(amina.record(ORGANISATION, uuid).heads)
            purge(amina, uuid, table=ORGANISATION)
            amina.deletions.purging.fetch(ORGANISATION, uuid)
            await until(lambda: shown(amina, uuid, table=ORGANISATION) == "Red Cross")
            assert len(amina.record(ORGANISATION, uuid).heads) == before
            assert amina.deletions.bin.look().purged == ()


@in_loop
async def test_what_a_member_has_by_another_is_known_when_both_state_the_same(tmp_path: Path) -> None:
    async with acquainted(World(tmp_path), "Amina", "Bo", "Chidi") as (amina, bo, chidi):
        uuid = amina.add(SHELTER, {"name": "Arena"}).uuid
        await meet(amina, bo)
        await meet(bo, chidi)
        # As if the session with Bo had been cut before his word was heard.
        note = amina._parts.team.peer_note(bo.device_id)
        amina._parts.team.note(replace_peer(note, holds=()))
        assert only_here(amina, uuid)
        await meet(amina, chidi)
        assert not only_here(amina, uuid)


@in_loop
async def test_a_device_that_is_alone_gives_up_nothing(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,):
        uuid = amina.add(SHELTER, {"name": "Arena"}).uuid
        amina._parts.desk.seal()
        with pytest.raises(NotPermitted, match="No other device"):
            purge(amina, uuid)
        assert shown(amina, uuid) == "Arena"
