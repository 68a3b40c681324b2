"""Deadlines that count from another day go along when that day moves: worked out first, then written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from casework.cycles.versions import milestone_of
from casework.deadlines.suspending import next_remind_on, write_steps
from casework.tasks.planning import told_step
from models.task import DeadlineStep, Task
from opora.words import Words
from programmes.definition import Programme
from schedules.deadline import Ledger, Moved, due_on, follow, is_suspended, ledger_from_rows
from schedules.due_rules import MILESTONE, anchor_words

_AT_ONCE = 5000
"""Ledgers that one statement reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """What becomes of one deadline; nothing of it is written yet."""

    task: Task
    title: Words
    before: Ledger
    after: Ledger

    @property
    def was(self) -> date:
        """The date in force before."""
        return due_on(self.before)

    @property
    def now(self) -> date:
        """The date in force after."""
        return due_on(self.after)


def ledgers_of(session: Session, tasks: Sequence[Task]) -> dict[int, Ledger]:
    """The ledgers of many tasks, by the task's id."""
    ids = [task.id for task in tasks if task.id is not None]
    found: dict[int, list[Mapping[str, Any]]] = {}
    for start in range(0, len(ids), _AT_ONCE):
        rows = session.exec(
            select(DeadlineStep.task_id, DeadlineStep.body)
            .where(col(DeadlineStep.task_id).in_(ids[start : start + _AT_ONCE]))
            .order_by(col(DeadlineStep.task_id), col(DeadlineStep.seq))
        )
        for task_id, body in rows:
            found.setdefault(task_id, []).append(body)
    return {task_id: ledger_from_rows(rows) for task_id, rows in found.items()}


def followers(
    session: Session,
    programme: Programme,
    tasks: Sequence[Task],
    ledgers: Mapping[int, Ledger],
    anchor: str,
    moved: Moved,
    *,
    on: date,
) -> list[Shift]:
    """Which of one subject's unfinished tasks go along with `anchor`, and what goes along with them."""
    found, waiting = [], [(anchor, moved)]
    while waiting:
        name, move = waiting.pop(0)
        for task in tasks:
            milestone = milestone_of(session, programme, task.milestone)
            if milestone.due.anchor != name:
                continue
            before = ledgers[task.id or 0]
            after = follow(before, milestone.due, move, calendar=programme.working_calendar, on=on)
            if after == before:
                continue
            shift = Shift(task=task, title=milestone.title, before=before, after=after)
            found.append(shift)
            own = f"{MILESTONE}{task.milestone}"
            titles = {task.milestone: milestone.title}
            words = anchor_words(own, titles)
            waiting.append((own, replace(move, was=shift.was, now=shift.now, words=words)))
    return found


def write_shifts(
    session: Session, programme: Programme, shifts: Sequence[Shift], *, on: date
) -> list[dict[str, Any]]:
    """Add the steps and set the dates in force; tells what a history line keeps of it."""
    for shift in shifts:
        task = shift.task
        write_steps(session, task, shift.before, shift.after)
        if not is_suspended(shift.after):  # else the clocks stand until the case is resumed
            task.next_remind_on = next_remind_on(session, programme, task, on=on)
        session.add(task)
    return [
        {
            "milestone": shift.task.milestone,
            "turn": shift.task.turn,
            "due_on": shift.now,
            "steps": [told_step(step) for step in shift.after[len(shift.before) :]],
        }
        for shift in shifts
    ]
