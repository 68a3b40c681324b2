"""The numbers behind reports, each counted in one pass within the reader's scope."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import median
from typing import Any

from sqlalchemy import Select, select as sa_select
from sqlmodel import Session, col, func, select

from casework.access import tasks_for
from casework.acting import Acting
from casework.cases.reading import CaseView
from casework.cycles.versions import programme_of
from models.case import Case
from models.cycle import Cycle
from models.people import Person
from models.school import School, Territory
from models.task import Submission, Task
from opora.clock import day_of
from states.stage import Stage
from states.task_machine import WAITING, TaskState

PLANNING = (Stage.IDENTIFIED, Stage.ANALYSED, Stage.CLUSTERED, Stage.PARTNERED)
"""The stages before a school's plan is approved: where such work sticks (DOMAIN.md, section 6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Tasks counted. `in_time`: accepted, and handed in by the day in force when they were."""

    key: str
    name: str
    tasks: int
    accepted: int
    in_time: int
    late: int
    most_days: int

    @property
    def share_done(self) -> Decimal | None:
        """Of all that were not cancelled."""
        return Decimal(self.accepted) / self.tasks if self.tasks else None

    @property
    def share_in_time(self) -> Decimal | None:
        """Of those accepted (S3-11)."""
        return Decimal(self.in_time) / self.accepted if self.accepted else None


def work_by(
    session: Session,
    acting: Acting,
    cycle: Cycle,
    by: str,
    *,
    on: date,
    case: int | None = None,
) -> list[Work]:
    """Tasks of the cycle by `territory`, `person`, `milestone` or `case`, the latest first."""
    zone = programme_of(session, cycle).zone
    counted: dict[tuple[str, str], list[int]] = {}
    for key, name, state, due_on, given_at in session.execute(
        _tasks(session, acting, cycle, by, case)
    ):
        numbers = counted.setdefault((key or "", name or ""), [0, 0, 0, 0, 0])
        numbers[0] += 1
        if state is TaskState.ACCEPTED:
            numbers[1] += 1
            numbers[2] += given_at is None or day_of(given_at, zone) <= due_on
        elif state in WAITING and due_on < on:
            numbers[3] += 1
            numbers[4] = max(numbers[4], (on - due_on).days)
    found = [
        Work(
            key=key,
            name=name,
            tasks=numbers[0],
            accepted=numbers[1],
            in_time=numbers[2],
            late=numbers[3],
            most_days=numbers[4],
        )
        for (key, name), numbers in counted.items()
    ]
    return sorted(found, key=lambda one: (-one.late, -one.most_days, one.name, one.key))


def together(found: Sequence[Work]) -> Work:
    """All of them as one."""
    return Work(
        key="",
        name="",
        tasks=sum(one.tasks for one in found),
        accepted=sum(one.accepted for one in found),
        in_time=sum(one.in_time for one in found),
        late=sum(one.late for one in found),
        most_days=max((one.most_days for one in found), default=0),
    )


def _tasks(
    session: Session, acting: Acting, cycle: Cycle, by: str, case: int | None
) -> Select[Any]:
    """(key, name, state, due, handed in) of every task that was not cancelled."""
    keys = {
        "territory": (col(Territory.code), col(Territory.name)),
        "person": (col(Person.email), col(Person.name)),
        "milestone": (col(Task.milestone), col(Task.milestone)),
        "case": (col(School.code), col(School.name)),
    }
    chosen = tasks_for(session, acting).where(
        Task.cycle_id == cycle.id, Task.state != TaskState.CANCELLED
    )
    if case is not None:
        chosen = chosen.where(Task.case_id == case)
    ids = chosen.with_only_columns(col(Task.id).label("task_id")).subquery()
    handed_in = (
        sa_select(col(Submission.task_id), func.max(Submission.at).label("at"))
        .join(ids, ids.c.task_id == col(Submission.task_id))
        .where(col(Submission.is_accepted).is_(True))
        .group_by(col(Submission.task_id))
        .subquery()
    )
    return (
        sa_select(*keys[by], col(Task.state), col(Task.due_on), handed_in.c.at)
        .select_from(Task)
        .join(ids, ids.c.task_id == col(Task.id))
        .join(Person, col(Person.id) == col(Task.assignee_id))
        .outerjoin(handed_in, handed_in.c.task_id == col(Task.id))
        .outerjoin(Case, col(Case.id) == col(Task.case_id))
        .outerjoin(School, col(School.id) == col(Case.school_id))
        .outerjoin(
            Territory, col(Territory.id) == func.coalesce(School.territory_id, Task.territory_id)
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTime:
    """How long the cases that stand at a stage have stood there, in days."""

    stage: Stage
    cases: int
    median: int
    longest: int


def time_in_stage(seen: Sequence[CaseView], *, on: date) -> list[StageTime]:
    """For each stage that has cases; those that have ended count no more."""
    days: dict[Stage, list[int]] = {}
    for one in seen:
        if one.stage is not Stage.EXITED:
            days.setdefault(one.stage, []).append(max((on - one.stage_since).days, 0))
    return [
        StageTime(
            stage=stage,
            cases=len(days[stage]),
            median=round(median(days[stage])),
            longest=max(days[stage]),
        )
        for stage in Stage
        if stage in days
    ]


def stuck(seen: Sequence[CaseView], *, on: date, after_days: int) -> list[CaseView]:
    """Cases that have stood before the approval of their plan for longer, the longest first."""
    waiting = [
        one
        for one in seen
        if one.stage in PLANNING
        and one.suspended_on is None
        and (on - one.stage_since).days > after_days
    ]
    return sorted(waiting, key=lambda one: (one.stage_since, one.id))


def year_before(session: Session, cycle: Cycle) -> Cycle | None:
    """The same programme's cycle of the year before, where there was one."""
    return session.exec(
        select(Cycle).where(
            Cycle.programme_key == cycle.programme_key, Cycle.year == cycle.year - 1
        )
    ).first()
