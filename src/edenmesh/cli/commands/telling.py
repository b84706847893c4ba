"""Commands for a record's life: its history in words, and undoing one thing in it."""

from typing import Final

import click

from edenmesh.cli.drawing import Event, Life, RecordShown, Screen, draw_flags, draw_life, moment
from edenmesh.cli.reaching import Asking, Call, Client, ExitCode, command
from edenmesh.errors import UsageError

_OFFERED: Final = 9

_TABLE: Final = click.argument("table")
_UUID: Final = click.argument("uuid")


@command(
    "history",
    _TABLE,
    _UUID,
    examples=["edenmesh history cr_shelter 4f21", "edenmesh history cr_shelter 4f21 --json"],
)
async def history(call: Call, table: str, uuid: str) -> ExitCode:
    """Tell the life of a record, oldest first: who did what, when by their own clock, and what was decided over whom.

    Everything that was ever written is there: what was replaced, undone, is quarantined or was seen at a server.
    """
    async with call.device() as device:
        answer = await device.get("/api/record/history", {"table": table, "uuid": uuid})
    if call.is_json:
        call.screen.write_json(answer.value)
    else:
        draw_life(call.screen, answer.read(Life))
    return ExitCode.OK


@command(
    "undo",
    _TABLE,
    _UUID,
    click.argument("version", default=""),
    click.option("--why", default="", metavar="TEXT", help="The reason; others see it."),
    examples=["edenmesh undo cr_shelter 4f21", "edenmesh undo cr_shelter 4f21 v-7k3q... --why 'wrong shelter'"],
)
async def undo(call: Call, *, table: str, uuid: str, version: str, why: str) -> ExitCode:
    """Take back an edit, a decision or a deletion: what it replaced is there again, a conflict, too.

    Without VERSION it shows what can be undone, last first, and asks. Others hear of it as of any edit; it can itself
    be undone. What others have written since stays as it is.
    """
    async with call.device() as device:
        if not version:
            version = await _ask(call, device, table, uuid)
        body = {"table": table, "uuid": uuid, "version": version, "why": why}
        answer = await device.post("/api/record/undo", body)
    if call.is_json:
        call.screen.write_json(answer.value)
    after = answer.read(RecordShown)
    if not call.is_json:
        call.screen.say(f"Undone, in {after.label}.", style="green")
        draw_flags(call.screen, after)
    return ExitCode.OPEN if after.is_open else ExitCode.OK


async def _ask(call: Call, device: Client, table: str, uuid: str) -> str:
    asking = Asking()
    if not asking.is_terminal:
        raise UsageError(
            what="It was not said what to undo, and there is no terminal to ask at.",
            do="Name a version; see them with `edenmesh history TABLE UUID --json`.",
        )
    life = (await device.get("/api/record/history", {"table": table, "uuid": uuid})).read(Life)
    offered = [one for one in reversed(life.events) if one.can_undo][:_OFFERED]
    if not offered:
        raise UsageError(
            what="There is nothing to undo about this record.",
            do="How a record began and what a server showed cannot be undone; edit or retract it.",
        )
    numbers = _draw_offered(call.screen, life, offered)
    while (typed := await asking.ask(f"Undo which? [{'/'.join(numbers)} / q] ")) not in numbers:
        if typed is None or typed == "q":
            raise UsageError(what="Nothing was chosen, so nothing was undone.")
    return numbers[typed].version


def _draw_offered(screen: Screen, life: Life, offered: list[Event]) -> dict[str, Event]:
    screen.say(f"{life.label}   {life.table} {life.uuid}", style="bold")
    numbers = {str(number): one for number, one in enumerate(offered, 1)}
    for number, one in numbers.items():
        screen.say(f"  {number}  {moment(one.made)}  {one.text}")
    return numbers
