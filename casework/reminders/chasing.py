"""The list for the telephone: who is late longest, with what, and when they were last spoken to."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlmodel import Session, col, func, select

from casework.access import tasks_for
from casework.acting import Acting
from casework.cycles.versions import milestone_of, programme_of
from casework.people.standing_in import standing_in
from models.cycle import Cycle
from models.history import HistoryWords
from models.people import Person
from models.task import Contact, Task
from opora.words import Words
from states.task_machine import WAITING


@dataclass(frozen=True, slots=True, kw_only=True)
class LateTask:
    """One late task of a person."""

    task: int
    case: int | None
    title: Words
    due_on: date
    days_late: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LastContact:
    """When somebody was last spoken to about these tasks, by whom, and what was said."""

    on: date
    by: str
    note: str
    silent_until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chased:
    """A person to ring up; `instead` stands in while they are away."""

    person: str
    name: str
    instead: str | None
    most_days: int
    tasks: tuple[LateTask, ...]
    last_contact: LastContact | None


def chase(session: Session, acting: Acting, *, on: date, days: int = 1) -> list[Chased]:
    """Whoever is late by at least so many days within the actor's scope, the longest first."""
    rows = session.exec(
        tasks_for(session, acting)
        .join(Cycle, col(Cycle.id) == col(Task.cycle_id))
        .where(
            col(Cycle.is_open),
            col(Task.state).in_(WAITING),
            col(Task.due_on) <= on - timedelta(days=days),
        )
        .order_by(col(Task.due_on), col(Task.id))
    ).all()
    by_person: dict[int, list[Task]] = defaultdict(list)
    for task in rows:
        by_person[task.assignee_id].append(task)
    away = standing_in(session, on)
    return [
        _chased(session, person_id, tasks, away.reader(person_id), on)
        for person_id, tasks in by_person.items()
    ]


def _chased(
    session: Session, person_id: int, tasks: Sequence[Task], reader: int | None, on: date
) -> Chased:
    person = session.get_one(Person, person_id)
    instead = session.get(Person, reader) if reader not in {person_id, None} else None
    return Chased(
        person=person.email,
        name=person.name,
        instead=instead.email if instead else None,
        most_days=(on - tasks[0].due_on).days,
        tasks=tuple(_late(session, task, on) for task in tasks),
        last_contact=_last_contact(session, tasks),
    )


def _late(session: Session, task: Task, on: date) -> LateTask:
    programme = programme_of(session, session.get_one(Cycle, task.cycle_id))
    return LateTask(
        task=task.id or 0,
        case=task.case_id,
        title=milestone_of(session, programme, task.milestone).title,
        due_on=task.due_on,
        days_late=(on - task.due_on).days,
    )


def _last_contact(session: Session, tasks: Sequence[Task]) -> LastContact | None:
    ids = [task.id for task in tasks]
    cases = {task.case_id for task in tasks if task.case_id is not None}
    about = col(Contact.task_id).in_(ids) | (
        col(Contact.task_id).is_(None) & col(Contact.case_id).in_(cases)
    )
    row = session.execute(
        select(Contact, Person.name, func.coalesce(HistoryWords.text, ""))
        .join(Person, col(Person.id) == col(Contact.made_by))
        .outerjoin(
            HistoryWords,
            (col(HistoryWords.line_id) == col(Contact.line_id)) & (HistoryWords.field == "note"),
        )
        .where(about)
        .order_by(col(Contact.id).desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    contact, name, note = row
    return LastContact(on=contact.made_on, by=name, note=note, silent_until=contact.silent_until)
