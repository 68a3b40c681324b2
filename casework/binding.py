"""The first deed of an installation: who it belongs to. Later people come by import."""

from sqlmodel import Session, select

from casework.acting import Acting
from casework.people.responsible import EVERY_REGISTER
from models.history import append
from models.people import Appointment, Installation, Person
from states.role import Role


def bind_installation(
    session: Session, email: str, name: str, acting: Acting, *, language: str = "ru"
) -> Person:
    """Make this person the operator of every register and the default actor; twice changes nothing."""
    email = email.strip().lower()
    person = session.exec(select(Person).where(Person.email == email)).first()
    if person is None:
        person = Person(email=email, name=name, language=language)
        session.add(person)
        session.flush()
    held = session.exec(
        select(Appointment).where(
            Appointment.person_id == person.id,
            Appointment.role == Role.OPERATOR,
            Appointment.register_key == EVERY_REGISTER,
        )
    ).first()
    if held is None:
        session.add(
            Appointment(
                person_id=person.id or 0,
                role=Role.OPERATOR,
                register_key=EVERY_REGISTER,
                since=acting.earliest_day,
            )
        )
        append(
            session,
            acting.deed(
                f"person:{person.id}",
                "appoint",
                values={
                    "role": Role.OPERATOR,
                    "register": EVERY_REGISTER,
                    "since": acting.earliest_day,
                },
                words={"name": person.name, "email": person.email},
            ),
        )
    bound = session.get(Installation, 1) or Installation(id=1, person_id=person.id or 0)
    if bound.person_id != person.id:
        values = {"instead_of": f"person:{bound.person_id}"}
        append(session, acting.deed(f"person:{person.id}", "bind_installation", values=values))
    bound.person_id = person.id or 0
    session.add(bound)
    session.flush()
    return person
