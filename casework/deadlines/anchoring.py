"""The kick-off moves, and with it every deadline that counts from it: one deed, shown before it is done."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from sqlmodel import Session, col, select

from casework.access import require
from casework.acting import Acting
from casework.cycles.opening import opening_day
from casework.cycles.versions import programme_of
from casework.deadlines.following import Shift, followers, ledgers_of, write_shifts
from casework.grants import Right
from casework.letters.announcing import tell_of_deadlines
from models.case import Case
from models.cycle import Cycle
from models.history import append
from models.task import Task
from opora.errors import InputRefused, NotFound
from opora.words import Sentence
from programmes.definition import Programme
from schedules.deadline import Moved
from schedules.due_rules import MILESTONE, Anchor, anchor_words
from states.task_machine import UNFINISHED


def move_kick_off(
    session: Session,
    cycle_id: int,
    to: date,
    acting: Acting,
    *,
    reason: str,
    dry_run: bool = False,
) -> list[Shift]:
    """Set the day of the kick-off; gives every deadline that changes. A dry run writes nothing.

    Raises `NotFound`, `Forbidden`, `InputRefused`, `BeyondHorizon`.
    """
    cycle = session.exec(select(Cycle).where(Cycle.id == cycle_id).with_for_update()).first()
    if cycle is None:
        raise NotFound(what=Sentence("cycle"), key=cycle_id)
    require(session, acting, Right.MOVE_ANCHOR, cycle.register_key)
    programme = programme_of(session, cycle)
    was = cycle.kick_off_on or opening_day(cycle, programme)
    _check(programme, cycle, was, to, reason)
    moved = Moved(
        was=was,
        now=to,
        words=anchor_words(Anchor.KICK_OFF, {}),
        by=acting.name,
        reason=reason,
    )
    shifts = _shifts(session, programme, cycle, moved, acting)
    if not dry_run:
        _write(session, programme, cycle, moved, shifts, acting)
    return shifts


def _check(programme: Programme, cycle: Cycle, was: date, to: date, reason: str) -> None:
    if not cycle.is_open:
        cure = Sentence("The cycle is closed: its dates stay what they were.")
        raise InputRefused(field="cycle", value=cycle.id, cure=cure)
    if not reason.strip():
        cure = Sentence("Say why: the reason stays in the deadline's ledger.")
        raise InputRefused(field="reason", value=reason, cure=cure)
    if to == was:
        raise InputRefused(
            field="day", value=to, cure=Sentence("The kick-off is on that day already.")
        )
    if not cycle.starts_on <= to <= cycle.ends_on:
        said = {"starts": cycle.starts_on, "ends": cycle.ends_on}
        cure = Sentence("Name a day of the cycle, from {starts} to {ends}.", said)
        raise InputRefused(field="day", value=to, cure=cure)
    why = programme.working_calendar.why_off(to)
    if why is not None:
        cure = Sentence("Nobody works on that day: {words}. Name another one.", {"words": why})
        raise InputRefused(field="day", value=to, cure=cure)


def _shifts(
    session: Session, programme: Programme, cycle: Cycle, moved: Moved, acting: Acting
) -> list[Shift]:
    by_subject: dict[str, list[Task]] = defaultdict(list)
    tasks = _concerned(session, programme, cycle)
    ledgers = ledgers_of(session, tasks)
    for task in tasks:
        by_subject[task.subject].append(task)
    on = acting.on(programme.zone)
    return [
        shift
        for chain in by_subject.values()
        for shift in followers(session, programme, chain, ledgers, Anchor.KICK_OFF, moved, on=on)
    ]


def _concerned(session: Session, programme: Programme, cycle: Cycle) -> Sequence[Task]:
    """Unfinished tasks that count from the kick-off, straight or by another; cases are locked first."""
    keys = _counting_from(programme, Anchor.KICK_OFF)
    wanted = (
        Task.cycle_id == cycle.id,
        col(Task.milestone).in_(keys),
        col(Task.state).in_(UNFINISHED),
    )
    ids = select(Task.case_id).where(*wanted, col(Task.case_id).is_not(None))
    session.exec(
        select(Case.id).where(col(Case.id).in_(ids)).order_by(col(Case.id)).with_for_update()
    ).all()
    statement = select(Task).where(*wanted).order_by(col(Task.id)).with_for_update()
    return session.exec(statement.execution_options(populate_existing=True)).all()


def _counting_from(programme: Programme, anchor: str) -> set[str]:
    found: set[str] = set()
    waiting = [anchor]
    while waiting:
        name = waiting.pop()
        more = {m.key for m in programme.milestones if m.due.anchor == name} - found
        found |= more
        waiting += [f"{MILESTONE}{key}" for key in more]
    return found


def _write(
    session: Session,
    programme: Programme,
    cycle: Cycle,
    moved: Moved,
    shifts: Sequence[Shift],
    acting: Acting,
) -> None:
    """A line in the cycle's chain, and one in the chain of each subject whose dates went along."""
    chain, on = f"cycle:{cycle.id}", acting.on(programme.zone)
    stood, cycle.kick_off_on = cycle.kick_off_on, moved.now
    session.add(cycle)
    by_subject: dict[str, list[Shift]] = {chain: []}
    for shift in shifts:
        by_subject.setdefault(shift.task.subject, []).append(shift)
    lines = []
    for subject, group in by_subject.items():
        values = {
            "cycle": cycle.id,
            "anchor": Anchor.KICK_OFF,
            "from": stood,
            "to": moved.now,
            "deadlines": write_shifts(session, programme, group, on=on),
        }
        deed = "move_kick_off" if subject == chain else "follow_anchor"
        words = {"reason": moved.reason}
        lines.append(append(session, acting.deed(subject, deed, values=values, words=words)))
    concerned = {shift.task.id or 0: {shift.task.assignee_id} for shift in shifts}
    tell_of_deadlines(session, programme, cycle, lines[0], concerned, acting)
