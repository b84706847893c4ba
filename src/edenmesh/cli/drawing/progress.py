"""How far something is: bars with true figures on a terminal, a plain line at most once a second elsewhere."""

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from edenmesh.cli.drawing.screen import Screen, clean

_LINE_SECONDS: Final = 1.0


class Meter:
    """Shows counts while a block runs. A total grows as it becomes known; a count without a total is not shown."""

    def __init__(self, screen: Screen, title: str) -> None:
        self._screen = screen
        self._title = title
        self._tasks: dict[str, TaskID] = {}
        self._last_line = time.monotonic()
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=screen.console,
            disable=not screen.is_terminal,
        )

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def show(self, figures: Mapping[str, tuple[int, int | None]]) -> None:
        """Counts by what they count: how many are done, and of how many, None where nobody knows."""
        known = {name: figure for name, figure in figures.items() if figure[1] != 0}
        if self._screen.is_terminal:
            for name, (done, total) in known.items():
                task = self._tasks.get(name)
                if task is None:
                    task = self._tasks[name] = self._bars.add_task(clean(f"{self._title}: {name}"))
                self._bars.update(task, completed=done, total=total)
        elif known and time.monotonic() - self._last_line >= _LINE_SECONDS:
            self._last_line = time.monotonic()
            words = [f"{name} {done:,}" + (f" of {total:,}" if total else "") for name, (done, total) in known.items()]
            self._screen.say(f"{self._title}: {', '.join(words)}")
