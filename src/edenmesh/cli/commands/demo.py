"""`edenmesh demo`: the whole story on this machine, with devices of its own. It touches no device of yours."""

import os
import sys

import click

from edenmesh.cli.reaching import ExampledCommand


@click.command("demo", cls=ExampledCommand)
@click.option("--keep", is_flag=True, help="Keep both devices running, to click through in a browser, until Ctrl-C.")
@click.option("--small", is_flag=True, help="Take a twentieth of the records.")
def demo(*, keep: bool, small: bool) -> None:
    """Watch two devices meet, share, disagree, decide and deliver on this machine.

    They live in a temporary folder, and speak with each other and a stand-in server over loopback only. Nothing of them
    stays.
    """
    words = [*(["--keep"] if keep else []), *(["--small"] if small else [])]
    # The demo stands above the commands, since it uses them; so it takes this process's place. -P: whatever stands in
    # the folder of whoever types this is no part of it.
    os.execv(sys.executable, [sys.executable, "-P", "-m", "edenmesh.demo", *words])


demo.examples = ("edenmesh demo", "edenmesh demo --keep")
