"""Build the wheel and the sdist into dist/, by what stands in .venv: no connection is opened.

The same commit gives the same bytes: files carry the time of the commit, not that of the build
(SOURCE_DATE_EPOCH, https://reproducible-builds.org/specs/source-date-epoch/). The wheel is built from the unpacked
sdist, so that whoever has only the sdist gets the same wheel.
"""

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from tools.environment import ROOT

DIST = ROOT / "dist"


def build(target: Path) -> list[Path]:
    """Build both into a folder; the sdist and the wheel."""
    target.mkdir(parents=True, exist_ok=True)
    for old in (*target.glob("edenmesh-*.whl"), *target.glob("edenmesh-*.tar.gz")):
        old.unlink()
    environ = {**os.environ, "SOURCE_DATE_EPOCH": _epoch()}
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(target), str(ROOT)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"The build failed; dist/ holds nothing.\n{done.stdout}{done.stderr}")
    return [*target.glob("edenmesh-*.tar.gz"), *target.glob("edenmesh-*.whl")]


def _epoch() -> str:
    """The time that all files carry: as told, else that of the last commit, else a fixed one (1 January 2026)."""
    if told := os.environ.get("SOURCE_DATE_EPOCH"):
        return told
    if shutil.which("git") and (ROOT / ".git").exists():
        last = subprocess.run(
            ["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        if last.returncode == 0 and last.stdout.strip():
            return last.stdout.strip()
    return "1767225600"


def main() -> int:
    """Build, and say what was made."""
    for path in build(DIST):
        digest = sha256(path.read_bytes()).hexdigest()
        print(f"{path.relative_to(ROOT)}  {path.stat().st_size:,} bytes  sha256 {digest}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
