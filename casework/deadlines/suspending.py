"""Stopping and starting the clocks of a case's deadlines, step by step in their ledgers."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Protocol

from sqlmodel import Session, col, select

from casework.acting import Acting
from casework.cycles.versions import ladder_of
from casework.tasks.planning import told_step
from models.task import DeadlineStep, Task
from programmes.definition import Programme
from schedules.deadline import Ledger, due_on, ledger_from_rows, resume, suspend
from schedules.ladders import next_rung_day, rungs_due
from states.task_machine import WAITING


def ledger_of(session: Session, task: Task) -> Ledger:
    """Every step in the life of the task's deadline."""
    rows = session.exec(
        select(DeadlineStep.body)
        .where(DeadlineStep.task_id == task.id)
        .order_by(col(DeadlineStep.seq))
    ).all()
    return ledger_from_rows(rows)


def write_steps(session: Session, task: Task, before: Ledger, after: Ledger) -> None:
    """Add the steps that `after` has beyond `before`, and set the date in force."""
    for seq, step in enumerate(after[len(before) :], len(before) + 1):
        session.add(
            DeadlineStep(
                task_id=task.id or 0,
                seq=seq,
                kind=step.kind.value,
                due_on=step.due_on,
                body=step.as_row(),
            )
        )
    task.due_on = due_on(after)
    session.add(task)


def stopped(ledger: Ledger, acting: Acting, on: date) -> Ledger:
    """The ledger of a task whose case is suspended."""
    return suspend(ledger, reason="case suspended", on=on, by=acting.name)


def stop_deadlines(
    session: Session, tasks: Sequence[Task], acting: Acting, on: date
) -> list[dict[str, Any]]:
    """The clocks stand: no rung is due until the case is resumed; tells what history keeps of it."""
    told = []
    for task in tasks:
        ledger = ledger_of(session, task)
        standing = stopped(ledger, acting, on)
        write_steps(session, task, ledger, standing)
        task.next_remind_on = None
        told.append(_told(task, ledger, standing))
    return told


def resume_deadlines(
    session: Session, programme: Programme, tasks: Sequence[Task], acting: Acting, on: date
) -> list[dict[str, Any]]:
    """The suspended days are added to each deadline; tells what history keeps of it."""
    calendar = programme.working_calendar
    shifted = []
    for task in tasks:
        ledger = ledger_of(session, task)
        running = resume(ledger, on=on, calendar=calendar, by=acting.name)
        write_steps(session, task, ledger, running)
        task.next_remind_on = next_remind_on(session, programme, task, on=on)
        shifted.append(_told(task, ledger, running))
    return shifted


def _told(task: Task, before: Ledger, after: Ledger) -> dict[str, Any]:
    steps = [told_step(step) for step in after[len(before) :]]
    return {
        "milestone": task.milestone,
        "turn": task.turn,
        "due_on": task.due_on,
        "steps": steps,
    }


def next_remind_on(session: Session, programme: Programme, task: Task, *, on: date) -> date | None:
    """The next day to look at this task, from `on`; none while nobody has to do anything.

    That is today when a rung's day has come: who was not told while the task lay with its approver,
    or while nothing ran, is still to be told. What was claimed already the round leaves out.
    """
    if task.state not in WAITING:
        return None
    ladder = ladder_of(session, programme, task.milestone)
    calendar = programme.working_calendar
    has_come = rungs_due(ladder, task.due_on, opened_on=task.opened_on, on=on, calendar=calendar)
    return _after_silence(task, on if has_come else next_rung_after(session, programme, task, on))


class Dated(Protocol):
    """What the rungs of a task hang on: the row itself, or what the round reads of it."""

    @property
    def milestone(self) -> str: ...
    @property
    def due_on(self) -> date: ...
    @property
    def silent_until(self) -> date | None: ...


def next_rung_after(session: Session, programme: Programme, task: Dated, day: date) -> date | None:
    """The next day with a rung for this task, when everything up to `day` is claimed."""
    ladder = ladder_of(session, programme, task.milestone)
    calendar = programme.working_calendar
    return _after_silence(task, next_rung_day(ladder, task.due_on, after=day, calendar=calendar))


def _after_silence(task: Dated, day: date | None) -> date | None:
    if day is None or task.silent_until is None or day > task.silent_until:
        return day
    return task.silent_until + timedelta(days=1)
