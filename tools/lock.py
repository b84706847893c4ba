"""Resolve the dependencies of pyproject.toml into requirements/: every wheel of every release, by its hash.

The lock names no package index: which one serves the files does not matter, for the hashes say which files they must
be. It is resolved on the oldest Python we support, whose set contains those of the newer ones.
"""

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

from tools.environment import OLDEST_PYTHON, ROOT

RESOLVER = "pip-tools"
OPTIONS = [
    "--quiet", "--upgrade", "--generate-hashes", "--strip-extras", "--allow-unsafe", "--no-header",
    "--no-emit-index-url", "--no-emit-find-links", "--no-emit-options", "--no-emit-trusted-host",
    "--pip-args=--only-binary=:all:",
]  # fmt: skip


def main() -> int:
    """Write requirements/runtime.txt, then requirements/dev.txt which contains it."""
    if sys.version_info[:2] != OLDEST_PYTHON:
        print(f"Lock on Python {'.'.join(map(str, OLDEST_PYTHON))}: this is {sysconfig.get_python_version()}.")
        return 1
    python = _resolver_python()
    compile_lock = [python, "-m", "piptools", "compile", *OPTIONS]
    runtime, dev = "requirements/runtime.txt", "requirements/dev.txt"
    subprocess.run([*compile_lock, "-o", runtime, "pyproject.toml"], cwd=ROOT, check=True)
    subprocess.run([*compile_lock, "--extra", "dev", "-c", runtime, "-o", dev, "pyproject.toml"], cwd=ROOT, check=True)
    return 0


def _resolver_python() -> str:
    """An environment apart for the resolver: nothing of it is ever part of edenmesh."""
    folder: Path = ROOT / "build" / "resolver"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", RESOLVER], check=True)
    return str(python)


if __name__ == "__main__":
    sys.exit(main())
