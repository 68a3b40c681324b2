"""Somebody is away for a time: a substitute sees, does and receives instead; afterwards all returns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select as sa_select
from sqlmodel import Session, col, func, select

from casework.access import person_called, require
from casework.acting import Acting
from casework.grants import Right
from casework.people.responsible import EVERY_REGISTER, in_force
from casework.people.standing_in import today
from casework.reminders.passing_on import pass_on_waiting
from models.history import append
from models.people import Absence, Appointment, Person
from models.task import Task
from opora.errors import Forbidden, InputRefused
from opora.words import Sentence
from states.task_machine import UNFINISHED

LONGEST = 366
"""Days: whoever is away for longer hands over for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """Both days belong to the absence; without a substitute everything waits for the person."""

    first_day: date
    last_day: date
    substitute: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceTold:
    """What an absence means; `due` counts the person's unfinished tasks that fall due in it.

    `changes` are the earlier words about these days, which this one stands above.
    """

    person: str
    name: str
    substitute: str | None
    substitute_name: str | None
    first_day: date
    last_day: date
    changes: tuple[Away, ...]
    away_too: bool  # the substitute is away on one of these days
    open_tasks: int
    due: int
    passed_on: int  # reminders that waited in a letter and go to the substitute now


def record_absence(
    session: Session, email: str, away: Away, acting: Acting, *, dry_run: bool = False
) -> AbsenceTold:
    """Record the period, or change the one that it touches: the newest word stands.

    One says it of oneself, or whoever manages people does. Raises `NotFound`, `Forbidden`,
    `InputRefused`.
    """
    person = person_called(session, email)
    may_manage(session, person, acting)
    _check_days(away)
    substitute = _substitute(session, person, away, acting)
    session.refresh(person, with_for_update=True)  # one word about a person at a time
    known = _touched(session, person, away)
    changes = tuple(_as_away(session, one) for one in known)
    passed_on = 0
    if not dry_run:
        _write(session, person, substitute, away, known, acting)
        if away.first_day <= today(session, acting) <= away.last_day:
            passed_on = pass_on_waiting(session, person.id or 0, acting.at)
    open_tasks, due = _at_stake(session, person, away)
    return AbsenceTold(
        person=person.email,
        name=person.name,
        substitute=substitute.email if substitute else None,
        substitute_name=substitute.name if substitute else None,
        first_day=away.first_day,
        last_day=away.last_day,
        changes=changes,
        away_too=substitute is not None and bool(_touched(session, substitute, away)),
        open_tasks=open_tasks,
        due=due,
        passed_on=passed_on,
    )


def may_manage(session: Session, person: Person, acting: Acting) -> None:
    """Raise `Forbidden` unless it is oneself, or the actor manages people wherever this one works.

    Of who works in every register only such another speaks: whoever stands in or follows gets as far.
    """
    acting.stands_in.clear()
    if acting.person is not None and acting.person.id == person.id:
        return
    registers = registers_of(session, person, today(session, acting))
    for register in sorted(registers):
        require(session, acting, Right.MANAGE_PEOPLE, register)
    if not registers:
        require(session, acting, Right.MANAGE_PEOPLE, None)


def registers_of(session: Session, person: Person, on: date) -> set[str]:
    """The registers in which the person holds a role that day."""
    statement = select(Appointment.register_key).where(
        Appointment.person_id == person.id, *in_force(on)
    )
    return set(session.exec(statement).all())


def _check_days(away: Away) -> None:
    if away.last_day < away.first_day:
        raise InputRefused(
            field="--until",
            value=away.last_day,
            cure=Sentence("Give the last day of the absence, not before its first."),
        )
    if (away.last_day - away.first_day).days >= LONGEST:
        raise InputRefused(
            field="--until",
            value=away.last_day,
            cure=Sentence("Nobody is away for more than a year: opora people depart hands over."),
        )


def _substitute(session: Session, person: Person, away: Away, acting: Acting) -> Person | None:
    """Somebody who works in the same register: an absence opens no door to strangers."""
    if away.substitute is None:
        return None
    found = person_called(session, away.substitute)
    if found.id == person.id:
        cure = Sentence("Nobody stands in for themselves: name somebody else.")
        raise InputRefused(field="--substitute", value=found.email, cure=cure)
    on = today(session, acting)
    mine, theirs = registers_of(session, person, on), registers_of(session, found, on)
    if not theirs or (EVERY_REGISTER not in mine | theirs and mine and not mine & theirs):
        cure = Sentence("A substitute holds a role in the same region: appoint them first.")
        raise InputRefused(field="--substitute", value=found.email, cure=cure)
    return found


def _touched(session: Session, person: Person, away: Away) -> list[Absence]:
    return list(
        session.exec(
            select(Absence)
            .where(
                Absence.person_id == person.id,
                col(Absence.first_day) <= away.last_day,
                col(Absence.last_day) >= away.first_day,
            )
            .order_by(col(Absence.id))
        ).all()
    )


def _write(
    session: Session,
    person: Person,
    substitute: Person | None,
    away: Away,
    known: list[Absence],
    acting: Acting,
) -> None:
    values = {
        "first_day": away.first_day,
        "last_day": away.last_day,
        "substitute": f"person:{substitute.id}" if substitute else None,
        "changes": [[one.first_day.isoformat(), one.last_day.isoformat()] for one in known],
    }
    append(session, acting.deed(f"person:{person.id}", "record_absence", values=values))
    absence = (
        known[0]
        if known
        else Absence(person_id=person.id or 0, first_day=away.first_day, last_day=away.last_day)
    )
    absence.first_day, absence.last_day = away.first_day, away.last_day
    absence.substitute_id = substitute.id if substitute else None
    session.add(absence)
    for other in known[1:]:
        session.delete(other)
    session.flush()


def _as_away(session: Session, one: Absence) -> Away:
    instead = session.get(Person, one.substitute_id) if one.substitute_id else None
    return Away(
        first_day=one.first_day,
        last_day=one.last_day,
        substitute=instead.email if instead else None,
    )


def _at_stake(session: Session, person: Person, away: Away) -> tuple[int, int]:
    days: Sequence[date] = session.exec(
        select(col(Task.due_on)).where(
            Task.assignee_id == person.id, col(Task.state).in_(UNFINISHED)
        )
    ).all()
    return len(days), sum(away.first_day <= day <= away.last_day for day in days)


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceView:
    """One period as a list shows it."""

    person: str
    name: str
    substitute: str | None
    substitute_name: str | None
    first_day: date
    last_day: date
    is_now: bool


def absences(
    session: Session, acting: Acting, *, on: date, past: bool = False
) -> list[AbsenceView]:
    """Periods that last or are to come: all for who manages people, else those one has a part in."""
    instead = select(Person.id, Person.email, Person.name).subquery()
    statement = (
        sa_select(Absence, col(Person.email), col(Person.name), instead.c.email, instead.c.name)
        .join(Person, col(Person.id) == col(Absence.person_id))
        .outerjoin(instead, instead.c.id == col(Absence.substitute_id))
        .order_by(col(Absence.first_day), func.lower(Person.email))
    )
    if not past:
        statement = statement.where(col(Absence.last_day) >= on)
    if not manages_people(session, acting):
        own = acting.person.id if acting.person else None
        statement = statement.where(
            (col(Absence.person_id) == own) | (col(Absence.substitute_id) == own)
        )
    return [
        AbsenceView(
            person=email,
            name=name,
            substitute=by,
            substitute_name=by_name,
            first_day=one.first_day,
            last_day=one.last_day,
            is_now=one.first_day <= on <= one.last_day,
        )
        for one, email, name, by, by_name in session.execute(statement).all()
    ]


def manages_people(session: Session, acting: Acting) -> bool:
    """Whether the actor looks after people at all."""
    try:
        require(session, acting, Right.MANAGE_PEOPLE, None)
    except Forbidden:
        return False
    return True
