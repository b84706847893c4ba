"""Commands about this device itself: make it, see where it stands, and see what is wrong with it."""

import click

from edenmesh.cli.drawing import CheckSeen, counted, moment
from edenmesh.cli.reaching import Answer, Call, ExitCode, command, places
from edenmesh.core.ids import format_id
from edenmesh.node import Device, OwedView, Status


@command(
    "init",
    click.option("--name", required=True, metavar="NAME", help="What others will call this device."),
    click.option("--no-passphrase", is_flag=True, help="Whoever has this machine in hand can then read everything."),
    examples=['edenmesh init --name "Ada\'s laptop"', "edenmesh init --name kiosk --home /srv/kiosk"],
)
async def init(call: Call, name: str, no_passphrase: bool) -> ExitCode:
    """Make a new device.

    It gets a folder with an encrypted store, which the passphrase opens, and is alone in a team of its own. Pair it
    with another device to join that one's team, or to let that one join.
    """
    passphrase = "" if no_passphrase else call.passphrase.read("Choose a passphrase: ", is_new=True)
    device = Device.create(call.home, name=name, passphrase=passphrase)
    try:
        if call.is_json:
            call.screen.write_json(
                {"name": device.name, "device": format_id("d", device.device_id), "home": str(call.home)}
            )
        call.screen.say(f"{device.name} is ready in {call.home}.")
        if no_passphrase:
            call.screen.say("It has no passphrase: whoever has this machine in hand can read everything.")
        else:
            call.screen.say("Nobody can restore the passphrase; keep it safe.")
        call.screen.say("Next: edenmesh run, and in another terminal: edenmesh visible --wait")
    finally:
        device.close()
    return ExitCode.OK


@command("status", examples=["edenmesh status", "edenmesh status --json"])
async def status(call: Call) -> ExitCode:
    """Show where this device stands: team, records, what is open, what is owed to servers."""
    async with call.device() as device:
        answer = await device.get("/api/status")
    if call.is_json:
        call.screen.write_json(answer.value)
        return ExitCode.OK
    seen = answer.read(Status)
    listening = f"yes, at {', '.join(places(seen.addresses, seen.port))}" if seen.is_listening else "no"
    facts = {
        "Device": seen.name,
        "Team": f"{seen.members} {'device' if seen.members == 1 else 'devices'}",
        "Records": f"{seen.records:,}",
        "To decide": f"{seen.open:,}" + (" (see: edenmesh conflicts)" if seen.open else ""),
        "Running": listening,
        "Visible": f"as {seen.call_sign or 'its address'} until {moment(int(seen.visible_until * 1000))}"
        if seen.visible_until
        else "no",
        "Connected": ", ".join(seen.connected) or "to nobody",
    }
    if seen.files_missing:
        facts["Files missing"] = f"{seen.files_missing:,}"
    if seen.waiting or seen.quarantined:
        facts["Held back"] = (
            f"{seen.waiting:,} changes wait for earlier ones, {seen.quarantined:,} are quarantined"
            " (see: edenmesh quarantine list)"
        )
    if seen.penned:
        facts["Guests"] = f"{seen.penned:,} changes handed in, not accepted (see: edenmesh quarantine list)"
    if seen.purged:
        facts["Purged here"] = (
            f"{seen.purged:,} changes, by rules {seen.purged_by_rules:,} records (see: edenmesh bin list)"
        )
    if seen.hidden or seen.asked:
        facts["Erasures"] = (
            f"{counted(seen.hidden, 'record')} to be destroyed, {counted(seen.asked, 'request')}"
            " (see: edenmesh bin list)"
        )
    for one in seen.destinations:
        facts[f"Server {one.destination}"] = _standing(one)
    call.screen.facts(facts)
    for advice in seen.advice:
        call.screen.note(f"{advice}.")
    return ExitCode.OK


@command("doctor", examples=["edenmesh doctor"])
async def doctor(call: Call) -> ExitCode:
    """Look for what may be wrong with this device, and say what to do about it.

    Ends with 1 where something is.
    """
    async with call.device() as device:
        answer = await device.get("/api/doctor")
    return draw_checks(call, answer)


def _standing(one: OwedView) -> str:
    """What a server was seen to hold, in words."""
    parts = [f"{one.delivered:,} delivered"]
    if one.is_pinned:
        parts.append(f"{one.receipts:,} of them receipts")
    parts.append(f"{one.owed:,} owed")
    if one.read_once:
        parts.append(f"{one.read_once:,} to be read back once more, a day later")
    if one.questions:
        parts.append(f"it has gone back on {one.questions:,} (all at once: edenmesh destination answer)")
    return ", ".join(parts)


def draw_checks(call: Call, answer: Answer) -> ExitCode:
    """Checks as a table, with what to do below; fails where one is not well."""
    checks = answer.read(list[CheckSeen])
    if call.is_json:
        call.screen.write_json(answer.value)
    else:
        rows = [("well" if one.is_well else "NOT WELL", one.name, one.text) for one in checks]
        call.screen.table(("", "Check", "Seen"), rows, empty="Nothing was checked.")
        for one in checks:
            if one.do:
                call.screen.say(f"{one.name}: {one.do}")
    return ExitCode.OK if all(one.is_well for one in checks) else ExitCode.FAILED
