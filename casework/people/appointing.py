"""Who is known, and who holds which role where: people enrolled, appointed and relieved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import insert
from sqlmodel import Session, col, select

from casework.acting import Acting
from casework.pairs.capacity import check_capacity
from models.history import Deed, append, append_first, take_turn
from models.people import Appointment, Person
from states.role import Role

SINGLE = frozenset({Role.CURATOR, Role.HEAD, Role.COORDINATOR})
"""Roles that one person at a time holds in a scope (S0-11, S3-10); a new one relieves the old."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a role is held: a whole register, or one territory or school of it. Codes are for history."""

    register: str
    territory_id: int | None = None
    territory: str | None = None
    school_id: int | None = None
    school: str | None = None

    def told(self, role: Role) -> dict[str, object]:
        """As a history line tells it; without names."""
        said = {"territory": self.territory, "school": self.school}
        known = {name: code for name, code in said.items() if code is not None}
        return {"role": role, "register": self.register, **known}


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody to be enrolled; `email` in lower case."""

    email: str
    name: str
    language: str


def enrol(
    session: Session,
    newcomers: Sequence[Newcomer],
    first_roles: Mapping[str, tuple[Role, Place]],
    acting: Acting,
    on: date,
) -> dict[str, int]:
    """Add people, each with one line of history, and give them their first role; address → id."""
    if not newcomers:
        return {}
    rows = [
        {"email": one.email, "name": one.name, "language": one.language, "is_active": True}
        for one in newcomers
    ]
    ids = session.scalars(
        insert(Person).returning(col(Person.id), sort_by_parameter_order=True), rows
    ).all()
    known = {one.email: key or 0 for one, key in zip(newcomers, ids, strict=True)}
    deeds = []
    for one in newcomers:
        words = {"email": one.email, "name": one.name}
        subject = f"person:{known[one.email]}"
        if role := first_roles.get(one.email):
            _relieve(session, role[0], role[1], acting, on)
            _hold(session, known[one.email], role[0], role[1], on)
            values = role[1].told(role[0]) | {"since": on}
            deeds.append(acting.deed(subject, "appoint", values=values, words=words))
        else:
            deeds.append(acting.deed(subject, "enrol", words=words))
    append_first(session, deeds)
    return known


def appoint(
    session: Session,
    person_id: int,
    role: Role,
    place: Place,
    *,
    acting: Acting,
    on: date,
    most: int | None = None,
) -> None:
    """Give the person the role from that day on; whoever held a single role there is relieved.

    `most` schools are what one curator may have: one more raises `InputRefused`.
    """
    if role is Role.CURATOR:
        check_capacity(session, person_id, place.register, most)
    _relieve(session, role, place, acting, on)
    _hold(session, person_id, role, place, on)
    values = place.told(role) | {"since": on}
    append(session, acting.deed(f"person:{person_id}", "appoint", values=values))


def _hold(session: Session, person_id: int, role: Role, place: Place, on: date) -> None:
    session.add(
        Appointment(
            person_id=person_id,
            role=role,
            register_key=place.register,
            territory_id=place.territory_id,
            school_id=place.school_id,
            since=on,
        )
    )
    session.flush()


def _relieve(session: Session, role: Role, place: Place, acting: Acting, on: date) -> None:
    if role not in SINGLE:
        return
    take_turn(session, f"{role}:{place.register}:{place.territory_id}:{place.school_id}")
    held = session.exec(
        select(Appointment).where(
            Appointment.role == role,
            Appointment.register_key == place.register,
            Appointment.territory_id == place.territory_id,
            Appointment.school_id == place.school_id,
            col(Appointment.until).is_(None),
        )
    ).all()
    for appointment in held:
        relieve(session, appointment, place, acting, on)
    # the old one has ended before the new one begins: only one may be open


def relieve(
    session: Session, appointment: Appointment, place: Place, acting: Acting, on: date
) -> None:
    """End one appointment; nobody follows by this."""
    appointment.until = max(on, appointment.since)
    session.add(appointment)
    append(session, _dismissal(appointment, appointment.role, place, acting))
    session.flush()


def _dismissal(appointment: Appointment, role: Role, place: Place, acting: Acting) -> Deed:
    values = place.told(role) | {"until": appointment.until}
    return acting.deed(f"person:{appointment.person_id}", "dismiss", values=values)
