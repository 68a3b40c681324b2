"""Claims whose reader is somebody else by now: absent, back again, departed, or no longer asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from casework.cycles.versions import programme_of
from casework.people.standing_in import standing_in
from casework.reminders.daily_letters import letters_of_day
from models.cycle import Cycle
from models.letter import Letter, LetterState
from models.task import Reminder, Task
from notifications.outbox import LetterKind
from opora.database import insert_or_ignore
from schedules.ladders import Audience
from states.task_machine import WAITING

GATHERED = (LetterKind.DIGEST, LetterKind.ESCALATION)


@dataclass(frozen=True, slots=True)
class Meant:
    """A claim of a task that still waits for the same day, and for whom it is meant."""

    task: Task
    claim: Reminder

    @property
    def person_id(self) -> int:
        """The task may have been given to somebody else since: then it is meant for them."""
        if self.claim.audience == Audience.ASSIGNEE:
            return self.task.assignee_id
        return self.claim.on_behalf_of or self.claim.recipient_id


def claims_of(session: Session, letter_id: int | None) -> list[Meant]:
    """The claims of a letter that still have sense, by due day."""
    rows = session.exec(
        select(Task, Reminder)
        .join(Reminder, col(Reminder.task_id) == col(Task.id))
        .where(
            Reminder.letter_id == letter_id,
            col(Task.state).in_(WAITING),
            col(Task.due_on) == col(Reminder.due_on),
        )
        .order_by(col(Task.due_on), col(Task.id), col(Reminder.id))
    ).all()
    return [Meant(task, claim) for task, claim in rows]


def keep_and_pass_on(
    session: Session, letter: Letter, cycle: Cycle, claims: Sequence[Meant], at: datetime
) -> list[Meant]:
    """The claims that the letter's recipient is the reader of; the others go to who is, once."""
    on = at.astimezone(programme_of(session, cycle).zone).date()
    people = standing_in(session, on)
    kept = []
    passed: dict[int, list[Meant]] = {}
    for one in claims:
        reader = people.reader(one.person_id)
        if reader == letter.recipient_id:
            kept.append(one)
        elif reader is not None:
            passed.setdefault(reader, []).append(one)
    for reader, theirs in passed.items():
        _write(session, cycle, LetterKind(letter.kind), theirs, reader, on=on, at=at)
    return kept


def _write(
    session: Session,
    cycle: Cycle,
    kind: LetterKind,
    claims: Sequence[Meant],
    reader: int,
    *,
    on: date,
    at: datetime,
) -> None:
    """The same rung is claimed for the new reader once: nobody hears of it twice."""
    pair = (reader, kind)
    letters = letters_of_day(session, programme_of(session, cycle), cycle, {pair}, on, at)
    rows = [
        {
            "task_id": one.task.id,
            "due_on": one.claim.due_on,
            "rung": one.claim.rung,
            "recipient_id": reader,
            "audience": one.claim.audience,
            "day": one.claim.day,
            "claimed_at": one.claim.claimed_at,
            "letter_id": letters[pair],
            "on_behalf_of": one.person_id if one.person_id != reader else None,
        }
        for one in claims
    ]
    insert_or_ignore(session, Reminder, rows)


def pass_on_waiting(session: Session, person_id: int, at: datetime) -> int:
    """Pass on what waits in the person's gathered letters; a letter on its way sees to it itself."""
    waiting = session.exec(
        select(Letter)
        .where(
            Letter.recipient_id == person_id,
            Letter.state == LetterState.PENDING,
            col(Letter.body).is_(None),
            col(Letter.attempt) == 0,
            col(Letter.kind).in_(GATHERED),
        )
        .order_by(col(Letter.id))
    ).all()
    number = 0
    for letter in waiting:
        cycle = session.get(Cycle, letter.cycle_id)
        if cycle is not None:
            claims = claims_of(session, letter.id)
            number += len(claims) - len(keep_and_pass_on(session, letter, cycle, claims, at))
    return number
