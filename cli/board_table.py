"""The board as people read it: a number for each stage, and what the numbers mean underneath."""

from collections.abc import Sequence
from dataclasses import dataclass

from casework.cases.board import Board
from cli.printing import Cell
from opora.words import Sentence
from programmes.definition import Programme
from states.stage import Stage
from templates.wording import Sayable


@dataclass(frozen=True, slots=True)
class BoardTable:
    """Stages × municipalities in at most a hundred columns."""

    columns: Sequence[Sayable]
    rows: Sequence[Sequence[Cell]]
    stages: tuple[str, ...]  # "1 identified", "2 analysed", …

    @property
    def legend(self) -> Sentence:
        """What each number stands for."""
        return Sentence("Stages: {stages}", {"stages": self.stages})


def board_table(programme: Programme, seen: Board, language: str) -> BoardTable:
    """The table of a board, with its sum below."""
    numbers = {stage: {"ru": str(place), "en": str(place)} for place, stage in enumerate(Stage, 1)}
    late = sum(row.tasks for row in seen.late)
    names = [row.name for row in seen.territories]
    return BoardTable(
        columns=[Sentence("Municipality"), *numbers.values(), Sentence("Late tasks")],
        rows=[
            *(
                (
                    row.name if names.count(row.name) == 1 else f"{row.name} ({row.territory})",
                    *(row.stages[stage] for stage in Stage),
                    row.late,
                )
                for row in seen.territories
            ),
            (Sentence("In all"), *(seen.stages[stage] for stage in Stage), late),
        ],
        stages=tuple(f"{n} {programme.label(stage, language)}" for n, stage in enumerate(Stage, 1)),
    )
