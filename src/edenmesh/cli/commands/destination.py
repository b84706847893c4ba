"""Commands for servers: name one, see whether it answers, bring its records, and deliver."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import click

from edenmesh.cli.commands.device import draw_checks
from edenmesh.cli.drawing import DestinationListed, Meter, PlanLine, Result, Step, counted
from edenmesh.cli.reaching import Answer, Call, Client, ExitCode, PassphraseSource, command
from edenmesh.errors import DeliveryError
from edenmesh.node import Json

_LISTED_MAX: Final = 20
_NAME: Final = click.argument("name", default="")


@click.group("destination")
def destination() -> None:
    """Name the Sahana Eden servers that records are delivered to."""


@command(
    "set",
    click.argument("name"),
    click.option("--url", required=True, metavar="URL", help="The server's address, as in the browser."),
    click.option("--user", default="", metavar="NAME", help="The name to log in with."),
    click.option("--password-file", type=click.Path(path_type=Path), metavar="FILE", help="Read the password from it."),
    click.option("--password-fd", type=int, metavar="N", help="Read the password from descriptor N."),
    click.option("--pin", default="", metavar="PIN", help="The server's TLS key; see it with: destination test."),
    click.option("--allow-http", is_flag=True, help="Allow a server without TLS: everyone on the way can read."),
    examples=[
        "edenmesh destination set office --url https://eden.example.org/eden --user ada@example.org",
        "edenmesh destination set lab --url http://192.168.1.5:8000/eden --allow-http --user ada@example.org",
    ],
)
async def set_destination(
    call: Call,
    *,
    name: str,
    url: str,
    user: str,
    password_file: Path | None,
    password_fd: int | None,
    pin: str,
    allow_http: bool,
) -> ExitCode:
    """Name a server NAME. The password is asked for, or read from a file, and kept in the encrypted store."""
    source = PassphraseSource(password_file, password_fd)
    password = source.read(f"Password of {user} at the server: ") if user or password_file else ""
    body: dict[str, Json] = {"name": name, "url": url, "user": user, "password": password}
    async with call.device() as device:
        answer = await device.put("/api/destinations", {**body, "pin": pin, "is_http_allowed": allow_http})
    if call.is_json:
        call.screen.write_json(answer.value)
    call.screen.say(f"{name} is known. See whether it answers: edenmesh destination test {name}")
    return ExitCode.OK


@command("list", examples=["edenmesh destination list"])
async def list_destinations(call: Call) -> ExitCode:
    """List the servers this device knows."""
    async with call.device() as device:
        answer = await device.get("/api/destinations")
    if call.is_json:
        call.screen.write_json(answer.value)
        return ExitCode.OK
    rows = [
        (one.name, one.url, one.user if one.is_set_up else "(not set up here)", "pinned" if one.pin else "", _team(one))
        for one in answer.read(list[DestinationListed])
    ]
    empty = "This device knows no server yet. Name one: edenmesh destination set"
    call.screen.table(("Name", "Address", "User", "Key", "Receipts"), rows, empty=empty)
    return ExitCode.OK


def _team(one: DestinationListed) -> str:
    """What stewards said of a server."""
    if not one.is_pinned:
        return "no: no steward pinned it"
    words = "stewards disagree about it" if one.is_disputed else "yes: a steward pinned it"
    if not one.team_pin:
        return f"{words}, without a key (plain http)"
    return f"{words}, with another key" if one.pin and one.pin != one.team_pin else words


@command(
    "answer",
    click.argument("name"),
    click.argument("answer", type=click.Choice(["ours", "older", "deleted"])),
    examples=["edenmesh destination answer office ours", "edenmesh destination answer office deleted"],
)
async def answer_all(call: Call, *, name: str, answer: str) -> ExitCode:
    """Say of all records at once what it means that the server NAME has gone back.

    With "ours" what it lost is sent again as it is here; with "older" the older state that it shows is right; with
    "deleted" what it does not have any more is deleted here, too. See them one by one with `edenmesh conflicts`.
    """
    async with call.device() as device:
        said = await device.post("/api/destinations/answer", {"name": name, "answer": answer})
    counts = said.read(dict[str, int])
    if call.is_json:
        call.screen.write_json(said.value)
    answered, left = counted(counts["answered"], "record"), counted(counts["left"], "other")
    call.screen.say(f"Answered for {answered}; the answer does not fit {left}.")
    return ExitCode.OPEN if counts["left"] else ExitCode.OK


@command("pin", click.argument("name"), examples=["edenmesh destination pin office"])
async def pin(call: Call, name: str) -> ExitCode:
    """Have deliveries to the server NAME count as receipts, for the whole team. Only a steward may.

    The address and the TLS key that are set here are told to everybody. What a gateway reads back there is a receipt;
    see who is one with `edenmesh mesh`.
    """
    async with call.device() as device:
        answer = await device.post("/api/destinations/pin", {"name": name})
    if call.is_json:
        call.screen.write_json(answer.value)
        return ExitCode.OK
    pinned = answer.read(DestinationListed)
    call.screen.say(f"{pinned.name} is pinned: {pinned.team_pin or pinned.url}.")
    if not pinned.team_pin:
        call.screen.note(
            "It is plain http: anybody on the way can pretend to be this server, so its receipts are weak."
        )
    return ExitCode.OK


@command("test", _NAME, examples=["edenmesh destination test", "edenmesh destination test office"])
async def check(call: Call, name: str) -> ExitCode:
    """See whether the server answers, is a Sahana Eden, and lets this device in. Nothing is changed there."""
    async with call.device() as device:
        answer = await device.post("/api/destinations/test", {"name": name})
    return draw_checks(call, answer)


@command("remove", click.argument("name"), examples=["edenmesh destination remove office"])
async def remove(call: Call, name: str) -> ExitCode:
    """Forget a server and the login there. What was seen there stays known."""
    async with call.device() as device:
        answer = await device.delete("/api/destinations", {"name": name})
    if call.is_json:
        call.screen.write_json(answer.value)
    call.screen.say(f"{name} is forgotten.")
    return ExitCode.OK


@command(
    "pull",
    _NAME,
    click.option("--only", type=click.Choice(["forms", "records"]), help="Bring only these."),
    examples=["edenmesh pull", "edenmesh pull office --only forms"],
)
async def pull(call: Call, name: str, only: str | None) -> ExitCode:
    """Bring forms and records from the server NAME, or the only one.

    What was edited there since the last time joins the edits made here; where both changed one value, it waits for a
    decision.
    """
    async with (
        call.device() as device,
        device.lines("POST", "/api/pull", {"name": name, "what": only or "all"}) as lines,
    ):
        result = await _follow(call, lines)
    if not call.is_json:
        _list(call, "Left out", result.problems)
        call.screen.say(
            f"Pulled: {result.forms:,} forms, {result.seen:,} records seen, of {result.written:,} something was new."
        )
    return ExitCode.PARTLY if result.problems else ExitCode.OK


@command(
    "deliver",
    _NAME,
    click.option("--plan", is_flag=True, help="Only show what would be sent and overwritten, and what not and why."),
    click.option("--offline", is_flag=True, help="With --plan: do not ask the server, go by what is known of it."),
    click.option("--again", is_flag=True, help="Send what the server has rejected, too."),
    click.option("--lost", is_flag=True, help="Send anew what the server held and has lost, as after a restore there."),
    examples=["edenmesh deliver --plan", "edenmesh deliver", "edenmesh deliver office --again"],
)
async def deliver(call: Call, *, name: str, plan: bool, offline: bool, again: bool, lost: bool) -> ExitCode:
    """Deliver what the server NAME, or the only one, does not hold yet.

    Only what is decided is sent; every value is read back, and only then called delivered. Ends with 3 where something
    was rejected or is held back; it stays here and is listed.
    """
    async with call.device() as device:
        if plan:
            return await _plan(call, device, name, is_offline=offline)
        if lost:
            await device.post("/api/deliver/lost", {"name": name})
        async with device.lines("POST", "/api/deliver", {"name": name, "again": again}) as lines:
            result = await _follow(call, lines)
    if not call.is_json:
        _list(call, "Held back", [f"{one.table} {one.label}: {one.reason}" for one in result.held])
        _list(call, "Rejected", [f"{one.table} {one.label}: {one.what}" for one in result.rejected])
        call.screen.say(
            f"Delivered {counted(result.delivered, 'record')}, all read back: {result.sent:,} sent, "
            f"{result.already_there:,} there already. {_standing(result)} {result.owed_total:,} are still owed."
        )
    return ExitCode.PARTLY if result.rejected or result.held or result.owed_total else ExitCode.OK


def _standing(result: Result) -> str:
    """How much of what is there is a receipt, and how often it was read."""
    again = f" {result.read_again:,} were read back a second time, a day later." if result.read_again else ""
    if not result.is_pinned:
        return f"None of it is a receipt: no steward has pinned this server.{again}"
    return f"Of all that is there {result.receipts_total:,} are receipts.{again}"


async def _plan(call: Call, device: Client, name: str, *, is_offline: bool) -> ExitCode:
    answer = await device.post("/api/deliver/plan", {"name": name, "offline": is_offline})
    if call.is_json:
        call.screen.write_json(answer.value)
        return ExitCode.OK
    rows: list[tuple[str, str, str, str]] = []
    for item in answer.read(list[PlanLine]):
        changes = [_change(one.name, one.ours, one.theirs) for one in item.fields]
        rows.append((item.action, item.table, item.label, "; ".join([*changes, *item.reasons])))
    call.screen.table(("What", "Table", "Record", "Values, or why not"), rows, empty="The server holds everything.")
    return ExitCode.OK


def _change(field: str, ours: str, theirs: str) -> str:
    return f"{field}: {ours} (overwrites {theirs})" if theirs else f"{field}: {ours}"


def _list(call: Call, title: str, items: list[str]) -> None:
    for item in items[:_LISTED_MAX]:
        call.screen.note(f"{title}: {item}")
    if len(items) > _LISTED_MAX:
        call.screen.note(f"... and {len(items) - _LISTED_MAX:,} more. See them with --json")


async def _follow(call: Call, lines: AsyncIterator[Answer]) -> Result:
    """Show how far it is; the result. Raises DeliveryError where the device stopped before there was one."""
    result: Result | None = None
    with Meter(call.screen, "Server") as meter:
        async for answer in lines:
            if call.is_json:
                call.screen.write_json(answer.value)
            line = answer.read(Step)
            result = line.result or result
            meter.show({" ".join(filter(None, (line.step, line.table))): (line.done, line.total)})
    if result is None:
        raise DeliveryError(
            what="The device was stopped before it was done.",
            kept="What the server has confirmed is noted; the rest is still owed.",
            do="Start it again: what was done is not done twice.",
        )
    return result


for one in (set_destination, list_destinations, check, answer_all, pin, remove):
    destination.add_command(one)
