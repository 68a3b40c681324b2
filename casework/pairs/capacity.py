"""How many schools one curator may have: the limit is held by locking the person it belongs to."""

from sqlmodel import Session, col, func, select

from casework.cycles.versions import programme_of
from models.cycle import Cycle
from models.people import Appointment, Person
from opora.errors import InputRefused
from opora.words import Sentence
from states.role import Role


def most_schools(session: Session, register: str) -> int | None:
    """What the programme of the register's newest open cycle allows; None: no limit."""
    newest = session.exec(
        select(Cycle)
        .where(Cycle.register_key == register, Cycle.is_open)
        .order_by(col(Cycle.id).desc())
        .limit(1)
    ).first()
    return programme_of(session, newest).most_schools if newest else None


def check_capacity(session: Session, person_id: int, register: str, most: int | None) -> None:
    """Raise `InputRefused` where one more school is one too many.

    The person's row stays locked until the end of the transaction, so that two appointments at the
    same moment cannot both be the last one allowed.
    """
    if most is None:
        return
    person = session.get_one(Person, person_id)
    session.refresh(person, with_for_update=True)
    held = session.exec(
        select(func.count())
        .select_from(Appointment)
        .where(
            Appointment.person_id == person_id,
            Appointment.role == Role.CURATOR,
            Appointment.register_key == register,
            col(Appointment.until).is_(None),
        )
    ).one()
    if held >= most:
        cure = Sentence(
            "They look after {held} schools already, and {most} are allowed: choose another curator.",
            {"held": held, "most": most},
        )
        raise InputRefused(field="curator", value=person.email, cure=cure)
