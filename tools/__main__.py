"""`python -m tools TASK [ARGS]`: one function a task; the Makefile names them."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time

from tools.environment import PYTHON, ROOT, VENV, SetupError, prepare

CHECKED = ["src", "tests", "tools", "bench", "examples"]
LEFTOVERS = ["build", "dist", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis"]


def setup(_: list[str]) -> int:
    """Make .venv with everything needed to work on edenmesh."""
    prepare("dev")
    return 0


def demo(arguments: list[str]) -> int:
    """Two devices meet, share, disagree, decide and deliver; make demo KEEP=1 keeps them for your browser."""
    prepare("runtime")
    # In this process's place: on Ctrl-C nobody stands between who ends it and what it has to clear away.
    os.chdir(ROOT)
    os.execve(PYTHON, [str(PYTHON), "-m", "edenmesh.demo", *arguments], _environ())


def test(arguments: list[str]) -> int:
    """All tests; make test ARGS="-k name" runs some."""
    prepare("dev")
    return _python("-m", "pytest", *arguments)


def lint(_: list[str]) -> int:
    """Formatting and lint rules."""
    prepare("dev")
    return _all(
        [
            ["-m", "ruff", "format", "--check", *_folders()],
            ["-m", "ruff", "check", "--output-format=concise", *_folders()],
        ]
    )


def reformat(_: list[str]) -> int:
    """Rewrite the sources in the one format, and mend what lint can mend."""
    prepare("dev")
    return _python("-m", "ruff", "check", "--quiet", "--fix-only", *_folders()) or _python(
        "-m", "ruff", "format", *_folders()
    )


def check(_: list[str]) -> int:
    """Format, lint, types and the house tests, side by side: run it before each commit."""
    prepare("dev")
    return _all(
        [
            ["-m", "ruff", "format", "--check", *_folders()],
            ["-m", "ruff", "check", "--output-format=concise", *_folders()],
            ["-m", "mypy", *_folders()],
            ["-m", "pytest", "-q", "tests/house"],
        ]
    )


def bench(arguments: list[str]) -> int:
    """The published figures, measured here; also written to build/bench.json."""
    prepare("dev")
    return _python("-m", "bench", *arguments)


def docs(_: list[str]) -> int:
    """Write docs/reference anew from the code."""
    prepare("dev")
    return _python("-m", "tools.reference")


def build(_: list[str]) -> int:
    """The wheel and the sdist, in dist/."""
    prepare("dev")
    return _python("-m", "tools.build")


def texts(_: list[str]) -> int:
    """Gather the texts of the screens for translators, and compile their translations."""
    prepare("dev")
    return _python("-m", "tools.texts")


def screenshots(_: list[str]) -> int:
    """Draw the pictures of docs/screens.md anew, by chromium."""
    prepare("dev")
    return _python("-m", "tools.screenshots")


def lock(_: list[str]) -> int:
    """Resolve the dependencies of pyproject.toml into requirements/ anew."""
    prepare("dev")
    return _python("-m", "tools.lock")


def clean(_: list[str]) -> int:
    """Remove .venv and everything else that make has made."""
    for name in [VENV.name, *LEFTOVERS]:
        shutil.rmtree(ROOT / name, ignore_errors=True)
    for folder in [path for top in CHECKED for path in (ROOT / top).rglob("__pycache__")]:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


TASKS = {
    "setup": setup,
    "demo": demo,
    "test": test,
    "lint": lint,
    "format": reformat,
    "check": check,
    "bench": bench,
    "docs": docs,
    "texts": texts,
    "build": build,
    "screenshots": screenshots,
    "lock": lock,
    "clean": clean,
}


def _folders() -> list[str]:
    return [name for name in CHECKED if (ROOT / name).is_dir()]


def _environ() -> dict[str, str]:
    """The environment variables of a task: the virtual environment first, and no foreign Python path."""
    environ = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH")}
    return {**environ, "VIRTUAL_ENV": str(VENV), "PATH": f"{VENV / 'bin'}{os.pathsep}{environ.get('PATH', '')}"}


def _python(*arguments: str) -> int:
    return subprocess.run([str(PYTHON), *arguments], cwd=ROOT, env=_environ(), check=False).returncode


def _all(commands: list[list[str]]) -> int:
    """Run commands side by side; show each one's output and time when it is done; fail if any fails."""
    start = time.monotonic()
    running = [
        (
            command,
            subprocess.Popen(
                [str(PYTHON), *command],
                cwd=ROOT,
                env=_environ(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            ),
        )
        for command in commands
    ]
    failed = 0
    for command, process in running:
        output, _ = process.communicate()
        failed += process.returncode != 0
        verdict = "ok" if process.returncode == 0 else "FAILED"
        print(
            f"== {shlex.join(command[1:])}: {verdict} ({time.monotonic() - start:.1f} s)\n{output.rstrip()}", flush=True
        )
    return 1 if failed else 0


def main(arguments: list[str]) -> int:
    """Run the task named first; list the tasks when none is."""
    name, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    if name not in TASKS:
        width = max(len(task) for task in TASKS)
        print("\n".join(f"make {task:<{width}}  {function.__doc__}" for task, function in TASKS.items()))
        return 0 if name == "help" else 2
    try:
        return TASKS[name](rest)
    except SetupError as error:
        print(f"make {name}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
