"""Putting a deadline off: asked for with a reason, within a limit, decided by a person above."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from casework.access import Held, task_for
from casework.acting import Acting
from casework.cycles.versions import milestone_of, version_with
from casework.deadlines.following import Shift, followers, ledgers_of, write_shifts
from casework.deadlines.suspending import ledger_of
from casework.grants import Right
from casework.letters.announcing import tell_of_deadlines
from casework.people.responsible import responsible
from casework.tasks.tasking import MAY_JUDGE
from models.history import append
from models.task import ExtensionRequest, Task
from opora.errors import Forbidden, InputRefused, NotFound, StaleView, TaskNotOpen
from opora.words import Sentence
from programmes.milestones import Extension
from schedules.deadline import Moved, due_on, extend, extended_days
from schedules.due_rules import MILESTONE, anchor_words
from states.role import Role
from states.task_machine import UNFINISHED


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A later end: a day, or so many working days more. `seen`: the version that was looked at."""

    to: date | int
    reason: str
    seen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extended:
    """What an extension changes; `waits_for` is who must decide before it does."""

    shifts: Sequence[Shift]
    waits_for: int | None = None


def extend_task(
    session: Session, task_id: int, wish: Wish, acting: Acting, *, dry_run: bool = False
) -> Extended:
    """Put the deadline off, or ask for it where somebody above must decide; a dry run writes nothing.

    Raises `NotFound`, `Forbidden`, `StaleView`, `TaskNotOpen`, `InputRefused`, `BeyondHorizon`.
    """
    held = task_for(session, acting, task_id, Right.EXTEND_TASK)
    task = _in_hand(held)
    if wish.seen is not None and wish.seen != task.version:
        raise StaleView(seen=wish.seen, version=task.version)
    rule = _rule(session, held)
    if not set(rule.by) & held.roles:
        raise Forbidden(person=acting.called, deed=Right.EXTEND_TASK.value)
    if waiting_request(session, task) is not None:
        cure = Sentence(
            "A request waits for a word: opora task extend-accept, or extend-refuse, {task}.",
            {"task": task.id},
        )
        raise InputRefused(field="task", value=task.id, cure=cure)
    shifts = _shifts(session, held, wish.to, wish.reason, acting)
    if _decides(rule, held, acting):
        if not dry_run:
            _write(session, held, shifts, wish.reason, acting)
        return Extended(shifts=shifts)
    held.acts_by(rule.by, acting)
    judge = _who_decides(session, held, rule, acting)
    if not dry_run:
        _ask(session, held, shifts[0].now, wish.reason, acting, judge=judge)
    return Extended(shifts=shifts, waits_for=judge)


def decide_extension(
    session: Session,
    task_id: int,
    acting: Acting,
    *,
    granted: bool,
    remarks: str = "",
    dry_run: bool = False,
) -> Extended:
    """Grant or refuse what was asked for: somebody above does, never who asked; they may take it back.

    Raises `NotFound` when nothing waits, `Forbidden`, `TaskNotOpen`, `InputRefused`.
    """
    held = task_for(session, acting, task_id, Right.EXTEND_TASK)
    task = _in_hand(held, may_be_done=not granted)
    request = waiting_request(session, task)
    if request is None:
        raise NotFound(what=Sentence("request to extend the task"), key=task_id)
    decides = _decides(_rule(session, held), held, acting)
    asked_it = request.asked_by in _persons(acting)
    takes_back = asked_it and not granted
    if not takes_back and (asked_it or not decides):
        raise Forbidden(person=acting.called, deed=Right.EXTEND_TASK.value)
    if not granted and not remarks.strip():
        cure = Sentence("Say why the deadline stays: whoever asked reads it.")
        raise InputRefused(field="remarks", value=remarks, cure=cure)
    shifts = _shifts(session, held, request.until, request.reason, acting) if granted else []
    if dry_run:
        return Extended(shifts=shifts)
    request.decided_by = acting.person.id if acting.person else None
    request.decided_at, request.is_granted, request.remarks = acting.at, granted, remarks
    session.add(request)
    if granted:
        _write(session, held, shifts, request.reason, acting, asked_by=request.asked_by)
    else:
        _refuse(session, held, request, acting)
    return Extended(shifts=shifts)


def waiting_request(session: Session, task: Task) -> ExtensionRequest | None:
    """The request of this task that nobody has decided yet."""
    return session.exec(
        select(ExtensionRequest).where(
            ExtensionRequest.task_id == task.id, col(ExtensionRequest.is_granted).is_(None)
        )
    ).first()


# --- who may, and how far -------------------------------------------------------------------------


def _in_hand(held: Held, *, may_be_done: bool = False) -> Task:
    task = held.task
    if task is None:
        raise NotFound(what=Sentence("task"), key="")
    if task.state not in UNFINISHED and not may_be_done:
        raise TaskNotOpen(state=task.state)
    return task


def _rule(session: Session, held: Held) -> Extension:
    task = _in_hand(held, may_be_done=True)
    version = version_with(session, held.programme, task.milestone)
    rule = version.extension_of(task.milestone)
    if rule is None:
        cure = Sentence("The programme lets nobody put this deadline off: see its `extension`.")
        raise InputRefused(field="task", value=task.id, cure=cure)
    return rule


def _decides(rule: Extension, held: Held, acting: Acting) -> bool:
    """Whoever stands at or above `approves`, save on the own deadline; nobody stands above an operator."""
    if rule.approves is None or Role.OPERATOR in held.roles:
        held.acts_by({Role.OPERATOR} & held.roles or rule.by, acting)
        return True
    above = MAY_JUDGE.get(rule.approves, {rule.approves})
    held.acts_by(above, acting)
    task = _in_hand(held, may_be_done=True)
    return bool(held.roles & above) and task.assignee_id not in _persons(acting)


def _persons(acting: Acting) -> set[int]:
    """The actor, and in whose place they act: who stands in decides no more than the absent may."""
    return {(acting.person.id or 0) if acting.person else 0, *acting.stands_in}


def _who_decides(session: Session, held: Held, rule: Extension, acting: Acting) -> int:
    """Who is asked: the approver, or the next one up where that is who asks or does the work."""
    on = acting.on(held.programme.zone)
    asks = (acting.person.id or 0) if acting.person else 0
    task = _in_hand(held)
    people = responsible(
        session,
        held.cycle.register_key,
        on=on,
        fallback=asks,
        places=[held.place],
    )
    ladder = (rule.approves or Role.OPERATOR, Role.COORDINATOR, Role.OPERATOR)
    found = [people.person(role, held.place) for role in ladder]
    return next((one for one in found if one not in {asks, task.assignee_id}), found[-1])


def _shifts(
    session: Session, held: Held, to: date | int, reason: str, acting: Acting
) -> list[Shift]:
    """The task's own deadline first, then what counts from it in the same chain."""
    task, programme = _in_hand(held), held.programme
    on, calendar = acting.on(programme.zone), programme.working_calendar
    before = ledger_of(session, task)
    after = extend(before, to=to, by=acting.name, reason=reason, calendar=calendar, on=on)
    _within(_rule(session, held), extended_days(before, calendar), extended_days(after, calendar))
    title = milestone_of(session, programme, task.milestone).title
    others = session.exec(
        select(Task)
        .where(
            Task.cycle_id == task.cycle_id,
            Task.subject == task.subject,
            Task.id != task.id,
            col(Task.state).in_(UNFINISHED),
        )
        .order_by(col(Task.id))
        .with_for_update()
    ).all()
    anchor = f"{MILESTONE}{task.milestone}"
    moved = Moved(
        was=due_on(before),
        now=due_on(after),
        words=anchor_words(anchor, {task.milestone: title}),
        by=acting.name,
        reason=reason,
    )
    ledgers = ledgers_of(session, others)
    along = followers(session, programme, others, ledgers, anchor, moved, on=on)
    return [Shift(task=task, title=title, before=before, after=after), *along]


def _within(rule: Extension, given: int, days: int) -> None:
    most = rule.most_working_days
    if days > most:
        cure = Sentence(
            "The programme gives at most {most} working days in all for this deadline: "
            "{given} are given, {left} are left.",
            {"most": most, "given": given, "left": max(most - given, 0)},
        )
        raise InputRefused(field="days", value=days - given, cure=cure)


# --- what is written ------------------------------------------------------------------------------


def _write(
    session: Session,
    held: Held,
    shifts: Sequence[Shift],
    reason: str,
    acting: Acting,
    *,
    asked_by: int | None = None,
) -> None:
    task, on = _in_hand(held), acting.on(held.programme.zone)
    told = write_shifts(session, held.programme, shifts, on=on)
    values = {"cycle": task.cycle_id, "asked_by": asked_by, "deadlines": told}
    deed = acting.deed(task.subject, "extend_task", values=values, words={"reason": reason})
    line = append(session, deed)
    concerned = {shift.task.id or 0: {shift.task.assignee_id} for shift in shifts}
    if asked_by is not None:
        concerned[task.id or 0].add(asked_by)
    tell_of_deadlines(session, held.programme, held.cycle, line, concerned, acting)


def _ask(
    session: Session, held: Held, until: date, reason: str, acting: Acting, *, judge: int
) -> None:
    task = _in_hand(held)
    request = ExtensionRequest(
        task_id=task.id or 0,
        asked_by=(acting.person.id or 0) if acting.person else 0,
        asked_at=acting.at,
        until=until,
        reason=reason,
    )
    session.add(request)
    session.flush()
    values = {**_named(task), "until": until}
    deed = acting.deed(task.subject, "ask_extension", values=values, words={"reason": reason})
    concerned = {task.id or 0: {judge}}
    line = append(session, deed)
    tell_of_deadlines(session, held.programme, held.cycle, line, concerned, acting)


def _refuse(session: Session, held: Held, request: ExtensionRequest, acting: Acting) -> None:
    task = _in_hand(held, may_be_done=True)
    words = {"remarks": request.remarks}
    deed = acting.deed(task.subject, "refuse_extension", values=_named(task), words=words)
    concerned = {task.id or 0: {request.asked_by, task.assignee_id}}
    line = append(session, deed)
    tell_of_deadlines(session, held.programme, held.cycle, line, concerned, acting)


def _named(task: Task) -> dict[str, object]:
    return {"cycle": task.cycle_id, "milestone": task.milestone, "turn": task.turn}
