"""Commands for what people have to decide: see it, and decide it."""

from collections.abc import AsyncIterator
from typing import Any, Final

import click

from edenmesh.cli.dialogues import Settling
from edenmesh.cli.drawing import CLOCKS, Body, RecordShown, draw_flags, draw_open
from edenmesh.cli.reaching import Answer, Asking, Call, Client, ExitCode, command, read_values
from edenmesh.errors import UsageError
from edenmesh.node import Json, TableRow

_PAGE: Final = 200
"""So many open records are asked for at once: a running device draws them within a quarter of a second."""
_BATCH: Final = 1000
"""So many stand together for one answer to all alike."""


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
    found: list[Json] = []
    count = 0
    async with call.device() as device:
        async for page in _pages(device, table):
            count += len(page.read(list[RecordShown]))
            if call.is_json:
                found += page.read(list[Any])
                continue
            for one in page.read(list[RecordShown]):
                draw_open(call.screen, one)
    if call.is_json:
        call.screen.write_json(found)
    else:
        waiting = f"{count:,} {'record waits' if count == 1 else 'records wait'} for a decision. {CLOCKS}"
        call.screen.say(f"{waiting} Decide: edenmesh resolve" if count else "There is nothing to decide.")
    return ExitCode.OPEN if count else ExitCode.OK


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
    click.option("--keep", is_flag=True, help="Keep what was deleted and edited."),
    click.option("--delete", is_flag=True, help="Delete it for all."),
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
        if not any(said.values()):
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
        draw_flags(call.screen, after, "still")
    return ExitCode.OPEN if after.is_open else ExitCode.OK


async def _body(device: Client, said: dict[str, object]) -> tuple[str, Body]:
    """What the command line says, as the device takes it, and where."""
    seen: Body = {"heads": _texts(said["seen"])}
    if said["same"] or said["different"]:
        if said["same"] and said["different"]:
            raise UsageError(what="They cannot be the same and different.", do="Say --same or --different.")
        if any(said[one] for one in ("values", "take", "both", "keep", "delete", "server")):
            raise UsageError(
                what="Whether it is one thing is decided by itself, and values after it.",
                do="Say --same or --different alone, then decide what is open.",
            )
        if said["different"] and not said["keeps"]:
            raise UsageError(
                what="It was not said which strand keeps the uuid.",
                do="Name it with --keeps; `edenmesh conflicts` shows the strands.",
            )
        strands = _texts(said["strands"])
        if said["same"]:
            return "/api/record/identity", {**seen, "same": strands or True}
        return "/api/record/identity", {**seen, "keeps": str(said["keeps"]), "leaves": strands}
    if said["keeps"] or said["strands"]:
        raise UsageError(what="It was not said whether they are different.", do="Say --different, or --same.")
    if said["keep"] and said["delete"]:
        raise UsageError(what="It cannot be kept and deleted.", do="Say --keep or --delete.")
    if said["server"] and (said["keep"] or said["delete"]):
        raise UsageError(
            what="What a server that has gone back is to have was said twice.",
            do="Say --server, or where the record is gone there --keep or --delete.",
        )
    values = said["values"]
    body: Body = {
        **seen,
        "values": await read_values(device, [*map(str, values)] if isinstance(values, tuple) else []),
        "versions": _texts(said["take"]),
        "both": _texts(said["both"]),
        "keep": True if said["keep"] else False if said["delete"] else None,
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
            do="Name TABLE, UUID and a choice: FIELD=VALUE, --take VERSION, --keep or --delete.",
        )
    settling = Settling(call, device, asking, why=why)
    if uuid:
        left = await _settle_one(device, settling, table, uuid)
    else:
        batch: list[RecordShown] = []
        async for page in _pages(device, table):
            batch += page.read(list[RecordShown])
            if len(batch) >= _BATCH:
                await settling.settle(batch)
                batch = []
            if settling.is_left:
                break
        await settling.settle(batch)
        rows = (await device.get("/api/tables")).read(list[TableRow])
        left = sum(row.open for row in rows if table in ("", row.table))
    if not settling.asked:
        call.screen.say("There is nothing to decide.")
        return ExitCode.OK
    count = f"{settling.decided:,} {'decision' if settling.decided == 1 else 'decisions'} made"
    call.screen.say(f"{count}; {f'{left:,} still open' if left else 'nothing is open any more'}.")
    return ExitCode.OPEN if left else ExitCode.OK


async def _settle_one(device: Client, settling: Settling, table: str, uuid: str) -> int:
    """Ask about one record; 1 where it is still open then, else 0."""
    query = {"table": table, "uuid": uuid}
    seen = (await device.get("/api/record", query)).read(RecordShown)
    await settling.settle([seen] if seen.is_open else [])
    return int((await device.get("/api/record", query)).read(RecordShown).is_open)


async def _pages(device: Client, table: str) -> AsyncIterator[Answer]:
    """Open records, a page at a time. What is decided meanwhile is passed over, and nothing comes twice."""
    after = "0"
    while True:
        page = await device.get("/api/conflicts", {"table": table, "after": after, "limit": _PAGE})
        yield page
        after = page.headers.get("Edenmesh-After", "0")
        if after == "0":
            return


def _texts(value: object) -> list[Json]:
    return [str(one) for one in value] if isinstance(value, tuple) else []
