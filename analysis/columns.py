"""Facts of all schools in columns: a value or a reason for each school, one array a fact.

Where the facts come from is handed in; a column is asked for when a rule needs it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from analysis.identification import Identification, Per
from analysis.reasons import MISSING
from analysis.school_facts import Fact, SchoolFacts
from analysis.standings import Booleans, Floats, Integers
from opora.errors import InputRefused
from opora.words import Sentence

Masks: TypeAlias = NDArray[np.uint64]
"""A bit for each reason."""

_MOST_REASONS = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Some cells of one fact: the positions of schools, and what they have in common.

    `numbers` has a value for each position; else all have one `word`, or one `reason`.
    """

    year: int
    procedure: str = ""
    positions: Integers
    numbers: Floats | None = None
    word: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A value for each school, nan where `reasons` says why there is none.

    Words are numbered. `whole`: integers, with which sums and differences stay exact. Values that
    are not `exact` may differ in the last place from those that are worked out in decimals.
    """

    values: Floats
    reasons: Masks
    words: bool = False
    whole: bool = False
    exact: bool = True

    @property
    def known(self) -> Booleans:
        found: Booleans = self.reasons == 0
        return found


Read: TypeAlias = Callable[[str, int | None], Iterable[Cells]]
"""The cells of a fact in a year; those of a standing fact, for which no year is named, by year."""


@dataclass(slots=True, kw_only=True)
class FactTable:
    """The schools in the order of their identifiers; `details` gives some of them with origins."""

    rules: Identification
    year: int
    schools: Sequence[str]
    territories: Sequence[str]
    years: Sequence[int]  # all of which anything is known
    read: Read
    details: Callable[[Collection[str] | None], Iterable[SchoolFacts]]
    _columns: dict[tuple[str, int | None, str], Column] = field(default_factory=dict, init=False)
    _read: set[tuple[str, int | None]] = field(default_factory=set, init=False)
    _taken: dict[tuple[int, str], Booleans] = field(default_factory=dict, init=False)
    _present: dict[int, Booleans] = field(default_factory=dict, init=False)
    _words: dict[str, int] = field(default_factory=dict, init=False)
    _bits: dict[str, int] = field(default_factory=dict, init=False)

    def __iter__(self) -> Iterator[SchoolFacts]:
        """Every school with all that is known of it, as if there were no columns."""
        return iter(self.details(None))

    @property
    def size(self) -> int:
        return len(self.schools)

    def column(self, name: str, year: int, procedure: str | None) -> Column:
        """What `Look.value` gives of a fact, for every school."""
        per = self.rules.facts[name].per
        at = None if per is Per.SCHOOL else year
        self._see(name, at)
        key = (name, at, (procedure or "") if per is Per.PROCEDURE else "")
        return self._columns.get(key) or self._empty(name)

    def seen_from(self, year: int) -> "FactTable":
        """The same table judged in another year: standing facts are as they stood then."""
        return self if year == self.year else replace(self, year=year)

    def present(self, year: int) -> Booleans:
        """Who has any fact of the year."""
        if year not in self._present:
            found = np.zeros(self.size, np.bool_)
            for procedure in ("", *self.procedures(year)):
                found |= self._taken.get((year, procedure), False)
            self._present[year] = found
        return self._present[year]

    def procedures(self, year: int) -> list[str]:
        """Those of which any school has a result of the year."""
        for name, declared in self.rules.facts.items():
            if declared.per is not Per.SCHOOL:
                self._see(name, year)
        return sorted(
            procedure for (taken, procedure) in self._taken if taken == year and procedure
        )

    def taken(self, year: int, procedure: str) -> Booleans:
        return self._taken[year, procedure]

    def number_of_word(self, word: str) -> int:
        return self._words.setdefault(word, len(self._words))

    @property
    def vocabulary(self) -> list[str]:
        """Words in the order of their numbers."""
        return list(self._words)

    def bit(self, reason: str) -> np.uint64:
        found = self._bits.setdefault(reason, len(self._bits))
        if found >= _MOST_REASONS:
            cure = Sentence("Use fewer words for reasons: {most}.", {"most": _MOST_REASONS})
            raise InputRefused(field="reason", value=reason, cure=cure)
        return np.uint64(1 << found)

    def reasons_of(self, mask: int) -> list[str]:
        """The words of a mask, in the order of the alphabet."""
        return sorted(reason for reason, bit in self._bits.items() if mask >> bit & 1)

    def missing(self, reason: str = MISSING) -> Column:
        """A column in which nobody has a value."""
        return Column(np.full(self.size, np.nan), np.full(self.size, self.bit(reason)))

    # --- filling ----------------------------------------------------------------------------------

    def _empty(self, name: str) -> Column:
        empty = self.missing()
        return Column(empty.values, empty.reasons, words=not self.rules.facts[name].type.is_number)

    def _see(self, name: str, year: int | None) -> None:
        if (name, year) in self._read:
            return
        self._read.add((name, year))
        kind = self.rules.facts[name].type
        for cells in self.read(name, year):
            key = (name, year, cells.procedure)
            if key not in self._columns:
                empty = self._empty(name)
                self._columns[key] = Column(
                    empty.values,
                    empty.reasons,
                    words=empty.words,
                    whole=kind == "integer",
                )
            self._put(self._columns[key], cells, is_standing=year is None)
            if year is not None:
                taken = self._taken.setdefault(
                    (year, cells.procedure), np.zeros(self.size, np.bool_)
                )
                taken[cells.positions] = True

    def _put(self, column: Column, cells: Cells, *, is_standing: bool) -> None:
        """A standing fact is as it stood in the judged year; before its first word, that one."""
        positions = cells.positions
        chosen = np.ones(positions.size, np.bool_)
        if is_standing and cells.year > self.year:
            untouched = np.isnan(column.values) & (column.reasons == self.bit(MISSING))
            chosen = untouched[positions]
        at = positions[chosen]
        if cells.numbers is not None:
            column.values[at], column.reasons[at] = cells.numbers[chosen], 0
        elif cells.word is not None:
            column.values[at], column.reasons[at] = self.number_of_word(cells.word), 0
        else:
            column.values[at] = np.nan
            column.reasons[at] = self.bit(cells.reason or MISSING)


def table_of(rules: Identification, schools: Iterable[SchoolFacts], year: int) -> FactTable:
    """The same schools in columns."""
    given = sorted(schools, key=lambda one: one.school)

    def read(name: str, at: int | None) -> Iterator[Cells]:
        for position, school in enumerate(given):
            for when, procedure, fact in _cells(school, name, rules.facts[name].per, at):
                is_number = fact.value is not None and not isinstance(fact.value, str)
                yield Cells(
                    year=when,
                    procedure=procedure,
                    positions=np.array([position]),
                    numbers=np.array([float(fact.value or 0)]) if is_number else None,
                    word=fact.value if isinstance(fact.value, str) else None,
                    reason=fact.reason,
                )

    def details(wanted: Collection[str] | None) -> Iterator[SchoolFacts]:
        return (one for one in given if wanted is None or one.school in wanted)

    return FactTable(
        rules=rules,
        year=year,
        schools=[one.school for one in given],
        territories=[one.territory for one in given],
        years=sorted({one for school in given for one in (*school.years, *school.results)}),
        read=read,
        details=details,
    )


def _cells(
    school: SchoolFacts, name: str, per: Per, year: int | None
) -> Iterator[tuple[int, str, Fact]]:
    if per is Per.SCHOOL or year is None:
        if name in school.standing:
            yield 0, "", school.standing[name]
        return
    if per is Per.YEAR:
        if name in school.years.get(year, {}):
            yield year, "", school.years[year][name]
        return
    for procedure, facts in school.results.get(year, {}).items():
        if name in facts:
            yield year, procedure, facts[name]
