"""Programs as people run them: from a folder of their own, with nothing of the checkout in sight; and a look at pages.

All traffic stays on loopback.
"""

import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

SECONDS = 100
_LINK = re.compile(r'(?:href|src)="(/static/[^"]+)"')


def environ_in(folder: Path) -> dict[str, str]:
    """What such a program sees of the world: a home in this folder, and no path to the checkout."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("EDENMESH", "XDG", "PYTHON"))}
    return {**kept, "HOME": str(folder), "TMPDIR": str(folder), "TERM": "dumb", "COLUMNS": "100"}


def processes_of(folder: Path) -> list[str]:
    """Every process of this machine that was started with something in this folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # it has ended meanwhile
            continue
        if str(folder) in words:
            found.append(words)
    return found


@dataclass
class Running:
    """A program that runs and writes lines."""

    process: "subprocess.Popen[str]"
    said: list[str]

    def hear(self, pattern: str) -> re.Match[str]:
        """The next line that matches."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if found := re.search(pattern, line):
                return found
        raise AssertionError(f"it ended without saying {pattern!r}:\n{''.join(self.said)}")

    def end(self, number: int = signal.SIGINT) -> int:
        """Send a signal, and wait; the exit code."""
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=SECONDS)
        self.said.append(rest)
        return self.process.returncode


@contextmanager
def running(words: Sequence[str], folder: Path, environ: Mapping[str, str] | None = None) -> Iterator[Running]:
    """Run a program while the block runs."""
    process = subprocess.Popen(
        words,
        cwd=folder,
        env={**environ_in(folder), **(environ or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield Running(process, [])
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=SECONDS)


def look(entrance: str, path: str) -> str:
    """Enter with an address that lets in, as a browser does; a page, once all that it names has come, too."""
    origin = entrance.partition("/door/")[0]
    with httpx.Client(base_url=origin, headers={"Origin": origin}, timeout=SECONDS) as browser:
        assert browser.post("/door/enter", json={"token": entrance.partition("#")[2]}).is_success
        page = browser.get(path)
        named = set(_LINK.findall(page.text))
        assert (page.status_code, bool(named)) == (200, True), page.text
        for link in named:
            assert browser.get(link).status_code == 200, link
    return page.text
