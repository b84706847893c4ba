"""Two devices pair: who joins whom, what persons see, every way it ends without success, and what is kept then."""

from contextlib import suppress
from pathlib import Path

import pytest

from edenmesh.core.limits import PAIRING_CODE_SECONDS, PAIRING_PAUSE_SECONDS
from edenmesh.errors import (
    EdenmeshError,
    InvalidInput,
    NotPaired,
    PairingFailed,
    PeerUnreachable,
)
from edenmesh.node import Device, PairingTask
from tests.net.loop import in_loop, until
from tests.node.cable import Cable
from tests.node.devices import World, address, begin, pair, running, states, sync, team

TABLE = "org_facility"


def names(device: Device) -> list[str]:
    return sorted(member.name for member in device.members())


async def failure(task: PairingTask) -> EdenmeshError:
    with pytest.raises(EdenmeshError) as failed:
        await task.result()
    assert failed.value.what
    assert failed.value.kept
    assert failed.value.do
    return failed.value


@in_loop
async def test_of_two_lone_devices_the_dialled_one_is_joined(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina", "Bo") as (amina, bo):
        for _ in range(120):
            amina.add(TABLE, {"name": "School"})
        ours, theirs = await begin(bo, amina)
        mine, yours = await ours.code(), await theirs.code()
        assert (mine.joining, yours.joining) == ("we join", "they join")
        assert mine.sentence == "This device joins the team of Amina: 1 member, about 100 records."
        assert yours.sentence == "Bo joins your team."
        assert (mine.peer_name, yours.peer_name) == ("Amina", "Bo")
        assert mine.must_compare
        assert not ours.is_incoming
        assert theirs.is_incoming
        assert (names(amina), names(bo)) == (["Amina"], ["Bo"])
        ours.answer(True)
        theirs.answer(True)
        assert ((await ours.result()).name, (await theirs.result()).name) == ("Amina", "Bo")
        assert names(amina) == names(bo) == ["Amina", "Bo"]
        assert amina.status().mesh == bo.status().mesh
        roles = {member.name: member.roles for member in bo.members()}
        assert set(roles["Amina"]) == {"founder", "steward", "introducer", "gateway"}
        assert roles["Bo"] == ()
        assert [member.admitted_by for member in amina.members()] == ["", "Amina"]
        # Nothing but membership has changed hands yet; then the address is known, and sync needs no more.
        assert bo.status().records == 0
        assert [(peer.name, peer.is_allowed) for peer in bo.peers()] == [("Amina", True)]
        updates = [update async for update in bo.sync("amina")]
        assert updates[-1].is_everything
        assert bo.status().records == 120


@in_loop
@pytest.mark.parametrize("is_dialler_grown", [True, False])
async def test_a_lone_device_joins_a_grown_team_whoever_dials(tmp_path: Path, *, is_dialler_grown: bool) -> None:
    async with running(World(tmp_path), "Amina", "Bo", "Cleo") as (amina, bo, cleo):
        await pair(bo, amina)
        cleo.add(TABLE, {"name": "hers"})
        dialler, shower = (amina, cleo) if is_dialler_grown else (cleo, amina)
        await pair(dialler, shower)
        assert names(amina) == names(cleo) == ["Amina", "Bo", "Cleo"]
        # What she had written alone counts in the team.
        assert (await sync(cleo, amina)).is_everything
        assert [row.label for row in amina.page(TABLE)[0]] == ["hers"]
        assert amina.status().quarantined == 0


@in_loop
async def test_devices_of_two_grown_teams_become_guests_of_each_other(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina", "Bo", "Cleo", "Dan") as (amina, bo, cleo, dan):
        await pair(bo, amina)
        await pair(dan, cleo)
        ours, theirs = await begin(amina, cleo)
        mine, yours = await ours.code(), await theirs.code()
        assert (mine.joining, yours.joining) == ("as guests", "as guests")
        assert mine.sentence.startswith("Cleo is of another team: 2 members")
        assert "nothing at first" in yours.sentence
        ours.answer(True)
        theirs.answer(True)
        await ours.result()
        await theirs.result()
        assert (names(amina), names(cleo)) == (["Amina", "Bo"], ["Cleo", "Dan"])
        (guest,) = [peer for peer in amina.peers() if peer.name == "Cleo"]
        assert guest.is_guest
        assert guest.is_allowed
        assert not guest.is_member
        assert (guest.shares, guest.shares_all, guest.penned) == ((), False, 0)
        assert amina._parts.team.secrets != cleo._parts.team.secrets


@in_loop
@pytest.mark.parametrize("says_no", ["dialler", "shower"])
async def test_a_no_on_either_side_ends_it_loudly_and_changes_nothing(tmp_path: Path, says_no: str) -> None:
    async with running(World(tmp_path), "Amina", "Bo") as (amina, bo):
        ours, theirs = await begin(bo, amina)
        no, yes = (ours, theirs) if says_no == "dialler" else (theirs, ours)
        yes.answer(True)
        no.answer(False)
        assert "You said no" in (await failure(no)).what
        assert "The other person said no" in (await failure(yes)).what
        assert (names(amina), names(bo)) == (["Amina"], ["Bo"])
        assert amina.peers() == bo.peers() == []
        with pytest.raises(InvalidInput, match="no code to answer"):
            no.answer(True)
        await pair(bo, amina)
        assert names(amina) == ["Amina", "Bo"]


@in_loop
async def test_an_answer_meets_only_the_code_it_is_about(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina", "Bo") as (amina, bo):
        ours, theirs = await begin(bo, amina)
        code = (await theirs.code()).code
        other = "000 000" if code != "000 000" else "000 001"
        with pytest.raises(InvalidInput, match="not the one shown now"):
            theirs.answer(True, code=other)
        ours.answer(True, code=code)
        theirs.answer(True, code=code)
        await ours.result()
        await theirs.result()
        assert names(bo) == ["Amina", "Bo"]


@in_loop
async def test_a_pairing_cut_at_any_byte_is_done_again(tmp_path: Path) -> None:
    world = World(tmp_path, Cable())
    cable = world.transport
    assert isinstance(cable, Cable)
    async with running(world, "Amina", "Bo") as (amina, bo):
        before = cable.carried
        ours, theirs = await begin(bo, amina)
        ours.answer(False)
        await failure(ours)
        await failure(theirs)
        upto = cable.carried - before
        tries = 0
        for step in range(12):
            world.clock.ahead += PAIRING_PAUSE_SECONDS + 1
            cable.cut_after(upto * step // 7)
            if await _try(bo, amina):
                break
            tries += 1
            cable.mend()
        assert tries >= 5
        cable.mend()
        world.clock.ahead += PAIRING_PAUSE_SECONDS + 1
        await pair(bo, amina)
        assert names(amina) == names(bo) == ["Amina", "Bo"]
        assert (await sync(bo, amina)).is_everything


async def _try(dialler: Device, shower: Device) -> bool:
    """Pair over a cable that may be cut at any moment; whether both came to the end. Nobody waits for ever."""
    await shower.show(5)
    came: list[PairingTask] = []
    stop = shower.on_pairing(came.append)
    try:
        ours = await dialler.pair(address(shower))
        await until(lambda: bool(came) or ours.is_over)
    except PeerUnreachable:
        return False
    finally:
        stop()
    tasks = (ours, *came)
    for task in tasks:
        with suppress(EdenmeshError):
            await task.code()
            task.answer(True)
    ends = 0
    for task in tasks:
        with suppress(EdenmeshError):
            await task.result()
            ends += 1
    return ends == 2


@in_loop
async def test_who_is_not_visible_cannot_be_paired_with(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with running(world, "Amina", "Bo") as (amina, bo):
        with pytest.raises(PeerUnreachable) as refused:
            await bo.pair(address(amina))
        assert "visible" in refused.value.do
        await amina.show(5)
        await amina.hide()
        with pytest.raises(PeerUnreachable):
            await bo.pair(address(amina))
        # Only for the time that was chosen, though nobody hid it.
        await amina.show(5)
        assert amina.status().visible_until
        world.clock.ahead += 301
        assert not amina.status().visible_until
        with pytest.raises(PeerUnreachable):
            await bo.pair(address(amina))
        with pytest.raises(InvalidInput, match="not visible now"):
            amina.qr()
        assert amina.latest_pairing is None


@in_loop
async def test_visibility_ends_by_itself(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina", "Bo") as (amina, bo):
        await amina.show(0.004)
        assert amina.status().visible_until
        await until(lambda: not amina._meetings.door_secrets)
        with pytest.raises(PeerUnreachable):
            await bo.pair(address(amina))


@in_loop
async def test_who_scanned_the_code_need_not_compare(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina", "Bo") as (amina, bo):
        await amina.show(5)
        ours, theirs = await begin(bo, amina, amina.qr().lower())
        assert not (await ours.code()).must_compare
        assert (await theirs.code()).must_compare
        assert (await theirs.code()).is_scanned
        ours.answer(True)
        theirs.answer(True)
        await ours.result()
        await theirs.result()
        assert names(bo) == ["Amina", "Bo"]


@in_loop
async def test_a_code_of_another_device_is_not_paired_with(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina", "Bo", "Eve") as (amina, bo, eve):
        await amina.show(5)
        await eve.show(5)
        text = amina.qr().replace(f":{amina.status().port}", f":{eve.status().port}")
        with pytest.raises(InvalidInput, match="check does not hold"):
            await bo.pair(text)
        # The QR code of a device whose address another has taken over.
        shown = amina._visibility.shown
        assert shown is not None
        eve._meetings.door_secrets = {shown.door_secret}
        stolen = amina._pairings.qr(shown.door_secret, ("127.0.0.1",), eve.status().port)
        task = await bo.pair(stolen)
        assert "not the one whose QR code was scanned" in (await failure(task)).what
        assert names(bo) == ["Bo"]


@in_loop
async def test_targets_that_mean_nothing_are_refused(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina", "Bo") as (amina, _):
        for target in ("", "amber falcon", "EM1:xyz", "127.0.0.1:0", ":7", "127.0.0.1:99999", "nowhere"):
            with pytest.raises(EdenmeshError) as refused:
                await amina.pair(target)
            assert refused.value.do
        with pytest.raises(PeerUnreachable):
            await amina.pair("127.0.0.1:1")
        task = await amina.pair(address(amina)) if amina.status().visible_until else None
        assert task is None
        await amina.show(5)
        assert "own key" in (await failure(await amina.pair(address(amina)))).what


@in_loop
async def test_one_pairing_at_a_time(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina", "Bo", "Cleo") as (amina, bo, cleo):
        ours, theirs = await begin(bo, amina)
        with pytest.raises(PairingFailed, match="pairing with another one"):
            await bo.pair(address(amina))
        late = await cleo.pair(address(amina))
        await failure(late)
        ours.answer(True)
        theirs.answer(True)
        assert (await theirs.result()).name == "Bo"
        await pair(cleo, amina)
        assert names(amina) == ["Amina", "Bo", "Cleo"]


@in_loop
async def test_after_three_failures_there_is_a_pause(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with running(world, "Amina", "Bo") as (amina, bo):
        for _ in range(3):
            ours, theirs = await begin(bo, amina)
            ours.answer(False)
            await failure(ours)
            await failure(theirs)
        with pytest.raises(PairingFailed, match="pairings failed") as paused:
            await bo.pair(address(amina))
        assert "Wait" in paused.value.do
        world.clock.ahead += PAIRING_PAUSE_SECONDS + 1
        await amina.show(5)
        await pair(bo, amina)


@in_loop
async def test_a_person_who_never_answers_does_not_hold_up_others(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with running(world, "Amina", "Bo") as (amina, bo):
        ours, theirs = await begin(bo, amina)
        world.clock.ahead += PAIRING_CODE_SECONDS + 1
        ours.answer(True)
        for task in (ours, theirs):
            assert isinstance(await failure(task), PairingFailed)
        await amina.show(5)
        await pair(bo, amina)


@in_loop
async def test_who_goes_away_without_an_answer_ends_it(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina", "Bo") as (amina, bo):
        ours, theirs = await begin(bo, amina)
        ours.give_up()
        await failure(ours)
        await failure(theirs)
        ours, theirs = await begin(bo, amina)
        theirs.answer(True)
        ours.answer(True)
        ours.give_up()
        await ours.result()
        assert names(bo) == ["Amina", "Bo"]


@in_loop
async def test_a_device_that_stops_ends_its_pairing(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina", "Bo") as (amina, bo):
        ours, theirs = await begin(bo, amina)
        await bo.stop()
        await failure(theirs)
        assert "This device stopped" in (await failure(ours)).what
        assert names(amina) == ["Amina"]


@in_loop
async def test_only_an_introducer_admits_others(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina", "Bo", "Cleo", "Dan") as (amina, bo, cleo, dan):
        await pair(bo, amina)
        await bo.show(5)
        task = await cleo.pair(address(bo))
        assert "may not admit others" in (await failure(task)).what
        await bo.hide()
        await pair(cleo, amina, introducer=True)
        await pair(dan, cleo)
        assert names(cleo) == names(dan) == ["Amina", "Bo", "Cleo", "Dan"] or names(dan) == ["Amina", "Cleo", "Dan"]


@in_loop
async def test_a_member_met_through_a_third_waits_until_both_chose_it(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo", "Cleo") as (amina, bo, cleo):
        for device in (bo, cleo):
            assert (await sync(device, amina)).is_everything
        amina.add(TABLE, {"name": "School"})
        await until(lambda: bo.status().records == cleo.status().records == 1)
        await until(lambda: names(bo) == ["Amina", "Bo", "Cleo"])
        assert {peer.name: peer.is_allowed for peer in bo.peers()} == {"Amina": True, "Cleo": False}
        with pytest.raises(NotPaired, match="not chosen"):
            await sync(bo, cleo)
        bo.allow("Cleo")
        waits = await sync(bo, cleo)
        assert not waits.is_everything
        assert "has to allow" in waits.ended
        assert {peer.name for peer in cleo.peers()} == {"Amina", "Bo"}
        cleo.allow("Bo")
        assert (await sync(bo, cleo)).is_everything
        bo.allow("Cleo", is_allowed=False)
        await until(lambda: "Cleo" not in bo.status().connected)
        with pytest.raises(NotPaired):
            await sync(bo, cleo)


@in_loop
async def test_members_that_pair_again_are_peers_and_nobody_joins(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bo", "Cleo") as (amina, bo, cleo):
        for device in (bo, cleo):
            await sync(device, amina)
        await until(lambda: names(bo) == names(cleo) == ["Amina", "Bo", "Cleo"])
        ours, theirs = await begin(cleo, bo)
        assert (await ours.code()).sentence == "Both devices are in the same team already."
        ours.answer(True)
        theirs.answer(True)
        await ours.result()
        await theirs.result()
        assert (await sync(cleo, bo)).is_everything
        assert states(cleo) == states(bo)
