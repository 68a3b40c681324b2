"""What is wrong with a programme: the file, the line, the place, the problem and its cure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from opora.words import Sentence

Place: TypeAlias = tuple[str | int, ...]
"""Keys and list positions from the top of a file down to a value."""

Said: TypeAlias = Sentence | str
"""In the reader's language where we have a sentence for it, else in English."""

Finding: TypeAlias = tuple[Place, Sentence, Sentence]
"""Place in the file, problem, cure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`line` counts from 1; 0 means the file as a whole. The problem begins small, without a stop."""

    file: str
    line: int
    path: str
    problem: Said
    cure: Said

    @property
    def sentence(self) -> Sentence:
        """All of it in one line."""
        where = f"{self.file}:{self.line}" if self.line else self.file
        at = f" {self.path}" if self.path else ""
        told = {"place": f"{where}{at}", "problem": self.problem, "cure": self.cure}
        return Sentence("{place}: {problem}. {cure}", told)

    def __str__(self) -> str:
        return str(self.sentence)


def of_file(file: str, problem: Said, cure: Said, line: int = 0) -> Fault:
    """A fault that lies at no place of the tree: the file cannot be read."""
    return Fault(file=file, line=line, path="", problem=problem, cure=cure)


def in_words(place: Sequence[str | int]) -> str:
    """`milestones[3].due`"""
    text = ""
    for step in place:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")


def undeclared(
    what: Sentence, name: str | None, known: Iterable[object]
) -> tuple[Sentence, Sentence]:
    """Problem and cure for a name that nothing stands behind."""
    told = {"what": what, "name": name}
    return Sentence("the {what} {name} is not declared", told), one_of(known)


def one_of(known: Iterable[object]) -> Sentence:
    """The cure for a name that nothing stands behind."""
    words = sorted(map(str, known))
    if not words:
        return Sentence("Declare it first.")
    return Sentence("Declare it, or use one of: {known}.", {"known": listed(words)})


def listed(values: Iterable[object]) -> str:
    return ", ".join(map(str, values))
