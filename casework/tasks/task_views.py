"""Tasks as people look at them: one select a list, within the actor's scope, in the programme's words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select as sa_select
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from casework.access import tasks_for
from casework.acting import Acting
from casework.cases.reading import EVERYTHING, Page
from casework.cycles.versions import milestone_of, programme_at
from casework.people.standing_in import persons_of
from models.case import Case
from models.cycle import Cycle
from models.people import Person
from models.school import School, Territory
from models.task import Evidence, Submission, Task
from opora.errors import NotFound
from opora.words import Sentence, Words
from states.role import Role
from states.stage import Stage
from states.task_machine import WAITING, TaskState


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskView:
    """A task as a list shows it; `title` and `help` are the programme's words."""

    id: int
    cycle: int
    sha256: str
    case: int | None
    school: str | None
    school_name: str | None
    territory: str | None
    milestone: str
    turn: int
    title: Words
    help: Words
    stage: Stage
    state: TaskState
    doer: Role
    assignee: str
    assignee_name: str
    approver: Role | None
    opened_on: date
    due_on: date
    days_late: int
    version: int
    given_on: date  # to this person: the opening, or a later gift
    given_by: str | None  # who gave it; None: the programme did


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which tasks to list."""

    case: int | None = None
    state: TaskState | None = None
    mine: bool = False
    late: bool = False
    recent: int | None = None  # given to their person within so many days


def tasks(
    session: Session,
    acting: Acting,
    wanted: Wanted,
    *,
    on: date,
    page: Page = EVERYTHING,
) -> list[TaskView]:
    """The tasks within the actor's scope or addressed to the actor, by id."""
    statement = tasks_for(session, acting).where(col(Task.id) > page.after)
    if wanted.case is not None:
        statement = statement.where(Task.case_id == wanted.case)
    if wanted.state is not None:
        statement = statement.where(Task.state == wanted.state)
    if wanted.mine:
        statement = statement.where(col(Task.assignee_id).in_(persons_of(session, acting)))
    if wanted.late:
        statement = statement.where(col(Task.state).in_(WAITING), col(Task.due_on) < on)
    if wanted.recent is not None:
        since = on - timedelta(days=wanted.recent)
        statement = statement.where(func.coalesce(Task.assigned_on, Task.opened_on) >= since)
    return _task_views(session, statement.order_by(col(Task.id)).limit(page.limit), on)


def task_view(session: Session, acting: Acting, task_id: int, *, on: date) -> TaskView:
    """One task; foreign and missing look the same."""
    found = _task_views(session, tasks_for(session, acting).where(Task.id == task_id), on)
    if not found:
        raise NotFound(what=Sentence("task"), key=task_id)
    return found[0]


def _task_views(session: Session, tasks: SelectOfScalar[Task], on: date) -> list[TaskView]:
    chosen = tasks.with_only_columns(col(Task.id).label("task_id")).subquery()
    rows = session.execute(
        sa_select(Task, col(Cycle.programme_sha256), School, col(Territory.code), Person)
        .join(chosen, chosen.c.task_id == col(Task.id))
        .join(Cycle, col(Cycle.id) == col(Task.cycle_id))
        .join(Person, col(Person.id) == col(Task.assignee_id))
        .outerjoin(Case, col(Case.id) == col(Task.case_id))
        .outerjoin(School, col(School.id) == col(Case.school_id))
        .outerjoin(
            Territory,
            col(Territory.id) == func.coalesce(School.territory_id, Task.territory_id),
        )
        .order_by(col(Task.id))
    ).all()
    return [_task_view(session, *row, on=on) for row in rows]


def _task_view(
    session: Session,
    task: Task,
    sha256: str,
    school: School | None,
    territory: str | None,
    person: Person,
    *,
    on: date,
) -> TaskView:
    milestone = milestone_of(session, programme_at(session, sha256), task.milestone)
    giver = session.get(Person, task.assigned_by) if task.assigned_by else None
    return TaskView(
        id=task.id or 0,
        cycle=task.cycle_id,
        sha256=sha256,
        case=task.case_id,
        school=school.code if school else None,
        school_name=school.name if school else None,
        territory=territory,
        milestone=task.milestone,
        turn=task.turn,
        title=milestone.title,
        help=milestone.help,
        stage=task.stage,
        state=task.state,
        doer=task.doer,
        assignee=person.email,
        assignee_name=person.name,
        approver=task.approver,
        opened_on=task.opened_on,
        due_on=task.due_on,
        days_late=max((on - task.due_on) // timedelta(days=1), 0) if task.state in WAITING else 0,
        version=task.version,
        given_on=task.assigned_on or task.opened_on,
        given_by=giver.name if giver else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionView:
    """What was handed in for a task, and what became of it."""

    seq: int
    author: str
    at: datetime
    text: str
    files: tuple[str, ...]
    is_accepted: bool | None
    remarks: str


def submissions(session: Session, task_id: int) -> list[SubmissionView]:
    """Everything handed in for a task that the caller has been shown, oldest first."""
    rows = session.execute(
        select(Submission, Person.name)
        .join(Person, col(Person.id) == col(Submission.author_id))
        .where(Submission.task_id == task_id)
        .order_by(col(Submission.seq))
    ).all()
    files = _files(session, [one.id or 0 for one, _ in rows])
    return [
        SubmissionView(
            seq=one.seq,
            author=name,
            at=one.at,
            text=one.text,
            files=files.get(one.id or 0, ()),
            is_accepted=one.is_accepted,
            remarks=one.remarks,
        )
        for one, name in rows
    ]


def _files(session: Session, submission_ids: Sequence[int]) -> Mapping[int, tuple[str, ...]]:
    rows = session.exec(
        select(Evidence.submission_id, Evidence.name)
        .where(col(Evidence.submission_id).in_(submission_ids))
        .order_by(col(Evidence.id))
    ).all()
    return {key: tuple(name for of, name in rows if of == key) for key, _ in rows}
