"""`edenmesh erase`: destroying a record everywhere, asking for it, confirming it; and at the server before."""

from typing import Final

import click

from edenmesh.cli.commands.deletion import require_person
from edenmesh.cli.drawing import RecordShown, counted
from edenmesh.cli.reaching import Answer, Asking, Call, Client, ExitCode, command
from edenmesh.errors import DeliveryError, NotPermitted, UsageError
from edenmesh.node import AskedView, BinView, ErasureView, Json

_SERVER: Final = (
    "It does not reach servers: what is there stays, and can be read there. To delete it there first, use"
    " --also-at-server; else ask who runs the server."
)


@command(
    "erase",
    click.argument("table", default=""),
    click.argument("uuid", default=""),
    click.option("--yes", is_flag=True, help="Do not ask."),
    click.option("--request", "is_request", is_flag=True, help="Ask the stewards to do it, as anyone may."),
    click.option("--why", default="", metavar="TEXT", help="With --request: the reason. The whole team can read it."),
    click.option("--confirm", "entry", default="", metavar="ENTRY", help="Confirm an erasure as a second steward."),
    click.option("--also-at-server", is_flag=True, help="Delete it at the server first."),
    click.option("--server", default="", metavar="NAME", help="With --also-at-server: which, where there are several."),
    click.option(
        "--with-parted", is_flag=True, help="Also the records that people parted from it: they hang together."
    ),
    examples=[
        "edenmesh erase pr_person 4f21",
        "edenmesh erase pr_person 4f21 --also-at-server",
        "edenmesh erase --request pr_person 4f21 --why 'She asked us to.'",
        "edenmesh erase --confirm e-mzxw6yt",
    ],
)
async def erase(
    call: Call,
    *,
    table: str,
    uuid: str,
    yes: bool,
    is_request: bool,
    why: str,
    entry: str,
    also_at_server: bool,
    server: str,
    with_parted: bool,
) -> ExitCode:
    """Destroy a record on every device of the team, with its components and files. Stewards only.

    Every device that hears of it hides it at once, and destroys it after it has run for a day, or at once when a second
    steward confirms. It cannot come back, by whatever way. It does not reach servers.
    """
    async with call.device() as device:
        if entry:
            await _look(call, device, entry, yes=yes)
            answer = await device.post("/api/erase/confirm", {"entry": entry})
            _draw(call, answer, [answer.read(ErasureView)])
            return ExitCode.OK
        if not table or not uuid:
            raise UsageError(what="It was not said what to erase.", do="Name TABLE and UUID. See `edenmesh bin list`.")
        named: dict[str, Json] = {"table": table, "uuid": uuid, "with_parted": with_parted}
        covered = (await device.post("/api/erase/look", named)).read(list[dict[str, str]])
        if is_request:
            return await _ask(call, device, {**named, "why": why})
        for one in covered:
            label = (await device.get("/api/record", one)).read(RecordShown).label
            call.screen.note(f"To be destroyed everywhere: {one['table']} {one['uuid']}   {label}")
        await _agree(call, len(covered), yes=yes)
        if also_at_server:
            for one in reversed(covered):
                await device.post("/api/record/retract", {"table": one["table"], "uuid": one["uuid"]})
            await _deliver(device, covered, server)
        answer = await device.post("/api/erase", named)
    _draw(call, answer, answer.read(list[ErasureView]))
    call.screen.say(_SERVER if not also_at_server else "It was deleted at the server, and read back.")
    return ExitCode.OK


async def _ask(call: Call, device: Client, body: dict[str, Json]) -> ExitCode:
    answer = await device.post("/api/erase/ask", body)
    if call.is_json:
        call.screen.write_json(answer.value)
    for one in answer.read(list[AskedView]):
        call.screen.say(f"Asked for: {one.entry[:12]}. Stewards see it in `edenmesh bin list`, once they have synced.")
    return ExitCode.OK


async def _look(call: Call, device: Client, entry: str, *, yes: bool) -> None:
    """Show the erasure that is to be confirmed, and ask; what is not there the device refuses by itself."""
    for one in (await device.get("/api/bin")).read(BinView).erasures:
        if one.entry.startswith(entry) and one.left_seconds:
            call.screen.note(erasure_words(one))
            await _agree(call, len(one.hidden), yes=yes)


async def _agree(call: Call, count: int, *, yes: bool) -> None:
    asking = Asking()
    if yes:
        return
    require_person(asking, call, "--yes")
    if await asking.ask(f"Type {'erase'!r} to destroy {counted(count, 'record')} on every device: ") != "erase":
        raise NotPermitted(what="It was not confirmed.", kept="Nothing was erased.", do="Nothing.")


async def _deliver(device: Client, covered: list[dict[str, str]], server: str) -> None:
    """Deliver the deletions. Raises DeliveryError where one of them is not seen at the server."""
    async with device.lines("POST", "/api/deliver", {"name": server}) as lines:
        async for _ in lines:
            pass
    for one in covered:
        shown = (await device.get("/api/record", one)).read(RecordShown)
        if not shown.delivered_to or (server and server not in shown.delivered_to):
            raise DeliveryError(
                what=f"{shown.label} is deleted here, and could not be seen to be deleted at the server.",
                kept="Nothing was erased yet; `edenmesh bin restore` brings back what was deleted.",
                do="See why with `edenmesh deliver --plan`, then erase again.",
            )


def _draw(call: Call, answer: Answer, views: list[ErasureView]) -> None:
    if call.is_json:
        call.screen.write_json(answer.value)
    for one in views:
        call.screen.say(erasure_words(one))


def erasure_words(one: ErasureView) -> str:
    """An erasure and how far it is, as this device knows."""
    if one.left_seconds:
        hours = -(-one.left_seconds // 3600)
        hidden = counted(len(one.hidden), "record")
        state = f"{hidden} hidden here, destroyed when this device has run {hours:.0f} hours more"
    else:
        state = "destroyed here"
    confirmed = ", confirmed by a second steward" if one.is_confirmed else ""
    heard = f"Heard of it: {', '.join(one.heard)}. " if one.heard else ""
    unknown = f"Not known here to have heard: {', '.join(one.not_known)}." if one.not_known else ""
    return f"Erasure {one.entry[:12]} by {one.by}{confirmed}: {state}. {heard}{unknown}".strip()
