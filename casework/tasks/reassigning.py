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
from casework.cycles.versions import milestone_of
from casework.deadlines.following import Shift, followers, ledgers_of, write_shifts
from casework.deadlines.suspending import ledger_of, next_remind_on, write_steps
from casework.grants import Right
from casework.letters.announcing import tell_of_deadlines, tell_of_gift
from casework.tasks.planning import told_step
from models.history import append
from models.people import Person
from models.school import School, Territory
from models.task import Task
from opora.errors import InputRefused, NotFound, StaleView, TaskNotOpen
from opora.words import Sentence, Words
from schedules.deadline import Ledger, Moved, due_on, is_suspended, restart
from schedules.due_rules import MILESTONE, anchor_words
from states.task_machine import UNFINISHED


class Clock(StrEnum):
    """What becomes of the deadline of a task that is given to somebody else."""

    KEEP = "keep"  # the day stays what it is
    RESTART = "restart"  # as many working days as at first, counted anew; never earlier


@dataclass(frozen=True, slots=True, kw_only=True)
class Gift:
    """To whom, why, and with which clock. `seen` is the version that was looked at."""

    to: str
    reason: str = ""
    clock: Clock = Clock.KEEP
    seen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One task that changes hands, and its day before and after.

    A task whose day moves along with that of another stays where it is: `was` is `to`.
    """

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
    along = _along(session, planned, gift, acting)
    given = [_given(session, held, to, after) for held, _, after in planned]
    given += [_moved(session, held, shift) for held, shift in along]
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
    _write_along(session, along, gift, acting)
    return given


def _ledgers(session: Session, held: Held, gift: Gift, acting: Acting) -> tuple[Ledger, Ledger]:
    """The deadline's ledger before and after; a clock that stands still is not started here."""
    task, programme = task_in(held), held.programme
    before = ledger_of(session, task)
    if gift.clock is Clock.KEEP or is_suspended(before):
        return before, before
    calendar, on = programme.working_calendar, acting.on(programme.zone)
    return before, restart(before, by=acting.name, reason=gift.reason, calendar=calendar, on=on)


def _along(
    session: Session,
    planned: Sequence[tuple[Held, Ledger, Ledger]],
    gift: Gift,
    acting: Acting,
) -> list[tuple[Held, Shift]]:
    """What counts from a day that moves goes along, but for tasks that are given in the same deed."""
    taken = {task_in(held).id for held, _, _ in planned}
    found: list[tuple[Held, Shift]] = []
    for held, before, after in planned:
        if after == before:
            continue
        task, programme, on = task_in(held), held.programme, acting.on(held.programme.zone)
        others = _others(session, task, taken)
        anchor = f"{MILESTONE}{task.milestone}"
        title = milestone_of(session, programme, task.milestone).title
        moved = Moved(
            was=due_on(before),
            now=due_on(after),
            words=anchor_words(anchor, {task.milestone: title}),
            by=acting.name,
            reason=gift.reason,
        )
        ledgers = ledgers_of(session, others)
        shifts = followers(session, programme, others, ledgers, anchor, moved, on=on)
        taken |= {shift.task.id for shift in shifts}
        found += [(held, shift) for shift in shifts]
    return found


def _others(session: Session, task: Task, taken: set[int | None]) -> list[Task]:
    statement = select(Task).where(
        Task.cycle_id == task.cycle_id,
        Task.subject == task.subject,
        col(Task.state).in_(UNFINISHED),
    )
    found = session.exec(statement.order_by(col(Task.id)).with_for_update()).all()
    return [one for one in found if one.id not in taken]


def _write_along(
    session: Session, along: Sequence[tuple[Held, Shift]], gift: Gift, acting: Acting
) -> None:
    """One line for each subject whose other dates went along, and a letter to whoever does those."""
    for subject, group in groupby(along, key=lambda one: one[1].task.subject):
        pairs = list(group)
        held, shifts = pairs[0][0], [shift for _, shift in pairs]
        told = write_shifts(session, held.programme, shifts, on=acting.on(held.programme.zone))
        values = {"cycle": held.cycle.id, "anchor": "reassign_tasks", "deadlines": told}
        words = {"reason": gift.reason}
        line = append(session, acting.deed(subject, "follow_anchor", values=values, words=words))
        concerned = {shift.task.id or 0: {shift.task.assignee_id} for shift in shifts}
        tell_of_deadlines(session, held.programme, held.cycle, line, concerned, acting)


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


def _moved(session: Session, held: Held, shift: Shift) -> Given:
    doer = session.get_one(Person, shift.task.assignee_id).email
    return Given(
        task=shift.task.id or 0,
        case=shift.task.case_id,
        title=shift.title,
        school=held.school.code if held.school else None,
        was=doer,
        to=doer,
        due_on=shift.was,
        new_due_on=shift.now,
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
