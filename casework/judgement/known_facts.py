"""What is known of schools, as the rules read it one by one: values typed, each with its origin."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, select as sa_select, true
from sqlmodel import Session, col, select

from analysis.identification import FactType, Per
from analysis.school_facts import Fact as Known, SchoolFacts
from casework.judgement.covering import is_open
from models.school import Fact, ImportRun, School, Territory
from programmes.definition import Programme


def school_facts(
    session: Session,
    programme: Programme,
    year: int,
    *,
    open_only: bool = False,
    codes: Collection[str] | None = None,
) -> Iterable[SchoolFacts]:
    """Every school of the register with all that is known of it, values typed by the programme.

    With `codes` only those schools, at most a few hundred at a time.

    What belongs to the school itself (legal form, settlement) is taken as it stood in `year`.
    With `open_only` a school that is not open when the year's cycle starts is left out, unless the
    year knows something of it.
    """
    first_day, _ = programme.cycle.days(year)
    schools = session.execute(
        select(School.id, School.code, Territory.code, is_open(first_day))
        .join(Territory, col(Territory.id) == col(School.territory_id))
        .where(School.register_key == programme.register)
        .order_by(col(School.id))
        .where(col(School.code).in_(codes) if codes is not None else true())
    ).all()
    facts = _facts(session, programme, year, codes)
    for school_id, code, territory, open_then in schools:
        standing, years, results = facts.get(school_id, ({}, {}, {}))
        school = SchoolFacts(
            school=code, territory=territory, standing=standing, years=years, results=results
        )
        if open_then or not open_only or school.has_row(year):
            yield school


_Kept = tuple[dict[str, Known], dict[int, dict[str, Known]], dict[int, dict[str, dict[str, Known]]]]


def _facts(
    session: Session, programme: Programme, year: int, codes: Collection[str] | None
) -> Mapping[int, _Kept]:
    declared = programme.identification.facts
    files = {run.id: run.file for run in session.exec(select(ImportRun)).all()}
    kept: dict[int, _Kept] = defaultdict(lambda: ({}, {}, {}))
    for row in session.execute(_fact_rows(programme, codes)):
        source = f"{files.get(row.import_id, '')}{f' [{row.sheet}]' if row.sheet else ''}:{row.row}"
        declaration = declared[row.name]
        value = typed(declaration.type, row.value)
        fact = Known(value, row.reason if value is None else None, source)
        standing, years, results = kept[row.school_id]
        if declaration.per is Per.SCHOOL:
            if row.name not in standing or row.year <= year:
                standing[row.name] = fact
        elif row.procedure:
            results.setdefault(row.year, {}).setdefault(row.procedure, {})[row.name] = fact
        else:
            years.setdefault(row.year, {})[row.name] = fact
    return kept


def _fact_rows(programme: Programme, codes: Collection[str] | None) -> Select[Any]:
    names = list(programme.identification.facts)
    return (
        sa_select(
            col(Fact.school_id),
            col(Fact.year),
            col(Fact.procedure),
            col(Fact.name),
            col(Fact.value),
            col(Fact.reason),
            col(Fact.import_id),
            col(Fact.sheet),
            col(Fact.row),
        )
        .join(School, col(School.id) == col(Fact.school_id))
        .where(col(School.register_key) == programme.register, col(Fact.name).in_(names))
        .where(col(School.code).in_(codes) if codes is not None else true())
        .order_by(col(Fact.year))
    )


def typed(kind: FactType, value: str | None) -> str | int | Decimal | None:
    """The canonical text of a fact as the rules compare it."""
    if value is None or not kind.is_number:
        return value
    return int(value) if kind is FactType.INTEGER else Decimal(value)
