"""What one person alone would hear of: rungs to come whose whole audience they are."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from casework.acting import Acting
from casework.cycles.versions import programme_of, version_with
from casework.people.responsible import Place, Responsible, responsible
from models.case import Case
from models.cycle import Cycle
from models.people import Person
from models.school import School
from models.task import Task
from opora.words import Words
from schedules.ladders import Rung, day_of_rung
from states.task_machine import WAITING


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlyTheirs:
    """A task of which nobody else would be told, and the first day of that."""

    task: int
    title: Words
    school: str | None
    due_on: date
    rungs: int
    first_day: date


def only_theirs(session: Session, person: Person, acting: Acting) -> list[OnlyTheirs]:
    """Waiting tasks of open cycles with rungs that speak to this person alone, by first day."""
    found = []
    cycles = session.exec(select(Cycle).where(Cycle.is_open).order_by(col(Cycle.id))).all()
    for cycle in cycles:
        programme = programme_of(session, cycle)
        on = acting.on(programme.zone)
        people = responsible(session, cycle.register_key, on=on, fallback=0)
        if person.id in people.holders.values() or _has_tasks(session, cycle, person):
            found += _of_cycle(session, cycle, people, person, on)
    return sorted(found, key=lambda one: (one.first_day, one.task))


def waiting_tasks(session: Session, cycle: Cycle) -> list[tuple[Task, School | None]]:
    """The tasks of a cycle that wait for their doer, and the schools of their cases."""
    rows = session.exec(
        select(Task, School)
        .outerjoin(Case, col(Case.id) == col(Task.case_id))
        .outerjoin(School, col(School.id) == col(Case.school_id))
        .where(Task.cycle_id == cycle.id, col(Task.state).in_(WAITING))
        .order_by(col(Task.id))
    ).all()
    return [(task, school) for task, school in rows]


def place_of(task: Task, school: School | None) -> Place:
    """The place that decides who answers."""
    if school is None:
        return Place(territory_id=task.territory_id)
    return Place(school_id=school.id, territory_id=school.territory_id)


def told_by(rung: Rung, task: Task, place: Place, people: Responsible) -> set[int]:
    """Everybody to whom a rung speaks."""
    found = {
        people.audience(one, place, assignee=task.assignee_id, approver=task.approver)
        for one in rung.audience
    }
    return {one for one in found if one}


def _has_tasks(session: Session, cycle: Cycle, person: Person) -> bool:
    statement = select(Task.id).where(Task.cycle_id == cycle.id, Task.assignee_id == person.id)
    return session.exec(statement.limit(1)).first() is not None


def _of_cycle(
    session: Session, cycle: Cycle, people: Responsible, person: Person, on: date
) -> list[OnlyTheirs]:
    programme, found = programme_of(session, cycle), []
    for task, school in waiting_tasks(session, cycle):
        version, place = version_with(session, programme, task.milestone), place_of(task, school)
        milestone = version.milestone(task.milestone)
        days = [
            day
            for rung in version.ladder(milestone.ladder)
            if told_by(rung, task, place, people) == {person.id}
            and (day := day_of_rung(rung, task.due_on, programme.working_calendar)) >= on
        ]
        if days:
            found.append(
                OnlyTheirs(
                    task=task.id or 0,
                    title=milestone.title,
                    school=school.code if school else None,
                    due_on=task.due_on,
                    rungs=len(days),
                    first_day=min(days),
                )
            )
    return found
