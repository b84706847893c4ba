"""Commands for what people have to decide: see it, and decide it."""

import click

from edenmesh.cli.asking import Asking
from edenmesh.cli.calls import Call, command
from edenmesh.cli.client import Client
from edenmesh.cli.exits import ExitCode
from edenmesh.cli.matters import Body
from edenmesh.cli.record_drawing import CLOCKS, draw_open
from edenmesh.cli.settling import Settling
from edenmesh.cli.values import read_values
from edenmesh.cli.views import RecordShown
from edenmesh.errors import UsageError
from edenmesh.node import Json


@command(
    "conflicts",
    click.option("--table", default="", metavar="TABLE", help="Only records of this table."),
    examples=["edenmesh conflicts", "edenmesh conflicts --table cr_shelter", "edenmesh conflicts --json"],
)
async def conflicts(call: Call, *, table: str) -> ExitCode:
    """Show the records in which somebody has to decide: all values, with who, when and by which way.

    There are fields with several values, records that one deleted and another edited, different records under one
    uuid, servers that have gone back to an older state, and decisions that contradict each other. Ends with 4 where
    there are any, with 0 where there are none.
    """
    async with call.device() as device:
        answer = await device.get("/api/conflicts", {"table": table})
    found = answer.read(list[RecordShown])
    if call.is_json:
        call.screen.write_json(answer.value)
    else:
        for one in found:
            draw_open(call.screen, one)
        count = f"{len(found):,} {'record waits' if len(found) == 1 else 'records wait'} for a decision. {CLOCKS}"
        call.screen.say(f"{count} Decide: edenmesh resolve" if found else "There is nothing to decide.")
    return ExitCode.OPEN if found else ExitCode.OK


@command(
    "resolve",
    click.argument("table", default=""),
    click.argument("uuid", default=""),
    click.argument("values", nargs=-1, metavar="[FIELD=VALUE]..."),
    click.option(
        "--take", multiple=True, metavar="VERSION", help="Take all values this version gave; may be repeated."
    ),
    click.option(
        "--both",
        multiple=True,
        metavar="FIELD",
        help="Note the values FIELD does not take in comments; may be repeated.",
    ),
    click.option(
        "--keep", "is_kept", flag_value=True, default=None, type=bool, help="Keep what was deleted and edited."
    ),
    click.option("--delete", "is_kept", flag_value=False, type=bool, help="Delete it for all."),
    click.option(
        "--server",
        type=click.Choice(["ours", "older"]),
        default=None,
        help="A server has gone back: send ours again, or take its older values. Deleted there: --delete.",
    ),
    click.option("--same", is_flag=True, help="The strands under this uuid are one thing."),
    click.option("--different", is_flag=True, help="They are different things; say with --keeps who keeps the uuid."),
    click.option("--keeps", default="", metavar="STRAND", help="The strand that keeps the uuid."),
    click.option(
        "--strand", "strands", multiple=True, metavar="STRAND", help="Only these strands, for --same and --different."
    ),
    click.option("--seen", multiple=True, metavar="VERSION", help="Heads the decision was made on. [default: now]"),
    click.option("--why", default="", metavar="TEXT", help="The reason; others see it."),
    examples=[
        "edenmesh resolve",
        "edenmesh resolve cr_shelter 4f21",
        "edenmesh resolve cr_shelter 4f21 capacity=80 --why 'counted today'",
        "edenmesh resolve cr_shelter 4f21 --take v-7k3q... --both capacity",
        "edenmesh resolve cr_shelter 4f21 --delete",
        "edenmesh resolve cr_shelter 4f21 --different --keeps v-7k3q...",
    ],
)
async def resolve(call: Call, *, table: str, uuid: str, why: str, **said: object) -> ExitCode:
    """Decide what is open: about all records one after the other, of one TABLE, or about one record.

    Without a choice on the command line it asks, with no default: choose a number, type another value, keep both (one
    stays, the other goes into comments), give the same answer to all alike, look at the history, skip or quit. The
    decision names what was shown, and syncs as any edit; the values that were not taken stay in the record's history.
    """
    async with call.device() as device:
        if not any(said.values()) and said["is_kept"] is None:
            return await _settle(call, device, (table, uuid), why)
        if not uuid:
            raise UsageError(what="It was not said which record is meant.", do="Name its table and its uuid.")
        path, body = await _body(device, said)
        answer = await device.post(path, {"table": table, "uuid": uuid, "why": why, **body})
    if call.is_json:
        call.screen.write_json(answer.value)
    after = answer.read(RecordShown)
    if not call.is_json:
        call.screen.say(f"Decided: {after.label}.", style="green")
        if after.flags:
            call.screen.say(f"Still open: {', '.join(after.flags)}", style="yellow")
    return ExitCode.OPEN if after.is_open else ExitCode.OK


async def _body(device: Client, said: dict[str, object]) -> tuple[str, Body]:
    """What the command line says, as the device takes it, and where."""
    seen: Body = {"heads": _texts(said["seen"])}
    if said["same"] or said["different"]:
        if said["same"] and said["different"]:
            raise UsageError(what="They cannot be the same and different.", do="Say --same or --different.")
        if said["different"] and not said["keeps"]:
            raise UsageError(
                what="It was not said which strand keeps the uuid.",
                do="Name it with --keeps; `edenmesh conflicts` shows the strands.",
            )
        strands = _texts(said["strands"])
        if said["same"]:
            return "/api/record/identity", {**seen, "same": strands or True}
        return "/api/record/identity", {**seen, "keeps": str(said["keeps"]), "leaves": strands}
    values, kept = said["values"], said["is_kept"]
    body: Body = {
        **seen,
        "values": await read_values(device, [*map(str, values)] if isinstance(values, tuple) else []),
        "versions": _texts(said["take"]),
        "both": _texts(said["both"]),
        "keep": kept if isinstance(kept, bool) else None,
        "server": str(said["server"] or ""),
    }
    return "/api/record/resolve", body


async def _settle(call: Call, device: Client, named: tuple[str, str], why: str) -> ExitCode:
    """Ask a person, record by record."""
    table, uuid = named
    asking = Asking()
    if not asking.is_terminal or call.is_json:
        raise UsageError(
            what="No choice was given, and there is no terminal to ask at.",
            do="Name a value (FIELD=VALUE), a version (--take), --keep or --delete.",
        )
    if uuid:
        records = [(await device.get("/api/record", {"table": table, "uuid": uuid})).read(RecordShown)]
    else:
        records = (await device.get("/api/conflicts", {"table": table})).read(list[RecordShown])
    if not any(one.is_open for one in records):
        call.screen.say("There is nothing to decide.")
        return ExitCode.OK
    settling = Settling(call, device, asking, why=why)
    await settling.settle(records)
    left = (await device.get("/api/conflicts", {"table": table})).read(list[RecordShown])
    count = f"{settling.decided:,} {'decision' if settling.decided == 1 else 'decisions'} made"
    call.screen.say(f"{count}; {f'{len(left):,} still open' if left else 'nothing is open any more'}.")
    is_open = any((one.table, one.uuid) in {(seen.table, seen.uuid) for seen in records} for one in left)
    return ExitCode.OPEN if is_open else ExitCode.OK


def _texts(value: object) -> list[Json]:
    return [str(one) for one in value] if isinstance(value, tuple) else []
