"""The virtual environment in .venv: made once from the lock files, and left alone while they stay the same.

Invariant: a level ("runtime" for using edenmesh, "dev" for working on it) is complete exactly when its stamp file names
the lock, the interpreter and the folder it was made from. So a second `make` opens no connection, and an interrupted
one is simply done again. Only wheels whose hashes stand in the lock are taken, from whatever index pip is set up for.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOG = ROOT / "build" / "setup.log"

OLDEST_PYTHON = (3, 11)
ATTEMPTS = 3
RETRIES = 2  # by pip itself, within an attempt; it names a broken connection only when it retries
PAUSE_SECONDS = 3.0

NO_CONNECTION = (
    "Failed to establish a new connection",
    "Temporary failure in name resolution",
    "Network is unreachable",
    "Connection refused",
    "Connection reset",
    "Connection aborted",
    "timed out",
    "ProxyError",
    "SSLError",
)


class SetupError(Exception):
    """The environment cannot be made; the text says what to do."""


def prepare(level: str) -> None:
    """Make sure that `level` ("runtime" or "dev") is installed and edenmesh importable."""
    lock = ROOT / "requirements" / f"{level}.txt"
    stamp = VENV / f"{level}.stamp"
    if _is_complete(stamp, lock):
        return
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("a") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)  # of two makes at once, the second waits and finds the work done
        if not _is_complete(stamp, lock):
            _complete(stamp, lock)


def _is_complete(stamp: Path, lock: Path) -> bool:
    return PYTHON.exists() and stamp.is_file() and stamp.read_text() == _mark(lock)


def _complete(stamp: Path, lock: Path) -> None:
    made_here = not PYTHON.exists()
    try:
        if made_here:
            _make_venv()
        _install(lock)
        _link_project()
    except BaseException:
        if made_here:
            shutil.rmtree(VENV, ignore_errors=True)
        raise
    stamp.write_text(_mark(lock))


def _mark(lock: Path) -> str:
    """What the environment depends on: the lock, where the checkout stands, and which Python made it."""
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    return f"lock {digest}\nfolder {ROOT}\npython {PYTHON.resolve()}\n"


def _find_python() -> str:
    """A Python that is new enough: the one that runs this, else one that stands beside it under its version's name."""
    if sys.version_info >= OLDEST_PYTHON:
        return sys.executable
    for minor in range(OLDEST_PYTHON[1], OLDEST_PYTHON[1] + 10):
        found = shutil.which(f"python3.{minor}")
        if found:
            return found
    raise SetupError(
        f"edenmesh needs Python 3.{OLDEST_PYTHON[1]} or newer; this is {sys.version.split()[0]}. Nothing was changed.\n"
        "Install a newer one, then name it: make PYTHON=/path/to/python3"
    )


def _make_venv() -> None:
    python = _find_python()
    shutil.rmtree(VENV, ignore_errors=True)
    if _has(python, "ensurepip"):
        _say("making .venv")
        _run([python, "-m", "venv", str(VENV)])
    elif _has(python, "pip"):
        _say("making .venv with the system's pip")
        _run([python, "-m", "venv", "--without-pip", str(VENV)])
    else:
        _install_venv_package(python)
        _run([python, "-m", "venv", str(VENV)])


def _install_venv_package(python: str) -> None:
    """Debian and its children keep the venv module apart: install it if we may, else say the one command."""
    version = subprocess.run(
        [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], capture_output=True, text=True, check=True
    ).stdout.strip()
    package = f"python{version}-venv"
    missing = SetupError(f"Python's venv module is missing. Nothing was changed.\nRun: sudo apt-get install {package}")
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise missing
    _say(f"installing {package}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "--no-install-recommends", package]
    if _run(install, env=quiet, must=False) != 0:
        _run(["apt-get", "update"], env=quiet, must=False)
        _run(install, env=quiet, must=False)
    if not _has(python, "ensurepip"):
        raise missing


def _install(lock: Path) -> None:
    pip = (
        [str(PYTHON), "-m", "pip"]
        if _has(str(PYTHON), "pip")
        else [_find_python(), "-m", "pip", "--python", str(PYTHON)]
    )
    command = [*pip, "install", "--require-hashes", "--only-binary", ":all:", "--no-deps", "--no-input"]
    command += ["--disable-pip-version-check", "--retries", str(RETRIES), "-r", str(lock)]
    count = sum(1 for line in lock.read_text().splitlines() if "==" in line)
    _say(f"installing {count} packages, each checked against its hash in requirements/{lock.name}")
    for attempt in range(1, ATTEMPTS + 1):
        start = LOG.stat().st_size if LOG.exists() else 0
        if _run(command, must=False) == 0:
            return
        output = LOG.read_bytes()[start:].decode(errors="replace")
        if not any(sign in output for sign in NO_CONNECTION):
            raise SetupError(_explain(output))
        if attempt < ATTEMPTS:
            _say(f"no connection to the package index; trying again ({attempt + 1} of {ATTEMPTS})")
            time.sleep(PAUSE_SECONDS)
    raise SetupError("Could not reach the package index; nothing was changed; connect and run make again.")


def _explain(output: str) -> str:
    if "DO NOT MATCH THE HASHES" in output:
        return (
            "A package differs from the one whose hash stands in the lock; nothing was changed.\n"
            f"Do not use this package index. What pip said is in {LOG.relative_to(ROOT)}."
        )
    return (
        "pip could not install the packages; nothing was changed.\n"
        f"Its last words: {output.strip().splitlines()[-1] if output.strip() else 'none'}\n"
        f"All of them are in {LOG.relative_to(ROOT)}."
    )


def _link_project() -> None:
    """Make src/ importable and `edenmesh` a command of the environment, without a build."""
    site = subprocess.run(
        [str(PYTHON), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    (Path(site) / "edenmesh.pth").write_text(f"{ROOT / 'src'}\n")
    script = VENV / "bin" / "edenmesh"
    script.write_text(f"#!{PYTHON}\nimport sys\n\nfrom edenmesh.cli import main\n\nsys.exit(main())\n")
    script.chmod(0o755)


def _has(python: str, module: str) -> bool:
    """Debian's Python finds `venv` but not `ensurepip`; only an import tells."""
    return subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0


def _run(command: list[str], env: dict[str, str] | None = None, must: bool = True) -> int:
    """Run a command with its output in the log file; return its exit code."""
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("a") as log:
        log.write(f"$ {' '.join(command)}\n")
        log.flush()
        code = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, env=env, cwd=ROOT, check=False).returncode
    if must and code != 0:
        raise SetupError(f"`{' '.join(command)}` failed. What it said is in {LOG.relative_to(ROOT)}.")
    return code


def _say(text: str) -> None:
    print(f"setup: {text}", flush=True)
