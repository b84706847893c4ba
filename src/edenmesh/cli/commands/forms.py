"""Commands for forms: add one from a file, list those held here."""

from pathlib import Path

import click

from edenmesh.cli.drawing import FormListed, FormOfTable
from edenmesh.cli.reaching import Call, ExitCode, command, read_content


@click.group("form")
def form() -> None:
    """Say what tables look like: their fields, what these hold, and what they refer to."""


@command(
    "add",
    click.argument("file", type=click.Path(path_type=Path)),
    examples=["edenmesh form add shelters.toml", "edenmesh form add mform.json"],
)
async def add(call: Call, file: Path) -> ExitCode:
    """Add the form in FILE; peers get it with the next sync.

    FILE is in the format of docs/forms.md, or an mform.json saved from a Sahana Eden server.
    """
    content = read_content(file)
    async with call.device() as device:
        answer = await device.post("/api/forms", content)
    if call.is_json:
        call.screen.write_json(answer.value)
        return ExitCode.OK
    added = answer.read(FormListed)
    call.screen.say(f"Added the form {added.title or added.table} ({added.table}, {added.fields} fields).")
    return ExitCode.OK


@command("list", examples=["edenmesh form list"])
async def list_forms(call: Call) -> ExitCode:
    """List the forms held here."""
    async with call.device() as device:
        answer = await device.get("/api/forms")
    if call.is_json:
        call.screen.write_json(answer.value)
        return ExitCode.OK
    rows = [(one.table, one.title, str(one.fields)) for one in answer.read(list[FormListed])]
    call.screen.table(("Table", "Title", "Fields"), rows, empty="There are no forms yet. Add one: edenmesh form add")
    return ExitCode.OK


@command(
    "current",
    click.argument("table", default=""),
    click.argument("hash", default="", metavar="[HASH]"),
    examples=["edenmesh form current", "edenmesh form current cr_shelter f-7k3qbd"],
)
async def current(call: Call, table: str, hash: str) -> ExitCode:  # noqa: A002 - as the person types it
    """Show the forms of TABLE, or of all tables, and which is the current one; with HASH, make that one current.

    Only a steward may choose. Records are filled in by the current form from then on, and the merge rules in it apply.
    HASH is the beginning of a form's id.
    """
    async with call.device() as device:
        if hash:
            answer = await device.put("/api/forms/current", {"table": table, "form": hash})
        else:
            answer = await device.get("/api/forms/current", {"table": table})
    if call.is_json:
        call.screen.write_json(answer.value)
        return ExitCode.OK
    if hash:
        chosen = answer.read(FormOfTable)
        call.screen.say(f"{chosen.table} is filled in by {chosen.title or chosen.id} from now on.")
        return ExitCode.OK
    rows = [
        (
            one.table,
            "current" if one.is_current else "",
            one.title,
            str(one.fields) if one.is_here else "not here yet",
            str(one.rules),
            one.id,
        )
        for one in answer.read(list[FormOfTable])
    ]
    call.screen.table(("Table", "", "Title", "Fields", "Merge rules", "Id"), rows, empty="There is no such form here.")
    return ExitCode.OK


form.add_command(add)
form.add_command(current)
form.add_command(list_forms)
