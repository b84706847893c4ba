"""What every command has: where the device is, how to answer, where the passphrase is, examples, and how it ends."""

import asyncio
import functools
import os
import signal
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import click

from edenmesh.cli.drawing import Screen
from edenmesh.cli.reaching.client import Client
from edenmesh.cli.reaching.exits import ExitCode, exit_code_of
from edenmesh.cli.reaching.local import reaching
from edenmesh.cli.reaching.passphrase import PassphraseSource
from edenmesh.errors import EdenmeshError
from edenmesh.node import Settings

Body: TypeAlias = Callable[..., Coroutine[object, object, ExitCode]]
Option: TypeAlias = Callable[[Callable[..., ExitCode]], Callable[..., ExitCode]]

INTERRUPTED: Final = "Interrupted. What was done before is kept."


@dataclass(frozen=True, slots=True)
class Call:
    """One command as it was called."""

    home: Path
    screen: Screen
    passphrase: PassphraseSource

    @property
    def is_json(self) -> bool:
        """Whether a program reads the answer."""
        return self.screen.is_json

    def device(
        self, settings: Settings | None = None, *, is_listening: bool = False
    ) -> AbstractAsyncContextManager[Client]:
        """The device: the one that runs, or one opened for this command."""
        return reaching(self.home, self.passphrase, settings=settings, is_listening=is_listening)


class ExampledCommand(click.Command):
    """A command whose help ends with examples."""

    examples: Sequence[str] = ()

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, a line each."""
        with formatter.section("Examples"):
            for example in self.examples:
                formatter.write(f"{'':>{formatter.current_indent}}{example}\n")


def default_home(environ: Mapping[str, str]) -> Path:
    """The folder of this user's device: EDENMESH_HOME, else in the data folder (XDG Base Directory Specification)."""
    if named := environ.get("EDENMESH_HOME"):
        return Path(named)
    data = environ.get("XDG_DATA_HOME", "")
    folder = Path(data) if Path(data).is_absolute() else Path.home() / ".local" / "share"
    return folder / "edenmesh"


def command(name: str, *options: Option, examples: Sequence[str]) -> Callable[[Body], click.Command]:
    """Make a command of a coroutine: its docstring is the help, `options` are click's decorators."""

    def decorate(body: Body) -> click.Command:
        callback = _callback(body)
        for option in reversed((*options, *_EVERYWHERE)):
            callback = option(callback)
        made = click.command(name, cls=ExampledCommand)(callback)
        made.examples = tuple(examples)
        return made

    return decorate


_EVERYWHERE: Final[tuple[Option, ...]] = (
    click.option(
        "--home",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="DIR",
        help="Folder of the device. [default: $EDENMESH_HOME, else ~/.local/share/edenmesh]",
    ),
    click.option("--json", "is_json", is_flag=True, help="Answer in JSON: one value, or a line for each thing told."),
    click.option(
        "--passphrase-file",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Read the passphrase from the first line of FILE.",
    ),
    click.option("--passphrase-fd", type=int, metavar="N", help="Read the passphrase from the open descriptor N."),
)


def _callback(body: Body) -> Callable[..., ExitCode]:
    @functools.wraps(body)
    def run(
        home: Path | None, is_json: bool, passphrase_file: Path | None, passphrase_fd: int | None, **options: object
    ) -> ExitCode:
        screen = Screen(is_json=is_json)
        source = PassphraseSource(passphrase_file, passphrase_fd)
        if source.is_exposed:
            screen.note(f"Others on this machine may read {passphrase_file}: chmod 600 {passphrase_file}")
        call = Call(home or default_home(os.environ), screen, source)
        try:
            return asyncio.run(_until_told(body(call, **options)))
        except EdenmeshError as error:
            screen.error(error)
            return exit_code_of(error)
        except (KeyboardInterrupt, asyncio.CancelledError):
            screen.note(INTERRUPTED)
            return ExitCode.INTERRUPTED

    return run


async def _until_told(body: Coroutine[object, object, ExitCode]) -> ExitCode:
    """Run a command; SIGTERM ends it as Ctrl-C does, so that an open device is closed in order."""
    task = asyncio.ensure_future(body)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task
