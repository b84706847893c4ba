"""Run the demo: `make demo`, `edenmesh demo`, or `python -m edenmesh.demo`."""

import signal
import sys
import tempfile
from pathlib import Path
from typing import Final

import click

from edenmesh.cli import ExitCode
from edenmesh.demo.dataset import Dataset, make_dataset
from edenmesh.demo.devices import DemoDevice, DemoFailed
from edenmesh.demo.drawing import Drawing
from edenmesh.demo.story import Story, Summary
from edenmesh.standin import StandinServer

_SEED: Final = 20261122


@click.command()
@click.option("--keep", is_flag=True, help="Keep both devices and the server running until Ctrl-C.")
@click.option("--small", is_flag=True, help="A twentieth of the records.")
def main(*, keep: bool, small: bool) -> int:
    """Tell the story. Returns the exit code: 0 where every figure fits, else 1."""
    draw = Drawing()
    # However it is asked to end, it takes its devices along.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        with tempfile.TemporaryDirectory(prefix="edenmesh-demo-") as name:
            _tell(draw, Path(name), _dataset(small), keep=keep)
    except DemoFailed as error:
        draw.failure(str(error))
        return ExitCode.FAILED
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    return ExitCode.OK


def _dataset(small: bool) -> Dataset:
    return make_dataset(_SEED, people=60, facilities=21, reports=20) if small else make_dataset(_SEED)


def _tell(draw: Drawing, folder: Path, dataset: Dataset, *, keep: bool) -> None:
    with StandinServer() as server, DemoDevice(folder, "Amina") as amina, DemoDevice(folder, "Bo") as bo:
        for device in (amina, bo):
            device.create()
            device.start()
        story = Story(amina, bo, server, draw)
        story.gather(dataset)
        story.pair()
        story.share()
        story.disagree()
        story.decide()
        story.tell_apart()
        story.erase()
        story.deliver()
        draw.summary(_rows(story.conclude()))
        if not keep:
            draw.fact("To click through both devices in a browser: make demo KEEP=1, or edenmesh demo --keep")
            return
        draw.scene("10. Your turn: both devices in your browser, with one name left to decide")
        story.leave_open()
        _keep(draw, amina, bo)


def _keep(draw: Drawing, *devices: DemoDevice) -> None:
    """Leave the devices running until the person is done."""
    draw.fact("Each address lets in once, within ten minutes. The server, a stand-in, is reached from Bo's device.")
    draw.fact("Enter shows new addresses; Ctrl-C ends everything, and nothing of it stays.")
    try:
        while True:
            draw.addresses([(device.name, device.entrance()) for device in devices])
            if not sys.stdin.isatty():
                signal.pause()
            sys.stdin.readline()
    except KeyboardInterrupt:
        draw.fact("Ended. Nothing of it is left.")


def _rows(summary: Summary) -> list[tuple[str, str]]:
    return [
        ("records, the same on both devices and the server", f"{summary.records:,}"),
        ("edits merged without asking", str(summary.merges)),
        ("conflicts shown, and decided by a person", str(summary.conflicts)),
        ("records deleted for all", str(summary.retracted)),
        ("different things under one identifier, told apart", str(summary.parted)),
        ("records erased everywhere, and not brought back", str(summary.erased)),
        ("bytes between the devices", f"{summary.bytes_on_wire:,}"),
        ("changes a second in the first session", f"{summary.rates['sharing']:,.0f}"),
        ("receipts on the device that never saw the server", f"{summary.receipts:,}"),
        ("seconds from the first import", f"{summary.seconds:.1f}"),
    ]


if __name__ == "__main__":
    sys.exit(main(prog_name="edenmesh demo", standalone_mode=False))
