"""The facts of a register in columns: a query for each fact and year, no object for each cell."""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, Text, cast, func, select
from sqlmodel import Session, col

from analysis.columns import Cells, FactTable
from analysis.identification import Per
from analysis.listed_cells import Positions
from analysis.school_facts import SchoolFacts
from casework.judgement.covering import is_open
from casework.judgement.known_facts import school_facts
from models.school import Fact, School, Territory
from programmes.definition import Programme

_A_BATCH = 500

Details: TypeAlias = Callable[[Collection[str] | None], Iterable[SchoolFacts]]


def fact_columns(
    session: Session, programme: Programme, year: int, *, open_only: bool = False
) -> FactTable:
    """The schools that `school_facts` gives, in the order of their identifiers."""
    first_day, _ = programme.cycle.days(year)
    rows = session.execute(
        select(col(School.id), col(School.code), col(Territory.code), is_open(first_day))
        .join(Territory, col(Territory.id) == col(School.territory_id))
        .where(col(School.register_key) == programme.register)
    ).all()
    taken = sorted(rows, key=lambda row: row[1])
    if open_only:
        known = set(session.execute(_shut_with_facts(programme, year)).scalars())
        taken = [row for row in taken if row[3] or row[0] in known]
    cells = _Cells(session, programme, [row[0] for row in taken])
    return FactTable(
        rules=programme.identification,
        year=year,
        schools=[row[1] for row in taken],
        territories=[row[2] for row in taken],
        years=cells.years(),
        read=cells.read,
        details=cells.details(year, open_only=open_only),
    )


class _Cells:
    """Reads the cells of one register."""

    def __init__(self, session: Session, programme: Programme, schools: list[int]) -> None:
        self._session, self._programme = session, programme
        self._positions = Positions(schools)

    def years(self) -> list[int]:
        facts = self._programme.identification.facts
        yearly = [name for name, one in facts.items() if one.per is not Per.SCHOOL]
        ends = select(func.min(col(Fact.year)), func.max(col(Fact.year)))
        first, last = self._session.execute(ends).one()
        if first is None:
            return []
        known = select(col(Fact.id)).where(col(Fact.name).in_(yearly)).limit(1)
        return [
            year
            for year in range(first, last + 1)
            if self._session.execute(known.where(col(Fact.year) == year)).first() is not None
        ]

    def read(self, name: str, year: int | None) -> Iterator[Cells]:
        """Numbers of a procedure come as one list, words and reasons as who has them."""
        is_number = self._programme.identification.facts[name].type.is_number
        value = _listed(col(Fact.value)) if is_number else col(Fact.value)
        by = [col(Fact.year), col(Fact.procedure), col(Fact.reason)]
        rows = select(*by, value, _listed(cast(col(Fact.school_id), Text)))
        rows = rows.where(col(Fact.name) == name)
        rows = rows.where(col(Fact.year) == year) if year is not None else rows
        grouped = rows.group_by(*by, *([] if is_number else [col(Fact.value)]))
        for at, procedure, reason, said, ids in self._session.execute(grouped.order_by(by[0])):
            if said is None:
                yield self._positions.words(at, procedure, ids, word=None, reason=reason)
            elif is_number:
                yield self._positions.numbers(at, procedure, ids, said)
            else:
                yield self._positions.words(at, procedure, ids, word=said, reason=None)

    def details(self, year: int, *, open_only: bool) -> Any:
        def details(wanted: Collection[str] | None) -> Iterator[SchoolFacts]:
            if wanted is None:
                yield from school_facts(self._session, self._programme, year, open_only=open_only)
                return
            codes = sorted(wanted)
            for start in range(0, len(codes), _A_BATCH):
                batch = codes[start : start + _A_BATCH]
                yield from school_facts(self._session, self._programme, year, codes=batch)

        return details


def _shut_with_facts(programme: Programme, year: int) -> Select[tuple[int]]:
    """Schools that are not open when the year begins, of which the year knows something."""
    first_day, _ = programme.cycle.days(year)
    yearly = [
        name for name, one in programme.identification.facts.items() if one.per is not Per.SCHOOL
    ]
    found = select(col(Fact.school_id)).join(School, col(School.id) == col(Fact.school_id))
    ours = found.where(col(School.register_key) == programme.register, ~is_open(first_day))
    return ours.where(col(Fact.year) == year, col(Fact.name).in_(yearly)).distinct()


def _listed(column: Any) -> ColumnElement[str]:
    """All values of a group in one text, in the order in which the rows are met."""
    return func.aggregate_strings(column, ",")
