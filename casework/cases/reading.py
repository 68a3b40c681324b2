"""What people look at: cases as frozen views, one select a list, within the reader's scope."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ScalarSelect, case as sql_case
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from casework.access import cases_for
from casework.acting import Acting
from casework.cycles.versions import programme_at, programme_of
from models.case import Case, Decision
from models.cycle import Cycle, Listing
from models.history import HistoryLine
from models.people import Person
from models.school import School, Territory
from models.task import Task
from opora.errors import NotFound
from opora.words import Sentence
from states.stage import Outcome, Stage
from states.task_machine import WAITING


def latest_moment(session: Session) -> datetime | None:
    """The moment that history has come to."""
    return session.exec(select(func.max(HistoryLine.happened_at))).one()


def zone_of_work(session: Session) -> ZoneInfo | None:
    """The zone of the newest cycle, before the first one of the newest list; None before any."""
    newest = session.exec(select(Cycle).order_by(col(Cycle.id).desc()).limit(1)).first()
    if newest is not None:
        return programme_of(session, newest).zone
    listing = session.exec(select(Listing).order_by(col(Listing.id).desc()).limit(1)).first()
    return programme_at(session, listing.programme_sha256).zone if listing else None


def zone_of_case(session: Session, case_id: int) -> ZoneInfo | None:
    """The zone of the region that the case belongs to; gives nothing else away."""
    cycle = session.exec(select(Cycle).join(Case).where(Case.id == case_id)).first()
    return programme_of(session, cycle).zone if cycle else None


def zone_of_task(session: Session, task_id: int) -> ZoneInfo | None:
    """The zone of the region that the task belongs to."""
    cycle = session.exec(select(Cycle).join(Task).where(Task.id == task_id)).first()
    return programme_of(session, cycle).zone if cycle else None


def cycle_of(session: Session, programme: str, year: int) -> Cycle:
    """The cycle of a programme and a year."""
    found = session.exec(
        select(Cycle).where(Cycle.programme_key == programme, Cycle.year == year)
    ).first()
    if found is None:
        raise NotFound(what=Sentence("cycle"), key=f"{programme} {year}")
    return found


def cycle_numbered(session: Session, cycle_id: int) -> Cycle:
    """The cycle of that number."""
    found = session.get(Cycle, cycle_id)
    if found is None:
        raise NotFound(what=Sentence("cycle"), key=cycle_id)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """So many rows behind the row `after`; all of them when `limit` is None."""

    limit: int | None = None
    after: int = 0


EVERYTHING = Page()


def years_before(session: Session, *, case_id: int) -> list[tuple[int, Outcome | None]]:
    """The earlier years in which the case's school was supported, and how each ended.

    The caller has been shown the case.
    """
    case = session.get_one(Case, case_id)
    cycle = session.get_one(Cycle, case.cycle_id)
    rows = session.exec(
        select(Cycle.year, Case.outcome)
        .join(Case, col(Case.cycle_id) == col(Cycle.id))
        .where(
            Case.school_id == case.school_id,
            Cycle.programme_key == cycle.programme_key,
            Cycle.year < cycle.year,
        )
        .order_by(col(Cycle.year), col(Case.id))
    )
    return [(year, Outcome(outcome) if outcome else None) for year, outcome in rows]


# --- cases ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A case as a list shows it; `late` counts its open tasks whose day has passed."""

    id: int
    cycle: int
    programme: str
    sha256: str
    year: int
    school: str
    name: str
    territory: str
    territory_name: str
    stage: Stage
    outcome: Outcome | None
    suspended_on: date | None
    version: int
    stage_since: date
    years_in_programme: int
    carried_from: int | None
    open_tasks: int
    late: int
    next_due: date | None


def cases(
    session: Session,
    acting: Acting,
    *,
    on: date,
    cycle: int | None = None,
    stage: Stage | None = None,
    school: int | None = None,
    page: Page = EVERYTHING,
) -> list[CaseView]:
    """The cases within the actor's scope, by id."""
    statement = cases_for(session, acting).where(col(Case.id) > page.after)
    if cycle is not None:
        statement = statement.where(Case.cycle_id == cycle)
    if stage is not None:
        statement = statement.where(Case.stage == stage)
    if school is not None:
        statement = statement.where(Case.school_id == school)
    return _case_views(session, statement.order_by(col(Case.id)).limit(page.limit), on)


def case_view(session: Session, acting: Acting, case_id: int, *, on: date) -> CaseView:
    """One case; foreign and missing look the same."""
    found = _case_views(session, cases_for(session, acting).where(Case.id == case_id), on)
    if not found:
        raise NotFound(what=Sentence("case"), key=case_id)
    return found[0]


def _case_views(session: Session, cases: SelectOfScalar[Case], on: date) -> list[CaseView]:
    chosen = cases.with_only_columns(col(Case.id).label("case_id")).subquery()
    waiting = (
        select(
            col(Task.case_id).label("case_id"),
            func.count().label("open_tasks"),
            func.sum(sql_case((col(Task.due_on) < on, 1), else_=0)).label("late"),
            func.min(Task.due_on).label("next_due"),
        )
        .where(col(Task.state).in_(WAITING), col(Task.case_id).in_(select(chosen.c.case_id)))
        .group_by(col(Task.case_id))
        .subquery()
    )
    rows = session.execute(
        select(Case, Cycle, School, Territory)
        .join(chosen, chosen.c.case_id == col(Case.id))
        .join(Cycle, col(Cycle.id) == col(Case.cycle_id))
        .join(School, col(School.id) == col(Case.school_id))
        .join(Territory, col(Territory.id) == col(School.territory_id))
        .outerjoin(waiting, waiting.c.case_id == col(Case.id))
        .add_columns(_years(), waiting.c.open_tasks, waiting.c.late, waiting.c.next_due)
        .order_by(col(Case.id))
    ).all()
    return [_case_view(*row) for row in rows]


def _years() -> ScalarSelect[int]:
    """How many years the school has been in the programme, the case's own included."""
    earlier, its = aliased(Case), aliased(Cycle)
    return (
        select(func.count(func.distinct(its.year)))
        .select_from(earlier)
        .join(its, col(its.id) == col(earlier.cycle_id))
        .where(
            col(earlier.school_id) == col(Case.school_id),
            col(its.programme_key) == col(Cycle.programme_key),
            col(its.year) <= col(Cycle.year),
        )
        .correlate(Case, Cycle)
        .scalar_subquery()
    )


def _case_view(
    case: Case,
    cycle: Cycle,
    school: School,
    territory: Territory,
    *waiting: Any,
) -> CaseView:
    years, open_tasks, late, next_due = waiting
    return CaseView(
        id=case.id or 0,
        cycle=cycle.id or 0,
        programme=cycle.programme_key,
        sha256=cycle.programme_sha256,
        year=cycle.year,
        school=school.code,
        name=school.name,
        territory=territory.code,
        territory_name=territory.name,
        stage=case.stage,
        outcome=case.outcome,
        suspended_on=case.suspended_on,
        version=case.version,
        stage_since=case.stage_since,
        years_in_programme=years,
        carried_from=case.carried_from,
        open_tasks=open_tasks or 0,
        late=late or 0,
        next_due=next_due,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionView:
    """A decision about a case; the newest of a kind stands."""

    kind: str
    value: str
    basis: str
    by: str
    at: datetime


def decisions(session: Session, case_id: int) -> list[DecisionView]:
    """Every decision about a case that the caller has been shown, oldest first."""
    rows = session.execute(
        select(Decision, Person.name)
        .join(Person, col(Person.id) == col(Decision.decided_by))
        .where(Decision.case_id == case_id)
        .order_by(col(Decision.id))
    ).all()
    return [
        DecisionView(kind=one.kind, value=one.value, basis=one.basis, by=name, at=one.decided_at)
        for one, name in rows
    ]
