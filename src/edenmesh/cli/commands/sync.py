"""`edenmesh sync`: bring this device and its peers up to each other, now."""

import time
from collections.abc import AsyncIterator

import click

from edenmesh.cli.drawing import Meter, amount, counted
from edenmesh.cli.reaching import HEARING, Answer, Call, Client, ExitCode, command, settings_of
from edenmesh.errors import EdenmeshError, InvalidInput, UsageError
from edenmesh.node import PeerView, SyncUpdate


@command(
    "sync",
    click.argument("peer", default=""),
    click.option("--address", default="", metavar="HOST:PORT", help="Where PEER is, if it is not found by itself."),
    click.option("--stop", is_flag=True, help="Stop the exchange with PEER for now; the next sync goes on with it."),
    *HEARING,
    examples=[
        "edenmesh sync",
        "edenmesh sync Ben",
        "edenmesh sync Ben --address 192.168.1.7:4711",
        "edenmesh sync Ben --stop",
    ],
)
async def sync(
    call: Call, *, peer: str, address: str, stop: bool, announce_on: tuple[str, ...], no_announce: bool
) -> ExitCode:
    """Sync with PEER, or with every peer in turn.

    The other device must be running: edenmesh run. Ends with 0 only where both devices have stated that they hold the
    same, whole; with 3 where something is missing on either, which is then listed. With a guest it ends with 0 where
    each has taken what the other shares with it; that lies in the pen there.

    With --stop the running device ends its exchange with PEER, who is told so; both keep what was acknowledged. Neither
    begins anew by itself until somebody syncs here again, or the device is started anew.
    """
    if stop:
        return await _stop(call, peer)
    if address and not peer:
        raise UsageError(
            what="An address was given, but not whose it is.", do="Write `edenmesh sync PEER --address HOST:PORT`."
        )
    async with call.device(settings_of(announce_on, no_announce)) as device:
        names = [peer] if peer else await _chosen(device)
        codes = [await _sync_or_tell(call, device, name, address, is_only=len(names) == 1) for name in names]
    return ExitCode.OK if set(codes) == {ExitCode.OK} else ExitCode.PARTLY


async def _stop(call: Call, peer: str) -> ExitCode:
    if not peer:
        raise UsageError(what="It was not said with whom to stop.", do="Write `edenmesh sync PEER --stop`.")
    async with call.device() as device:
        answer = await device.post("/api/sync/stop", {"peer": peer})
    if call.is_json:
        call.screen.write_json(answer.value)
    was_open = answer.read(dict[str, bool])["was_open"]
    told = "is stopped for now" if was_open else "was not open; it does not begin by itself now"
    call.screen.say(f"The exchange with {peer} {told}. To go on: edenmesh sync {peer!r}")
    return ExitCode.OK


async def _chosen(device: Client) -> list[str]:
    known = (await device.get("/api/peers")).read(list[PeerView])
    chosen = [one.device for one in known if one.is_allowed and (one.is_member or one.is_guest)]
    if not chosen:
        raise InvalidInput(what="This device has no peer to sync with yet.", do="Pair with one: `edenmesh pair`.")
    return chosen


async def _sync_or_tell(call: Call, device: Client, peer: str, address: str, *, is_only: bool) -> ExitCode:
    """Sync with one of several: one that cannot be reached keeps no other from its turn."""
    try:
        return await _sync(call, device, peer, address)
    except EdenmeshError as error:
        if is_only:
            raise
        call.screen.error(error)
        return ExitCode.PARTLY


async def _sync(call: Call, device: Client, peer: str, address: str) -> ExitCode:
    began = time.monotonic()
    async with device.lines("POST", "/api/sync", {"peer": peer, "address": address}) as lines:
        last = await _follow(call, lines)
    seconds = time.monotonic() - began
    is_everything = last is not None and last.is_everything
    is_met = last is not None and last.is_met
    if last is not None and not call.is_json:
        moved = (
            f"{counted(last.taken, 'change')} received, {last.given:,} given, "
            f"{amount(last.bytes_received + last.bytes_sent)} in {seconds:.1f} s"
        )
        if last.is_guest:
            words = "; ".join(last.missing or ())
            style = "green" if is_met else "yellow"
            call.screen.say(f"{last.peer}, a guest: {words}. {moved}.", style=style)
        elif is_everything:
            call.screen.say(f"{last.peer}: everything is on both devices. {moved}.", style="green")
        else:
            why = "; ".join(last.missing or ()) or last.ended or "the device stopped"
            call.screen.say(
                f"{last.peer}: not everything is on both devices. {_sentence(why)} {moved}.", style="yellow"
            )
    return ExitCode.OK if is_everything or is_met else ExitCode.PARTLY


async def _follow(call: Call, lines: AsyncIterator[Answer]) -> SyncUpdate | None:
    """Show figures while they come; the last one."""
    meter: Meter | None = None
    last: SyncUpdate | None = None
    try:
        async for answer in lines:
            if call.is_json:
                call.screen.write_json(answer.value)
            last = answer.read(SyncUpdate)
            if meter is None:
                meter = Meter(call.screen, last.peer).__enter__()
            meter.show(
                {
                    "received": (last.taken, last.to_take),
                    "given": (last.given, last.to_give),
                    "file bytes": (last.file_bytes_taken, last.file_bytes_to_take),
                }
            )
    finally:
        if meter is not None:
            meter.__exit__(None, None, None)
    return last


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}."
