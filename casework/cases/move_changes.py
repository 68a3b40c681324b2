"""What a move changes in the tasks of its case, task by task: shown before it is done, told after."""

from collections.abc import Mapping
from datetime import date

from sqlmodel import Session, col, select

from casework.cycles.replanning import Change, Changed
from casework.cycles.versions import milestone_of
from models.case import Case
from models.task import Task
from programmes.definition import Programme
from states.task_machine import UNFINISHED


def days_of(session: Session, case_id: int) -> Mapping[int, date]:
    """The unfinished tasks of a case and the days in force, as they stand before a move."""
    statement = select(Task).where(Task.case_id == case_id, col(Task.state).in_(UNFINISHED))
    return {task.id or 0: task.due_on for task in session.exec(statement).all()}


def changes_since(
    session: Session, programme: Programme, case_id: int, before: Mapping[int, date]
) -> list[Change]:
    """What has become of them, and what was opened; where the clocks stand now, every open task."""
    session.flush()
    is_suspended = session.get_one(Case, case_id).suspended_on is not None
    tasks = session.exec(select(Task).where(Task.case_id == case_id).order_by(col(Task.id))).all()
    found = []
    for task in tasks:
        was = before.get(task.id or 0)
        what = _what(task, was, is_suspended=is_suspended)
        if what is not None:
            found.append(
                Change(
                    subject=task.subject,
                    case=case_id,
                    stage=task.stage,
                    milestone=task.milestone,
                    title=milestone_of(session, programme, task.milestone).title,
                    change=what,
                    was=was,
                    now=task.due_on if task.state in UNFINISHED else None,
                )
            )
    return found


def _what(task: Task, was: date | None, *, is_suspended: bool) -> Changed | None:
    if task.state not in UNFINISHED:
        return Changed.REMOVED if was is not None else None
    if was is None:
        return Changed.ADDED
    if is_suspended:
        return Changed.STOPPED
    return Changed.MOVED if was != task.due_on else None
