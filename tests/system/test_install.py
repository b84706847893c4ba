"""Installed from the wheel into an empty environment: the program, its pages, and the demo that is kept."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from edenmesh import __version__
from tests.system.installed import SECONDS, environ_in, look, processes_of, running
from tools.build import build
from tools.environment import NO_CONNECTION, ROOT

LOCK = ROOT / "requirements" / "runtime.txt"
TABLE = "org_facility"


def pip_for(python: Path) -> list[str]:
    """A pip that installs into another environment; the one of whoever made ours where ours has none."""
    for one in (sys.executable, str(getattr(sys, "_base_executable", sys.executable))):
        if subprocess.run([one, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0:
            options = ["--quiet", "--no-deps", "--no-input", "--no-compile"]
            return [one, "-m", "pip", "--python", str(python), "install", *options]
    pytest.skip("there is no pip to install with")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, installed as docs/install.md says."""
    folder = tmp_path_factory.mktemp("installed")
    _, wheel = build(folder / "dist")
    python = folder / "environment" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(python.parents[1])], check=True)
    pip = pip_for(python)
    locked = ["--require-hashes", "--only-binary", ":all:", "--retries", "2", "-r", str(LOCK)]
    done = subprocess.run([*pip, *locked], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0 and any(sign in done.stderr for sign in NO_CONNECTION):
        pytest.skip("pip reaches no package index, so nothing can be installed")
    assert done.returncode == 0, done.stderr
    subprocess.run([*pip, "--no-index", str(wheel)], cwd=folder, check=True)
    return python.with_name("edenmesh")


def call(program: Path, folder: Path, *words: str) -> str:
    """Run it to its end; what it printed."""
    done = subprocess.run(
        [str(program), *words],
        cwd=folder,
        env=environ_in(folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done
    return done.stdout


def test_an_installed_device_keeps_records_and_serves_its_pages(program: Path, tmp_path: Path) -> None:
    assert call(program, tmp_path, "--version").split()[-1] == __version__
    where = "import edenmesh; print(edenmesh.__file__)"
    imported = call(program.with_name("python"), tmp_path, "-c", where)
    assert imported.startswith(str(program.parents[1])), "it is the installed one"
    secret = tmp_path / "passphrase"
    secret.write_text("of nobody\n")
    secret.chmod(0o600)
    locked = ("--passphrase-file", str(secret))
    call(program, tmp_path, "init", "--name", "Amina", *locked)
    call(program, tmp_path, "record", "add", TABLE, "name=School 3", *locked)
    assert (tmp_path / ".local/share/edenmesh/key").exists()
    run = [str(program), "run", "--host", "127.0.0.1", "--no-announce", "--json", *locked]
    with running(run, tmp_path) as device:
        device.hear('"web"')
        entrance = json.loads(call(program, tmp_path, "start", "--no-browser", "--json"))["address"]
        assert "School 3" in look(entrance, f"/data/{TABLE}")
        assert device.end(signal.SIGTERM) == 0
    assert processes_of(tmp_path) == []


def test_the_demo_is_kept_for_a_browser_and_leaves_nothing_after_ctrl_c(program: Path, tmp_path: Path) -> None:
    with running([str(program), "demo", "--small", "--keep"], tmp_path) as demo:
        entrances = [demo.hear(rf"{name} +(http\S+)")[1] for name in ("Amina", "Bo")]
        assert len(processes_of(tmp_path)) == 2, "two devices"
        for entrance in entrances:
            assert "/conflicts/org_organisation/" in look(entrance, "/conflicts"), "one name is left to decide"
        assert demo.end() == 0, demo.said
    assert processes_of(tmp_path) == []
    assert not list(tmp_path.glob("edenmesh-demo-*"))
