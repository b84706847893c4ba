"""The program: all commands under one name, and the one place where it ends."""

import sys
from collections.abc import Sequence
from typing import Final

import click

from edenmesh import __version__
from edenmesh.cli.commands.bin import bin_group
from edenmesh.cli.commands.conflicts import conflicts, resolve
from edenmesh.cli.commands.deletion import purge
from edenmesh.cli.commands.demo import demo
from edenmesh.cli.commands.desktop import desktop
from edenmesh.cli.commands.destination import deliver, destination, pull
from edenmesh.cli.commands.device import doctor, init, status
from edenmesh.cli.commands.erasing import erase
from edenmesh.cli.commands.exchange import export, import_file
from edenmesh.cli.commands.forms import form
from edenmesh.cli.commands.peers import allow, block, mesh, nearby, pair, peers, revoke, share, visible
from edenmesh.cli.commands.phones import phone
from edenmesh.cli.commands.quarantine import quarantine
from edenmesh.cli.commands.records import record
from edenmesh.cli.commands.roles import role
from edenmesh.cli.commands.running import run
from edenmesh.cli.commands.starting import start
from edenmesh.cli.commands.sync import sync
from edenmesh.cli.commands.telling import history, undo
from edenmesh.cli.drawing import Screen
from edenmesh.cli.reaching import INTERRUPTED, MEANINGS, ExitCode
from edenmesh.errors import UsageError

SECTIONS: Final = {
    "This device": (start, init, run, status, doctor, desktop),
    "Other devices": (visible, nearby, pair, peers, sync, mesh, allow, block, share, role, revoke, quarantine),
    "Phones": (phone,),
    "Records": (form, record, import_file, export, conflicts, resolve, history, undo),
    "Deletions": (purge, bin_group, erase),
    "Servers": (destination, pull, deliver),
    "To see it first": (demo,),
}
_ASKED: Final = ("--help", "--version")


class Program(click.Group):
    """All commands, listed by what they are about, with what exit codes mean."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Without a command it is `start`, whose options may stand alone."""
        if not args or (args[0].startswith("-") and args[0] not in _ASKED):
            args = [str(start.name), *args]
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands."""
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(str(one.name), one.get_short_help_str(90)) for one in commands])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the exit codes."""
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(int(code)), meaning) for code, meaning in MEANINGS.items()])


@click.group(cls=Program)
@click.version_option(__version__, prog_name="edenmesh")
def edenmesh() -> None:
    """Devices of Sahana Eden users meet, share records, and deliver them to an Eden server.

    `edenmesh` alone runs the device and opens a browser on it. All of it can be done at the command line, too:
    make a device with `edenmesh init --name NAME`, let it listen with `edenmesh run`, and in another terminal make it
    visible with `edenmesh visible --wait`; on the other device, type `edenmesh pair` with the call-sign or the address
    that the first one shows. Then `edenmesh sync`. Every command explains itself with --help.
    """


for section in SECTIONS.values():
    for one in section:
        edenmesh.add_command(one)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    screen = Screen(is_json=False)
    try:
        code = edenmesh.main(arguments, prog_name="edenmesh", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show(sys.stderr)
        return ExitCode.USAGE
    except click.ClickException as error:
        context = error.ctx if isinstance(error, click.UsageError) else None
        path = context.command_path if context is not None else "edenmesh"
        screen.error(UsageError(what=error.format_message(), do=f"See how it is used with `{path} --help`."))
        return ExitCode.USAGE
    except click.Abort:
        screen.note(INTERRUPTED)
        return ExitCode.INTERRUPTED
    return int(code or 0)
