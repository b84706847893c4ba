"""A room is entered by its door, and the door tells the truth."""

from pathlib import Path

import pytest

from tests.house.checks.doors import check_doors
from tests.house.conftest import Plant

SOURCE = "src/edenmesh/"
DOOR = '"""The store."""\n'


def test_every_room_is_entered_by_its_door(root: Path) -> None:
    check_doors(root).prove(seen_min=15)


@pytest.mark.parametrize(
    ("place", "text", "reason"),
    [
        ("node/node.py", "from edenmesh.store.writer import Writer", "import from edenmesh.store instead"),
        ("node/node.py", "from edenmesh.store import writer", "import from edenmesh.store instead"),
        ("node/node.py", "import edenmesh.store.writer", "import from edenmesh.store instead"),
        ("node/node.py", "from edenmesh.node.parts.desk import Desk", "import from edenmesh.node.parts instead"),
        ("web/server.py", "from edenmesh.node.parts import Desk", "import from edenmesh.node instead"),
        ("web/server.py", "from edenmesh.node import parts", "import from edenmesh.node instead"),
        ("store/files.py", "from edenmesh.store.writer import _secret", "private name"),
        ("eden/__init__.py", "__all__: list[str] = []", "says in a docstring"),
        ("eden/__init__.py", '"""Eden."""\nX = 1', "says in __all__"),
        ("eden/__init__.py", '"""Eden."""\n__all__ = ["beta", "alpha"]\nalpha = beta = 1', "not sorted"),
        ("eden/__init__.py", '"""Eden."""\n__all__ = ["alpha", "alpha"]\nalpha = 1', "twice"),
        ("eden/__init__.py", '"""Eden."""\n__all__ = ["ghost"]', "not here"),
        ("eden/__init__.py", '"""Eden."""\n__all__ = ["inside"]\ndef alpha() -> None:\n    inside = 1', "not here"),
    ],
)
def test_a_way_around_the_door_is_seen(plant: Plant, place: str, text: str, reason: str) -> None:
    rooms = {"store/__init__.py": DOOR, "store/writer.py": "", "node/parts/__init__.py": DOOR, "node/parts/desk.py": ""}
    report = check_doors(plant({SOURCE + there: content for there, content in [*rooms.items(), (place, text)]}))
    assert len(report.complaints) == 1
    assert reason in report.complaints[0]


def test_a_good_door_is_let_through(plant: Plant) -> None:
    door = DOOR + 'from edenmesh.store.writer import LIMIT, Writer, write\n\n__all__ = ["LIMIT", "Writer", "write"]\n'
    writer = "from edenmesh.store.files import Files\n"
    user = "from edenmesh.core.ids import RecordId\nfrom edenmesh.store import Writer\n"
    files = {"store/__init__.py": door, "store/writer.py": writer, "store/files.py": "", "node/node.py": user}
    report = check_doors(plant({SOURCE + place: text for place, text in files.items()}))
    assert (report.seen, report.complaints) == (4, [])
