"""What has no effect is listed with who and why; a steward lets it count, a guest's may be thrown away."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edenmesh.core.ids import AuthorId, DeviceId, format_id
from edenmesh.core.trust import accept, certify
from edenmesh.errors import InvalidInput, NotPermitted
from edenmesh.node import Device, HeldBack
from edenmesh.node.stewardship import quarantine
from tests.net.loop import in_loop, until
from tests.node.devices import World, part, states, sync, team, value
from tests.store.making import Author

TABLE = "org_facility"
GUEST = DeviceId(b"g" * 32)


def handed_in(device: Device, count: int, seed: int = 77, *, held: int = 0) -> Author:
    """A guest's log in the pen of a device, in two parts where it is long enough."""
    author = Author(seed)
    author.write_many(count)
    with device._parts.desk.writing() as writing:
        middle = held or count // 2
        for start, stop in ((0, middle), (middle, count)):
            assert start == stop or writing.pen_part(author.part(start, stop), GUEST)
    return author


def shown(device: Device) -> int:
    """How many records show anything."""
    return sum(bool(state.strands) for state in states(device).values())


@asynccontextmanager
async def cut_off(folder: Path) -> AsyncIterator[tuple[Device, Device, str]]:
    """Amina's steward device and Cleo's. Bo wrote three versions; the revocation accepts the first, Cleo has all."""
    async with team(World(folder), "Amina", "Bo", "Cleo") as (amina, bo, cleo):
        uuid = bo.add(TABLE, {"name": "School"}).uuid
        assert (await sync(bo, amina)).is_everything
        assert (await sync(cleo, amina)).is_everything
        await part(bo, amina)
        await part(cleo, amina)
        for device, other in ((bo, "Cleo"), (cleo, "Bo")):
            device.allow(other)
        bo.edit(TABLE, uuid, {"name": "School of Bo"})
        bo.add(TABLE, {"name": "Store of Bo"})
        assert (await sync(bo, cleo)).is_everything
        await part(bo, cleo)
        amina.revoke("Bo")
        await sync(cleo, amina)
        yield amina, cleo, uuid


@in_loop
async def test_what_a_revocation_cut_is_listed_with_who_why_and_which_records(tmp_path: Path) -> None:
    async with cut_off(tmp_path) as (amina, cleo, uuid):
        for device in (amina, cleo):
            await until(lambda device=device: device.status().quarantined == 2)  # type: ignore[misc]
            seen = device.quarantine.view()
            [one] = seen.held_back
            assert (one.name, one.kind, one.versions) == ("Bo (revoked)", "cut", 2)
            assert "revocation" in one.why
            assert {(each.label, each.versions) for each in one.records} >= {("School", 1)}
            assert len(one.records) == 2
            assert (seen.pen, seen.entries, seen.is_whole) == ((), 0, True)
            assert value(device, TABLE, uuid, "name") == "School"


@in_loop
async def test_a_steward_accepts_after_review_and_it_counts_on_every_device(tmp_path: Path) -> None:
    async with cut_off(tmp_path) as (amina, cleo, uuid):
        await until(lambda: amina.status().quarantined == 2)
        with pytest.raises(NotPermitted, match="Only a steward"):
            cleo.quarantine.accept("Bo")
        for number in (4, -1):
            with pytest.raises(InvalidInput, match="3 versions are here"):
                amina.quarantine.accept("Bo", number)
        with pytest.raises(InvalidInput, match="Nothing of an author 'Cleo'"):
            amina.quarantine.accept("Cleo")
        assert amina.quarantine.accept("Bo", 2) == 2
        await until(lambda: value(cleo, TABLE, uuid, "name") == "School of Bo")
        assert (amina.status().quarantined, cleo.status().quarantined) == (1, 1)
        [left] = amina.quarantine.view().held_back
        assert amina.quarantine.accept(left.author) == 3
        await until(lambda: cleo.status().quarantined == 0)
        assert amina.quarantine.view().held_back == cleo.quarantine.view().held_back == ()
        assert sorted(one.label for one in cleo.page(TABLE)[0]) == ["School of Bo", "Store of Bo"]
        # Bo is revoked all the same.
        assert [one.is_revoked for one in cleo.members()] == [False, True, False]


@in_loop
async def test_what_a_member_wrote_is_never_thrown_away_here(tmp_path: Path) -> None:
    async with cut_off(tmp_path) as (amina, _, _):
        await until(lambda: amina.status().quarantined == 2)
        with pytest.raises(NotPermitted, match="not thrown away"):
            amina.quarantine.discard("Bo")
        assert amina.status().quarantined == 2


@in_loop
async def test_a_guests_pen_shows_what_came_by_whom_and_counts_nothing(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina") as (amina,):
        author = handed_in(amina, 12)
        [pen] = amina.quarantine.view().pen
        assert (pen.author, pen.device) == (format_id("a", author.id), format_id("d", GUEST))
        assert (pen.versions, len(pen.records)) == (12, 12)
        assert pen.size_bytes > sum(len(one.data) for one in author.versions)
        assert (amina.status().penned, amina.status().records, amina.status().quarantined) == (12, 0, 0)
        assert amina.quarantine.discard(pen.author[:12]) == 12
        assert (amina.quarantine.view().pen, amina.status().penned) == ((), 0)
        with pytest.raises(InvalidInput, match="Nothing of an author"):
            amina.quarantine.discard(pen.author)
        # What was thrown away may be handed in again.
        assert handed_in(amina, 12).id == author.id
        assert amina.status().penned == 12


@pytest.mark.parametrize(("up_to", "counted"), [(0, 12), (6, 6), (5, 5), (1, 1)])
@in_loop
async def test_what_a_steward_accepts_of_a_guest_counts_up_to_there(tmp_path: Path, up_to: int, counted: int) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        assert (await sync(bo, amina)).is_everything
        author = handed_in(amina, 12)
        other = handed_in(amina, 3, seed=78)
        assert amina.quarantine.accept(format_id("a", author.id), up_to) == counted
        assert shown(amina) == counted
        # What was sealed together is not taken asunder; what nothing was accepted of stays in the pen.
        taken = 12 if counted > 6 else 6
        assert amina.status().quarantined == taken - counted
        lying = {format_id("a", other.id): 3} | ({format_id("a", author.id): 6} if taken < 12 else {})
        assert {one.author: one.versions for one in amina.quarantine.view().pen} == lying
        # From now on it is a log like any other: it travels, and counts alike on every device.
        await until(lambda: shown(bo) == counted)
        assert bo.status().quarantined == taken - counted
        kinds = [(one.kind, one.versions) for one in bo.quarantine.view().held_back]
        assert kinds == ([("uncertified", taken - counted)] if counted < taken else [])
        if counted < taken:
            assert amina.quarantine.discard(format_id("a", author.id)) == 6
            with pytest.raises(NotPermitted, match="not thrown away"):
                amina.quarantine.discard(format_id("a", author.id))


@in_loop
async def test_only_a_steward_accepts_a_guest_and_anybody_discards_in_the_own_pen(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo") as (amina, bo):
        assert (await sync(bo, amina)).is_everything
        author = handed_in(bo, 4)
        entries = len(bo._parts.team.charter.entries)
        with pytest.raises(NotPermitted, match="Only a steward"):
            bo.quarantine.accept(format_id("a", author.id))
        assert (len(bo._parts.team.charter.entries), bo.status().penned) == (entries, 4)
        assert amina.quarantine.view().pen == ()
        assert bo.quarantine.discard(format_id("a", author.id)) == 4


@in_loop
async def test_what_waits_for_a_version_nobody_here_has_is_listed_so(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina") as (amina,):
        author, unknown = Author(80), Author(81)
        first = unknown.write("urn:1", {"name": "first"})
        author.write("urn:1", {"name": "second"}, parents=[first.id])
        amina_key = amina._parts.identity.device_key
        with amina._parts.desk.writing() as writing:
            writing.add_charter([certify(writing.charter, amina_key, author.key)])
            writing.add_part(author.part(0, 1))
        [one] = amina.quarantine.view().held_back
        assert (one.kind, one.versions, one.name) == ("waiting", 1, "Amina")
        assert "nobody here has" in one.why
        assert (amina.status().waiting, amina.status().quarantined) == (1, 0)


@in_loop
async def test_what_a_newer_program_wrote_is_listed_so(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina") as (amina,):
        author = Author(82)
        author.write("urn:1", {"name": "plain"})
        author.write("urn:2", {"name": "odd"}, op="foretell")
        with amina._parts.desk.writing() as writing:
            writing.add_charter([certify(writing.charter, amina._parts.identity.device_key, author.key)])
            writing.add_part(author.part(0, 2))
        found = {one.kind: (one.versions, [each.uuid for each in one.records]) for one in _held(amina)}
        assert found["newer"] == (1, ["urn:2"])


@in_loop
async def test_a_long_quarantine_is_listed_as_far_as_its_bound_and_counted_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine, "_RECORDS_SEEN", 50)
    async with team(World(tmp_path), "Amina") as (amina,):
        author = handed_in(amina, 400)
        amina.quarantine.accept(format_id("a", author.id), 10)
        seen = amina.quarantine.view()
        [one] = seen.held_back
        assert (one.versions, len(one.records), seen.is_whole) == (190, 20, False)
        assert shown(amina) == 10


def _held(device: Device) -> tuple[HeldBack, ...]:
    return device.quarantine.view().held_back


def test_an_author_is_named_by_as_much_of_its_id_as_tells_it_apart(tmp_path: Path) -> None:
    device = World(tmp_path).make("Amina")
    try:
        one, other = handed_in(device, 2, seed=90), handed_in(device, 2, seed=91)
        for named in ("", "a-", "a-zzzzzzzz", format_id("d", GUEST)):
            with pytest.raises(InvalidInput):
                device.quarantine.discard(named)
        # Both came by one device: its name tells nothing.
        with pytest.raises(InvalidInput, match="Several authors"):
            device.quarantine.discard(format_id("d", GUEST)[:12])
        assert device.quarantine.discard(format_id("a", AuthorId(other.id))[:14]) == 2
        assert [each.author for each in device.quarantine.view().pen] == [format_id("a", one.id)]
    finally:
        device.close()


@in_loop
async def test_both_branches_of_a_copied_key_are_accepted_or_only_what_they_share(tmp_path: Path) -> None:
    for up_to, counted, left in ((0, 7, 0), (3, 3, 4), (5, 7, 0), (4, 5, 2)):
        async with team(World(tmp_path / str(up_to)), "Amina") as (amina,):
            first = Author(95)
            first.write_many(3)
            copy = first.cloned(3, seed=5)
            first.write_many(2)
            for name in ("urn:a", "urn:b"):
                copy.write(name, {"name": name})
            key = amina._parts.identity.device_key
            with amina._parts.desk.writing() as writing:
                # Named by an entry without effect, so kept and quarantined: the seal of a log nobody has.
                other = Author(96)
                other.write_many(1)
                writing.add_charter([accept(writing.charter, key, first.id, size=1, root=other.frontier(1).root())])
                writing.add_part(first.part(0, 5))
                writing.add_part(copy.part(0, 5))
            assert (shown(amina), amina.status().quarantined) == (0, 7)
            amina.quarantine.accept(format_id("a", first.id), up_to)
            assert (shown(amina), amina.status().quarantined) == (counted, left), up_to
