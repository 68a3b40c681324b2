"""How the demonstration speaks: chapters with their time, tables and quotations of at most 100 columns."""

import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.printing import Cell, Printer
from opora.words import Sentence
from templates.wording import Sayable

WIDTH = 100


@dataclass(slots=True)
class Screen:
    """Standard output as a story; `times` is how long each chapter took, in seconds."""

    out: Printer
    times: list[tuple[str, float]] = field(default_factory=list)
    began: float = field(default_factory=time.perf_counter)

    def elapsed(self) -> float:
        """Seconds since the story began."""
        return time.perf_counter() - self.began

    @contextmanager
    def chapter(self, title: Sentence) -> Iterator[None]:
        """A heading, what is said under it, and the time that it took."""
        said = f"{len(self.times) + 1}. {self.out.text(title)}"
        self._print(Text(f"\n{said}", style="bold cyan"))
        began = time.perf_counter()
        yield
        self.times.append((said, time.perf_counter() - began))

    def say(self, *sentences: Sayable) -> None:
        """Each on a line of its own."""
        for one in sentences:
            self._wrapped(self.out.text(one), before="   ")

    def table(self, columns: Sequence[Sayable], rows: Sequence[Sequence[Cell]]) -> None:
        """Numbers stand right; what is too long is broken."""
        shown = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
        for place, heading in enumerate(columns):
            is_number = any(type(row[place]) is int for row in rows)
            shown.add_column(Text(self.out.text(heading)), justify="right" if is_number else "left")
        for row in rows:
            shown.add_row(*(Text("·" if cell == 0 else self.out.text(cell)) for cell in row))
        self._print(shown)

    def quote(self, text: str) -> None:
        """Somebody's own words, with a bar before each line."""
        for line in text.splitlines():
            self._wrapped(self.out.text(line), before="   │ ")

    def _wrapped(self, line: str, *, before: str) -> None:
        """What is too long goes on below, as far in as it began."""
        indent = " " * (len(line) - len(line.lstrip()))
        parts = textwrap.wrap(line, WIDTH - len(before), subsequent_indent=indent)
        for part in parts or [""]:
            self._print(Text(f"{before}{part}".rstrip()))

    def commands(self, lines: Sequence[str]) -> None:
        """What the reader can type next; never broken, so that it can be copied."""
        for line in lines:
            self._print(Text(f"   $ {line}", style="green"), soft_wrap=True)

    @contextmanager
    def progress(self, what: Sentence, total: int) -> Iterator[Callable[[int], None]]:
        """A bar on a terminal, nothing elsewhere."""
        with self.out.progress(what, total) as tell:
            yield tell

    def _print(self, shown: object, *, soft_wrap: bool = False) -> None:
        console = Console(file=sys.stdout, markup=False, highlight=False)
        if console.width > WIDTH or not console.is_terminal:
            console.width = WIDTH
        console.print(shown, soft_wrap=soft_wrap)
