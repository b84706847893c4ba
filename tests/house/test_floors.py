"""Imports go downwards only."""

from pathlib import Path

import pytest

from tests.house.checks.floors import check_floors
from tests.house.conftest import Plant

SOURCE = "src/edenmesh/"


def test_every_import_goes_downwards(root: Path) -> None:
    check_floors(root).prove(seen_min=15)


@pytest.mark.parametrize(
    ("place", "line", "reason"),
    [
        ("core/records/merge.py", "from edenmesh.store import Store", "upwards"),
        ("core/records/merge.py", "from edenmesh.core.reconcile import Reconciler", "no door between"),
        ("core/records/merge.py", "def late() -> None:\n    import edenmesh.node", "upwards"),
        ("core/wire/frames.py", "from edenmesh.core import session", "upwards"),
        ("net/tcp.py", "from edenmesh.eden import Gateway", "no door between"),
        ("standin/server.py", "from edenmesh.errors import InvalidInput", "knows nothing"),
        ("node/node.py", "from edenmesh.standin import serve", "only the demo"),
        ("node/node.py", "from edenmesh import open_device", "upwards"),
        ("node/delivery/pull.py", "from edenmesh.node import Device", "upwards"),
        ("node/records/views.py", "from edenmesh.node.pairing import Pairings", "upwards"),
        ("node/records/views.py", "from edenmesh.node.meeting import Meetings", "no door between"),
        ("node/attic/box.py", "import json", "has no floor"),
        ("attic/box.py", "import json", "has no floor"),
    ],
)
def test_a_wrong_import_is_seen(plant: Plant, place: str, line: str, reason: str) -> None:
    files = {SOURCE + place: line, SOURCE + "core/session/__init__.py": "", SOURCE + "core/__init__.py": ""}
    files |= {SOURCE + f"node/{room}/__init__.py": "" for room in ("meeting", "pairing")}
    report = check_floors(plant(files))
    assert len(report.complaints) == 1
    assert reason in report.complaints[0]


def test_a_circle_is_seen(plant: Plant) -> None:
    files = {
        SOURCE + "store/writer.py": "import edenmesh.store.files",
        SOURCE + "store/files.py": "from edenmesh.store import writer",
    }
    assert any("circle" in complaint for complaint in check_floors(plant(files)).complaints)


def test_going_down_is_right(plant: Plant) -> None:
    files = {
        SOURCE + "errors.py": "",
        SOURCE + "core/limits.py": "",
        SOURCE + "core/ids.py": "from edenmesh.core.limits import X\nfrom edenmesh.errors import InvalidInput",
        SOURCE + "store/writer.py": "from edenmesh.core.session import Session",
        SOURCE + "node/device.py": "from edenmesh.node.delivery import Delivery",
        SOURCE + "node/delivery/delivery.py": "from edenmesh.node.parts import Parts",
        SOURCE + "demo/__main__.py": "from edenmesh.standin import serve\nfrom edenmesh import open_device",
        SOURCE + "__main__.py": "from edenmesh.cli import main",
    }
    report = check_floors(plant(files))
    assert (report.seen, report.complaints) == (8, [])
