"""Extensions and ledgers as people look at them: what waits for a word, and who moved which day."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from casework.access import tasks_for
from casework.acting import Acting
from casework.cycles.versions import milestone_of, programme_at
from models.cycle import Cycle
from models.people import Person
from models.task import ExtensionRequest, Task
from opora.words import Words
from schedules.steps import Ledger, Step
from states.task_machine import UNFINISHED


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionView:
    """A later day that somebody asks for, and what became of it; `granted` is None while it waits."""

    id: int
    task: int
    case: int | None
    title: Words
    due_on: date
    until: date
    asked_by: str
    asked_by_name: str
    asked_at: datetime
    reason: str
    granted: bool | None
    decided_at: datetime | None
    remarks: str


def extensions(session: Session, acting: Acting, *, decided: bool = False) -> list[ExtensionView]:
    """What waits within the actor's scope, oldest first; with `decided`, what has had its word too."""
    chosen = tasks_for(session, acting).with_only_columns(col(Task.id).label("id")).subquery()
    statement = (
        sa_select(ExtensionRequest, Task, col(Cycle.programme_sha256), Person)
        .join(Task, col(Task.id) == col(ExtensionRequest.task_id))
        .join(chosen, chosen.c.id == col(Task.id))
        .join(Cycle, col(Cycle.id) == col(Task.cycle_id))
        .join(Person, col(Person.id) == col(ExtensionRequest.asked_by))
        .order_by(col(ExtensionRequest.id))
    )
    if not decided:
        statement = statement.where(
            col(ExtensionRequest.is_granted).is_(None), col(Task.state).in_(UNFINISHED)
        )
    return [
        ExtensionView(
            id=one.id or 0,
            task=task.id or 0,
            case=task.case_id,
            title=milestone_of(session, programme_at(session, sha256), task.milestone).title,
            due_on=task.due_on,
            until=one.until,
            asked_by=person.email,
            asked_by_name=person.name,
            asked_at=one.asked_at,
            reason=one.reason,
            granted=one.is_granted,
            decided_at=one.decided_at,
            remarks=one.remarks,
        )
        for one, task, sha256, person in session.execute(statement).all()
    ]


def with_names(session: Session, ledger: Ledger) -> tuple[Step, ...]:
    """The steps with people called by their names: the ledger itself keeps ids alone."""
    names = _names(session, (step.by for step in ledger))
    return tuple(replace(step, by=names.get(step.by or "", step.by)) for step in ledger)


def _names(session: Session, actors: Iterable[str | None]) -> dict[str, str]:
    ids = {int(one.partition(":")[2]) for one in actors if one and one.startswith("person:")}
    rows = session.exec(select(Person.id, Person.name).where(col(Person.id).in_(ids))).all()
    return {f"person:{person_id}": name for person_id, name in rows}
