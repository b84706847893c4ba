"""`edenmesh bin`: what was purged here, deleted for all, erased or asked to be; and the ways back."""

import click

from edenmesh.cli.commands.erasing import erasure_words
from edenmesh.cli.drawing import RecordShown, counted, moment
from edenmesh.cli.reaching import Call, ExitCode, command
from edenmesh.node import AskedView, BinView, PurgedView


@click.group("bin")
def bin_group() -> None:
    """See what was deleted, and bring it back where there is a way."""


@command(
    "list",
    click.option("--limit", type=click.IntRange(1, 1000), default=100, metavar="N", help="Show so many of each kind."),
    click.option("--after", type=int, default=0, metavar="N", help="The next page of purged records."),
    examples=["edenmesh bin list", "edenmesh bin list --json"],
)
async def list_bin(call: Call, limit: int, after: int) -> ExitCode:
    """List everything that was deleted, as this device knows it."""
    async with call.device() as device:
        answer = await device.get("/api/bin", {"limit": limit, "after": after})
    if call.is_json:
        call.screen.write_json(answer.value)
        return ExitCode.OK
    seen = answer.read(BinView)
    call.screen.table(
        ("Purged here", "Record", "When", "State"),
        [(one.table, one.uuid, moment(one.purged_ms), _purged_words(one)) for one in seen.purged],
        empty="Nothing is purged here.",
    )
    if seen.purged_after:
        call.screen.note(f"There are more: edenmesh bin list --after {seen.purged_after}")
    if seen.wanted:
        call.screen.say(f"Asked of other devices, and not come yet: {counted(seen.wanted, 'change')}.")
    call.screen.table(
        ("Deleted for all", "Record", "Label", "By", "When"),
        [(one.table, one.uuid, one.label, ", ".join(one.by), moment(one.made_ms)) for one in seen.retracted],
        empty="Nothing is deleted for all.",
    )
    for erasure in seen.erasures:
        call.screen.say(erasure_words(erasure))
    for asked in seen.asked:
        call.screen.say(_asked_words(asked))
    return ExitCode.OK


@command(
    "fetch",
    click.argument("table"),
    click.argument("uuid"),
    examples=["edenmesh bin fetch cr_shelter 4f21"],
)
async def fetch(call: Call, table: str, uuid: str) -> ExitCode:
    """Have a record that was purged here back: other devices are asked for it when they are met."""
    async with call.device() as device:
        answer = await device.post("/api/bin/fetch", {"table": table, "uuid": uuid})
    if call.is_json:
        call.screen.write_json(answer.value)
    wanted = answer.read(dict[str, int])["wanted"]
    call.screen.say(f"Other devices are asked for {counted(wanted, 'change')} from now on. Sync to get them.")
    return ExitCode.OK


@command(
    "restore",
    click.argument("table"),
    click.argument("uuid"),
    click.option("--why", default="", metavar="TEXT", help="The reason; it is kept with the record."),
    examples=["edenmesh bin restore cr_shelter 4f21"],
)
async def restore(call: Call, table: str, uuid: str, why: str) -> ExitCode:
    """Bring back a record that was deleted for all, for all."""
    async with call.device() as device:
        answer = await device.post("/api/bin/restore", {"table": table, "uuid": uuid, "why": why})
    if call.is_json:
        call.screen.write_json(answer.value)
        return ExitCode.OK
    call.screen.say(f"{answer.read(RecordShown).label} is there again, for all who hear of it.")
    return ExitCode.OK


def _purged_words(one: PurgedView) -> str:
    words = "purged by a rule" if one.is_automatic else "purged"
    return f"{words} here, newer edit" if one.has_newer else f"{words} here"


def _asked_words(one: AskedView) -> str:
    named = [f"{label} ({table} {uuid})" if label != uuid else f"{table} {uuid}" for table, uuid, label in one.records]
    records = ", ".join(named) or "what is not here"
    why = f": {one.why}" if one.why else ""
    state = "A steward has erased it." if one.is_met else "A steward may erase it, or leave it."
    return f"{one.by} asks to erase {records}{why}. {state}"


for _one in (list_bin, fetch, restore):
    bin_group.add_command(_one)
