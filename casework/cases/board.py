"""The operator's board: where the cases of a cycle stand, what is late and with whom, how passes went."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Subquery, select as sa_select
from sqlmodel import Session, col, func, select

from casework.access import cases_for, require, tasks_for
from casework.acting import Acting
from casework.cycles.versions import programme_at
from casework.grants import Right
from casework.lists.listing import is_on_list, is_supported
from casework.portions import counts_of
from models.case import Case
from models.cycle import Cycle, Listing, Verdict
from models.letter import Letter
from models.pass_run import PassRefusal, PassRun
from models.people import Person
from models.school import School, Territory
from models.task import Task
from opora.errors import Forbidden, NotReady
from opora.words import Sentence
from states.stage import Outcome, Stage
from states.task_machine import WAITING


@dataclass(frozen=True, slots=True, kw_only=True)
class TerritoryRow:
    """One municipality: how many cases stand at each stage, and how many tasks are late there."""

    territory: str
    name: str
    stages: Mapping[Stage, int]
    late: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LateRow:
    """With whom tasks are late, how many, and by how many days at most."""

    person: str
    name: str
    tasks: int
    most_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PassRow:
    """A pass over the cycle: the opening, or a day's round."""

    id: int
    kind: str
    period: str
    state: str
    counts: Mapping[str, int]
    refused: int
    started_at: datetime
    finished_at: datetime | None
    flow_run: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A cycle at one look, as far as the reader's scope goes."""

    cycle: int
    programme: str
    sha256: str
    year: int
    starts_on: date
    ends_on: date
    is_open: bool
    cases: int
    stages: Mapping[Stage, int]
    outcomes: Mapping[Outcome, int]
    territories: tuple[TerritoryRow, ...]
    late: tuple[LateRow, ...]
    letters: Mapping[str, int]
    passes: tuple[PassRow, ...]


def latest_cycle(
    session: Session, *, programme: str | None = None, year: int | None = None
) -> Cycle:
    """The newest cycle, of the programme and year where they are named."""
    statement = select(Cycle).order_by(col(Cycle.year).desc(), col(Cycle.id).desc())
    if programme is not None:
        statement = statement.where(Cycle.programme_key == programme)
    if year is not None:
        statement = statement.where(Cycle.year == year)
    found = session.exec(statement).first()
    if found is None:
        raise NotReady(
            what=Sentence("No such cycle is open"),
            cure=Sentence("Open one: opora cycle open --programme KEY --year Y"),
        )
    return found


def board(session: Session, acting: Acting, cycle: Cycle, *, on: date) -> Board:
    """The cycle as it stands on that day; a coordinator sees the own municipality."""
    counted = _counted(session, acting, cycle)
    late = _late(session, acting, cycle, on)
    stages = dict.fromkeys(Stage, 0)
    outcomes: dict[Outcome, int] = {}
    by_territory: dict[tuple[str, str], dict[Stage, int]] = {}
    for code, name, stage, outcome, number in counted:
        stages[stage] += number
        row = by_territory.setdefault((code, name), dict.fromkeys(Stage, 0))
        row[stage] += number
        if outcome is not None:
            outcomes[outcome] = outcomes.get(outcome, 0) + number
    lateness: dict[str | None, int] = {}
    for code, _, _, number, _ in late:
        lateness[code] = lateness.get(code, 0) + number
    runs = _may_run(session, acting, cycle.register_key)
    return Board(
        cycle=cycle.id or 0,
        programme=cycle.programme_key,
        sha256=cycle.programme_sha256,
        year=cycle.year,
        starts_on=cycle.starts_on,
        ends_on=cycle.ends_on,
        is_open=cycle.is_open,
        cases=sum(stages.values()),
        stages=stages,
        outcomes=outcomes,
        territories=tuple(
            TerritoryRow(territory=code, name=name, stages=row, late=lateness.get(code, 0))
            for (code, name), row in sorted(by_territory.items())
        ),
        late=_with_whom(late, on),
        letters=_letters(session, cycle) if runs else {},
        passes=_passes(session, cycle) if runs else (),
    )


def _counted(session: Session, acting: Acting, cycle: Cycle) -> list[Any]:
    return list(
        session.execute(
            cases_for(session, acting)
            .join(Territory, col(Territory.id) == col(School.territory_id))
            .where(Case.cycle_id == cycle.id)
            .with_only_columns(
                col(Territory.code),
                col(Territory.name),
                col(Case.stage),
                col(Case.outcome),
                func.count(),
            )
            .group_by(col(Territory.code), col(Territory.name), col(Case.stage), col(Case.outcome))
        ).all()
    )


def _late(session: Session, acting: Acting, cycle: Cycle, on: date) -> list[Any]:
    """(territory, e-mail, name, tasks, earliest day) of the tasks whose day has passed."""
    chosen: Subquery = (
        tasks_for(session, acting)
        .where(Task.cycle_id == cycle.id, col(Task.state).in_(WAITING), col(Task.due_on) < on)
        .with_only_columns(col(Task.id).label("task_id"))
        .subquery()
    )
    return list(
        session.execute(
            sa_select(
                col(Territory.code),
                col(Person.email),
                col(Person.name),
                func.count(),
                func.min(col(Task.due_on)),
            )
            .select_from(Task)
            .join(chosen, chosen.c.task_id == col(Task.id))
            .join(Person, col(Person.id) == col(Task.assignee_id))
            .outerjoin(Case, col(Case.id) == col(Task.case_id))
            .outerjoin(School, col(School.id) == col(Case.school_id))
            .outerjoin(
                Territory,
                col(Territory.id) == func.coalesce(School.territory_id, Task.territory_id),
            )
            .group_by(col(Territory.code), col(Person.email), col(Person.name))
        ).all()
    )


def _with_whom(late: list[Any], on: date) -> tuple[LateRow, ...]:
    people: dict[str, LateRow] = {}
    for _, email, name, number, earliest in late:
        known = people.get(email)
        people[email] = LateRow(
            person=email,
            name=name,
            tasks=number + (known.tasks if known else 0),
            most_days=max((on - earliest) // timedelta(days=1), known.most_days if known else 0),
        )
    return tuple(sorted(people.values(), key=lambda row: (-row.tasks, row.person)))


def _may_run(session: Session, acting: Acting, register: str) -> bool:
    try:
        require(session, acting, Right.RUN_ROUND, register)
    except Forbidden:
        return False
    return True


def _letters(session: Session, cycle: Cycle) -> dict[str, int]:
    rows = session.execute(
        select(Letter.state, func.count())
        .where(Letter.cycle_id == cycle.id)
        .group_by(col(Letter.state))
    ).all()
    return {str(state): number for state, number in rows}


def _passes(session: Session, cycle: Cycle) -> tuple[PassRow, ...]:
    refused = (
        select(func.count())
        .where(PassRefusal.pass_id == col(PassRun.id))
        .correlate(PassRun)
        .scalar_subquery()
    )
    whole = select(PassRun, refused).where(col(PassRun.parent_id).is_(None))
    rows = session.execute(whole.order_by(col(PassRun.id))).all()
    return tuple(
        PassRow(
            id=run.id or 0,
            kind=run.kind,
            period=run.period,
            state=run.state.value,
            counts=counts_of(session, run),
            refused=number,
            started_at=run.started_at,
            finished_at=run.finished_at,
            flow_run=run.flow_run,
        )
        for run, number in rows
        if run.arguments.get("cycle") == cycle.id
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRow:
    """How many schools of a list fall into one peer group or one municipality."""

    key: str | None
    judged: int
    listed: int
    not_rated: int


def listed_by(session: Session, listing_id: int) -> tuple[list[ListedRow], list[ListedRow]]:
    """A list's numbers by peer group, and by municipality (its name)."""
    judged = Verdict.listing_id == listing_id
    on_list = is_on_list(listing_id)
    rows = session.execute(
        sa_select(col(Verdict.peer_group), col(Territory.name), on_list, col(Verdict.not_rated))
        .select_from(School)
        .join(Territory, col(Territory.id) == col(School.territory_id))
        .outerjoin(Verdict, (col(Verdict.school_id) == col(School.id)) & judged)
        .where(col(Verdict.id).is_not(None) | on_list)
    ).all()
    return _grouped(rows, 0), _grouped(rows, 1)


def _grouped(rows: Any, place: int) -> list[ListedRow]:
    found: dict[str | None, list[int]] = {}
    for row in rows:
        counts = found.setdefault(row[place], [0, 0, 0])
        counts[0] += 1
        counts[1] += row[2]
        counts[2] += row[3] is not None
    ordered = sorted(found.items(), key=lambda item: item[0] or "")
    return [
        ListedRow(key=key, judged=judged, listed=listed, not_rated=unknown)
        for key, (judged, listed, unknown) in ordered
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What a cycle holds, and which of its opening was refused and why."""

    cases: int
    tasks: int
    letters: int
    refusals: Mapping[str, str]
    flow_run: str | None


def opened(session: Session, cycle_id: int, pass_id: int) -> Opened:
    """The cycle's rows, counted."""
    run = session.get_one(PassRun, pass_id)
    refusals = session.execute(
        select(PassRefusal.subject, PassRefusal.reason)
        .where(PassRefusal.pass_id == pass_id)
        .order_by(col(PassRefusal.id))
    ).all()
    return Opened(
        cases=_count(session, Case, cycle_id),
        tasks=_count(session, Task, cycle_id),
        letters=_count(session, Letter, cycle_id),
        refusals={row[0]: row[1] for row in refusals},
        flow_run=run.flow_run,
    )


def _count(session: Session, table: type[Case] | type[Task] | type[Letter], cycle_id: int) -> int:
    statement = select(func.count()).select_from(table).where(col(table.cycle_id) == cycle_id)
    return session.exec(statement).one()


def number_listed(session: Session, listing_id: int) -> int:
    """How many schools a list brings into its cycle: those on it, designated where that is asked."""
    listing = session.get_one(Listing, listing_id)
    programme = programme_at(session, listing.programme_sha256)
    statement = select(func.count()).select_from(School)
    return session.exec(statement.where(is_supported(listing_id, programme))).one()
