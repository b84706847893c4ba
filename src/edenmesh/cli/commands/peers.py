"""Commands for people: the team, being visible, seeing who is, pairing, choosing whom to sync with, and barring."""

import asyncio

import click

from edenmesh.cli.dialogues import Dialogue
from edenmesh.cli.drawing import NearbyListed, ShownNow, counted, moment
from edenmesh.cli.reaching import (
    HEARING,
    LISTENING,
    Answer,
    Asking,
    Call,
    Client,
    ExitCode,
    command,
    is_served,
    places,
    settings_of,
)
from edenmesh.errors import InvalidInput, PairingFailed, UsageError
from edenmesh.node import MemberView, PeerView
from edenmesh.web import socket_path

_INTRODUCER = click.option(
    "--introducer", is_flag=True, help="Let the device that joins admit others to the team, too."
)


@command("mesh", examples=["edenmesh mesh"])
async def mesh(call: Call) -> ExitCode:
    """Show the team: who is in it, with which roles, who admitted whom, and how many author keys each has had."""
    async with call.device() as device:
        answer = await device.get("/api/members")
    if call.is_json:
        call.screen.write_json(answer.value)
        return ExitCode.OK
    rows = [
        (
            f"{one.name} (this device)" if one.is_self else one.name,
            "revoked" if one.is_revoked else "left" if one.has_left else ", ".join(one.roles) or "member",
            one.admitted_by or "-",
            f"{one.authors}, one of them copied: two stores write with it" if one.is_copied else str(one.authors),
            one.device,
        )
        for one in answer.read(list[MemberView])
    ]
    call.screen.table(("Name", "Roles", "Admitted by", "Author keys", "Id"), rows, empty="There is nobody.")
    return ExitCode.OK


@command(
    "visible",
    click.option(
        "--minutes", type=click.FloatRange(0, 1440, min_open=True), default=5.0, metavar="N", help="For how long."
    ),
    click.option("--wait", is_flag=True, help="Stay, and answer here when another device begins to pair."),
    _INTRODUCER,
    *LISTENING,
    examples=["edenmesh visible", "edenmesh visible --minutes 15 --wait"],
)
async def visible(
    call: Call,
    *,
    minutes: float,
    wait: bool,
    introducer: bool,
    host: str | None,
    port: int,
    announce_on: tuple[str, ...],
    no_announce: bool,
) -> ExitCode:
    """Let every device nearby see this one for a time, so that it can be paired with.

    Shows the call-sign by which others see it, its addresses for those who cannot see it, and a QR code. Where no
    device is running, it stays visible while this command runs, and the pairing is answered here.
    """
    is_running = await is_served(socket_path(call.home))
    settings = settings_of(announce_on, no_announce, host=host, port=port)
    async with call.device(settings, is_listening=True) as device:
        if is_running and not wait:
            _show(call, await device.post("/api/visible", {"minutes": minutes}))
            return ExitCode.OK
        try:
            async with asyncio.timeout(minutes * 60):
                return await _wait_for_pairing(call, device, minutes, introducer=introducer)
        except TimeoutError:
            raise PairingFailed(
                what=f"Nobody has paired within {minutes:g} minutes.", do="Try again with `edenmesh visible --wait`."
            ) from None


@command("nearby", *HEARING, examples=["edenmesh nearby"])
async def nearby(call: Call, announce_on: tuple[str, ...], no_announce: bool) -> ExitCode:
    """Look for devices that are visible on the networks this one is in.

    It takes three seconds. Many networks and phones carry no announcements: then type the address that the other
    device shows.
    """
    async with call.device(settings_of(announce_on, no_announce)) as device:
        answer = await device.get("/api/nearby")
    if call.is_json:
        call.screen.write_json(answer.value)
        return ExitCode.OK
    rows = [
        (one.call_sign, "in this team" if one.is_member else "", ", ".join(places(one.addresses, one.port)))
        for one in answer.read(list[NearbyListed])
    ]
    call.screen.table(("Call-sign", "", "Addresses"), rows, empty="No other device is visible here.")
    return ExitCode.OK


@command(
    "pair",
    click.argument("target"),
    _INTRODUCER,
    *HEARING,
    examples=[
        "edenmesh pair 'amber falcon'",
        "edenmesh pair 192.168.1.7:4711",
        "edenmesh pair 'EM1:...'            (the text of the other device's QR code)",
        "echo 482913 | edenmesh pair 192.168.1.7:4711        (the code as read from the other device)",
    ],
)
async def pair(call: Call, target: str, introducer: bool, announce_on: tuple[str, ...], no_announce: bool) -> ExitCode:
    """Pair with TARGET: a call-sign, an address, or the text of a QR code.

    Both devices then show six digits, and who joins whose team. Compare the digits, on both screens, and type yes on
    both; if they differ, somebody may be in between: type no. A script answers on standard input with yes, no, or the
    digits it has read from the other device.
    """
    async with (
        call.device(settings_of(announce_on, no_announce)) as device,
        device.lines("POST", "/api/pair", {"target": target}) as lines,
    ):
        return await _dialogue(call, device, Asking(), introducer=introducer).follow(lines)


@command("peers", examples=["edenmesh peers"])
async def peers(call: Call) -> ExitCode:
    """Show the other devices this one knows, and when it last met them."""
    async with call.device() as device:
        answer = await device.get("/api/peers")
    if call.is_json:
        call.screen.write_json(answer.value)
        return ExitCode.OK
    rows = [
        (one.name, _standing(one), moment(one.last_seen), _held(one), ", ".join(one.addresses), one.device)
        for one in answer.read(list[PeerView])
    ]
    head = ("Name", "Standing", "Last met", "Then", "Addresses", "Id")
    call.screen.table(head, rows, empty="This device knows no other yet. Pair with one: edenmesh pair")
    return ExitCode.OK


@command(
    "allow",
    click.argument("peer"),
    click.option("--not", "is_not", is_flag=True, help="Sync with it no more."),
    examples=["edenmesh allow Ben", "edenmesh allow Ben --not"],
)
async def allow(call: Call, peer: str, is_not: bool) -> ExitCode:
    """Choose to sync with PEER, or no more.

    A device you have paired with is chosen already. Other members of the team wait until somebody here allows them.
    """
    async with call.device() as device:
        answer = await device.post("/api/peers/allow", {"peer": peer, "is_allowed": not is_not})
    if call.is_json:
        call.screen.write_json(answer.value)
    call.screen.say(f"This device {'does not sync' if is_not else 'syncs'} with {peer} from now on.")
    return ExitCode.OK


@command(
    "block",
    click.argument("peer"),
    click.option("--undo", is_flag=True, help="Let it in again, as far as it was let in before."),
    examples=["edenmesh block Ben", "edenmesh block --undo Ben", "edenmesh block d-4y2k..."],
)
async def block(call: Call, peer: str, undo: bool) -> ExitCode:
    """Want no session with PEER on this device, be it a member, a guest or a stranger.

    It is refused at the door, before anything is said; an open session or pairing ends at once. It concerns this device
    alone: others may exchange with it, and what it wrote comes through them. A stranger is named as it called itself
    when it tried to pair, or by its whole id.
    """
    async with call.device() as device:
        answer = await device.post("/api/peers/block", {"peer": peer, "is_blocked": not undo})
    if call.is_json:
        call.screen.write_json(answer.value)
    told = "is not blocked any more" if undo else f"is blocked. To lift that: edenmesh block --undo {peer!r}"
    call.screen.say(f"{peer} {told}")
    return ExitCode.OK


@command(
    "share",
    click.argument("guest"),
    click.argument("tables", nargs=-1, metavar="[TABLE]..."),
    click.option("--all", "is_all", is_flag=True, help="All tables, those that are still to come, too."),
    click.option("--nothing", "is_nothing", is_flag=True, help="No table any more."),
    examples=[
        "edenmesh share Cleo cr_shelter org_facility",
        "edenmesh share Cleo --nothing",
        "edenmesh share Cleo                  (what is shared now)",
    ],
)
async def share(call: Call, *, guest: str, tables: tuple[str, ...], is_all: bool, is_nothing: bool) -> ExitCode:
    """Choose which tables GUEST, a device of another team, is given from now on, in place of what it was given so far.

    It gets the records of these tables with their history and files. In the other team they wait until a steward
    accepts them. A table with details of another one is given only where it is named, too. What was given cannot be
    taken back.
    """
    if sum((bool(tables), is_all, is_nothing)) > 1:
        raise UsageError(what="Tables, --all and --nothing exclude each other.", do="Name one of the three.")
    async with call.device() as device:
        if tables or is_all or is_nothing:
            await device.post("/api/peers/share", {"peer": guest, "tables": list(tables), "is_all": is_all})
        known = (await device.get("/api/peers")).read(list[PeerView])
    seen = [one for one in known if guest.casefold() in (one.name.casefold(), one.device) and one.is_guest]
    seen = seen or [one for one in known if one.is_guest and one.device.startswith(guest)]
    if not seen:
        raise InvalidInput(what=f"No guest here is called {guest}.", do="See the guests with `edenmesh peers`.")
    if call.is_json:
        call.screen.write_json({"guest": seen[0].name, "shares": [*seen[0].shares], "shares_all": seen[0].shares_all})
    call.screen.say(f"{seen[0].name} is given {_shared(seen[0])}.")
    return ExitCode.OK


@command(
    "revoke",
    click.argument("peer"),
    click.option("--yes", is_flag=True, help="Do not ask whether it is meant."),
    examples=["edenmesh revoke Ben", "edenmesh revoke d-4y2k --yes"],
)
async def revoke(call: Call, peer: str, yes: bool) -> ExitCode:
    """Bar PEER for good, for the whole team: a lost or stolen device.

    What it wrote and is here stays; what it writes from now on does not count. It cannot be undone: its person comes
    back with a new device. A guest is none any more on this device alone, and may be paired with again.
    """
    if not yes and await Asking().ask(f"Bar {peer} for good? Its key never comes back. [yes/no] ") != "yes":
        call.screen.note("Nothing was changed. To bar it without a question: --yes")
        return ExitCode.FAILED
    async with call.device() as device:
        answer = await device.post("/api/peers/revoke", {"peer": peer})
    if call.is_json:
        call.screen.write_json(answer.value)
    call.screen.say(f"{peer} is barred. Others hear of it when they sync; a guest was one of this device alone.")
    return ExitCode.OK


async def _wait_for_pairing(call: Call, device: Client, minutes: float, *, introducer: bool) -> ExitCode:
    """Be visible and answer pairings, until one succeeds."""
    asking = Asking()
    is_shown = False
    while True:
        # Listen first: a device that sees this one may begin at once.
        async with device.lines("GET", "/api/pairing") as lines:
            await anext(lines)
            if not is_shown:
                _show(call, await device.post("/api/visible", {"minutes": minutes}))
                call.screen.say("Waiting for another device to pair. Press Ctrl-C to stop.")
                is_shown = True
            try:
                return await _dialogue(call, device, asking, introducer=introducer).follow(lines)
            except PairingFailed as error:
                call.screen.error(error)


def _dialogue(call: Call, device: Client, asking: Asking, *, introducer: bool) -> Dialogue:
    async def answer(code: str, is_same: bool) -> None:
        await device.post("/api/pairing/answer", {"code": code, "is_same": is_same, "introducer": introducer})

    return Dialogue(call, asking, answer)


def _show(call: Call, answer: Answer) -> None:
    if call.is_json:
        call.screen.write_json(answer.value)
        return
    shown = answer.read(ShownNow)
    if shown.call_sign:
        call.screen.large(shown.call_sign, "Others see this device as")
    found = places(shown.addresses, shown.port)
    call.screen.say(f"Address: {' or '.join(found) or 'this device is in no network'}")
    call.screen.qr(shown.qr)
    call.screen.say(f"Visible until {moment(int(shown.until * 1000))}.")


def _standing(peer: PeerView) -> str:
    if peer.is_revoked:
        return "revoked"
    if peer.is_blocked:
        return f"blocked here: edenmesh block --undo {peer.name!r}"
    if peer.is_guest:
        state = "" if peer.is_allowed else f"; paused: edenmesh allow {peer.name!r}"
        return f"guest, is given {_shared(peer)}{state}"
    if not peer.is_member:
        return "not in the team"
    if not peer.is_allowed:
        return f"waits: edenmesh allow {peer.name!r}"
    if peer.is_paused:
        return f"stopped for now: edenmesh sync {peer.name!r}"
    return "connected" if peer.is_connected else "syncs"


def _shared(peer: PeerView) -> str:
    return "all tables" if peer.shares_all else ", ".join(peer.shares) or "nothing"


def _held(peer: PeerView) -> str:
    if peer.is_guest:
        return f"{counted(peer.penned, 'change')} in the pen here" if peer.penned else ""
    if peer.missing is None:
        return ""
    return "everything on both" if not peer.missing else "; ".join(peer.missing)
