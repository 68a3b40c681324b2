"""Somebody was spoken to: a note that silences the ladder for some days, and the list for the telephone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlmodel import Session, col, select

from casework.access import Held, case_for, task_for
from casework.acting import Acting
from casework.deadlines.suspending import next_remind_on
from casework.grants import Right
from models.history import append
from models.task import Contact, Task
from opora.errors import InputRefused
from opora.words import Sentence
from states.task_machine import WAITING

MOST_SILENT_DAYS = 14
"""A word on the telephone does not silence a deadline for longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What was said, and for how many days from tomorrow on no rung shall speak."""

    text: str
    silence_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteTold:
    """What the note does."""

    subject: str
    silent_until: date | None
    tasks: int  # whose ladder is silent


def note_contact(
    session: Session,
    acting: Acting,
    note: Note,
    *,
    case: int | None = None,
    task: int | None = None,
) -> NoteTold:
    """Note a contact about a case or a task. What falls into the silence comes after it.

    Raises `NotFound`, `Forbidden`, `InputRefused`.
    """
    _check(note)
    if task is not None:
        held = task_for(session, acting, task, Right.NOTE_CONTACT)
    else:
        held = case_for(session, acting, case or 0, Right.NOTE_CONTACT)
    on = acting.on(held.programme.zone)
    until = on + timedelta(days=note.silence_days) if note.silence_days else None
    tasks = _concerned(session, held)
    values = {
        "task": task,
        "silent_until": until,
        "tasks": [[one.milestone, one.turn] for one in tasks] if until else [],
    }
    words = {"note": note.text}
    line = append(session, acting.deed(held.chain, "note_contact", values=values, words=words))
    session.add(
        Contact(
            case_id=held.case.id if held.case else None,
            task_id=task,
            made_by=(acting.person.id or 0) if acting.person else 0,
            made_on=on,
            silent_until=until,
            line_id=line.id or 0,
        )
    )
    if until is not None:
        _silence(session, held, tasks, until, on)
        session.add_all(tasks)
    session.flush()
    return NoteTold(subject=held.chain, silent_until=until, tasks=len(tasks) if until else 0)


def _check(note: Note) -> None:
    if not note.text.strip():
        cure = Sentence("Say in a few words what was agreed: it stays in the history.")
        raise InputRefused(field="--note", value=note.text, cure=cure)
    if not 0 <= note.silence_days <= MOST_SILENT_DAYS:
        cure = Sentence("A ladder is silent for {most} days at most.", {"most": MOST_SILENT_DAYS})
        raise InputRefused(field="--silence-days", value=note.silence_days, cure=cure)


def _concerned(session: Session, held: Held) -> Sequence[Task]:
    """The task in hand, or every waiting one of the case."""
    if held.task is not None:
        return [held.task] if held.task.state in WAITING else []
    return session.exec(
        select(Task)
        .where(
            Task.case_id == (held.case.id if held.case else None),
            col(Task.state).in_(WAITING),
        )
        .order_by(col(Task.id))
    ).all()


def _silence(session: Session, held: Held, tasks: Sequence[Task], until: date, on: date) -> None:
    for task in tasks:
        had_rung = task.next_remind_on is not None
        task.silent_until = until
        if had_rung:  # else none is left, or the clocks stand
            found = next_remind_on(session, held.programme, task, on=on)
            task.next_remind_on = found if found and found > until else until + timedelta(days=1)
