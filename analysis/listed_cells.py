"""Cells as a database gathers them: the schools of a group, and their values, each as one text."""

from collections.abc import Sequence

import numpy as np

from analysis.columns import Cells
from analysis.standings import Booleans, Integers


class Positions:
    """Where each school of a table stands, by the number under which it is kept elsewhere."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self._positions = np.full(max(numbers, default=0) + 1, -1)
        self._positions[list(numbers)] = np.arange(len(numbers))

    def numbers(self, year: int, procedure: str, schools: str, values: str) -> Cells:
        """`12,15` with `0.5,3`; whoever is not of the table is left out."""
        found, ours = self._found(schools)
        numbers = np.array(values.split(","), dtype=np.float64)
        return Cells(year=year, procedure=procedure, positions=found[ours], numbers=numbers[ours])

    def words(
        self, year: int, procedure: str, schools: str, *, word: str | None, reason: str | None
    ) -> Cells:
        """Schools that have one word or one reason in common."""
        found, ours = self._found(schools)
        return Cells(
            year=year, procedure=procedure, positions=found[ours], word=word, reason=reason
        )

    def _found(self, schools: str) -> tuple[Integers, Booleans]:
        numbers = np.array(schools.split(","), dtype=np.int64)
        inside = numbers < self._positions.size
        positions = np.where(inside, self._positions[np.where(inside, numbers, 0)], -1)
        return positions, positions >= 0
