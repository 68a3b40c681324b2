"""People as those who look after them see them: roles, work in hand, absence, departure."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, func, select

from casework.acting import Acting
from casework.grants import Right
from casework.people.absences import manages_people
from casework.people.responsible import in_force
from casework.people.standing_in import StandingIn, standing_in
from models.people import Appointment, Person
from models.school import School, Territory
from models.task import Task
from opora.errors import Forbidden, NotFound
from opora.words import Sentence
from states.role import Role
from states.task_machine import UNFINISHED


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleView:
    """A role in force, and where."""

    role: Role
    register: str
    territory: str | None
    school: str | None
    since: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    """A person with what they hold and have in hand; `instead` reads their letters today."""

    email: str
    name: str
    language: str
    is_active: bool
    roles: tuple[RoleView, ...]
    open_tasks: int
    instead: str | None


def people(
    session: Session, acting: Acting, *, on: date, inactive: bool = False
) -> list[PersonView]:
    """Everybody, by name; for who manages people."""
    if not manages_people(session, acting):
        raise Forbidden(person=acting.called, deed=Right.MANAGE_PEOPLE.value)
    statement = select(Person).order_by(col(Person.name), col(Person.id))
    if not inactive:
        statement = statement.where(col(Person.is_active))
    away = standing_in(session, on)
    return [_view(session, person, away, on) for person in session.exec(statement).all()]


def person_view(session: Session, acting: Acting, email: str, *, on: date) -> PersonView:
    """One person; oneself, or anybody for who manages people. Else it looks as if missing."""
    person = session.exec(select(Person).where(Person.email == email.strip().lower())).first()
    own = acting.person is not None and person is not None and acting.person.id == person.id
    if person is None or not (own or manages_people(session, acting)):
        raise NotFound(what=Sentence("person"), key=email)
    return _view(session, person, standing_in(session, on), on)


def _view(session: Session, person: Person, away: StandingIn, on: date) -> PersonView:
    reader = away.reader(person.id or 0)
    instead = session.get(Person, reader) if reader not in {person.id, None} else None
    open_tasks = session.exec(
        select(func.count())
        .select_from(Task)
        .where(Task.assignee_id == person.id, col(Task.state).in_(UNFINISHED))
    ).one()
    return PersonView(
        email=person.email,
        name=person.name,
        language=person.language,
        is_active=person.is_active,
        roles=_roles(session, person, on),
        open_tasks=open_tasks,
        instead=instead.email if instead else None,
    )


def _roles(session: Session, person: Person, on: date) -> tuple[RoleView, ...]:
    rows = session.execute(
        select(Appointment, Territory.code, School.code)
        .outerjoin(Territory, col(Territory.id) == col(Appointment.territory_id))
        .outerjoin(School, col(School.id) == col(Appointment.school_id))
        .where(Appointment.person_id == person.id, *in_force(on))
        .order_by(col(Appointment.id))
    ).all()
    return tuple(
        RoleView(
            role=one.role,
            register=one.register_key,
            territory=territory,
            school=school,
            since=one.since,
        )
        for one, territory, school in rows
    )
