"""What is wrong with a programme: the file, the line, the place, the problem and its cure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

Place: TypeAlias = tuple[str | int, ...]
"""Keys and list positions from the top of a file down to a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`line` counts from 1; 0 means the file as a whole."""

    file: str
    line: int
    path: str
    problem: str
    cure: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        at = f" {self.path}" if self.path else ""
        return f"{where}{at}: {self.problem}. {self.cure}"


def in_words(place: Sequence[str | int]) -> str:
    """`milestones[3].due`"""
    text = ""
    for step in place:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")
