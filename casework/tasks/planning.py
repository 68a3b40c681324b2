"""Milestones become tasks: planned by the programme's rules, addressed to a living person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from casework.people.responsible import Place, Responsible
from models.cycle import Cycle
from models.task import DeadlineStep, Submission, Task
from opora.database import insert_all, next_ids
from programmes.definition import Programme
from programmes.milestones import Milestone, Scope
from schedules.deadline import Ledger, Step, due_on, plan
from schedules.due_rules import MILESTONE
from schedules.ladders import next_rung_day
from schedules.repeats import at_the_latest
from states.stage import Stage
from states.task_machine import TaskState


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A milestone with its deadline, before it is addressed to anybody."""

    milestone: Milestone
    ledger: Ledger
    due_on: date
    next_remind_on: date | None


def planned(
    programme: Programme,
    stage: Stage,
    scope: Scope,
    *,
    anchors: Mapping[str, date],
    on: date,
    done: Mapping[str, date] | None = None,
) -> tuple[Planned, ...]:
    """The milestones of one stage and scope with their deadlines, `on` being the day of joining.

    A milestone may count from another one of the same stage; `done` tells when one was last done
    there, in whichever cycle. Raises `BeyondHorizon`.
    """
    chosen = programme.milestones_at(stage, scope)
    return plan_milestones(programme, chosen, anchors=anchors, on=on, done=done)


def plan_milestones(
    programme: Programme,
    milestones: Sequence[Milestone],
    *,
    anchors: Mapping[str, date],
    on: date,
    done: Mapping[str, date] | None = None,
) -> tuple[Planned, ...]:
    """These milestones with their deadlines, in their order."""
    known = dict(anchors)
    found: dict[str, Planned] = {}
    waiting = list(milestones)
    while waiting:
        ready = [m for m in waiting if m.due.needs is None or m.due.needs in known] or waiting
        for milestone in ready:
            last = (done or {}).get(milestone.key)
            found[milestone.key] = _plan(programme, milestone, known, on, last)
            known[f"{MILESTONE}{milestone.key}"] = found[milestone.key].due_on
            waiting.remove(milestone)
    return tuple(found[m.key] for m in milestones)


def _plan(
    programme: Programme,
    milestone: Milestone,
    anchors: Mapping[str, date],
    on: date,
    done: date | None,
) -> Planned:
    calendar, months = programme.working_calendar, milestone.at_least_once_in_months
    ledger = plan(milestone.due, anchors, calendar, on=on)
    if months is not None and done is not None:
        ledger = at_the_latest(ledger, milestone.due, months, calendar, done=done, on=on)
    day = due_on(ledger)
    ladder = programme.ladder(milestone.ladder)
    eve = on - timedelta(days=1)
    return Planned(
        milestone=milestone,
        ledger=ledger,
        due_on=day,
        next_remind_on=next_rung_day(ladder, day, after=eve, calendar=calendar),
    )


def last_done(session: Session, programme: Programme) -> dict[int | None, dict[str, date]]:
    """Territory (None: the region) → milestone → the day on which what was accepted last was handed in.

    Only of milestones that ask for so much at the least, over all cycles of the programme (S4-10).
    """
    asked = [m.key for m in programme.milestones if m.at_least_once_in_months is not None]
    if not asked:
        return {}
    rows = session.execute(
        select(Task.territory_id, Task.milestone, func.max(Submission.at))
        .join(Submission, col(Submission.task_id) == col(Task.id))
        .join(Cycle, col(Cycle.id) == col(Task.cycle_id))
        .where(
            Cycle.programme_key == programme.key,
            col(Task.milestone).in_(asked),
            col(Task.case_id).is_(None),
            col(Submission.is_accepted).is_(True),
        )
        .group_by(col(Task.territory_id), col(Task.milestone))
    ).all()
    found: dict[int | None, dict[str, date]] = {}
    for territory_id, milestone, at in rows:
        found.setdefault(territory_id, {})[milestone] = at.astimezone(programme.zone).date()
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whose tasks they are: the chain that tells of them, and the place that decides who does them."""

    chain: str
    place: Place
    case_id: int | None = None


def task_rows(
    subject: Subject,
    plans: Sequence[Planned],
    people: Responsible,
    *,
    cycle_id: int,
    on: date,
    turns: Mapping[str, int] | None = None,
) -> list[dict[str, Any]]:
    """One row a task, ready to be written; `turns` counts how often a milestone was planned before."""
    return rows_alike([subject], plans, people, cycle_id=cycle_id, on=on, turns=turns)[0]


def rows_alike(
    subjects: Sequence[Subject],
    plans: Sequence[Planned],
    people: Responsible,
    *,
    cycle_id: int,
    on: date,
    turns: Mapping[str, int] | None = None,
) -> list[list[dict[str, Any]]]:
    """The rows of each subject; what they have in common is made once."""
    common: list[dict[str, Any]] = [
        {
            "cycle_id": cycle_id,
            "milestone": plan.milestone.key,
            "turn": (turns or {}).get(plan.milestone.key, 0) + 1,
            "stage": plan.milestone.stage,
            "doer": plan.milestone.by,
            "approver": plan.milestone.approves,
            "state": TaskState.OPEN,
            "version": 1,
            "opened_on": on,
            "due_on": plan.due_on,
            "next_remind_on": plan.next_remind_on,
        }
        for plan in plans
    ]
    return [
        [
            {
                **row,
                "subject": subject.chain,
                "case_id": subject.case_id,
                "territory_id": None if subject.case_id else subject.place.territory_id,
                "assignee_id": people.person(row["doer"], subject.place),
            }
            for row in common
        ]
        for subject in subjects
    ]


def write_tasks(
    session: Session, rows: Sequence[dict[str, Any]], ledgers: Sequence[Ledger]
) -> list[int]:
    """Insert tasks and their ledgers in two statements; gives the ids, which the rows get as well."""
    ids = list(next_ids(session, Task, len(rows)))
    for task_id, row in zip(ids, rows, strict=True):
        row["id"] = task_id
    insert_all(session, Task, rows)
    shared = {id(ledger): ledger for ledger in ledgers}  # many tasks share a ledger
    made = {key: _step_rows(ledger) for key, ledger in shared.items()}
    steps = [
        {"task_id": task_id, **step}
        for task_id, ledger in zip(ids, ledgers, strict=True)
        for step in made[id(ledger)]
    ]
    insert_all(session, DeadlineStep, steps)
    return ids


def _step_rows(ledger: Ledger) -> list[dict[str, Any]]:
    return [
        {"seq": seq, "kind": step.kind.value, "due_on": step.due_on, "body": step.as_row()}
        for seq, step in enumerate(ledger, 1)
    ]


def told(rows: Sequence[Mapping[str, Any]], ledgers: Sequence[Ledger]) -> list[dict[str, Any]]:
    """What a history line keeps of tasks that were opened: enough to replay them."""
    shared = {id(ledger): ledger for ledger in ledgers}
    steps = {key: [told_step(step) for step in ledger] for key, ledger in shared.items()}
    return [
        {
            "milestone": row["milestone"],
            "turn": row["turn"],
            "assignee": row["assignee_id"],
            "due_on": row["due_on"].isoformat(),
            "steps": steps[id(ledger)],
        }
        for row, ledger in zip(rows, ledgers, strict=True)
    ]


def told_step(step: Step) -> dict[str, Any]:
    """What a history line keeps of a deadline's step: reasons and names stay out of the chain."""
    return {"kind": step.kind.value, "due_on": step.due_on.isoformat(), "shift": step.shift}
