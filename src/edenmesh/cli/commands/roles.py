"""Commands for roles: who governs the team, who may admit devices, whose deliveries count as receipts."""

from typing import Final

import click

from edenmesh.cli.reaching import Call, ExitCode, command
from edenmesh.node import MemberView

_NAME: Final = click.argument("name")
_ROLE: Final = click.argument("role", type=click.Choice(["steward", "introducer", "gateway"]))


@click.group("role")
def role() -> None:
    """Give roles to members of the team, or take them.

    A steward decides for the whole team, an introducer may admit devices, and what a gateway reads back at a server
    that a steward pinned is a receipt. The founder has every role.
    """


@command(
    "give",
    _NAME,
    _ROLE,
    examples=["edenmesh role give Ben steward", "edenmesh role give Ben gateway"],
)
async def give(call: Call, name: str, role: str) -> ExitCode:
    """Give NAME a role: steward (only the founder may), introducer or gateway (stewards may)."""
    return await _change(call, "/api/roles/give", name, role)


@command("take", _NAME, _ROLE, examples=["edenmesh role take Ben gateway"])
async def take(call: Call, name: str, role: str) -> ExitCode:
    """Take a role from NAME. What it did by that and has not come here yet will have no effect."""
    return await _change(call, "/api/roles/take", name, role)


async def _change(call: Call, path: str, name: str, role: str) -> ExitCode:
    async with call.device() as device:
        answer = await device.post(path, {"peer": name, "role": role})
    if call.is_json:
        call.screen.write_json(answer.value)
        return ExitCode.OK
    member = answer.read(MemberView)
    roles = ", ".join(member.roles) or "no roles"
    call.screen.say(f"{member.name} has now: {roles}. Others hear of it when they sync.")
    return ExitCode.OK


role.add_command(give)
role.add_command(take)
