"""One fact of a school, and the same school with another value in its place."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from analysis.identification import Identification, Per
from analysis.school_facts import Fact, Scalar, SchoolFacts
from analysis.versions import Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One fact of a school: of the registry (no year), of a year, or of a procedure in it."""

    fact: str
    year: int | None
    procedure: str | None
    value: Scalar
    source: str = ""

    def version(self, position: int, value: Scalar) -> Version:
        """The school in that row of a table, with another value here."""
        return Version(
            position=position,
            fact=self.fact,
            year=self.year,
            procedure=self.procedure,
            value=value,
        )


def cells(
    rules: Identification, school: SchoolFacts, year: int, read: Collection[str]
) -> Iterator[Cell]:
    """Every value of the school among the facts that are `read`, up to the judged year."""
    for per, of_year, procedure, facts in _tables(school, year):
        for name, fact in facts.items():
            if name in read and rules.facts[name].per is per and fact.value is not None:
                yield Cell(
                    fact=name,
                    year=of_year,
                    procedure=procedure,
                    value=fact.value,
                    source=fact.source,
                )


def _tables(
    school: SchoolFacts, year: int
) -> Iterator[tuple[Per, int | None, str | None, Mapping[str, Fact]]]:
    yield Per.SCHOOL, None, None, school.standing
    for of_year, facts in school.years.items():
        if of_year <= year:
            yield Per.YEAR, of_year, None, facts
    for of_year, results in school.results.items():
        if of_year <= year:
            for procedure, facts in results.items():
                yield Per.PROCEDURE, of_year, procedure, facts


def changed(school: SchoolFacts, cell: Cell | Version, value: Scalar) -> SchoolFacts:
    """The school with another value in one cell."""
    new = Fact(value)
    if cell.year is None:
        return replace(school, standing={**school.standing, cell.fact: new})
    if cell.procedure is None:
        facts = {**school.years[cell.year], cell.fact: new}
        return replace(school, years={**school.years, cell.year: facts})
    results = school.results[cell.year]
    facts = {**results[cell.procedure], cell.fact: new}
    return replace(
        school, results={**school.results, cell.year: {**results, cell.procedure: facts}}
    )


def neighbours(school: SchoolFacts, cell: Cell) -> Mapping[str, Fact]:
    """The facts of the same row."""
    if cell.year is None:
        return school.standing
    if cell.procedure is None:
        return school.years[cell.year]
    return school.results[cell.year][cell.procedure]
