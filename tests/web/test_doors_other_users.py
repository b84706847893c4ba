"""Other users of the machine try every file, socket, port and process of a device that runs."""

import asyncio
import os
import shutil
import subprocess
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from edenmesh.web import serving_all, socket_path
from tests.net.loop import in_loop
from tests.node.devices import World, running


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may look into; what a device makes there is its own affair."""
    with tempfile.TemporaryDirectory(prefix="edenmesh-test-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


STRANGER = """
import os, socket, sys, urllib.request, urllib.error
home, unix, port = sys.argv[1:4]
won = []
def wins(name, act):
    try:
        won.append((name, act()))
    except (OSError, urllib.error.URLError):
        pass
tried = 0
for folder, _, names in os.walk(home):
    for name in names:
        tried += 1
        wins(name, lambda: open(os.path.join(folder, name), "rb").read(1))
for name in sys.argv[4:]:
    tried += 1
    wins(name, lambda: open(os.path.join(home, name), "rb").read(1))
wins("list", lambda: os.listdir(home))
wins("unix", lambda: socket.socket(socket.AF_UNIX).connect(unix))
for path in ("/data", "/api/tables", "/api/status", "/api/export", "/api/phones", "/door/session"):
    tried += 1
    wins(path, lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5).read())
for token in ("", "x", "0" * 43):
    tried += 1
    request = urllib.request.Request(f"http://127.0.0.1:{port}/door/enter", b'{"token": "%s"}' % token.encode(),
        {"Content-Type": "application/json", "Origin": f"http://127.0.0.1:{port}"})
    wins("token", lambda: urllib.request.urlopen(request, timeout=5).read())
for pid in filter(str.isdigit, os.listdir("/proc")):
    for name in ("cmdline", "environ"):
        try:
            text = open(f"/proc/{pid}/{name}", "rb").read()
        except OSError:
            continue
        tried += 1
        if b"door/enter" + b"#" in text:
            won.append((pid, name))
print(os.getuid(), tried, won)
"""


@pytest.mark.root
@pytest.mark.skipif(os.getuid() != 0, reason="another user can be played by root only")
@in_loop
async def test_another_user_of_the_machine_gets_nothing(open_folder: Path) -> None:
    python = shutil.which("python3", path="/usr/bin:/bin:/usr/local/bin")
    assert python is not None
    async with running(World(open_folder), "Amina") as (amina,):
        amina.add("org_organisation", {"name": "Red Cross"})
        home = open_folder / "amina"
        async with serving_all(amina, home) as door:
            assert door is not None
            door.entrance_url()
            names = [str(path.relative_to(home)) for path in home.rglob("*")]
            assert names
            script = textwrap.dedent(STRANGER)
            words = [python, "-c", script, str(home), str(socket_path(home)), str(door.port), *names]
            done = await asyncio.to_thread(
                subprocess.run,
                words,
                user=65534,
                group=65534,
                extra_groups=[],
                capture_output=True,
                text=True,
                timeout=15,
                cwd="/",
            )
            assert done.returncode == 0, done.stderr
            uid, tried, won = done.stdout.split(maxsplit=2)
            assert uid == "65534"
            assert int(tried) >= 12
            assert won.strip() == "[]"
            assert len(amina.tables()) == 1
