"""Commands for phones that use this device through their browser: accounts, and the door for them."""

from typing import Final

import click

from edenmesh.cli.drawing import moment
from edenmesh.cli.reaching import Answer, Call, Client, ExitCode, command
from edenmesh.node import AccountView, DoorView

_NAME: Final = click.argument("name")
_RIGHT: Final = click.option(
    "--right",
    type=click.Choice(["look", "fill", "decide"]),
    default="fill",
    show_default=True,
    help="What the account may do: look at records; fill them in, too; decide conflicts and delete, too.",
)
_PATH: Final = "/api/phones"


@click.group("phone")
def phone() -> None:
    """Let phones on the same network use this device through their browser, each with an account.

    The door for them is closed until `phone open`. What is written under an account says so, on every device.
    """


@command(
    "add",
    _NAME,
    _RIGHT,
    examples=['edenmesh phone add "Bo\'s phone"', "edenmesh phone add Cy --right look"],
)
async def add(call: Call, name: str, right: str) -> ExitCode:
    """Make the account NAME, and show the code that lets its phone in once, within ten minutes.

    The name is taken for good: what is written under it keeps it.
    """
    async with call.device() as device:
        account = await device.post(_PATH, {"name": name, "right": right})
        entered = await _let_in(device, account.read(AccountView).name)
    if call.is_json:
        call.screen.write_json({"account": account.value, "address": entered})
        return ExitCode.OK
    _show(call, account.read(AccountView).name, entered)
    return ExitCode.OK


@command("enter", _NAME, examples=['edenmesh phone enter "Bo\'s phone"'])
async def enter(call: Call, name: str) -> ExitCode:
    """Show a new code that lets the phone of the account NAME in once; the phone before is let out then."""
    async with call.device() as device:
        answer = await device.post(f"{_PATH}/enter", {"name": name})
    if call.is_json:
        call.screen.write_json(answer.value)
        return ExitCode.OK
    _show(call, name, answer.read(dict[str, str])["address"])
    return ExitCode.OK


@command("list", examples=["edenmesh phone list"])
async def list_accounts(call: Call) -> ExitCode:
    """List the accounts and where the door for phones stands."""
    async with call.device() as device:
        accounts = await device.get(_PATH)
        door = await device.get(f"{_PATH}/door")
    if call.is_json:
        call.screen.write_json({"accounts": accounts.value, "door": door.value})
        return ExitCode.OK
    rows = [
        (
            one.name,
            "revoked" if one.is_revoked else one.right,
            "yes" if one.is_entered else "no",
            moment(one.last_seen),
        )
        for one in accounts.read(list[AccountView])
    ]
    call.screen.table(("Account", "May", "Phone let in", "Last seen"), rows, empty="There are no accounts yet.")
    _show_door(call, door)
    return ExitCode.OK


@command("right", _NAME, _RIGHT, examples=["edenmesh phone right Cy --right decide"])
async def right(call: Call, name: str, right: str) -> ExitCode:
    """Give the account NAME another right; it holds at once."""
    async with call.device() as device:
        answer = await device.post(f"{_PATH}/right", {"name": name, "right": right})
    if call.is_json:
        call.screen.write_json(answer.value)
    call.screen.say(f"{answer.read(AccountView).name} may now: {right}.")
    return ExitCode.OK


@command("revoke", _NAME, examples=['edenmesh phone revoke "Bo\'s phone"'])
async def revoke(call: Call, name: str) -> ExitCode:
    """Bar the account NAME for good. Its phone is out at once; what was written under it stays."""
    async with call.device() as device:
        answer = await device.post(f"{_PATH}/revoke", {"name": name})
    if call.is_json:
        call.screen.write_json(answer.value)
    call.screen.say(f"{answer.read(AccountView).name} is out for good. What was written under that name stays.")
    return ExitCode.OK


@command(
    "open",
    click.option("--hours", type=click.FloatRange(0, 24 * 365), default=0.0, metavar="H", help="Close after H hours."),
    click.option(
        "--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="At this port. [default: as last time]"
    ),
    examples=["edenmesh phone open", "edenmesh phone open --hours 8"],
)
async def open_door(call: Call, hours: float, port: int) -> ExitCode:
    """Open the door for phones on this device's networks, until it is closed or for some hours.

    A phone's browser warns of the certificate, since no authority vouches for a device in a field: compare the
    fingerprint shown there with the one shown here.
    """
    async with call.device() as device:
        answer = await device.post(f"{_PATH}/door", {"hours": hours, "port": port})
    if call.is_json:
        call.screen.write_json(answer.value)
        return ExitCode.OK
    _show_door(call, answer)
    return ExitCode.OK


@command("close", examples=["edenmesh phone close"])
async def close_door(call: Call) -> ExitCode:
    """Close the door for phones. They are let in again, without a new code, when it is opened again."""
    async with call.device() as device:
        await device.delete(f"{_PATH}/door", {})
    if call.is_json:
        call.screen.write_json({})
    call.screen.say("The door for phones is closed.")
    return ExitCode.OK


async def _let_in(device: Client, name: str) -> str:
    """The address that lets a phone in; empty where the door is closed, which is no reason not to make the account."""
    if (await device.get(f"{_PATH}/door")).value is None:
        return ""
    return (await device.post(f"{_PATH}/enter", {"name": name})).read(dict[str, str])["address"]


def _show(call: Call, name: str, address: str) -> None:
    if not address:
        call.screen.say(f"{name} has an account. The door for phones is closed: open it with `edenmesh phone open`,")
        call.screen.say(f"then show the code with: edenmesh phone enter {name!r}")
        return
    call.screen.qr(address)
    call.screen.say(f"Scan it with the phone of {name}. It lets in once, within ten minutes.")


def _show_door(call: Call, answer: Answer) -> None:
    if answer.value is None:
        call.screen.say("The door for phones is closed. Open it with: edenmesh phone open")
        return
    door = answer.read(DoorView)
    until = f"until {moment(int(door.until * 1000))}" if door.until else "until it is closed"
    call.screen.say(f"The door for phones is open {until}: {', '.join(door.addresses)}")
    call.screen.say(f"Fingerprint of its certificate (SHA-256): {door.fingerprint}")


for one in (add, enter, list_accounts, right, revoke, open_door, close_door):
    phone.add_command(one)
