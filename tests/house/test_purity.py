"""Each room touches only what is its own."""

from pathlib import Path

import pytest

from tests.house.checks.purity import check_purity
from tests.house.conftest import Plant


def test_every_room_keeps_to_its_own(root: Path) -> None:
    check_purity(root).prove(seen_min=15)


@pytest.mark.parametrize(
    ("place", "text", "reason"),
    [
        ("core/records/merge.py", "import asyncio", "core/ may not import asyncio"),
        ("core/records/merge.py", "from os import path", "core/ may not import os"),
        ("core/ids.py", "import logging", "core/ may not import logging"),
        ("store/writer.py", "import time\nstamp = time.time()", "reads the clock"),
        ("store/writer.py", "from time import time as clock\nstamp = clock()", "reads the clock"),
        ("eden/client.py", "from datetime import datetime\nstamp = datetime.now()", "reads the clock"),
        ("eden/client.py", "import datetime as d\nread = d.date.today", "reads the clock"),
        ("net/channel.py", "import os\nnonce = os.urandom(32)", "draws from chance"),
        ("net/channel.py", "from secrets import token_bytes\nnonce = token_bytes(32)", "draws from chance"),
        ("store/writer.py", "import random\nrandom.shuffle([])", "draws from chance"),
        (
            "core/trust/keys.py",
            "from cryptography.hazmat.primitives.asymmetric import ed25519\nkey = ed25519.Ed25519PrivateKey.generate()",
            "draws from chance",
        ),
        ("web/app.py", "import importlib\nstore = importlib.import_module('edenmesh.store')", "hides an import"),
        ("node/node.py", "rows = 'SELECT id FROM versions'", "SQL stands in store/"),
        (
            "node/node.py",
            "def rows(n: int) -> str:\n    return f'DELETE FROM versions WHERE seq < {n}'",
            "SQL stands in store/",
        ),
        ("node/node.py", "import apsw", "apsw is used in store/"),
        ("eden/client.py", "import OpenSSL.SSL", "OpenSSL is used in net/"),
        ("node/node.py", "field = '@modified_on'", "word of S3JSON"),
        ("web/api.py", "field = '$_pr_person'", "word of S3JSON"),
        ("node/node.py", "print('hello')", "print stands in cli/"),
        ("errors.py", "import typing", "errors.py imports nothing"),
    ],
)
def test_a_hand_outside_is_seen(plant: Plant, place: str, text: str, reason: str) -> None:
    report = check_purity(plant({"src/edenmesh/" + place: text}))
    assert len(report.complaints) == 1
    assert reason in report.complaints[0]


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("node/clock.py", "import os, time\nnow = time.time()\nnonce = os.urandom(32)"),
        ("net/driver.py", "import time\nnow = time.time()"),
        ("store/rows.py", "import apsw\nrows = 'SELECT id FROM versions'"),
        ("store/rows.py", '"""SELECT is explained here."""\nimport time\nbegin = time.monotonic()'),
        ("eden/codec.py", "field = '$_pr_person', '@uuid'"),
        ("cli/device.py", "import rich\nprint('hello')"),
        (
            "core/ids.py",
            "import msgspec\nfrom collections.abc import Iterable\nfrom edenmesh.errors import InvalidInput",
        ),
        ("web/api.py", '"""SELECT id FROM versions is not run here."""\nwords = "Select a record from the list."'),
    ],
)
def test_what_is_at_home_is_let_through(plant: Plant, place: str, text: str) -> None:
    report = check_purity(plant({"src/edenmesh/" + place: text}))
    assert (report.seen, report.complaints) == (1, [])
