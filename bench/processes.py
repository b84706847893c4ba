"""Other processes of a figure: each answers in lines of JSON. One that is silent for too long is ended, and named."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

ANSWER_SECONDS: Final = 60.0
_END_SECONDS: Final = 10.0

Answer = dict[str, float]


class MeasurementError(Exception):
    """A figure could not be measured; the text says why."""


class Process:
    """A running `python -m MODULE`."""

    def __init__(self, module: str, process: asyncio.subprocess.Process) -> None:
        self._module = module
        self._process = process

    async def hear(self, seconds: float = ANSWER_SECONDS) -> Answer:
        """The next line it says. Raises MeasurementError where it ends, or says nothing in time."""
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(seconds):
                line = await self._process.stdout.readline()
        except TimeoutError as error:
            raise MeasurementError(f"{self._module} said nothing for {seconds:g} seconds") from error
        if not line:
            raise MeasurementError(f"{self._module} ended without an answer")
        answer: Answer = json.loads(line)
        return answer

    def let_end(self) -> None:
        """Close its standard input, which is the word for it to end."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    async def end(self) -> None:
        """Wait until it has ended. Raises MeasurementError where it fails, or does not end in time."""
        self.let_end()
        try:
            async with asyncio.timeout(_END_SECONDS):
                code = await self._process.wait()
        except TimeoutError as error:
            raise MeasurementError(f"{self._module} did not end within {_END_SECONDS:g} seconds") from error
        if code:
            raise MeasurementError(f"{self._module} ended with code {code}")


@asynccontextmanager
async def running(module: str, *arguments: str) -> AsyncIterator[Process]:
    """Run `python -m MODULE ARGUMENTS` until the block ends; it never outlives the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        started = Process(module, process)
        yield started
        await started.end()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def say(answer: Answer) -> None:
    """Answer the process that started this one."""
    print(json.dumps(answer), flush=True)


async def wait_for_end() -> None:
    """Wait until standard input is closed."""
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def read_peak_mb() -> float:
    """The most memory this process held, as Linux counts it.

    Not `getrusage`: there a process begins with the peak of the one that started it.
    """
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(line for line in lines if line.startswith("VmHWM:"))
    return int(peak.split()[1]) * 1024 / 1e6
