"""What comes out: tables and JSON on standard output, messages and progress on standard error."""

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, is_dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, TextIO
from zoneinfo import ZoneInfo

import typer

from opora.canonical import moment
from opora.errors import OporaError
from opora.words import Sentence
from templates.wording import Sayable, say

SCREENFUL = 100
"""Rows that a screen shows where nobody said how many."""

_NO_EDGE = 20_000
_NUMBER = re.compile(r"[-−]?(0|[1-9][\d ]*)([.,]\d+)?( %)?")  # no code such as 010002
_WORD = re.compile(r"[\d.,]+ %|\S+")
_MISLEADING = {*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
_HARMLESS = dict.fromkeys(_MISLEADING - {0x0A}, "�")

if TYPE_CHECKING:
    from rich.console import Console

Cell = object
"""A text, number, date, Sentence, Words, a list of them, or None."""


@dataclass(frozen=True, slots=True)
class Printer:
    """Speaks the language of the person who acts; moments are told in the region's zone."""

    language: str
    zone: ZoneInfo | None = None

    def text(self, cell: Cell) -> str:
        """One line of plain text; what would move a terminal's cursor is made harmless."""
        match cell:
            case None | False:
                said = ""
            case True:
                said = "✓"
            case Sentence() | OporaError() | Mapping():
                said = say(cell, self.language)
            case datetime():
                said = f"{cell.astimezone(self.zone or UTC):%Y-%m-%d %H:%M}"
            case list() | tuple():
                said = ", ".join(self.text(part) for part in cell)
            case _:
                whole = getattr(cell, "sentence", None)  # what is wrong with a programme
                said = say(whole, self.language) if isinstance(whole, Sentence) else str(cell)
        return said.translate(_HARMLESS)

    def tell(self, said: Sayable) -> None:
        """A message; scripts never read it."""
        typer.echo(self.text(said), err=True)

    def tell_each(self, said: Iterable[Sayable]) -> None:
        """A list of messages."""
        for one in said:
            typer.echo(f"  • {self.text(one)}", err=True)

    def json(self, value: object) -> None:
        """The answer for a script: one JSON value, in UTF-8 or else in ASCII that says the same."""
        whole = (sys.stdout.encoding or "utf-8").lower().startswith("utf")
        typer.echo(json.dumps(value, ensure_ascii=not whole, indent=2, default=_plain))

    def table(
        self,
        columns: Sequence[Sayable],
        rows: Iterable[Sequence[Cell]],
        title: Sayable | None = None,
    ) -> None:
        """Rows under their headings, or below one another where words would break in columns."""
        from rich.box import SIMPLE_HEAD
        from rich.table import Table
        from rich.text import Text

        cells = [[self.text(cell) for cell in row] for row in rows]
        filled = [n for n in range(len(columns)) if not cells or any(row[n] for row in cells)]
        headings = [self.text(columns[n]) for n in filled]
        texts = [headings, *([row[n] for n in filled] for row in cells)]
        shown = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), title_justify="left")
        if title is not None:
            shown.title = Text(self.text(title), style="bold")
        columnwise = [*zip(*texts, strict=True)]
        widths = _widths(columnwise, self._console().width - 2 * len(filled))
        if widths is None:
            self._blocks(headings, texts[1:], title)
            return
        for (heading, *below), width in zip(columnwise, widths, strict=True):
            right = any(below) and all(map(_NUMBER.fullmatch, filter(None, below)))
            shown.add_column(Text(heading), justify="right" if right else "left", width=width)
        for row in texts[1:]:
            shown.add_row(*map(Text, row))
        self._print(shown)

    def _blocks(
        self, headings: Sequence[str], rows: Sequence[Sequence[str]], title: Sayable | None
    ) -> None:
        """Each row as names and values, one below another."""
        for number, row in enumerate(rows):
            typer.echo("")
            named = zip(headings, row, strict=True)
            self.pairs(named, title=title if number == 0 else None)
        typer.echo("")

    def pairs(
        self, rows: Iterable[tuple[Sayable | str, Cell]], title: Sayable | None = None
    ) -> None:
        """Names and values, one a line; empty ones are left out."""
        from rich.table import Table
        from rich.text import Text

        shown = Table(box=None, show_header=False, pad_edge=False, title_justify="left")
        shown.add_column(overflow="fold")  # a word that has no room goes on in the next line
        shown.add_column(overflow="fold")
        if title is not None:
            shown.title = Text(self.text(title), style="bold")
        for name, value in rows:
            if (text := self.text(value)) != "":
                shown.add_row(Text(self.text(name), style="dim"), Text(text))
        self._print(shown)

    def paragraph(self, said: Sayable) -> None:
        """Running text, wrapped where a person reads it."""
        from rich.text import Text

        self._print(Text(self.text(said)))

    def lines(self, text: str) -> None:
        """A text of several lines, such as a letter."""
        typer.echo("\n".join(self.text(line) for line in text.splitlines()))

    def _print(self, shown: object) -> None:
        console = self._console()
        with console.capture() as capture:
            console.print(shown)
        typer.echo("\n".join(line.rstrip() for line in capture.get().split("\n")), nl=False)

    def _console(self) -> "Console":
        """As wide as the screen, or as COLUMNS says; where nobody looks nothing is wrapped."""
        from rich.console import Console

        has_edge = is_terminal(sys.stdout) or "COLUMNS" in os.environ
        width = None if has_edge else _NO_EDGE
        return Console(file=sys.stdout, width=width, markup=False, highlight=False)

    @contextmanager
    def progress(self, what: Sentence, total: int | None) -> Iterator[Callable[[int], None]]:
        """A bar on a terminal, nothing elsewhere; called with how far the work has come."""
        if not is_terminal(sys.stderr):
            yield lambda _done: None
            return
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(self.text(what), total=total)
            yield lambda done: bar.update(task, completed=done)


def _widths(columns: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """How wide each column may be without breaking a word; None where the room does not do."""
    least = [max(map(_longest_word, column)) for column in columns]
    most = [max(map(len, column)) for column in columns]
    wanted, spare = sum(most) - sum(least), room - sum(least)
    if spare < 0:
        return None
    if spare >= wanted:
        return most
    return [low + (high - low) * spare // wanted for low, high in zip(least, most, strict=True)]


def _longest_word(text: str) -> int:
    return max(map(len, _WORD.findall(text)), default=0)


def is_terminal(stream: TextIO | None) -> bool:
    """Does a person look at it?"""
    return stream is not None and not stream.closed and stream.isatty()


def _plain(value: object) -> object:
    match value:
        case datetime():
            return moment(value)
        case date():
            return value.isoformat()
        case set() | frozenset():
            return sorted(value)
        case Mapping():
            return dict(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return str(value)
