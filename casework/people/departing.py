"""Somebody leaves for good: tasks, roles and waiting letters go to a successor in one deed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from casework.access import person_called
from casework.acting import Acting
from casework.pairs.capacity import most_schools
from casework.people.absences import may_manage
from casework.people.appointing import Place, appoint, relieve
from casework.people.standing_in import today
from casework.reminders.only_theirs import OnlyTheirs, only_theirs
from casework.reminders.passing_on import pass_on_waiting
from casework.tasks.reassigning import Gift, Given, give, unfinished_of
from models.history import append
from models.letter import Letter, LetterState
from models.people import Appointment, Installation, Person
from models.school import School, Territory
from opora.errors import InputRefused
from opora.words import Sentence
from states.role import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """Who follows, from which day on, and why."""

    to: str
    on: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleTold:
    """A role that changes hands."""

    role: Role
    register: str
    territory: str | None
    school: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartureTold:
    """Everything that changes hands, and what nobody else would have received."""

    person: str
    to: str
    on: date
    tasks: Sequence[Given]
    roles: Sequence[RoleTold]
    letters: int
    only_theirs: Sequence[OnlyTheirs]


def depart(
    session: Session, email: str, departure: Departure, acting: Acting, *, dry_run: bool = False
) -> DepartureTold:
    """Hand everything over and let the person go; a dry run writes nothing.

    Raises `NotFound`, `Forbidden`, `InputRefused`.
    """
    person, to = person_called(session, email), person_called(session, departure.to)
    may_manage(session, person, acting)
    _check(person, to, departure, today(session, acting))
    for one in sorted((person, to), key=lambda each: each.id or 0):
        session.refresh(one, with_for_update=True)
    alone = only_theirs(session, person, acting)
    held = _open_roles(session, person)
    _check_roles(held, departure)
    places = {one.id: _place(session, one) for one in held}
    letters = _waiting(session, person)
    found = unfinished_of(session, person, acting)
    gift = Gift(to=to.email, reason=departure.reason)
    tasks = give(session, found, to, gift, acting, dry_run=dry_run)
    told = DepartureTold(
        person=person.email,
        to=to.email,
        on=departure.on,
        tasks=tasks,
        roles=[_role_told(one, places[one.id]) for one in held],
        letters=letters,
        only_theirs=alone,
    )
    if not dry_run:
        _follow(session, to, held, places, departure.on, acting)
        _leave(session, person, to, told, departure, acting)
    return told


def _check(person: Person, to: Person, departure: Departure, on: date) -> None:
    if person.id == to.id:
        cure = Sentence("Nobody follows themselves: name somebody else.")
        raise InputRefused(field="--to", value=to.email, cure=cure)
    if departure.on > on:
        cure = Sentence("Hand over on the day itself; until then: opora people absent.")
        raise InputRefused(field="--on", value=departure.on, cure=cure)


def _check_roles(held: Sequence[Appointment], departure: Departure) -> None:
    """A role does not end before it has begun."""
    latest = max((one.since for one in held), default=departure.on)
    if departure.on < latest:
        cure = Sentence(
            "A role of theirs begins on {since}: name that day or a later one.", {"since": latest}
        )
        raise InputRefused(field="--on", value=departure.on, cure=cure)


def _open_roles(session: Session, person: Person) -> Sequence[Appointment]:
    statement = select(Appointment).where(
        Appointment.person_id == person.id, col(Appointment.until).is_(None)
    )
    return session.exec(statement.order_by(col(Appointment.id))).all()


def _place(session: Session, one: Appointment) -> Place:
    territory = session.get(Territory, one.territory_id) if one.territory_id else None
    school = session.get(School, one.school_id) if one.school_id else None
    return Place(
        register=one.register_key,
        territory_id=one.territory_id,
        territory=territory.code if territory else None,
        school_id=one.school_id,
        school=school.code if school else None,
    )


def _role_told(one: Appointment, place: Place) -> RoleTold:
    return RoleTold(
        role=one.role, register=place.register, territory=place.territory, school=place.school
    )


def _waiting(session: Session, person: Person) -> int:
    statement = select(Letter.id).where(
        Letter.recipient_id == person.id, Letter.state == LetterState.PENDING
    )
    return len(session.exec(statement).all())


def _follow(
    session: Session,
    to: Person,
    held: Sequence[Appointment],
    places: Mapping[int | None, Place],
    on: date,
    acting: Acting,
) -> None:
    """The successor takes every role up that they do not hold yet."""
    theirs = {(a.role, _where(a)) for a in _open_roles(session, to)}
    for one in held:
        place = places[one.id]
        relieve(session, one, place, acting, on)
        if (one.role, _where(one)) not in theirs:
            most = most_schools(session, place.register)
            appoint(session, to.id or 0, one.role, place, acting=acting, on=on, most=most)


def _where(one: Appointment) -> tuple[str, int | None, int | None]:
    """Where the role is held."""
    return one.register_key, one.territory_id, one.school_id


def _leave(
    session: Session,
    person: Person,
    to: Person,
    told: DepartureTold,
    departure: Departure,
    acting: Acting,
) -> None:
    """The line, then the person: inactive, with a successor who reads what still comes."""
    values = {
        "to": f"person:{to.id}",
        "on": departure.on,
        "tasks": len(told.tasks),
        "roles": len(told.roles),
        "letters": told.letters,
    }
    words = {"reason": departure.reason}
    append(session, acting.deed(f"person:{person.id}", "depart", values=values, words=words))
    person.is_active, person.successor_id = False, to.id
    session.add(person)
    bound = session.get(Installation, 1)
    if bound is not None and bound.person_id == person.id:
        bound.person_id = to.id or 0
        session.add(bound)
    session.flush()
    pass_on_waiting(session, person.id or 0, acting.at)
