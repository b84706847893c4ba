"""Commands for what has no effect: see it and why, let it count, or throw away what a guest handed in."""

from typing import Final

import click

from edenmesh.cli.drawing import Handed, HeldRecord, Quarantined, amount
from edenmesh.cli.reaching import Asking, Call, ExitCode, command

_AUTHOR: Final = click.argument("author")


@click.group("quarantine")
def quarantine() -> None:
    """See what is here and has no effect, and decide about it.

    Nothing of it is shown among the records. It stays until a steward accepts it, what it waits for comes, or, for
    what a guest handed in, somebody throws it away. Nothing happens by itself.
    """


@command("list", examples=["edenmesh quarantine list", "edenmesh quarantine list --json"])
async def list_quarantine(call: Call) -> ExitCode:
    """List what has no effect, by author: why, how many versions, and the first records they are about."""
    async with call.device() as device:
        answer = await device.get("/api/quarantine")
    if call.is_json:
        call.screen.write_json(answer.value)
        return ExitCode.OK
    seen = answer.read(Quarantined)
    for one in seen.held_back:
        call.screen.say(f"{one.name}: {one.versions:,} without effect: {one.why}.   {one.author}", style="bold")
        _draw(call, one.records)
    for guest in seen.pen:
        call.screen.say(
            f"Guest {guest.device_name}: {guest.versions:,} handed in ({amount(guest.size_bytes)}), "
            f"not accepted{_beside(guest)}.   {guest.author}",
            style="bold",
        )
        _draw(call, guest.records)
    if seen.entries:
        call.screen.say(f"{seen.entries:,} charter entries are of a kind newer than this program.")
    if not seen.is_whole:
        call.screen.note("There is more than is listed; records are counted as far as they were looked at.")
    if not (seen.held_back or seen.pen or seen.entries):
        call.screen.say("Nothing is without effect.")
    return ExitCode.OK


@command(
    "accept",
    _AUTHOR,
    click.option("--up-to", type=click.IntRange(min=1), metavar="N", help="Only the first N versions of its log."),
    click.option("--yes", is_flag=True, help="Do not ask whether it is meant."),
    examples=["edenmesh quarantine accept a-4y2kq7", "edenmesh quarantine accept Ben --up-to 120 --yes"],
)
async def accept(call: Call, *, author: str, up_to: int | None, yes: bool) -> ExitCode:
    """Let what AUTHOR wrote count, for the whole team: its first N versions, or all that are here now.

    Only a steward may. AUTHOR is the beginning of the id that the list shows, or a name where that is one author's.
    """
    much = f"the first {up_to:,} versions" if up_to else "all versions that are here"
    if not yes and await Asking().ask(f"Let {much} of {author} count, for the whole team? [yes/no] ") != "yes":
        call.screen.note("Nothing was changed. To accept without a question: --yes")
        return ExitCode.FAILED
    async with call.device() as device:
        answer = await device.post("/api/quarantine/accept", {"author": author, "up_to": up_to or 0})
    if call.is_json:
        call.screen.write_json(answer.value)
    call.screen.say(f"{answer.read(dict[str, int])['versions']:,} versions of {author} count from now on.")
    return ExitCode.OK


@command(
    "discard",
    _AUTHOR,
    click.option("--yes", is_flag=True, help="Do not ask whether it is meant."),
    examples=["edenmesh quarantine discard a-4y2kq7"],
)
async def discard(call: Call, *, author: str, yes: bool) -> ExitCode:
    """Throw away what the guest AUTHOR handed in, on this device. What a member wrote is never thrown away so."""
    if not yes and await Asking().ask(f"Throw away all that {author} handed in? [yes/no] ") != "yes":
        call.screen.note("Nothing was changed. To discard without a question: --yes")
        return ExitCode.FAILED
    async with call.device() as device:
        answer = await device.post("/api/quarantine/discard", {"author": author})
    if call.is_json:
        call.screen.write_json(answer.value)
    call.screen.say(f"{answer.read(dict[str, int])['versions']:,} versions of {author} were thrown away.")
    return ExitCode.OK


def _beside(guest: Handed) -> str:
    """What else there is of that author."""
    words = [f"{guest.withheld:,} more were not shared"] if guest.withheld else []
    if guest.after:
        words.append(f"{guest.after:,} were accepted before")
    return "".join(f"; {word}" for word in words)


def _draw(call: Call, records: list[HeldRecord]) -> None:
    for one in records:
        call.screen.say(f"  {one.table} {one.label}   {one.uuid}   {one.versions:,}")


for one in (list_quarantine, accept, discard):
    quarantine.add_command(one)
