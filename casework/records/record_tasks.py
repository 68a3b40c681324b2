"""The task that a record makes once it stands: a recommendation to carry out, a need to meet."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlmodel import Session, col, func, select

from casework.acting import Acting
from casework.cases.moving import cancel
from casework.cycles.opening import anchors, opening_day
from casework.deadlines.suspending import stopped
from casework.people.responsible import responsible
from casework.records.record_grounds import Ground
from casework.records.record_telling import day_in
from casework.tasks.planning import Planned, Subject, plan_milestones, task_rows, told, write_tasks
from models.record import Record, RecordTask
from models.task import Task
from opora.errors import InputRefused
from opora.words import Sentence
from schedules.deadline import due_on, plan
from schedules.due_rules import DueRule
from schedules.ladders import next_rung_day
from states.record_machine import RecordState
from states.task_machine import UNFINISHED


@dataclass(frozen=True, slots=True)
class Opened:
    """Tasks that are written, still to be bound to their record, and what history keeps of them."""

    ids: Sequence[int] = ()
    told: Sequence[dict[str, Any]] = ()

    def bind(self, session: Session, record: Record) -> None:
        """The record is there now: its tasks are its own."""
        session.add_all(RecordTask(record_id=record.id or 0, task_id=one) for one in self.ids)


def opened_by(session: Session, ground: Ground, record: Record, acting: Acting) -> Opened:
    """Write the task of a record that stands and has none yet."""
    declared = ground.kind.task
    if declared is None or record.state is not RecordState.STANDING or tasks_of(session, record):
        return Opened()
    on = acting.on(ground.programme.zone)
    planned = _planned(ground, record, acting)
    people = responsible(
        session,
        ground.cycle.register_key,
        on=on,
        fallback=(acting.person.id or 0) if acting.person else 0,
        places=[ground.place],
    )
    subject = Subject(
        chain=record.subject, place=ground.place, case_id=ground.case.id if ground.case else None
    )
    turns = {declared.milestone: _turns(session, record, declared.milestone)}
    [row] = task_rows(subject, [planned], people, cycle_id=record.cycle_id, on=on, turns=turns)
    role = declared.doers.get(record.fields.get(declared.addressee or "", ""), row["doer"])
    doer = record.fields.get(declared.to or "") or people.person(role, ground.place)
    row = {**row, "doer": role, "assignee_id": doer}
    ledger = planned.ledger
    if ground.case is not None and ground.case.suspended_on is not None:
        row, ledger = {**row, "next_remind_on": None}, stopped(ledger, acting, on)
    ids = write_tasks(session, [row], [ledger])
    return Opened(ids, told([row], [ledger]))


def _planned(ground: Ground, record: Record, acting: Acting) -> Planned:
    """The milestone with its own rule's day, or with the day that the record's field holds."""
    declared, on = ground.kind.task, acting.on(ground.programme.zone)
    if declared is None:
        raise InputRefused(field="KIND", value=record.kind, cure=Sentence("It makes no task."))
    milestone = ground.programme.milestone(declared.milestone)
    days = anchors(ground.cycle, opening_day(ground.cycle, ground.programme), on)
    [planned] = plan_milestones(ground.programme, [milestone], anchors=days, on=on)
    due = day_in(record.fields, declared.due)
    if due is None:
        return planned
    if due < on:
        cure = Sentence("That day has passed already: give a later one.")
        raise InputRefused(field=declared.due or "", value=due, cure=cure)
    calendar = ground.programme.working_calendar
    ledger = plan(DueRule(on=due), {}, calendar, on=on)
    day = due_on(ledger)
    ladder = ground.programme.ladder(milestone.ladder)
    rung = next_rung_day(ladder, day, after=calendar.plus_calendar_days(on, -1), calendar=calendar)
    return replace(planned, ledger=ledger, due_on=day, next_remind_on=rung)


def _turns(session: Session, record: Record, milestone: str) -> int:
    return session.exec(
        select(func.coalesce(func.max(Task.turn), 0)).where(
            Task.cycle_id == record.cycle_id,
            Task.subject == record.subject,
            Task.milestone == milestone,
        )
    ).one()


def tasks_of(session: Session, record: Record) -> list[Task]:
    """The record's tasks, in order."""
    statement = (
        select(Task)
        .join(RecordTask, col(RecordTask.task_id) == col(Task.id))
        .where(RecordTask.record_id == record.id)
        .order_by(col(Task.id))
    )
    return list(session.exec(statement).all())


def cancel_tasks_of(session: Session, record: Record) -> list[dict[str, Any]]:
    """A cancelled record takes its unfinished tasks along; tells what history keeps of it."""
    if record.state is not RecordState.CANCELLED:
        return []
    return cancel(session, [task for task in tasks_of(session, record) if task.state in UNFINISHED])
