"""Who reads a letter in place of a person whose address takes none: the next one up, or nobody yet."""

from datetime import date

from sqlmodel import Session, col, select

from casework.people.responsible import Place, in_force, responsible
from models.cycle import Cycle, Listing
from models.letter import Letter
from models.mail_weather import RefusedAddress
from models.people import Appointment, Person
from models.school import School


def refusal_of(session: Session, person: Person) -> RefusedAddress | None:
    """What is known against the person's present address; a changed address is innocent."""
    found = session.get(RefusedAddress, person.id)
    return found if found is not None and found.address == person.email else None


def next_up(session: Session, person: Person, year: Cycle | Listing, *, on: date) -> Person | None:
    """The nearest person above whose address takes letters."""
    held = session.exec(
        select(Appointment)
        .where(Appointment.person_id == person.id, *in_force(on))
        .order_by(col(Appointment.id))
    ).all()
    places = [_place(session, one) for one in held]
    people = responsible(session, year.register_key, on=on, fallback=0, places=places)
    for appointment, place in zip(held, places, strict=True):
        for candidate in people.above(appointment.role, place):
            found = session.get(Person, candidate)
            usable = found is not None and found.is_active and found.id != person.id
            if found is not None and usable and refusal_of(session, found) is None:
                return found
    return None


def _place(session: Session, appointment: Appointment) -> Place:
    if appointment.school_id is None:
        return Place(territory_id=appointment.territory_id)
    school = session.get_one(School, appointment.school_id)
    return Place(school_id=school.id, territory_id=school.territory_id)


def chain_of(letter: Letter) -> str:
    """Whose history tells of a letter: its case's, else its cycle's, else its recipient's."""
    if letter.case_id is not None:
        return f"case:{letter.case_id}"
    if letter.cycle_id is not None:
        return f"cycle:{letter.cycle_id}"
    return f"person:{letter.recipient_id}"
