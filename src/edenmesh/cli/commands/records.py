"""Commands for records: add, edit, show, list, retract."""

from collections.abc import Sequence
from typing import Final

import click
import msgspec

from edenmesh.cli.drawing import LEGEND, MARK, RecordListed, RecordPage, RecordShown, draw_flags, draw_record
from edenmesh.cli.reaching import WAYS, Answer, Call, Client, ExitCode, command, read_values
from edenmesh.errors import UsageError
from edenmesh.node import Json, TableRow

_PAGE: Final = 1000

_TABLE: Final = click.argument("table")
_UUID: Final = click.argument("uuid")
_VALUES: Final = click.argument("values", nargs=-1, metavar="FIELD=VALUE...")
_STRAND: Final = click.option(
    "--strand", default="", metavar="ID", help="Which one, where two different records share the uuid."
)


@click.group("record")
def record() -> None:
    """Look at records and write them.

    A record is named by its table and its uuid, or as much of the uuid's beginning as is enough.
    """


@command(
    "add",
    _TABLE,
    _VALUES,
    examples=[
        "edenmesh record add cr_shelter name='Town hall' capacity=120",
        "edenmesh record add cr_shelter name=Arena organisation_id=org_organisation/urn:uuid:4f21...",
        "edenmesh record add doc_image name=Roof file=@roof.jpg",
        'edenmesh record add cr_shelter name=Arena \'services:=["water", "food"]\'',
    ],
)
async def add(call: Call, table: str, values: tuple[str, ...]) -> ExitCode:
    """Add a record to TABLE.

    FIELD=TEXT gives a value, FIELD=@PATH attaches a file (FIELD=@@TEXT is text that begins with @), FIELD=TABLE/UUID
    refers to a record, FIELD:=JSON says what text cannot.
    """
    async with call.device() as device:
        body: dict[str, Json] = {"table": table, "values": await read_values(device, values)}
        answer = await device.post("/api/records", body)
    return _tell(call, answer, "Added {label} to {table}: {uuid}")


@command(
    "edit",
    _TABLE,
    _UUID,
    _VALUES,
    _STRAND,
    examples=["edenmesh record edit cr_shelter 4f21 capacity=80", "edenmesh record edit cr_shelter 4f21 comments="],
)
async def edit(call: Call, table: str, uuid: str, values: tuple[str, ...], strand: str) -> ExitCode:
    """Change values of a record; FIELD= empties a field. Fields that are not named stay as they are."""
    if not values:
        raise UsageError(what="No value was given.", do=WAYS)
    async with call.device() as device:
        body: dict[str, Json] = {"table": table, "uuid": uuid, "strand": strand}
        answer = await device.patch("/api/record", {**body, "values": await read_values(device, values)})
    return _tell(call, answer, "Saved {label}.")


@command("show", _TABLE, _UUID, examples=["edenmesh record show cr_shelter 4f21"])
async def show(call: Call, table: str, uuid: str) -> ExitCode:
    """Show one record whole: its values, and where nobody has decided yet all of them, with who and when."""
    async with call.device() as device:
        answer = await device.get("/api/record", {"table": table, "uuid": uuid})
    if call.is_json:
        call.screen.write_json(answer.value)
    else:
        draw_record(call.screen, answer.read(RecordShown))
    return ExitCode.OK


@command(
    "list",
    click.argument("table", default=""),
    click.option("--limit", type=click.IntRange(1), default=50, metavar="N", help="Show so many. [default: 50]"),
    click.option("--all", "is_all", is_flag=True, help="Show all."),
    click.option("--deleted", is_flag=True, help="Show deleted ones, too."),
    examples=["edenmesh record list", "edenmesh record list cr_shelter --all"],
)
async def list_records(call: Call, *, table: str, limit: int, is_all: bool, deleted: bool) -> ExitCode:
    """List the records of TABLE; without it, all tables and how many records each has."""
    async with call.device() as device:
        if not table:
            return _list_tables(call, await device.get("/api/tables"))
        rows, has_more = await _rows(device, table, None if is_all else limit, deleted=deleted)
    if call.is_json:
        call.screen.write_json(rows)
        return ExitCode.OK
    found = msgspec.convert(rows, list[RecordListed])
    listed = [(one.uuid, f"{one.label}{f' {MARK}' if one.is_undecided else ''}", ", ".join(one.flags)) for one in found]
    call.screen.table(("Uuid", "Label", "State"), listed, empty=f"There are no records in {table}.")
    if any(one.is_undecided for one in found):
        call.screen.note(LEGEND)
    if has_more:
        call.screen.note(f"There are more than these {len(rows):,}. To see all: --all")
    return ExitCode.OK


@command("retract", _TABLE, _UUID, _STRAND, examples=["edenmesh record retract cr_shelter 4f21"])
async def retract(call: Call, table: str, uuid: str, strand: str) -> ExitCode:
    """Delete a record, on every device that hears of it.

    It covers what this device knows of the record. What others wrote meanwhile brings it back as "deleted and edited",
    for people to decide.
    """
    async with call.device() as device:
        answer = await device.post("/api/record/retract", {"table": table, "uuid": uuid, "strand": strand})
    return _tell(call, answer, "Deleted {label} for all.")


def _list_tables(call: Call, answer: Answer) -> ExitCode:
    if call.is_json:
        call.screen.write_json(answer.value)
        return ExitCode.OK
    rows = [
        (one.table, one.label, f"{one.records:,}", f"{one.open:,}" if one.open else "")
        for one in answer.read(list[TableRow])
    ]
    call.screen.table(("Table", "Title", "Records", "To decide"), rows, empty="There are no records here yet.")
    return ExitCode.OK


async def _rows(device: Client, table: str, limit: int | None, *, deleted: bool) -> tuple[list[Json], bool]:
    """Records of a table as JSON, up to `limit`, and whether there are more."""
    rows: list[Json] = []
    after = 0
    while limit is None or len(rows) < limit:
        ask = _PAGE if limit is None else min(_PAGE, limit - len(rows))
        query: dict[str, str | int | Sequence[str]] = {
            "table": table,
            "limit": ask,
            "after": after,
            "deleted": int(deleted),
        }
        page = (await device.get("/api/records", query)).read(RecordPage)
        rows += page.records
        after = page.after
        if not after:
            break
    return rows, bool(after)


def _tell(call: Call, answer: Answer, sentence: str) -> ExitCode:
    if call.is_json:
        call.screen.write_json(answer.value)
        return ExitCode.OK
    seen = answer.read(RecordShown)
    call.screen.say(sentence.format(label=seen.label, table=seen.table, uuid=seen.uuid))
    if seen.flags != ["deleted"]:  # which the sentence says
        draw_flags(call.screen, seen)
    return ExitCode.OK


for one in (add, edit, show, list_records, retract):
    record.add_command(one)
