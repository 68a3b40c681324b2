"""Whoever a file relieves of a role hands the open tasks of that role and place over to the successor."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, select

from casework.access import task_for
from casework.acting import Acting
from casework.grants import Right
from casework.imports.importing_people import PersonRow, Post
from casework.imports.importing_report import HandedOver
from casework.people.appointing import SINGLE
from casework.tasks.reassigning import Gift, give
from models.case import Case
from models.cycle import Cycle
from models.people import Person
from models.school import School
from models.task import Task
from states.task_machine import UNFINISHED


@dataclass(frozen=True, slots=True)
class Succession:
    """One post that changes hands: its row, who held it, and their open tasks of it."""

    row: PersonRow
    was: int
    tasks: Sequence[int]


def successions(
    session: Session,
    register: str,
    rows: Iterable[PersonRow],
    posts: Mapping[Post, set[int]],
    people: Mapping[str, Person],
) -> list[Succession]:
    """Rows by which somebody else loses a role that only one person holds, and what they leave open."""
    found: list[Succession] = []
    for row in rows:
        if row.post is None or row.role not in SINGLE:
            continue
        successor = people.get(row.email)
        losing = sorted(posts.get(row.post, set()) - {successor.id if successor else None})
        found += [
            Succession(row, was, _open_tasks(session, register, row.post, was)) for was in losing
        ]
    return found


def _open_tasks(session: Session, register: str, post: Post, person_id: int) -> list[int]:
    role, territory_id, school_id = post
    statement = (
        select(Task.id)
        .join(Cycle, col(Cycle.id) == col(Task.cycle_id))
        .outerjoin(Case, col(Case.id) == col(Task.case_id))
        .outerjoin(School, col(School.id) == col(Case.school_id))
        .where(
            Cycle.register_key == register,
            col(Cycle.is_open),
            Task.assignee_id == person_id,
            Task.doer == role,
            col(Task.state).in_(UNFINISHED),
            _at(territory_id, school_id),
        )
    )
    found = session.exec(statement.order_by(col(Task.subject), col(Task.id))).all()
    return [task_id for task_id in found if task_id is not None]


def _at(territory_id: int | None, school_id: int | None) -> ColumnElement[bool]:
    if school_id is not None:
        return col(School.id) == school_id
    return or_(col(Task.territory_id) == territory_id, col(School.territory_id) == territory_id)


def hand_on(
    session: Session,
    found: Sequence[Succession],
    ids: Mapping[str, int],
    origin: str,
    acting: Acting,
) -> None:
    """Give the tasks to the successors, all of one person at once: one letter tells of them."""
    of_person: dict[str, list[int]] = defaultdict(list)
    for one in found:
        of_person[one.row.email] += one.tasks
    for email, tasks in sorted(of_person.items()):
        if not tasks:
            continue
        to = session.get_one(Person, ids[email])
        held = [task_for(session, acting, task, Right.REASSIGN_TASK) for task in tasks]
        held.sort(key=lambda one: (one.task.subject, one.task.id or 0) if one.task else ("", 0))
        give(session, held, to, Gift(to=to.email, reason=origin), acting)


def told(session: Session, found: Sequence[Succession]) -> tuple[HandedOver, ...]:
    """As the report tells it."""
    return tuple(
        HandedOver(
            role=str(one.row.role),
            place=(one.row.place.school or one.row.place.territory or "") if one.row.place else "",
            was=session.get_one(Person, one.was).email,
            to=one.row.email,
            tasks=len(one.tasks),
        )
        for one in found
    )
