"""What a person sees of the demo: scenes, facts, codes side by side, true progress, and one table at the end."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.columns import Columns
from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from edenmesh.node import Json


class Drawing:
    """Draws on a terminal, or plain lines elsewhere."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)

    def scene(self, title: str) -> None:
        """A new scene begins."""
        self._console.print(f"\n[bold]{title}[/bold]")

    def fact(self, text: str) -> None:
        """Something happened."""
        self._console.print(f"   {text}", markup=False)

    def codes(self, *screens: tuple[str, Mapping[str, Json]]) -> None:
        """The codes on both screens."""
        panels = [
            Panel(f"[bold]{code['code']}[/bold]\n{code['sentence']}", title=f"{name}'s screen", width=44)
            for name, code in screens
        ]
        self._console.print(Columns(panels))

    def choices(self, field: str, choices: Sequence[tuple[str, str]]) -> None:
        """The values of a field in conflict, and who gave them."""
        table = Table("value", "by", title=f"{field}: undecided", title_justify="left")
        for value, by in choices:
            table.add_row(value, by)
        self._console.print(table)

    @contextmanager
    def progress(self, words: str) -> Iterator[Callable[[int, int], None]]:
        """A bar while something runs; the function yielded takes done and total."""
        columns = (TextColumn("   {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._console) as bar:
            task = bar.add_task(words, total=None)

            def tell(done: int, total: int) -> None:
                bar.update(task, completed=done, total=max(total, done) or None)

            yield tell

    def summary(self, rows: Sequence[tuple[str, str]]) -> None:
        """The table at the end."""
        table = Table("what", "how much", title="\nSummary", title_justify="left")
        for what, how_much in rows:
            table.add_row(what, how_much)
        self._console.print(table)

    def addresses(self, addresses: Sequence[tuple[str, str]]) -> None:
        """Where a browser finds the devices; never wrapped, so that they can be clicked and copied whole."""
        for name, address in addresses:
            self._console.print(f"   {name:<8}{address}", markup=False, soft_wrap=True)

    def failure(self, text: str) -> None:
        """The demo failed."""
        self._console.print(f"\nThe demo failed: {text}", markup=False, style="bold red")
