"""Tasks given to somebody else, one by one or all at once; what becomes of their days is stated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby
from typing import Any

from sqlmodel import Session, col, select

from casework.access import Held, person_called, task_for, task_in
from casework.acting import Acting
from casework.announcing import tell_of_gift
from casework.grants import Right
from casework.planning import told_step
from casework.suspending import ledger_of, next_remind_on, write_steps
from casework.versions import milestone_of
from models.history import append
from models.people import Person
from models.school import School, Territory
from models.task import Task
from opora.errors import InputRefused, NotFound, StaleView, TaskNotOpen
from opora.words import Sentence, Words
from schedules.deadline import Ledger, due_on, extend, is_suspended
from states.task_machine import UNFINISHED


class Clock(StrEnum):
    """What becomes of the deadline of a task that is given to somebody else."""

    KEEP = "keep"  # the day stays what it is
    RESTART = "restart"  # as many working days as from its opening, counted anew; never earlier


@dataclass(frozen=True, slots=True, kw_only=True)
class Gift:
    """To whom, why, and with which clock. `seen` is the version that was looked at."""

    to: str
    reason: str = ""
    clock: Clock = Clock.KEEP
    seen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One task that changes hands, and its day before and after."""

    task: int
    case: int | None
    title: Words
    school: str | None
    was: str
    to: str
    due_on: date
    new_due_on: date


def reassign_task(
    session: Session, task_id: int, gift: Gift, acting: Acting, *, dry_run: bool = False
) -> list[Given]:
    """Give one task to somebody else; a dry run writes nothing.

    Raises `NotFound`, `Forbidden`, `StaleView`, `TaskNotOpen`, `InputRefused`, `BeyondHorizon`.
    """
    held = task_for(session, acting, task_id, Right.REASSIGN_TASK)
    task = task_in(held)
    if gift.seen is not None and gift.seen != task.version:
        raise StaleView(seen=gift.seen, version=task.version)
    if task.state not in UNFINISHED:
        raise TaskNotOpen(state=task.state)
    to = person_called(session, gift.to)
    if to.id == task.assignee_id:
        cure = Sentence("The task is theirs already: name somebody else.")
        raise InputRefused(field="--to", value=to.email, cure=cure)
    return give(session, [held], to, gift, acting, dry_run=dry_run)


def hand_over(
    session: Session,
    email: str,
    gift: Gift,
    acting: Acting,
    *,
    territory: str | None = None,
    dry_run: bool = False,
) -> list[Given]:
    """Give every unfinished task of a person, in one territory or in all, to somebody else."""
    person, to = person_called(session, email), person_called(session, gift.to)
    if person.id == to.id:
        cure = Sentence("The task is theirs already: name somebody else.")
        raise InputRefused(field="--to", value=to.email, cure=cure)
    found = unfinished_of(session, person, acting)
    if territory is not None:
        found = [held for held in found if _territory(session, held) == territory]
    return give(session, found, to, gift, acting, dry_run=dry_run)


def unfinished_of(session: Session, person: Person, acting: Acting) -> list[Held]:
    """Every unfinished task of the person, locked; one that the actor may not give raises."""
    ids = session.exec(
        select(Task.id)
        .where(Task.assignee_id == person.id, col(Task.state).in_(UNFINISHED))
        .order_by(col(Task.subject), col(Task.id))
    ).all()
    return [task_for(session, acting, task_id or 0, Right.REASSIGN_TASK) for task_id in ids]


def give(
    session: Session,
    found: Sequence[Held],
    to: Person,
    gift: Gift,
    acting: Acting,
    *,
    dry_run: bool = False,
) -> list[Given]:
    """One line of history for each subject, then its tasks; one letter to whoever gets them."""
    if not gift.reason.strip():
        cure = Sentence("Say why somebody else gets it: the reason stays in the history.")
        raise InputRefused(field="--reason", value=gift.reason, cure=cure)
    if acting.person is None:
        raise NotFound(what=Sentence("person"), key="")
    planned = [(held, *_ledgers(session, held, gift, acting)) for held in found]
    given = [_given(session, held, to, after) for held, _, after in planned]
    if dry_run:
        return given
    for subject, group in groupby(planned, key=lambda one: task_in(one[0]).subject):
        tasks = list(group)
        told = [_told(held, to, before, after) for held, before, after in tasks]
        values = {"clock": gift.clock, "to": f"person:{to.id}", "tasks": told}
        append(
            session,
            acting.deed(subject, "reassign_tasks", values=values, words={"reason": gift.reason}),
        )
        for held, before, after in tasks:
            _change(session, held, to, before, after, acting)
    session.flush()
    tell_of_gift(session, found, to, acting)
    return given


def _ledgers(session: Session, held: Held, gift: Gift, acting: Acting) -> tuple[Ledger, Ledger]:
    """The deadline's ledger before and after; a clock that stands still is not started here."""
    task, programme = task_in(held), held.programme
    before = ledger_of(session, task)
    if gift.clock is Clock.KEEP or is_suspended(before):
        return before, before
    calendar, on = programme.working_calendar, acting.on(programme.zone)
    length = calendar.working_days_between(task.opened_on, task.due_on)
    anew = calendar.plus_working_days(on, max(length, 1))
    if anew <= task.due_on:
        return before, before
    after = extend(before, to=anew, by=acting.name, reason=gift.reason, calendar=calendar, on=on)
    return before, after


def _given(session: Session, held: Held, to: Person, after: Ledger) -> Given:
    task = task_in(held)
    return Given(
        task=task.id or 0,
        case=task.case_id,
        title=milestone_of(session, held.programme, task.milestone).title,
        school=held.school.code if held.school else None,
        was=session.get_one(Person, task.assignee_id).email,
        to=to.email,
        due_on=task.due_on,
        new_due_on=due_on(after),
    )


def _told(held: Held, to: Person, before: Ledger, after: Ledger) -> Mapping[str, Any]:
    task = task_in(held)
    return {
        "cycle": task.cycle_id,
        "milestone": task.milestone,
        "turn": task.turn,
        "from": task.assignee_id,
        "assignee": to.id,
        "task_version": task.version + 1,
        "due_on": due_on(after),
        "steps": [told_step(step) for step in after[len(before) :]],
    }


def _change(
    session: Session, held: Held, to: Person, before: Ledger, after: Ledger, acting: Acting
) -> None:
    task, on = task_in(held), acting.on(held.programme.zone)
    task.assignee_id = to.id or 0
    task.assigned_on, task.assigned_by = on, acting.person.id if acting.person else None
    task.version += 1
    write_steps(session, task, before, after)
    if not is_suspended(after):
        task.next_remind_on = next_remind_on(session, held.programme, task, on=on)
    session.add(task)


def _territory(session: Session, held: Held) -> str | None:
    school: School | None = held.school
    task = task_in(held)
    territory_id = school.territory_id if school else task.territory_id
    found = session.get(Territory, territory_id) if territory_id else None
    return found.code if found else None
