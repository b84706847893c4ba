"""Devices as people have them, and commands: as processes, or in this one where starting one would only take time.

All traffic stays on loopback.
"""

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeAlias

from edenmesh.cli import main
from edenmesh.node import Device, Settings
from edenmesh.store import KeyCost

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-W", "error", "-m", "edenmesh")
ALONE = ("--no-announce",)
SECONDS = 60
QUICK = KeyCost(memory_kib=64, passes=1, lanes=1)

Said: TypeAlias = Any
"""What a command said, as JSON; a test looks at the parts it is about."""


def environ() -> dict[str, str]:
    """What a command sees of the world: the package, and no device of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("EDENMESH", "XDG"))}
    return {**kept, "PYTHONPATH": str(ROOT / "src"), "HOME": "/nonexistent", "TERM": "xterm", "COLUMNS": "100"}


def spawn(words: Sequence[str], text: str = "") -> "Done":
    """Run a command to its end in a process of its own, which has no terminal."""
    done = subprocess.run(
        words,
        input=text,
        capture_output=True,
        text=True,
        env=environ(),
        timeout=SECONDS,
        check=False,
        start_new_session=True,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def call(words: Sequence[str]) -> "Done":
    """Run a command to its end in this process."""
    content = io.BytesIO()
    err = io.StringIO()
    with redirect_stdout(io.TextIOWrapper(content, "utf-8", write_through=True)), redirect_stderr(err):
        code = main(words)
        out = content.getvalue().decode()
    return Done(code, out, err.getvalue())


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Said:
        return json.loads(self.out)

    def refused(self, code: int, *parts: str) -> None:
        """Assert how it was refused: the code, the three parts of the message, what they say, and no other output."""
        lines = self.err.splitlines()[-3:]
        assert self.code == code, self
        assert [line[:13].strip() for line in lines] == ["What happened", "What was kept", "What to do"], self.err
        assert all(line[15:].endswith((".", "!", "?", "`")) or "edenmesh" in line for line in lines), self.err
        for part in parts:
            assert part in self.err, f"{part!r} is not said in:\n{self.err}"
        assert not self.out
        assert "Traceback" not in self.err


class Talk:
    """A command under way that answers in lines of JSON and is answered on its standard input."""

    def __init__(self, process: "subprocess.Popen[str]", errors: Path) -> None:
        self.process = process
        self._errors = errors
        assert process.stdin is not None
        assert process.stdout is not None
        self._input: IO[str] = process.stdin
        self._output: IO[str] = process.stdout

    def hear(self, key: str) -> Said:
        """The next line that has this key; those before it are passed over."""
        for line in self._output:
            said = json.loads(line)
            if key in said:
                return said[key]
        raise AssertionError(f"it ended without saying {key!r}: {self._errors.read_text()}")

    def answer(self, text: str) -> None:
        self._input.write(f"{text}\n")
        self._input.flush()

    def end(self) -> Done:
        """Wait until it ends by itself."""
        out, _ = self.process.communicate(timeout=SECONDS)
        return Done(self.process.returncode, out, self._errors.read_text())


class Home:
    """One device: a folder, a passphrase, and commands."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.path = folder / name.lower()
        self.port = 0
        self.passphrase = folder / f"{name.lower()}.passphrase"
        self.passphrase.write_text(f"{name} only\n")
        self.passphrase.chmod(0o600)
        self._folder = folder
        self._talks = 0

    def words(self, *words: str) -> list[str]:
        return [*COMMAND, *words, "--home", str(self.path), "--passphrase-file", str(self.passphrase)]

    def spawn(self, *words: str, text: str = "") -> Done:
        """Run a command to its end in a process of its own."""
        return spawn(self.words(*words), text=text)

    def call(self, *words: str) -> Done:
        """Run a command to its end in this process."""
        return call(self.words(*words)[len(COMMAND) :])

    def ask(self, *words: str, code: int = 0) -> Said:
        """Run a command in this process that must end with `code`; its answer as JSON."""
        done = self.call(*words, "--json")
        assert done.code == code, f"{words}: {done}"
        return done.json

    @contextmanager
    def talk(self, *words: str) -> Iterator[Talk]:
        """A command under way; it is stopped with the block."""
        self._talks += 1
        errors = self._folder / f"{self.name}-{self._talks}.err"
        with errors.open("w") as file:
            process = subprocess.Popen(
                self.words(*words, "--json"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
                env=environ(),
            )
        try:
            yield Talk(process, errors)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.communicate(timeout=SECONDS)

    @contextmanager
    def running(self, *words: str) -> Iterator[Talk]:
        """`edenmesh run` while the block runs."""
        with self.talk("run", "--host", "127.0.0.1", *ALONE, *words) as talk:
            self.port = talk.hear("port")
            yield talk
            assert talk.process.poll() is None, "the device did not run to the end of the test"


def init(folder: Path, name: str) -> Home:
    """A new device as people make one."""
    home = Home(folder, name)
    done = home.spawn("init", "--name", name)
    assert (done.code, done.err) == (0, ""), done
    assert f"{name} is ready" in done.out
    return home


def make_home(folder: Path, name: str) -> Home:
    """A new device whose passphrase takes no time to try, as many commands will open it."""
    home = Home(folder, name)
    passphrase = home.passphrase.read_text().strip()
    Device.create(home.path, name=name, passphrase=passphrase, settings=Settings(key_cost=QUICK)).close()
    return home


def pair(shown: Home, joining: Home, *options: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Pair over a running device, as two people do who compare the codes; what both screens showed."""
    with shown.talk("visible", "--wait", "--minutes", "0.5", *options) as waiting:
        address = f"127.0.0.1:{waiting.hear('port')}"
        with joining.talk("pair", address, *ALONE) as dialling:
            there = dialling.hear("code")
            here = waiting.hear("code")
            waiting.answer("yes" if here["code"] == there["code"] else "no")
            dialling.answer(here["code"])
            ends: Sequence[Done] = (waiting.end(), dialling.end())
    assert [end.code for end in ends] == [0, 0], ends
    return here, there
