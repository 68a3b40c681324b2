"""Milestones that come again: the round opens the next turn when the last is accepted or falls due."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from casework.acting import Acting
from casework.cycles.opening import anchors, opening_day
from casework.deadlines.following import ledgers_of
from casework.passes import Chunk
from casework.people.responsible import Place, responsible
from casework.reminders.only_theirs import place_of
from casework.tasks.planning import Planned, Subject, task_rows, told, write_tasks
from models.case import Case
from models.cycle import Cycle
from models.history import append
from models.school import School
from models.task import Task
from opora.words import Sentence
from programmes.definition import Programme
from programmes.milestones import Milestone, Phase, Repeat
from schedules.deadline import Ledger, due_on
from schedules.due_rules import raw_day
from schedules.ladders import next_rung_day
from schedules.repeats import Every, next_phase, next_turn
from states.stage import Stage
from states.task_machine import TaskState

CHUNK = 200
"""Turns that are looked at in one transaction."""

_ORDER = list(Stage)
_PHASES = {
    Phase.ENTRY: Sentence("once a phase of monitoring: the entry phase"),
    Phase.INTERIM: Sentence("once a phase of monitoring: the interim phase"),
    Phase.FINAL: Sentence("once a phase of monitoring: the final phase"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Last:
    """The newest turn of a milestone that comes again, where it belongs, and its ledger."""

    task: Task
    place: Place
    ledger: Ledger


def open_turns(
    session: Session, cycle: Cycle, programme: Programme, cursor: int, acting: Acting, *, day: date
) -> Chunk:
    """One chunk; unique by turn, so that a second look opens nothing twice. Cursor None at the end."""
    found = _last_turns(session, cycle, programme, cursor, day)
    if not found:
        return Chunk(cursor=None)
    places = [one.place for one in found]
    people = responsible(session, cycle.register_key, on=day, fallback=0, places=places)
    opened = 0
    for one in found:
        plan = _next(programme, cycle, one, day)
        if plan is None:
            continue
        task = one.task
        subject = Subject(chain=task.subject, place=one.place, case_id=task.case_id)
        rows = task_rows(
            subject,
            [plan],
            replace(people, fallback=task.assignee_id),
            cycle_id=task.cycle_id,
            on=day,
            turns={task.milestone: task.turn},
        )
        write_tasks(session, rows, [plan.ledger])
        values = {"cycle": task.cycle_id, "tasks": told(rows, [plan.ledger])}
        append(session, acting.deed(task.subject, "open_tasks", values=values))
        opened += 1
    return Chunk(cursor=found[-1].task.id or 0, counts={"turns": opened})


def comes_again_on(
    session: Session, cycle: Cycle, programme: Programme, task: Task, day: date
) -> date | None:
    """When the work of an accepted task is due the next time, opened or not; None where it is not."""
    milestone = next((one for one in programme.repeating if one.key == task.milestone), None)
    if milestone is None or milestone.repeats is None:
        return None
    later = session.exec(
        select(Task)
        .where(
            Task.cycle_id == task.cycle_id,
            Task.subject == task.subject,
            Task.milestone == task.milestone,
            Task.turn > task.turn,
        )
        .order_by(col(Task.turn))
    ).first()
    if later is not None:
        return later.due_on
    [ledger] = ledgers_of(session, [task]).values()
    found = _next_ledger(programme, cycle, milestone, milestone.repeats, ledger, day)
    return due_on(found) if found is not None else None


def _last_turns(
    session: Session, cycle: Cycle, programme: Programme, cursor: int, day: date
) -> Sequence[_Last]:
    """Newest turns that are over or due; not of a case that has ended, stands still, or went back."""
    later = aliased(Task)
    rows = session.exec(
        select(Task, Case, School)
        .outerjoin(Case, col(Case.id) == col(Task.case_id))
        .outerjoin(School, col(School.id) == col(Case.school_id))
        .where(
            Task.cycle_id == cycle.id,
            col(Task.id) > cursor,
            or_(*(_reached(milestone) for milestone in programme.repeating)),
            or_(
                col(Task.state).in_((TaskState.ACCEPTED, TaskState.CANCELLED)),
                col(Task.due_on) <= day,
            ),
            ~exists().where(
                later.cycle_id == Task.cycle_id,  # type: ignore[arg-type]  # a comparison of columns
                later.subject == Task.subject,  # type: ignore[arg-type]
                later.milestone == Task.milestone,  # type: ignore[arg-type]
                later.turn > Task.turn,  # type: ignore[arg-type]
            ),
        )
        .order_by(col(Task.id))
        .limit(CHUNK)
    ).all()
    ledgers = ledgers_of(session, [task for task, _, _ in rows])
    return [
        _Last(task=task, place=place_of(task, school), ledger=ledgers[task.id or 0])
        for task, _, school in rows
    ]


def _reached(milestone: Milestone) -> ColumnElement[bool]:
    """The milestone's tasks whose case stands at its stage or further on, and is on its way."""
    stages = [s for s in _ORDER[_ORDER.index(milestone.stage) :] if s is not Stage.EXITED]
    on_its_way = and_(col(Case.stage).in_(stages), col(Case.suspended_on).is_(None))
    return and_(col(Task.milestone) == milestone.key, or_(col(Task.case_id).is_(None), on_its_way))


def _next(programme: Programme, cycle: Cycle, last: _Last, day: date) -> Planned | None:
    milestone = programme.milestone(last.task.milestone)
    if milestone.repeats is None:
        return None
    ledger = _next_ledger(programme, cycle, milestone, milestone.repeats, last.ledger, day)
    if ledger is None:
        return None
    due = due_on(ledger)
    eve = day - timedelta(days=1)
    ladder, calendar = programme.ladder(milestone.ladder), programme.working_calendar
    return Planned(
        milestone=milestone,
        ledger=ledger,
        due_on=due,
        next_remind_on=next_rung_day(ladder, due, after=eve, calendar=calendar),
    )


def _next_ledger(
    programme: Programme,
    cycle: Cycle,
    milestone: Milestone,
    repeats: Repeat,
    last: Ledger,
    day: date,
) -> Ledger | None:
    calendar = programme.working_calendar
    opened = opening_day(cycle, programme)
    known = anchors(cycle, opened, opened)
    until = cycle.ends_on
    if repeats.until is not None:
        until = min(until, raw_day(repeats.until, known, calendar))
    if repeats.every is not Every.PHASE:
        return next_turn(last, milestone.due, repeats.every, calendar, on=day, until=until)
    phases = {
        raw_day(rule, known, calendar): _PHASES[phase]
        for phase, rule in programme.course.phases.items()
    }
    return next_phase(last, milestone.due, phases, calendar, on=day, until=until)
