"""Run the demo: `make demo`, or `python -m edenmesh.demo`."""

import sys
import tempfile
from pathlib import Path

from edenmesh.demo.dataset import make_dataset
from edenmesh.demo.devices import DemoDevice, DemoFailed
from edenmesh.demo.drawing import Drawing
from edenmesh.demo.story import Story, Summary
from edenmesh.standin import StandinServer

_SEED = 20261122


def main() -> int:
    """Tell the story. Returns the exit code: 0 where every figure fits, else 1."""
    draw = Drawing()
    with tempfile.TemporaryDirectory(prefix="edenmesh-demo-") as name:
        folder = Path(name)
        with StandinServer() as server, DemoDevice(folder, "Amina") as amina, DemoDevice(folder, "Bo") as bo:
            try:
                for device in (amina, bo):
                    device.create()
                    device.start()
                story = Story(amina, bo, server, draw)
                story.gather(make_dataset(_SEED))
                story.pair()
                story.share()
                story.disagree()
                story.decide()
                story.tell_apart()
                story.erase()
                story.deliver()
                draw.summary(_rows(story.conclude()))
            except DemoFailed as error:
                draw.failure(str(error))
                return 1
    return 0


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
    sys.exit(main())
