"""Commands for what people have to decide: see it, and decide it."""

import click

from edenmesh.cli.asking import Asking
from edenmesh.cli.calls import Call, command
from edenmesh.cli.drawing import moment
from edenmesh.cli.exits import ExitCode
from edenmesh.cli.records import draw_record
from edenmesh.cli.values import read_values
from edenmesh.cli.views import FieldShown, RecordShown, StrandShown
from edenmesh.errors import InvalidInput, UsageError
from edenmesh.node import Json


@command("conflicts", examples=["edenmesh conflicts", "edenmesh conflicts --json"])
async def conflicts(call: Call) -> ExitCode:
    """Show the records in which somebody has to decide: all values, with who and when.

    Ends with 4 where there are any, with 0 where there are none.
    """
    async with call.device() as device:
        answer = await device.get("/api/conflicts")
    found = answer.read(list[RecordShown])
    if call.is_json:
        call.screen.write_json(answer.value)
    else:
        for one in found:
            draw_record(call.screen, one)
        count = f"{len(found):,} {'record waits' if len(found) == 1 else 'records wait'} for a decision."
        call.screen.say(f"{count} Decide: edenmesh resolve TABLE UUID" if found else "There is nothing to decide.")
    return ExitCode.OPEN if found else ExitCode.OK


@command(
    "resolve",
    click.argument("table"),
    click.argument("uuid"),
    click.argument("values", nargs=-1, metavar="[FIELD=VALUE]..."),
    click.option(
        "--take", multiple=True, metavar="VERSION", help="Take all values this version gave; may be repeated."
    ),
    click.option(
        "--keep", "is_kept", flag_value=True, default=None, type=bool, help="Keep what was deleted and edited."
    ),
    click.option("--delete", "is_kept", flag_value=False, type=bool, help="Delete it for all."),
    click.option("--why", default="", metavar="TEXT", help="The reason; others see it."),
    examples=[
        "edenmesh resolve cr_shelter 4f21",
        "edenmesh resolve cr_shelter 4f21 capacity=80 --why 'counted today'",
        "edenmesh resolve cr_shelter 4f21 --take v-7k3q...",
        "edenmesh resolve cr_shelter 4f21 --delete",
    ],
)
async def resolve(
    call: Call,
    *,
    table: str,
    uuid: str,
    values: tuple[str, ...],
    take: tuple[str, ...],
    is_kept: bool | None,
    why: str,
) -> ExitCode:
    """Decide what is open about a record.

    Without a choice on the command line it asks, field by field, between the values there are. The decision syncs as
    any edit; the values that were not taken stay in the record's history.
    """
    async with call.device() as device:
        body: dict[str, Json] = {"table": table, "uuid": uuid, "why": why}
        if values or take or is_kept is not None:
            body.update(values=await read_values(device, values), versions=[*take], keep=is_kept)
        else:
            seen = (await device.get("/api/record", {"table": table, "uuid": uuid})).read(RecordShown)
            body.update(await _ask(call, seen))
        answer = await device.post("/api/record/resolve", body)
    if call.is_json:
        call.screen.write_json(answer.value)
    after = answer.read(RecordShown)
    if not call.is_json:
        call.screen.say(f"Decided: {after.label}.", style="green")
        if after.flags:
            call.screen.say(f"Still open: {', '.join(after.flags)}", style="yellow")
    is_open = any(strand.undecided for strand in after.strands)
    return ExitCode.OPEN if is_open else ExitCode.OK


async def _ask(call: Call, seen: RecordShown) -> dict[str, Json]:
    """What a person chooses, on this terminal. There is no default: a choice is theirs."""
    asking = Asking()
    if not asking.is_terminal:
        raise UsageError(
            what="No choice was given, and there is no terminal to ask at.",
            do="Name a value (FIELD=VALUE), a version (--take), --keep or --delete.",
        )
    if len(seen.strands) != 1:
        raise InvalidInput(
            what="Two different records share this uuid.", do="Deciding that comes with a later version of edenmesh."
        )
    strand = seen.strands[0]
    draw_record(call.screen, seen)
    chosen: dict[str, Json] = {}
    if "deleted and edited" in seen.flags:
        is_kept = await _ask_keep(asking, strand)
        chosen["keep"] = is_kept
        if not is_kept:
            return chosen
    values: dict[str, Json] = {}
    for name, field in strand.undecided.items():
        values[name] = await _ask_field(call, asking, name, field)
    return {**chosen, "values": values}


async def _ask_keep(asking: Asking, strand: StrandShown) -> bool:
    question = f"Deleted by {', '.join(strand.deleted_by)}, edited by {', '.join(strand.edited_by)}. [keep/delete] "
    while (typed := await asking.ask(question)) not in ("keep", "delete"):
        _require(typed)
    return typed == "keep"


async def _ask_field(call: Call, asking: Asking, name: str, field: FieldShown) -> Json:
    call.screen.say(f"{name}:", style="bold")
    for number, choice in enumerate(field.choices, 1):
        call.screen.say(f"  {number}  {choice.text}    by {choice.by}, {moment(choice.made)}")
    numbers = {str(number): choice for number, choice in enumerate(field.choices, 1)}
    while (typed := await asking.ask(f"Which is right? [{'/'.join(numbers)}] ")) not in numbers:
        _require(typed)
    value: Json = numbers[typed].value
    return value


def _require(typed: str | None) -> None:
    if typed is None:
        raise UsageError(what="There was no answer, so nothing was decided.", do="Decide when you know.")
