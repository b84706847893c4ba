"""Setting up: once from the network, never again, and in plain words where there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# As `make setup` does, hardly waiting between attempts.
SETUP = """
import sys
from tools import __main__, environment
environment.PAUSE_SECONDS, environment.RETRIES = 0, 1
sys.exit(__main__.main(["setup"]))
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout without .venv: what setting up reads, and nothing else."""
    for name in ("tools", "requirements"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


def set_up(checkout: Path) -> subprocess.CompletedProcess[str]:
    """Set up where the package index refuses every connection, whatever this machine's pip is told otherwise."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    environ |= {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "http://127.0.0.1:1/simple"}
    return subprocess.run(
        [sys.executable, "-c", SETUP], cwd=checkout, env=environ, capture_output=True, text=True, check=False
    )


def pretend_complete(checkout: Path) -> Path:
    """Leave the marks of a finished set-up, and return the stamp."""
    python = checkout / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    mark = "from tools import environment as e; print(e._mark(e.ROOT / 'requirements' / 'dev.txt'), end='')"
    stamp = checkout / ".venv" / "dev.stamp"
    stamp.write_text(subprocess.check_output([sys.executable, "-c", mark], cwd=checkout, text=True))
    return stamp


def test_without_a_network_nothing_is_changed_and_that_is_said(checkout: Path) -> None:
    done = set_up(checkout)
    assert done.returncode == 1
    assert done.stdout.count("no connection to the package index; trying again") == 2
    assert "Could not reach the package index; nothing was changed; connect and run make again." in done.stderr
    assert "Traceback" not in done.stderr
    assert not (checkout / ".venv").exists()


def test_a_second_set_up_has_nothing_to_do(checkout: Path) -> None:
    pretend_complete(checkout)
    done = set_up(checkout)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_changed_lock_is_installed_anew(checkout: Path) -> None:
    stamp = pretend_complete(checkout)
    lock = checkout / "requirements" / "dev.txt"
    lock.write_text(f"nosuchpackage==1.0 --hash=sha256:{'0' * 64}\n")
    done = set_up(checkout)
    assert done.returncode == 1
    assert "installing 1 packages" in done.stdout
    assert stamp.exists(), "an environment that was there before is left alone"


def test_a_moved_checkout_is_set_up_anew(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    pretend_complete(checkout)
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "checkout"
    shutil.copytree(checkout, elsewhere, symlinks=True)
    assert "installing" in set_up(elsewhere).stdout


def test_make_lists_its_commands() -> None:
    listed = subprocess.check_output([sys.executable, "-m", "tools"], cwd=ROOT, text=True)
    makefile = (ROOT / "Makefile").read_text()
    names = [line.split()[1] for line in listed.splitlines()]
    assert {"demo", "test", "lint", "check", "bench", "clean"} <= set(names)
    assert all(f"\n{name}: ; " in makefile for name in names)
